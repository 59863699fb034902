/* Vectors of floats as wide as the ISA being compiled, and the few operations on them that C lacks.
 *
 * Only *_lanes.c files include this. The Makefile compiles each of them once per ISA with
 * -DOSS_ISA=generic|avx2|avx512, so the same source becomes 4, 8 or 16 lanes wide (generic is SSE2 on x86-64
 * and NEON on aarch64). The width must follow the ISA: 16 lanes emulated with 8-wide registers spill, and ran
 * 60 times slower when tried.
 *
 * + - * / and comparisons of vectors are GCC vector extensions, which gcc and clang share. Each rounds: the
 * Makefile forbids compilers to contract a * b + c, because they differ in which of two products they take,
 * and in which loops. Where a product and a sum are to be one instruction, the code says lanes_fma (or
 * lanes_fms, lanes_fnma); of a * b + c * d the first product is the fused one. A lanes file reads
 *
 *     static void add(float *y, const float *x, size_t n) { ... }
 *     const oss_vec_table OSS_LANES_TABLE(vec) = {.add = add};          // becomes oss_vec_table_avx2 and so on
 *
 * and the plain file beside it (vec.c)
 *
 *     OSS_CPU_DECLARE_TABLES(oss_vec_table, vec);                       // from cpu.h
 *     static const oss_vec_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(vec);
 *     void oss_k_add(float *y, const float *x, size_t n) { tables[oss_cpu_isa()]->add(y, x, n); }
 */
#ifndef OSS_KERNEL_LANES_H
#define OSS_KERNEL_LANES_H

#include <stdint.h>

#ifndef OSS_ISA
#error "lanes.h is for *_lanes.c files, compiled with -DOSS_ISA=generic|avx2|avx512"
#endif

#define OSS_LANES_PASTE_(a, b) a##b
#define OSS_LANES_PASTE(a, b)  OSS_LANES_PASTE_(a, b)
/* The name of this ISA's table: OSS_LANES_TABLE(vec) is oss_vec_table_avx2 when compiled for avx2. */
#define OSS_LANES_TABLE(name) OSS_LANES_PASTE(oss_##name##_table_, OSS_ISA)

/* OSS_LANES_ISA can be compared with these in #if. */
#define OSS_LANES_ISA_generic 0
#define OSS_LANES_ISA_avx2    1
#define OSS_LANES_ISA_avx512  2
#define OSS_LANES_ISA         OSS_LANES_PASTE(OSS_LANES_ISA_, OSS_ISA)
#define OSS_LANES_GENERIC     0
#define OSS_LANES_AVX2        1
#define OSS_LANES_AVX512      2

#if OSS_LANES_ISA == OSS_LANES_AVX512
#define LANES 16
#elif OSS_LANES_ISA == OSS_LANES_AVX2
#define LANES 8
#else
#define LANES 4
#endif

#if OSS_LANES_ISA != OSS_LANES_GENERIC
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define LANES_INLINE static inline __attribute__((always_inline, unused))

/* Before a loop whose trip count is a constant once inlined: unroll it whole, so that arrays of vectors
 * become registers. (clang reads gcc's pragma as "later", which is after its only chance to do so: 4 times
 * slower.) */
#if defined(__clang__)
#define LANES_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LANES_UNROLL _Pragma("GCC unroll 64")
#endif

/* Makes v live in a register from here on. gcc otherwise turns a vector that is loaded once and used three
 * times into three loads, one inside each multiply-add, and the loads become the limit. */
#if OSS_LANES_ISA != OSS_LANES_GENERIC || defined(__SSE2__)
#define LANES_KEEP(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define LANES_KEEP(v) __asm__("" : "+w"(v))
#else
#define LANES_KEEP(v) ((void)0)
#endif

typedef float lanes_f __attribute__((vector_size(4 * LANES)));
typedef int32_t lanes_i
    __attribute__((vector_size(4 * LANES))); /* also what a comparison gives: -1 true, 0 false */
typedef uint32_t lanes_u __attribute__((vector_size(4 * LANES)));
typedef float lanes_f_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t lanes_i_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* {s, s, ... s} */
LANES_INLINE lanes_f lanes_set(float s) {
    return s - (lanes_f){
                   0}; /* s - 0 is s for every s, -0 and NaN included; the compilers make it one broadcast */
}

