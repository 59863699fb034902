/* The tile of tile.h over pairs of bf16, and the rounding and pairing before it. Compiled once per ISA with
 * float arithmetic and once more for AVX-512 with the instructions for bf16. bf16.h has the definition. */
#include "kernel/bf16_table.h"
#include "kernel/lanes.h"
#include "kernel/lanes_tile.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef oss_bf16 lanes_half __attribute__((vector_size(2 * LANES)));
typedef oss_bf16 lanes_half_unaligned __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
typedef uint32_t lanes_u_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t pair_bits __attribute__((may_alias));

#if defined(__AVX512BF16__)

#define BF16_TABLE      oss_bf16_table_avx512bf16
#define BF16_TILE_TABLE oss_bf16_tile_table_avx512bf16

/* What a product needs of a vector of pairs. */
typedef struct pairs {
    __m512bh both;
} pairs;

LANES_INLINE pairs split_pairs(lanes_i v) {
    return (pairs){(__m512bh)v};
}

LANES_INLINE lanes_f multiply_pairs(lanes_f sum, pairs a, pairs b) {
    return (lanes_f)_mm512_dpbf16_ps((__m512)sum, a.both, b.both);
}

LANES_INLINE uint32_t begin_flushing(void) {
    return 0;
}

LANES_INLINE void end_flushing(uint32_t was) {
    (void)was;
}

#else

#define BF16_TABLE      OSS_LANES_TABLE(bf16)
#define BF16_TILE_TABLE OSS_LANES_TABLE(bf16_tile)

typedef struct pairs {
    lanes_f low, high;
} pairs;

LANES_INLINE pairs split_pairs(lanes_i v) {
    return (pairs){(lanes_f)(v << 16), (lanes_f)(v & lanes_set_i((int32_t)0xffff0000))};
}

LANES_INLINE lanes_f multiply_pairs(lanes_f sum, pairs a, pairs b) {
    return lanes_fma(a.low, b.low, lanes_fma(a.high, b.high, sum));
}

/* Numbers below 2^-126 count as 0 from here to end_flushing, as the instruction has it. */
LANES_INLINE uint32_t begin_flushing(void) {
#if defined(__SSE2__)
    enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
    uint32_t was = _mm_getcsr();
    _mm_setcsr(was | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return was;
#else
    return 0;
#endif
}

LANES_INLINE void end_flushing(uint32_t was) {
#if defined(__SSE2__)
    _mm_setcsr(was);
#else
    (void)was;
#endif
}

#endif

/* To a float whose upper half is the rounded number. Adding just under half a unit of the last place kept, and that
 * place's own bit, carries into it when it should (ties to even). NaN is made quiet instead, so that its kept bits are
 * not 0. */
LANES_INLINE lanes_u round_upper(lanes_f v) {
    const lanes_i bits = (lanes_i)v, size = bits & lanes_set_i(0x7fffffff);
    const lanes_i odd = (lanes_i)((lanes_u)bits >> 16) & lanes_set_i(1);
    lanes_f near = (lanes_f)(lanes_i)((lanes_u)bits + (lanes_u)(odd + 0x7fff));
    near = lanes_select(size < 0x00800000, (lanes_f)(bits & lanes_set_i((int32_t)0x80000000)), near);
    near = lanes_select(size > 0x7f800000, (lanes_f)(bits | lanes_set_i(0x00400000)), near);
    return (lanes_u)near;
}

LANES_INLINE lanes_half round_lanes(lanes_f v) {
#if defined(__AVX512BF16__)
    return (lanes_half)_mm512_cvtneps_pbh((__m512)v);
#else
    return __builtin_convertvector(round_upper(v) >> 16, lanes_half);
#endif
}

/* rows and vectors are constants wherever this is inlined, so that acc becomes registers. */
LANES_INLINE void run_tile(const oss_tile *tile, const int rows, const int vectors) {
    lanes_f acc[OSS_TILE_MAX_ROWS * OSS_TILE_MAX_VECTORS];
    start_sums(acc, tile, rows, vectors);
    const ptrdiff_t a_row = tile->a_row, a_step = tile->a_step, b_step = tile->b_step;
    const uint32_t was = begin_flushing();
    int32_t s = 0;
    do {
        const pair_bits *a = (const pair_bits *)(tile->a + s * tile->a_segment);
        const float *b = tile->b + s * tile->b_segment;
        for (int32_t p = 0; p < tile->k; p++, a += a_step, b += b_step) {
            pairs w[OSS_TILE_MAX_VECTORS];
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                lanes_f from = lanes_load(b + v * LANES);
                LANES_KEEP(from);
                w[v] = split_pairs((lanes_i)from);
            }
            LANES_UNROLL
            for (int i = 0; i < rows; i++) {
                lanes_i from = lanes_set_i(a[i * a_row]);
                LANES_KEEP(from);
                const pairs x = split_pairs(from);
                LANES_UNROLL
                for (int v = 0; v < vectors; v++) {
                    acc[i * vectors + v] = multiply_pairs(acc[i * vectors + v], x, w[v]);
                }
            }
        }
    } while (++s < tile->segments);
    end_flushing(was);
    finish_tile(tile, acc, rows, vectors);
}

