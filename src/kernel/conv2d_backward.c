/* Gradients of the convolution, by the same tile as its forward (conv2d.c has the picture). */
#include <string.h>

#include "kernel/conv2d.h"
#include "base/contract.h"
#include "base/round.h"
#include "kernel/conv2d_grid.h"
#include "kernel/conv2d_run.h"
#include "kernel/lengths.h"
#include "kernel/tile.h"

/* Output cells between two visits of the weight gradient: 256 cells of dpre (64 KiB at 64 channels) and the x
 * under them (256 KiB) stay in the second-level cache while every row of the gradient passes over them. */
enum { BLOCK_CELLS = 256 };

/* Floats of one block of dpre, packed [cells, width]. */
static size_t count_block_floats(int32_t fo) {
    return (size_t)(fo > BLOCK_CELLS ? fo : BLOCK_CELLS) * OSS_TILE_MAX_WIDTH;
}

size_t oss_k_conv2d_scratch_floats(int32_t f, int32_t ci, int32_t co) {
    OSS_CONTRACT(f > 0 && ci > 0 && co > 0);
    return 9 * (size_t)ci * oss_round_up((size_t)co, 16) + OSS_TILE_MAX_WIDTH +
           count_block_floats(oss_len_conv(f));
}

size_t oss_k_conv2d_packed_back_floats(int32_t ci, int32_t co) {
    OSS_CONTRACT(ci > 0 && co > 0);
    return 9 * (size_t)co * oss_round_up((size_t)ci, 16);
}

/* Input gradient. dx[u, v] with u even meets tap a = 1 of output row u/2 only; with u odd it meets a = 2 of
 * row (u-1)/2 and a = 0 of the next; the same along v. So the cells of one parity class form a product whose
 * rows lie Co apart in dpre, and the two taps along v are one run of 2 Co floats when the weights lie in the
 * order 2, 0, 1:
 *
 *     dpre row t        | f | f+1 | ...     dx[2t+1, 2f+1] = dpre[t,   f..f+1] w[a=2, b=(2,0)]  (segment 0)
 *     dpre row t+1      | f | f+1 | ...                    + dpre[t+1, f..f+1] w[a=0, b=(2,0)]  (segment 1)
 *
 * packed: panels of columns i, each [3 (a = 2, 0, 1), 3 (b = 2, 0, 1), Co, width]. */
void oss_k_conv2d_pack_back(float *packed, const float *w, int32_t ci, int32_t co) {
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(packed != NULL && w != NULL);
    const oss_tile_table *table = oss_tile_table_get();
    static const int32_t order[9] = {8, 6, 7, 2, 0, 1, 5, 3, 4}; /* w's 3 a + b, for a and b = 2, 0, 1 */
    for (int32_t j = 0, width; j < ci; j += width) {
        width = oss_tile_panel_vectors(table, ci - j) * table->lanes;
        for (int32_t o = 0; o < co; o++) {
            const float *from = w + ((ptrdiff_t)o * ci + j) * 9;
            float *to = packed + (ptrdiff_t)9 * co * j + (ptrdiff_t)o * width;
            for (int32_t i = 0; i < width; i++) { /* all taps of a pair together: w is read once, in order */
                for (int32_t tap = 0; tap < 9; tap++) {
                    to[(ptrdiff_t)tap * co * width + i] = j + i < ci ? from[i * 9 + order[tap]] : 0.0F;
                }
            }
        }
    }
}

typedef struct input_gradient {
    const oss_tile_table *table;
    oss_tile tile; /* what is the same for all cells of one panel */
    int32_t vectors, width;
    int32_t t, f, to, fo, ci, co;
    int32_t odd_u, odd_v; /* the parity class */
    const float *dpre, *packed;
    float *dx;
} input_gradient;

/* `count` cells of the class from dx[2t + odd_u, 2f + odd_v] on, down the rows or along one; all have the
 * taps of the first. */
