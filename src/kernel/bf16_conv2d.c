/* The convolution of conv2d.h with bf16 images. Forward and the gradient of the input sum over channels,
 * which pair as they lie: the float code runs with half as many elements a cell. */
#include <string.h>

#include "base/round.h"
#include "kernel/bf16.h"
#include "base/contract.h"
#include "kernel/bf16_table.h"
#include "kernel/conv2d_run.h"
#include "kernel/lengths.h"

void oss_k_bf16_conv2d_fwd(float *y, float *pre, const oss_bf16 *x, const float *packed, const float *bias,
                           int32_t t, int32_t f, int32_t ci, int32_t co, int32_t row_begin, int32_t row_end,
                           bool gelu) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(ci % 2 == 0);
    OSS_CONTRACT(row_begin >= 0 && row_begin <= row_end && row_end <= oss_len_conv(t));
    OSS_CONTRACT(!gelu || pre != y);
    oss_conv2d_run_fwd(oss_bf16_tile_get(), y, pre, oss_bf16_elements(x), packed, bias, t, f, ci / 2, co,
                       row_begin, row_end, gelu);
}

void oss_k_bf16_conv2d_bwd_input(float *dx, const oss_bf16 *dpre, const float *packed, int32_t t, int32_t f,
                                 int32_t ci, int32_t co, bool accumulate) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(co % 2 == 0);
    OSS_CONTRACT(dx != NULL && dpre != NULL && packed != NULL);
    oss_conv2d_run_bwd_input(oss_bf16_tile_get(), dx, oss_bf16_elements(dpre), packed, t, f, ci, co / 2,
                             accumulate);
}

/* The gradient of the weight sums over cells, which pair down the rows: output rows t and t + 1 with t even.
 * Tap a of that pair needs input rows u = 2t + a - 1 and u + 2. Both sides are interleaved, block by block,
 * and the edges filled with zeros there, so that every cell has all nine taps and one tile serves a whole
 * block for each a:
 *
 *     dpre pairs [rows/2, Fo, width]        (dpre[t, f, o], dpre[t+1, f, o])
 *     x pairs    [rows/2, 3 (a), 2 Fo + 1, Ci]   (x[u, v, i], x[u+2, v, i]), v from -1 on
 *
 *     dw[(a, b, i), o] += sum over pairs of rows, f of  x pairs[., a, 2f + b, i]  dpre pairs[., f, o] */
enum { BLOCK_CELLS = 256 /* of dpre: 4 pairs of rows at 32 columns; 195 KiB of x pairs, 32 of dpre pairs */ };

typedef struct weight_gradient {
    const oss_bf16_table *table;
    int32_t t, f, to, fo, ci, co;
    const oss_bf16 *x, *dpre;
    uint32_t *x_pairs, *dpre_pairs;
    float *sums; /* [9 Ci, Co rounded up to 16], panel after panel */
} weight_gradient;

/* Pairs of rows in a block. */
static int32_t count_block_pairs(int32_t fo) {
    return fo < BLOCK_CELLS / 2 ? BLOCK_CELLS / 2 / fo : 1;
}

/* Pairs of x for one tap a of one pair of rows. */
static ptrdiff_t count_tap(int32_t fo, int32_t ci) {
    return (ptrdiff_t)(2 * fo + 1) * ci;
}

static size_t count_x_pairs(int32_t fo, int32_t ci) {
    return oss_round_up((size_t)(count_block_pairs(fo) * 3 * count_tap(fo, ci)), 16);
}

static size_t count_dpre_pairs(int32_t fo) {
    return (size_t)count_block_pairs(fo) * (size_t)fo * OSS_TILE_MAX_WIDTH;
}

size_t oss_k_bf16_conv2d_scratch(int32_t f, int32_t ci, int32_t co) {
    OSS_CONTRACT(f > 0 && ci > 0 && co > 0);
    int32_t fo = oss_len_conv(f);
    return count_dpre_pairs(fo) + count_x_pairs(fo, ci) + 9 * (size_t)ci * oss_round_up((size_t)co, 16);
}

/* An input row, NULL when outside. */
static const oss_bf16 *get_row(const weight_gradient *g, int32_t u) {
    return u >= 0 && u < g->t ? g->x + (ptrdiff_t)u * g->f * g->ci : NULL;
}