LANES_DEFINE_TILES

LANES_INLINE void store_half(oss_bf16 *p, lanes_half v) {
    *(lanes_half_unaligned *)p = v;
}

LANES_INLINE void store_half_n(oss_bf16 *p, lanes_half v, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        p[i] = v[i];
    }
}

/* p[LANES], or its first n and zeros. */
LANES_INLINE lanes_u load_half(const oss_bf16 *p) {
    return __builtin_convertvector(*(const lanes_half_unaligned *)p, lanes_u);
}

LANES_INLINE lanes_u load_half_n(const oss_bf16 *p, int32_t n) {
    lanes_half v = {0};
    for (int32_t i = 0; i < n; i++) {
        v[i] = p[i];
    }
    return __builtin_convertvector(v, lanes_u);
}

LANES_INLINE lanes_u join_halves(lanes_u low, lanes_u high) {
    return low | high << 16;
}

LANES_INLINE void store_pairs(uint32_t *p, lanes_u v) {
    *(lanes_u_unaligned *)p = v;
}

LANES_INLINE void store_pairs_n(uint32_t *p, lanes_u v, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        p[i] = v[i];
    }
}

static void round_floats(oss_bf16 *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        store_half(y + i, round_lanes(lanes_load(x + i)));
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        store_half_n(y + i, round_lanes(lanes_load_n(x + i, rest)), rest + (rest & 1));
    }
}

LANES_INLINE lanes_u pair_lanes(lanes_f low, lanes_f high) {
    return join_halves(__builtin_convertvector(round_lanes(low), lanes_u),
                       __builtin_convertvector(round_lanes(high), lanes_u));
}

static void pair_floats(uint32_t *dst, const float *low, const float *high, int32_t n) {
    int32_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        lanes_f zero = {0};
        store_pairs(dst + j, pair_lanes(lanes_load(low + j), high != NULL ? lanes_load(high + j) : zero));
    }
    for (int32_t rest = n - j; rest > 0; rest = 0) {
        lanes_f zero = {0};
        store_pairs_n(
            dst + j,
            pair_lanes(lanes_load_n(low + j, rest), high != NULL ? lanes_load_n(high + j, rest) : zero),
            rest);
    }
}

static void pair(uint32_t *dst, const oss_bf16 *low, const oss_bf16 *high, int32_t n) {
    int32_t j = 0;
    if (low != NULL && high != NULL) {
        for (; j + LANES <= n; j += LANES) {
            store_pairs(dst + j, join_halves(load_half(low + j), load_half(high + j)));
        }
    }
    for (; j < n; j += LANES) { /* the rest, and the edges of an image */
        int32_t rest = n - j < LANES ? n - j : LANES;
        const lanes_u zero = {0};
        store_pairs_n(dst + j,
                      join_halves(low != NULL ? load_half_n(low + j, rest) : zero,
                                  high != NULL ? load_half_n(high + j, rest) : zero),
                      rest);
    }
}

LANES_INLINE lanes_f widen_lanes(lanes_f v, bool swap) {
    typedef uint64_t both __attribute__((vector_size(4 * LANES)));
    const lanes_u upper = round_upper(v) & 0xffff0000U;
    return swap ? (lanes_f)((both)upper << 32 | (both)upper >> 32) : (lanes_f)upper;
}

static void round_wide(float *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, widen_lanes(lanes_load(x + i), false));
    }
    int32_t rest = (int32_t)(n - i);
    lanes_store_n(y + i, widen_lanes(lanes_load_n(x + i, rest), false), rest);
}

static void round_swapped(float *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, widen_lanes(lanes_load(x + i), true));
    }
    int32_t rest = (int32_t)(n - i), even = rest - rest % 2;
    lanes_store_n(y + i, widen_lanes(lanes_load_n(x + i, even), true), even);
    round_wide(y + i + even, x + i + even, (size_t)(rest - even));
}

const oss_bf16_table BF16_TABLE = {.panel = {.lanes = LANES, .max_vectors = LANES_TILE_VECTORS},
                                   .round = round_floats,
                                   .pair_floats = pair_floats,
                                   .pair = pair,
                                   .widen = round_wide,
                                   .widen_swapped = round_swapped};
const oss_tile_table BF16_TILE_TABLE = {.lanes = LANES, LANES_TILE_SHAPES};
