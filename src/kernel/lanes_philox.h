/* Philox4x32-10 (Salmon et al. 2011), one block per lane: the same numbers as base/rng.h's oss_rng_philox. */
#ifndef OSS_KERNEL_LANES_PHILOX_H
#define OSS_KERNEL_LANES_PHILOX_H

#include "kernel/lanes.h"

#if defined(__x86_64__) && OSS_LANES_ISA == OSS_LANES_GENERIC
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef uint64_t lanes_u64 __attribute__((vector_size(4 * LANES))); /* LANES/2 of them */

/* Products of the low halves of the 64-bit lanes. The compilers do not see that the high halves are not
 * wanted. */
LANES_INLINE lanes_u64 lanes_multiply_low_halves(lanes_u64 a, lanes_u64 b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_u64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_u64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return (lanes_u64)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffffU) * (b & 0xffffffffU);
#endif
}

/* High and low 32 bits of x * m, lane by lane. The even lanes are the low halves of 64-bit lanes; the odd
 * ones are moved there. NEON widens neighbours instead (the compilers would multiply 64-bit lanes one by one,
 * in general registers). */
LANES_INLINE lanes_u lanes_multiply_wide(lanes_u *high, lanes_u x, uint32_t m) {
#if defined(__aarch64__)
    uint64x2_t first = vmull_n_u32(vget_low_u32((uint32x4_t)x), m);
    uint64x2_t last = vmull_high_n_u32((uint32x4_t)x, m);
    *high = (lanes_u)vuzp2q_u32((uint32x4_t)first, (uint32x4_t)last);
    return x * m;
#else
    const lanes_u64 factor = (lanes_u64){0} + m;
    const lanes_u64 upper = (lanes_u64){0} + 0xffffffff00000000U;
    lanes_u64 even = lanes_multiply_low_halves((lanes_u64)x, factor);
    lanes_u64 odd = lanes_multiply_low_halves((lanes_u64)x >> 32, factor);
    *high = (lanes_u)((even >> 32) | (odd & upper));
    return (lanes_u)((even & ~upper) | (odd << 32));
#endif
}

/* word[4] = philox(key, counter) in each lane; the words replace the counter. */
LANES_INLINE void lanes_philox(lanes_u x[4], const uint32_t key[2]) {
    uint32_t key0 = key[0];
    uint32_t key1 = key[1];
    LANES_UNROLL
    for (int round = 0; round < 10; round++) {
        lanes_u high0, high1;
        lanes_u low0 = lanes_multiply_wide(&high0, x[0], 0xD2511F53U);
        lanes_u low1 = lanes_multiply_wide(&high1, x[2], 0xCD9E8D57U);
        x[0] = high1 ^ x[1] ^ key0;
        x[2] = high0 ^ x[3] ^ key1;
        x[1] = low1;
        x[3] = low0;
        key0 += 0x9E3779B9U; /* golden ratio */
        key1 += 0xBB67AE85U; /* sqrt(3) - 1 */
    }
}

#endif