/* Output rows [begin, end), begin even. */
static void pair_x(const weight_gradient *g, int32_t begin, int32_t end) {
    uint32_t *to = g->x_pairs;
    int32_t left = g->ci, inside = g->f * g->ci, right = (2 * g->fo - g->f) * g->ci;
    for (int32_t t = begin; t < end; t += 2) {
        for (int32_t a = 0; a < 3; a++) {
            int32_t u = 2 * t + a - 1;
            memset(to, 0, (size_t)left * sizeof *to);
            g->table->pair(to + left, get_row(g, u), t + 1 < end ? get_row(g, u + 2) : NULL, inside);
            memset(to + left + inside, 0, (size_t)right * sizeof *to);
            to += count_tap(g->fo, g->ci);
        }
    }
}

/* Columns [j, j + columns) of output rows [begin, end). */
static void pair_dpre(const weight_gradient *g, int32_t begin, int32_t end, int32_t j, int32_t columns,
                      int32_t width) {
    uint32_t *to = g->dpre_pairs;
    ptrdiff_t row = (ptrdiff_t)g->fo * g->co;
    for (int32_t t = begin; t < end; t += 2) {
        for (int32_t f = 0; f < g->fo; f++, to += width) {
            const oss_bf16 *from = g->dpre + (ptrdiff_t)t * row + (ptrdiff_t)f * g->co + j;
            g->table->pair(to, from, t + 1 < end ? from + row : NULL, columns);
            memset(to + columns, 0, (size_t)(width - columns) * sizeof *to);
        }
    }
}

static void add_block(const weight_gradient *g, int32_t begin, int32_t end) {
    const oss_tile_table *tiles = oss_bf16_tile_get();
    pair_x(g, begin, end);
    for (int32_t j = 0, width; j < g->co; j += width) {
        int32_t vectors = oss_tile_panel_vectors(tiles, g->co - j);
        width = vectors * tiles->lanes;
        pair_dpre(g, begin, end, j, g->co - j < width ? g->co - j : width, width);
        for (int32_t a = 0; a < 3; a++) {
            oss_tile tile = {.a = oss_bf16_elements(g->x_pairs + a * count_tap(g->fo, g->ci)),
                             .a_row = 1,
                             .a_step = 2 * g->ci,
                             .a_segment = 3 * count_tap(g->fo, g->ci),
                             .b = oss_bf16_elements(g->dpre_pairs),
                             .b_step = width,
                             .b_segment = (ptrdiff_t)g->fo * width,
                             .segments = (end - begin + 1) / 2,
                             .k = g->fo,
                             .c = g->sums + (ptrdiff_t)9 * g->ci * j + (ptrdiff_t)a * 3 * g->ci * width,
                             .c_row = width,
                             .columns = width,
                             .add = begin > 0};
            oss_tile_run_rows(tiles, tile, vectors, 3 * g->ci);
        }
    }
}

void oss_k_bf16_conv2d_bwd_weight(float *dw, const oss_bf16 *x, const oss_bf16 *dpre, int32_t t, int32_t f,
                                  int32_t ci, int32_t co, uint32_t *scratch) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(ci % 2 == 0 && co % 2 == 0);
    OSS_CONTRACT(dw != NULL && x != NULL && dpre != NULL && scratch != NULL);
    OSS_CONTRACT(oss_is_aligned(scratch, 4));
    weight_gradient g = {.table = oss_bf16_table_get(),
                         .t = t,
                         .f = f,
                         .to = oss_len_conv(t),
                         .fo = oss_len_conv(f),
                         .ci = ci,
                         .co = co,
                         .x = x,
                         .dpre = dpre};
    g.dpre_pairs = scratch;
    g.x_pairs = g.dpre_pairs + count_dpre_pairs(g.fo);
    g.sums = (float *)(void *)(g.x_pairs + count_x_pairs(g.fo, ci));
    int32_t rows = 2 * count_block_pairs(g.fo);
    for (int32_t begin = 0; begin < g.to; begin += rows) {
        add_block(&g, begin, begin + rows < g.to ? begin + rows : g.to);
    }
    oss_conv2d_add_sums(oss_bf16_tile_get(), dw, g.sums, ci, co);
}
