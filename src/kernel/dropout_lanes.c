/* Dropout whose mask is a function of the element's index (vec.h).
 *
 * A step makes LANES Philox blocks, 8 draws of 16 bits each, for 8*LANES elements. Words come out "one block
 * per lane": x[w] lane l = word w of block l. In memory order the words of one block are neighbours, which is
 * the transpose of a [4, LANES] matrix. Interleaving pairs of registers inside 128-bit groups, as the
 * instruction sets do it, gives in register j the blocks of lanes j, j+4, j+8 ...; lane l is therefore given
 * block (l mod 4) * LANES/4 + l/4, and then register j holds the blocks j*LANES/4 ... in order. */
#include "kernel/lanes.h"
#include "kernel/lanes_philox.h"
#include "kernel/vec_tables.h"

enum { DRAWS = 8 * LANES };

typedef uint16_t draws_half __attribute__((vector_size(2 * LANES), aligned(2), may_alias));

#if LANES == 16
#define INTERLEAVE(a, b, k)                                                                                  \
    __builtin_shufflevector(a, b, k, 16 + k, k + 1, 17 + k, 4 + k, 20 + k, 5 + k, 21 + k, 8 + k, 24 + k,     \
                            9 + k, 25 + k, 12 + k, 28 + k, 13 + k, 29 + k)
#define INTERLEAVE_PAIRS(a, b, k)                                                                            \
    __builtin_shufflevector(a, b, k, k + 1, 16 + k, 17 + k, 4 + k, 5 + k, 20 + k, 21 + k, 8 + k, 9 + k,      \
                            24 + k, 25 + k, 12 + k, 13 + k, 28 + k, 29 + k)
#elif LANES == 8
#define INTERLEAVE(a, b, k)                                                                                  \
    __builtin_shufflevector(a, b, k, 8 + k, k + 1, 9 + k, 4 + k, 12 + k, 5 + k, 13 + k)
#define INTERLEAVE_PAIRS(a, b, k)                                                                            \
    __builtin_shufflevector(a, b, k, k + 1, 8 + k, 9 + k, 4 + k, 5 + k, 12 + k, 13 + k)
#else
#define INTERLEAVE(a, b, k)       __builtin_shufflevector(a, b, k, 4 + k, k + 1, 5 + k)
#define INTERLEAVE_PAIRS(a, b, k) __builtin_shufflevector(a, b, k, k + 1, 4 + k, 5 + k)
#endif

/* draw[0..DRAWS) of the blocks first_block ... first_block + LANES - 1, in index order. */
LANES_INLINE void draw_blocks(uint16_t *draw, uint32_t first_block, const uint32_t key[2],
                              const uint32_t counter[4]) {
    lanes_u block;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        block[lane] = lane % 4 * (LANES / 4) + lane / 4;
    }
    lanes_u x[4] = {block + first_block, counter[1] + (lanes_u){0}, counter[2] + (lanes_u){0},
                    counter[3] + (lanes_u){0}};
    lanes_philox(x, key);
    lanes_u low01 = INTERLEAVE(x[0], x[1], 0);
    lanes_u high01 = INTERLEAVE(x[0], x[1], 2);
    lanes_u low23 = INTERLEAVE(x[2], x[3], 0);
    lanes_u high23 = INTERLEAVE(x[2], x[3], 2);
    lanes_u *out = (lanes_u *)(void *)draw;
    out[0] = INTERLEAVE_PAIRS(low01, low23, 0);
    out[1] = INTERLEAVE_PAIRS(low01, low23, 2);
    out[2] = INTERLEAVE_PAIRS(high01, high23, 0);
    out[3] = INTERLEAVE_PAIRS(high01, high23, 2);
}

/* scale where the draw keeps the element, 0 where it drops it. */
LANES_INLINE lanes_f make_mask(const uint16_t *draw, uint32_t threshold, float scale) {
    lanes_i value = __builtin_convertvector(*(const draws_half *)draw, lanes_i);
    return (lanes_f)((lanes_i)lanes_set(scale) & (value >= (int32_t)threshold));
}

static void dropout(float *y, const float *x, size_t n, uint32_t threshold, float scale,
                    const uint32_t key[2], const uint32_t counter[4], bool accumulate) {
    uint16_t draw[DRAWS] __attribute__((aligned(64)));
    uint32_t block = counter[0];
    for (size_t base = 0; base < n; base += DRAWS) {
        draw_blocks(draw, block, key, counter);
        block += LANES;
        size_t end = n - base < DRAWS ? n : base + DRAWS;
        for (size_t i = base; i < end; i += LANES) {
            int32_t k = end - i < LANES ? (int32_t)(end - i) : LANES;
            lanes_f v = lanes_load_n(x + i, k), mask = make_mask(draw + (i - base), threshold, scale);
            lanes_store_n(y + i, accumulate ? lanes_fma(v, mask, lanes_load_n(y + i, k)) : v * mask, k);
        }
    }
}

const oss_dropout_table OSS_LANES_TABLE(dropout) = {.dropout = dropout};
