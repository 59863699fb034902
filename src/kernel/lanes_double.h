/* Doubles on lanes: a register of LANES_D = LANES / 2 of them. See lanes.h. */
#ifndef OSS_KERNEL_LANES_DOUBLE_H
#define OSS_KERNEL_LANES_DOUBLE_H

#include "kernel/lanes.h"

#if OSS_LANES_ISA == OSS_LANES_GENERIC && defined(__SSE2__)
#include <emmintrin.h>
#endif

#define LANES_D (LANES / 2)

typedef double lanes_d __attribute__((vector_size(4 * LANES)));
typedef int64_t lanes_di __attribute__((vector_size(4 * LANES))); /* and what a comparison gives */
typedef uint64_t lanes_du __attribute__((vector_size(4 * LANES)));
typedef double lanes_d_unaligned __attribute__((vector_size(4 * LANES), aligned(8), may_alias));
typedef float lanes_half_unaligned __attribute__((vector_size(2 * LANES), aligned(4), may_alias));

LANES_INLINE lanes_d lanes_set_d(double s) {
    return s - (lanes_d){0};
}

/* p[LANES_D], any alignment of 8 */
LANES_INLINE lanes_d lanes_load_d(const double *p) {
    return *(const lanes_d_unaligned *)p;
}

LANES_INLINE void lanes_store_d(double *p, lanes_d v) {
    *(lanes_d_unaligned *)p = v;
}

/* p[LANES_D] floats as doubles, and back with rounding */
LANES_INLINE lanes_d lanes_load_half(const float *p) {
    return __builtin_convertvector(*(const lanes_half_unaligned *)p, lanes_d);
}

LANES_INLINE void lanes_store_half(float *p, lanes_d v) {
    *(lanes_half_unaligned *)p = __builtin_convertvector(v, lanes_half_unaligned);
}

/* mask ? a : b; a mask lane is -1 or 0 */
LANES_INLINE lanes_d lanes_select_d(lanes_di mask, lanes_d a, lanes_d b) {
    return (lanes_d)((mask & (lanes_di)a) | (~mask & (lanes_di)b));
}

/* a * b + c, rounded as lanes_fma. */
LANES_INLINE lanes_d lanes_fma_d(lanes_d a, lanes_d b, lanes_d c) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_d)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_d)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__)
    return (lanes_d)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return a * b + c;
#endif
}

/* a * b - c, rounded as lanes_fma. */
LANES_INLINE lanes_d lanes_fms_d(lanes_d a, lanes_d b, lanes_d c) {
    return lanes_fma_d(a, b, -c);
}

/* c - a * b, rounded as lanes_fma. */
LANES_INLINE lanes_d lanes_fnma_d(lanes_d a, lanes_d b, lanes_d c) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_d)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_d)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__)
    return (lanes_d)vfmsq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return c - a * b;
#endif
}

/* lanes_fma_d of one double: for a tail without lanes. */
LANES_INLINE double lanes_fma_one_d(double a, double b, double c) {
#if OSS_LANES_ISA != OSS_LANES_GENERIC || defined(__aarch64__)
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* a > b ? a : b */
LANES_INLINE lanes_d lanes_max_d(lanes_d a, lanes_d b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_d)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_d)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (lanes_d)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    return lanes_select_d(a > b, a, b);
#endif
}

/* Sum of the lanes, from the first to the last. */
LANES_INLINE double lanes_sum_d(lanes_d v) {
    double sum = v[0];
    for (int i = 1; i < LANES_D; i++) {
        sum += v[i];
    }
    return sum;
}

#endif
