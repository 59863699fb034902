/* Buffers that end where their contents end, so that the address sanitizer sees a kernel read or write one
 * float too far. */
#ifndef OSS_TESTS_EXACT_H
#define OSS_TESTS_EXACT_H

#include <stddef.h>
#include <stdint.h>

/* count floats, 64-byte aligned, filled with NaN; the test ends when there is no memory. Freed with free(). */
float *oss_exact_floats(size_t count);
/* The same holding oss_fill_f32(seed), scale 1. */
float *oss_exact_filled(size_t count, uint64_t seed);

#endif
