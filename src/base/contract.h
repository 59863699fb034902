/* What a function takes for granted of its arguments, written where it is relied on.
 *
 *     OSS_CONTRACT(n > 0 && oss_is_aligned(scratch, 64));
 *
 * Alive in sanitizer builds (`make SAN=...`) and with `make CONTRACTS=1`: a broken one names itself on standard error
 * and aborts. In other builds it costs nothing: the condition is compiled and never evaluated, so it must have no
 * effect. Contracts are for mistakes of this code; what a user, a file or a machine can get wrong is an oss_status. */
#ifndef OSS_BASE_CONTRACT_H
#define OSS_BASE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef OSS_CONTRACTS
#define OSS_CONTRACTS 0
#endif

#if OSS_CONTRACTS
#define OSS_CONTRACT(condition)                                                                              \
    ((condition) ? (void)0 : oss_contract_broken(__FILE__, __LINE__, __func__, #condition))
#else
#define OSS_CONTRACT(condition) ((void)(false && (condition)))
#endif

/* Prints "FILE:LINE: FUNCTION: contract broken: CONDITION" to standard error and aborts. */
_Noreturn void oss_contract_broken(const char *file, int line, const char *function, const char *condition);

/* Whether an address is a multiple of `bytes`; NULL is. */
static inline bool oss_is_aligned(const void *address, size_t bytes) {
    return (uintptr_t)address % bytes == 0;
}

/* Whether a[count_a] and b[count_b] floats have no byte in common; NULL meets nothing. */
static inline bool oss_is_apart(const float *a, size_t count_a, const float *b, size_t count_b) {
    uintptr_t first = (uintptr_t)a, second = (uintptr_t)b;
    return a == NULL || b == NULL || first + count_a * sizeof *a <= second ||
           second + count_b * sizeof *b <= first;
}

/* Whether two addresses are where an element-wise kernel may read the one and write the other: the same, or apart. */
static inline bool oss_is_same_or_apart(const float *a, const float *b, size_t count) {
    return a == b || oss_is_apart(a, count, b, count);
}

#endif