LANES_INLINE lanes_i lanes_set_i(int32_t s) {
    return s - (lanes_i){0};
}

/* p[LANES], any alignment of 4 */
LANES_INLINE lanes_f lanes_load(const float *p) {
    return *(const lanes_f_unaligned *)p;
}

LANES_INLINE void lanes_store(float *p, lanes_f v) {
    *(lanes_f_unaligned *)p = v;
}

/* The first n lanes, n in 0..LANES; reads nothing past p[n-1], the other lanes are 0. */
LANES_INLINE lanes_f lanes_load_n(const float *p, int32_t n) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1U), p);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (lanes_f)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), index));
#else
    lanes_f v = {0};
    for (int32_t i = 0; i < n; i++) {
        v[i] = p[i];
    }
    return v;
#endif
}

/* Writes p[0..n-1] only. */
LANES_INLINE void lanes_store_n(float *p, lanes_f v, int32_t n) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    _mm512_mask_storeu_ps(p, (__mmask16)((1U << n) - 1U), (__m512)v);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), index), (__m256)v);
#else
    for (int32_t i = 0; i < n; i++) {
        p[i] = v[i];
    }
#endif
}

/* mask ? a : b, lane by lane; a mask lane is -1 or 0. */
LANES_INLINE lanes_f lanes_select(lanes_i mask, lanes_f a, lanes_f b) {
    return (lanes_f)((mask & (lanes_i)a) | (~mask & (lanes_i)b));
}

/* a < b ? a : b and a > b ? a : b: b where either is NaN, as the x86 instructions do. */
LANES_INLINE lanes_f lanes_min(lanes_f a, lanes_f b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_min_ps((__m512)a, (__m512)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_f)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return lanes_select(a < b, a, b);
#endif
}

LANES_INLINE lanes_f lanes_max(lanes_f a, lanes_f b) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_max_ps((__m512)a, (__m512)b);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_f)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return lanes_select(a > b, a, b);
#endif
}

/* a * b + c, rounded once where the ISA has the instruction (AVX2, AVX-512, NEON), else (SSE2) twice; at any
 * level of optimisation, with any compiler. */
LANES_INLINE lanes_f lanes_fma(lanes_f a, lanes_f b, lanes_f c) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_f)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (lanes_f)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

/* a * b - c, rounded as lanes_fma. */
LANES_INLINE lanes_f lanes_fms(lanes_f a, lanes_f b, lanes_f c) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_fmsub_ps((__m512)a, (__m512)b, (__m512)c);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_f)_mm256_fmsub_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return lanes_fma(a, b, -c);
#endif
}

/* c - a * b, rounded as lanes_fma. */
LANES_INLINE lanes_f lanes_fnma(lanes_f a, lanes_f b, lanes_f c) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    return (lanes_f)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif OSS_LANES_ISA == OSS_LANES_AVX2
    return (lanes_f)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (lanes_f)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return c - a * b;
#endif
}

/* lanes_fma of one float: for a tail without lanes, and for loops that the compiler turns into vectors. */
LANES_INLINE float lanes_fma_one(float a, float b, float c) {
#if OSS_LANES_ISA != OSS_LANES_GENERIC || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* Sum of the lanes in a fixed order: halves are folded onto each other until one is left. */
LANES_INLINE float lanes_sum(lanes_f v) {
    float s[LANES];
    lanes_store(s, v);
    for (int32_t half = LANES / 2; half > 0; half /= 2) {
        for (int32_t i = 0; i < half; i++) {
            s[i] += s[i + half];
        }
    }
    return s[0];
}

/* Largest lane; no NaN allowed. */
LANES_INLINE float lanes_largest(lanes_f v) {
    float s[LANES];
    lanes_store(s, v);
    for (int32_t half = LANES / 2; half > 0; half /= 2) {
        for (int32_t i = 0; i < half; i++) {
            s[i] = s[i] > s[i + half] ? s[i] : s[i + half];
        }
    }
    return s[0];
}

/* Exact for |v| < 2^31, toward zero. */
LANES_INLINE lanes_i lanes_to_int(lanes_f v) {
    return __builtin_convertvector(v, lanes_i);
}

LANES_INLINE lanes_f lanes_to_float(lanes_i v) {
    return __builtin_convertvector(v, lanes_f);
}

#endif
