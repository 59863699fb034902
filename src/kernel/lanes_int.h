/* Whole numbers on lanes: exact products and sums, the same on every ISA. */
#ifndef OSS_KERNEL_LANES_INT_H
#define OSS_KERNEL_LANES_INT_H

#include <string.h>

#include "kernel/lanes.h"

#if OSS_LANES_ISA == OSS_LANES_GENERIC && defined(__SSE2__)
#include <emmintrin.h>
#endif

/* A load of 32 bits, spread over a vector; any alignment. */
LANES_INLINE lanes_i lanes_spread(const void *p) {
    int32_t word;
    memcpy(&word, p, sizeof word);
    return lanes_set_i(word);
}

LANES_INLINE lanes_i lanes_load_i(const void *p) {
    return *(const lanes_i_unaligned *)p;
}

/* To the nearest integer, ties to even, for |v| < 2^31. */
LANES_INLINE lanes_i lanes_round(lanes_f v) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_i)_mm512_cvtps_epi32((__m512)v);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_i)_mm256_cvtps_epi32((__m256)v);
#elif defined(__SSE2__)
    return (lanes_i)_mm_cvtps_epi32((__m128)v);
#elif defined(__aarch64__)
    return (lanes_i)vcvtnq_s32_f32((float32x4_t)v);
#else
    lanes_i rounded;
    for (int lane = 0; lane < LANES; lane++) {
        rounded[lane] = (int32_t)__builtin_rintf(v[lane]);
    }
    return rounded;
#endif
}

LANES_INLINE lanes_i lanes_max_i(lanes_i a, lanes_i b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_i)_mm512_max_epi32((__m512i)a, (__m512i)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_i)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    lanes_i larger = a > b;
    return (larger & a) | (~larger & b);
#endif
}

LANES_INLINE int32_t lanes_largest_i(lanes_i v) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return _mm512_reduce_max_epi32((__m512i)v);
#else
    int32_t largest = v[0];
    for (int lane = 1; lane < LANES; lane++) {
        largest = v[lane] > largest ? v[lane] : largest;
    }
    return largest;
#endif
}

/* The low bytes of n lanes. */
LANES_INLINE void lanes_store_bytes(uint8_t *p, lanes_i v, int32_t n) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    _mm512_mask_cvtepi32_storeu_epi8(p, (__mmask16)((1U << n) - 1U), (__m512i)v);
#else
    typedef uint8_t bytes __attribute__((vector_size(LANES)));
    bytes low = __builtin_convertvector((lanes_u)v, bytes);
    memcpy(p, &low, (size_t)n);
#endif
}

/* Of the halves of each lane, low and high: a.low b.low + a.high b.high, exact unless all four are -2^15. */
LANES_INLINE lanes_i lanes_multiply_halves(lanes_i a, lanes_i b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_i)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_i)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (lanes_i)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__aarch64__)
    int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
    int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
    return (lanes_i)vpaddq_s32(low, high);
#else
    return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/* sum + lanes_multiply_halves(a, b) */
LANES_INLINE lanes_i lanes_add_halves(lanes_i sum, lanes_i a, lanes_i b) {
#if defined(__AVX512VNNI__)
    return (lanes_i)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
    return sum + lanes_multiply_halves(a, b);
#endif
}

/* What a product of bytes needs of a vector of four unsigned bytes a lane. The instruction that multiplies them by
 * signed bytes without VNNI (vpmaddubsw) saturates, so there they are widened: bytes 0 and 2, bytes 1 and 3. */
typedef struct lanes_quads {
#if defined(__AVX512VNNI__)
    lanes_i all;
#else
    lanes_i even, odd;
#endif
} lanes_quads;

LANES_INLINE lanes_quads lanes_split_quads(lanes_i v) {
#if defined(__AVX512VNNI__)
    return (lanes_quads){v};
#else
    typedef uint16_t halves __attribute__((vector_size(4 * LANES)));
    return (lanes_quads){v & lanes_set_i(0x00ff00ff), (lanes_i)((halves)v >> 8)};
#endif
}

/* Bytes of one vector of weights, four to a lane: signed bytes as they are, or widened, bytes 0 and 2 of all lanes before
 * bytes 1 and 3. */
#if defined(__AVX512VNNI__)
enum { LANES_QUADS_BYTES = 4 * LANES };
#else
enum { LANES_QUADS_BYTES = 8 * LANES };
#endif

/* sum + the four products of each lane, exact; weights: LANES_QUADS_BYTES. */
LANES_INLINE lanes_i lanes_add_quads(lanes_i sum, lanes_quads x, const char *weights) {
#if defined(__AVX512VNNI__)
    return (lanes_i)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)x.all, (__m512i)lanes_load_i(weights));
#else
    sum += lanes_multiply_halves(x.even, lanes_load_i(weights));
    return sum + lanes_multiply_halves(x.odd, lanes_load_i(weights + 4 * LANES));
#endif
}

#endif