static void run_cells(const input_gradient *g, int32_t t, int32_t f, int32_t count, bool down) {
    if (count <= 0) {
        return;
    }
    oss_tile tile = g->tile;
    tile.a = g->dpre + ((ptrdiff_t)t * g->fo + f) * g->co;
    tile.a_row = down ? (ptrdiff_t)g->fo * g->co : g->co;
    tile.segments = g->odd_u && t + 1 < g->to ? 2 : 1;
    tile.k = g->odd_v && f + 1 < g->fo ? 2 * g->co : g->co;
    tile.b = g->packed + (ptrdiff_t)((g->odd_u ? 0 : 6) + (g->odd_v ? 0 : 2)) * g->co * g->width;
    tile.c = g->dx + ((ptrdiff_t)(2 * t + g->odd_u) * g->f + 2 * f + g->odd_v) * g->ci;
    tile.c_row = 2 * (down ? (ptrdiff_t)g->f * g->ci : g->ci);
    oss_tile_run_rows(g->table, tile, g->vectors, count);
}

/* The part of one parity class that meets the rows [begin, end) of dpre. Cells of the last row or column may
 * lack a tap. */
static void run_class(input_gradient *g, int32_t odd_u, int32_t odd_v, int32_t begin, int32_t end) {
    int32_t rows = odd_u ? g->t / 2 : g->to, columns = odd_v ? g->f / 2 : g->fo;
    int32_t inside = odd_v && columns == g->fo ? columns - 1 : columns;
    int32_t full_rows = odd_u && rows == g->to ? rows - 1 : rows;
    g->odd_u = odd_u;
    g->odd_v = odd_v;
    end = end < rows ? end : rows;
    for (int32_t t = begin; t < end; t++) {
        run_cells(g, t, 0, inside, false);
    }
    if (inside < columns && begin < end) {
        int32_t full_end = end < full_rows ? end : full_rows;
        run_cells(g, begin, inside, full_end - begin, true);
        run_cells(g, full_end, inside, end - full_end, true);
    }
}

/* The panel of columns i from j on, for the cells of dx that meet the rows [begin, end) of dpre. */
static void run_panel(input_gradient *g, const float *packed, float *dx, bool accumulate, int32_t j,
                      int32_t begin, int32_t end) {
    g->vectors = oss_tile_panel_vectors(g->table, g->ci - j);
    g->width = g->vectors * g->table->lanes;
    g->packed = packed + (ptrdiff_t)9 * g->co * j;
    g->dx = dx + j;
    g->tile = (oss_tile){.a_step = 1,
                         .a_segment = (ptrdiff_t)g->fo * g->co,
                         .b_step = g->width,
                         .b_segment = (ptrdiff_t)3 * g->co * g->width,
                         .columns = g->ci - j < g->width ? g->ci - j : g->width,
                         .add = accumulate};
    for (int32_t parity = 0; parity < 4; parity++) {
        run_class(g, parity / 2, parity % 2, begin, end);
    }
}

void oss_conv2d_run_bwd_input(const oss_tile_table *table, float *dx, const float *dpre, const float *packed,
                              int32_t t, int32_t f, int32_t ci, int32_t co, bool accumulate) {
    OSS_CONTRACT(table != NULL && t > 0 && f > 0 && ci > 0 && co > 0);
    input_gradient g = {.table = table,
                        .t = t,
                        .f = f,
                        .to = oss_len_conv(t),
                        .fo = oss_len_conv(f),
                        .ci = ci,
                        .co = co,
                        .dpre = dpre};
    for (int32_t begin = 0; begin < g.to; begin += OSS_CONV2D_CHUNK_ROWS) {
        int32_t end = begin + OSS_CONV2D_CHUNK_ROWS < g.to ? begin + OSS_CONV2D_CHUNK_ROWS : g.to;
        for (int32_t j = 0; j < ci; j += g.width) {
            run_panel(&g, packed, dx, accumulate, j, begin, end);
        }
    }
}

