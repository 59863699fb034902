/* Convolution forward as an implicit matrix product: the tile of tile.h reads x in place.
 *
 * Channels last, so the cells (2f-1, 2f, 2f+1) of an input row are one run of 3 Ci floats, and the runs of
 * neighbouring output positions start 2 Ci apart. An output row is then a product whose "row" is a position
 * and whose k runs over the three input rows (segments) and the 3 Ci floats in each:
 *
 *     x row 2t-1   | 0 | 1 | 2 | 3 | 4 | 5 |        position f:  a = x + ((2t+a-1) F + 2f-1) Ci,
 *     x row 2t         [   f = 1   ]                             a_row = 2 Ci,  a_step = 1
 *     x row 2t+1               [   f = 2   ]        segment a:   a_segment = F Ci
 *                                                   weights:     b[(a, b, i), o], packed in panels of columns o
 *
 * At 64 channels and AVX-512 a tile is 6 positions x 64 channels: 24 accumulators, 576 steps of 4 loads and 6
 * broadcasts, with the weights (147 KiB) streaming from the second-level cache.
 *
 * Positions whose run leaves the input (f = 0; the last one when F is odd) have a shorter run. To keep
 * branches out of the loop and the tiles full, such an edge column is computed down the rows instead, several
 * t in one tile. */
#include "kernel/conv2d.h"

#include "base/contract.h"
#include "base/round.h"
#include "kernel/conv2d_grid.h"
#include "kernel/conv2d_run.h"
#include "kernel/lengths.h"
#include "kernel/tile.h"

size_t oss_k_conv2d_packed_floats(int32_t ci, int32_t co) {
    OSS_CONTRACT(ci > 0 && co > 0);
    return 9 * (size_t)ci * oss_round_up((size_t)co, 16);
}

/* Panels of columns o, each [3 (a), 3 (b), Ci, width]; columns that do not exist are 0. */
void oss_k_conv2d_pack(float *packed, const float *w, int32_t ci, int32_t co) {
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(packed != NULL && w != NULL);
    OSS_CONTRACT(oss_is_apart(packed, oss_k_conv2d_packed_floats(ci, co), w, 9 * (size_t)ci * (size_t)co));
    const oss_tile_table *table = oss_tile_table_get();
    for (int32_t j = 0, width; j < co; j += width) {
        width = oss_tile_panel_vectors(table, co - j) * table->lanes;
        for (int32_t i = 0; i < ci; i++) {
            float *to = packed + (ptrdiff_t)9 * ci * j + (ptrdiff_t)i * width;
            for (int32_t o = 0; o < width; o++) { /* nine streams are written in order */
                for (int32_t tap = 0; tap < 9; tap++) {
                    to[(ptrdiff_t)tap * ci * width + o] =
                        j + o < co ? w[((ptrdiff_t)(j + o) * ci + i) * 9 + tap] : 0.0F;
                }
            }
        }
    }
}

typedef struct forward {
    const oss_tile_table *table;
    oss_tile tile; /* what is the same for all cells of one panel */
    int32_t vectors, width;
    int32_t t, f, fo, ci, co;
    const float *x, *packed;
    float *out, *gelu;
} forward;

/* `count` cells from (t, f) on, down the rows or along one; all have the taps of the first. */
static void run_cells(const forward *fwd, int32_t t, int32_t f, int32_t count, bool down) {
    oss_conv2d_taps a = oss_conv2d_get_taps(t, fwd->t), b = oss_conv2d_get_taps(f, fwd->f);
    ptrdiff_t row = (ptrdiff_t)fwd->f * fwd->ci, cell = (ptrdiff_t)t * fwd->fo + f;
    oss_tile tile = fwd->tile;
    tile.a = fwd->x + (2 * t + a.begin - 1) * row + (ptrdiff_t)(2 * f + b.begin - 1) * fwd->ci;
    tile.a_row = down ? 2 * row : 2 * fwd->ci;
    tile.segments = a.end - a.begin;
    tile.k = (b.end - b.begin) * fwd->ci;
    tile.b = fwd->packed + (ptrdiff_t)((a.begin * 3 + b.begin) * fwd->ci) * fwd->width;
    tile.c = fwd->out + cell * fwd->co;
    tile.c_row = down ? (ptrdiff_t)fwd->fo * fwd->co : fwd->co;
    tile.gelu = fwd->gelu != NULL ? fwd->gelu + cell * fwd->co : NULL;
    oss_tile_run_rows(fwd->table, tile, fwd->vectors, count);
}

/* Rows [begin, end), which all have the same taps in time. */
static void run_rows(const forward *fwd, int32_t begin, int32_t end) {
    oss_conv2d_inside columns = oss_conv2d_get_inside(fwd->f);
    run_cells(fwd, begin, 0, end - begin, true);
    if (columns.end < fwd->fo && columns.end > 0) {
        run_cells(fwd, begin, columns.end, end - begin, true);
    }
    for (int32_t t = begin; t < end && columns.begin < columns.end; t++) {
        run_cells(fwd, t, columns.begin, columns.end - columns.begin, false);
    }
}

/* The panel of columns from j on, for the rows [begin, end), which all have the same taps in time. */
static void run_panel(forward *fwd, const float *packed, const float *bias, float *out, float *gelu,
                      int32_t j, int32_t begin, int32_t end) {
    fwd->vectors = oss_tile_panel_vectors(fwd->table, fwd->co - j);
    fwd->width = fwd->vectors * fwd->table->lanes;
    fwd->packed = packed + (ptrdiff_t)9 * fwd->ci * j;
    fwd->out = out + j;
    fwd->gelu = gelu != NULL ? gelu + j : NULL;
    fwd->tile = (oss_tile){.a_step = 1,
                           .a_segment = (ptrdiff_t)fwd->f * fwd->ci,
                           .b_step = fwd->width,
                           .b_segment = (ptrdiff_t)3 * fwd->ci * fwd->width,
                           .columns = fwd->co - j < fwd->width ? fwd->co - j : fwd->width,
                           .bias = bias + j};
    run_rows(fwd, begin, end);
}

void oss_conv2d_run_fwd(const oss_tile_table *table, float *y, float *pre, const float *x,
                        const float *packed, const float *bias, int32_t t, int32_t f, int32_t ci, int32_t co,
                        int32_t row_begin, int32_t row_end, bool gelu) {
    OSS_CONTRACT(table != NULL && t > 0 && f > 0 && ci > 0 && co > 0);
    forward fwd = {.table = table, .t = t, .f = f, .fo = oss_len_conv(f), .ci = ci, .co = co, .x = x};
    float *out = gelu && pre != NULL ? pre : y;
    for (int32_t row = row_begin, end; row < row_end; row = end) {
        end = oss_conv2d_chunk_end(row, row_end, t);
        for (int32_t j = 0; j < co; j += fwd.width) {
            run_panel(&fwd, packed, bias, out, gelu ? y : NULL, j, row, end);
        }
    }
}

void oss_k_conv2d_fwd(float *y, float *pre, const float *x, const float *packed, const float *bias, int32_t t,
                      int32_t f, int32_t ci, int32_t co, int32_t row_begin, int32_t row_end, bool gelu) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(row_begin >= 0 && row_begin <= row_end && row_end <= oss_len_conv(t));
    OSS_CONTRACT(y != NULL && x != NULL && packed != NULL && bias != NULL);
    OSS_CONTRACT(!gelu || pre != y);
    oss_conv2d_run_fwd(oss_tile_table_get(), y, pre, x, packed, bias, t, f, ci, co, row_begin, row_end, gelu);
}