void oss_k_conv2d_bwd_input(float *dx, const float *dpre, const float *packed, int32_t t, int32_t f,
                            int32_t ci, int32_t co, bool accumulate) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(dx != NULL && dpre != NULL && packed != NULL);
    OSS_CONTRACT(oss_is_apart(dx, (size_t)t * (size_t)f * (size_t)ci, dpre,
                              (size_t)oss_len_conv(t) * (size_t)oss_len_conv(f) * (size_t)co));
    oss_conv2d_run_bwd_input(oss_tile_table_get(), dx, dpre, packed, t, f, ci, co, accumulate);
}

/* Weight gradient: dw[(a, b, i), o] += sum over cells of x[2t+a-1, 2f+b-1, i] dpre[t, f, o]. A tile is a few
 * (b, i) of one a by one panel of o, its k runs over the cells of a block (segments are output rows): x is
 * read with stride 2 Ci, dpre in place.
 *
 *     block of output rows:  dpre[rows, Fo, Co]  under  x[2 rows + 1, F, Ci], which both stay in the
 *                            second-level cache
 *     tile:                  6 of the 3 Ci values around a cell  x  64 channels: 24 accumulators, added to
 *                            sum[9 Ci, width] */
typedef struct weight_gradient {
    const oss_tile_table *table;
    int32_t vectors, width, columns;
    int32_t t, f, fo, ci, co;
    const float *x;
    const float *dpre; /* the block's first row, at the panel's first column; dpre_step floats a cell */
    ptrdiff_t dpre_step;
    float *sum; /* [3 (a), 3 (b), Ci, width] */
} weight_gradient;

/* Cells [f, f + cells) of output rows [t, t + rows), taps a and [b.begin, b.end), into sum. `first` is the
 * block's first row. */
static void add_cells(const weight_gradient *g, int32_t a, oss_conv2d_taps b, int32_t first, int32_t t,
                      int32_t rows, int32_t f, int32_t cells) {
    ptrdiff_t row = (ptrdiff_t)g->f * g->ci;
    oss_tile tile = {.a = g->x + (2 * t + a - 1) * row + (ptrdiff_t)(2 * f + b.begin - 1) * g->ci,
                     .a_row = 1,
                     .a_step = cells > 1 ? 2 * g->ci : 2 * row,
                     .a_segment = 2 * row,
                     .b = g->dpre + ((ptrdiff_t)(t - first) * g->fo + f) * g->dpre_step,
                     .b_step = cells > 1 ? g->dpre_step : g->fo * g->dpre_step,
                     .b_segment = g->fo * g->dpre_step,
                     .segments = cells > 1 ? rows : 1,
                     .k = cells > 1 ? cells : rows, /* an edge column is one run down the rows */
                     .c = g->sum + (ptrdiff_t)((a * 3 + b.begin) * g->ci) * g->width,
                     .c_row = g->width,
                     .columns = g->columns,
                     .add = true};
    oss_tile_run_rows(g->table, tile, g->vectors, (b.end - b.begin) * g->ci);
}

/* Adds the rows [begin, end) of the output. */
static void add_block(const weight_gradient *g, int32_t begin, int32_t end) {
    oss_conv2d_inside columns = oss_conv2d_get_inside(g->f);
    for (int32_t a = 0; a < 3; a++) {
        int32_t first = a == 0 && begin == 0 ? 1 : begin;
        int32_t last = a == 2 && end > g->t / 2 ? g->t / 2 : end;
        if (first >= last) {
            continue;
        }
        add_cells(g, a, oss_conv2d_get_taps(0, g->f), begin, first, last - first, 0, 1);
        if (columns.end < g->fo && columns.end > 0) {
            add_cells(g, a, oss_conv2d_get_taps(columns.end, g->f), begin, first, last - first, columns.end,
                      1);
        }
        if (columns.begin < columns.end) {
            add_cells(g, a, oss_conv2d_get_taps(1, g->f), begin, first, last - first, 1,
                      columns.end - columns.begin);
        }
    }
}

/* dw[Co,Ci,3,3] += sum[3,3,Ci,width] for the columns [j, j + columns). */
static void add_panel(float *dw, const float *sum, int32_t ci, int32_t j, int32_t columns, int32_t width) {
    for (int32_t i = 0; i < ci; i++) {
        for (int32_t o = 0; o < columns; o++) { /* nine streams of sum are read in order */
            const float *from = sum + (ptrdiff_t)i * width + o;
            float *to = dw + ((ptrdiff_t)(j + o) * ci + i) * 9;
            for (int32_t tap = 0; tap < 9; tap++) {
                to[tap] += from[(ptrdiff_t)tap * ci * width];
            }
        }
    }
}

void oss_conv2d_add_sums(const oss_tile_table *table, float *dw, const float *sums, int32_t ci, int32_t co) {
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(oss_is_apart(dw, 9 * (size_t)ci * (size_t)co, sums, 9 * (size_t)ci * (size_t)co));
    for (int32_t j = 0, width; j < co; j += width) {
        width = oss_tile_panel_vectors(table, co - j) * table->lanes;
        add_panel(dw, sums + (ptrdiff_t)9 * ci * j, ci, j, co - j < width ? co - j : width, width);
    }
}

/* The panel of columns from j on; sums[9 Ci, Co rounded up to 16] holds the panels one after the other. */
static void set_panel(weight_gradient *g, float *sums, int32_t j) {
    g->vectors = oss_tile_panel_vectors(g->table, g->co - j);
    g->width = g->vectors * g->table->lanes;
    g->columns = g->co - j < g->width ? g->co - j : g->width;
    g->sum = sums + (ptrdiff_t)9 * g->ci * j;
}

void oss_k_conv2d_bwd_weight(float *dw, float *dbias, const float *x, const float *dpre, int32_t t, int32_t f,
                             int32_t ci, int32_t co, float *scratch) {
    OSS_CONTRACT(t > 0 && f > 0);
    OSS_CONTRACT(ci > 0 && co > 0);
    OSS_CONTRACT(dw != NULL && dbias != NULL && x != NULL && dpre != NULL && scratch != NULL);
    weight_gradient g = {
        .table = oss_tile_table_get(), .t = t, .f = f, .fo = oss_len_conv(f), .ci = ci, .co = co, .x = x};
    int32_t to = oss_len_conv(t), block_rows = BLOCK_CELLS > g.fo ? BLOCK_CELLS / g.fo : 1;
    float *block = scratch, *bias_sum = block + count_block_floats(g.fo),
          *sums = bias_sum + OSS_TILE_MAX_WIDTH;
    memset(sums, 0, 9 * (size_t)ci * oss_round_up((size_t)co, 16) * sizeof *sums);
    for (int32_t begin = 0, end; begin < to; begin = end) {
        end = begin + block_rows < to ? begin + block_rows : to;
        int32_t cells = (end - begin) * g.fo;
        for (int32_t j = 0; j < co; j += g.width) {
            set_panel(&g, sums, j);
            g.dpre = dpre + (ptrdiff_t)begin * g.fo * co + j;
            g.dpre_step = co;
            if (g.columns < g.width) { /* a tile reads whole vectors, which would leave dpre at its end */
                g.table->pack_rows(block, g.dpre, co, cells, g.columns, g.width);
                g.dpre = block;
                g.dpre_step = g.width;
            }
            add_block(&g, begin, end);
            g.table->sum_rows(bias_sum, g.dpre, g.dpre_step, cells, g.vectors);
            for (int32_t o = 0; o < g.columns; o++) {
                dbias[j + o] += bias_sum[o];
            }
        }
    }
    oss_conv2d_add_sums(g.table, dw, sums, ci, co);
}
