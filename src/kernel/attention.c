/* Queries are taken in tiles of one or two vectors; for a tile all S scores are held, transposed:
 * st[S,width], keys down, queries across. So memory is linear in S, softmax is exact with no rescaling, and
 * every product is the register tile of tile.h:
 *
 *     forward    st[j,i]  = sum_d k[j,d] qt[d,i]        a = k as it lies, b = qt, the tile's queries transposed
 *                                                       and scaled
 *                out[i,d] = sum_j st[j,i] v[j,d]        a = st read down its columns, b = v as it lies
 *     backward   st       = as above, then P = e^(st - lse)
 *                dpt[j,i] = sum_d v[j,d] dot[d,i]       dot: the tile's rows of dout, transposed
 *                dst      = P (mask dpt - delta) / sqrt(D),  delta[i] = sum_d dout[i,d] out[i,d]
 *                dv[j,d] += sum_i (mask P)[j,i] dout[i,d]
 *                dq[i,d]  = sum_j dst[j,i] k[j,d]
 *                dk[j,d] += sum_i dst[j,i] q[i,d]
 *
 * With a limited reach a tile's queries are of one chunk, S is the number of keys that they see, and dk and
 * dv are stored by the first tile of a chunk for the chunk's own keys, which no earlier query saw.
 *
 * delta is the row's sum of P dP, which is what softmax's derivative subtracts: with dropout too, since out
 * was made from the dropped P and the mask is in dP. */
#include "kernel/attention.h"

#include <math.h>
#include <stdbool.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/attention_table.h"
#include "kernel/cpu.h"
#include "kernel/tile.h"

OSS_CPU_DECLARE_TABLES(oss_attention_table, attention);
static const oss_attention_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(attention);
OSS_CPU_DECLARE_TABLES(oss_attention_bwd_table, attention_bwd);
static const oss_attention_bwd_table *const bwd_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(attention_bwd);

enum { MAX_LANES = 16, MAX_WIDTH = 2 * MAX_LANES };

/* One head of one call. Strides are in floats. */
typedef struct head_work {
    const oss_attention_table *lanes;
    const oss_tile_table *tile;
    int32_t s, d, padded;             /* padded: D rounded up to whole vectors */
    const oss_attention_reach *reach; /* NULL: all is seen */
    int32_t first_key, keys;          /* what the tile's queries see */
    int32_t own;                      /* first key of their chunk */
    float scale;
    const float *q, *k, *v; /* rows of stride qkv_row */
    ptrdiff_t qkv_row, out_row;
    oss_attention_mask mask;
    /* scratch */
    float *st, *dpt; /* [S,MAX_WIDTH] */
    float *qt, *dot; /* [padded,MAX_WIDTH] */
    float *whole;    /* [S,padded] and two of [MAX_WIDTH,padded]: rows copied when D is not whole vectors */
    float *q_rows, *dout_rows;
    float *row_factor; /* [MAX_WIDTH] */
} head_work;

size_t oss_k_attention_scratch_floats(int32_t s, int32_t d) {
    OSS_CONTRACT(s >= 0 && d > 0);
    const size_t keys = (size_t)s;
    const size_t padded = oss_round_up((size_t)d, MAX_LANES);
    return 2 * keys * MAX_WIDTH + 2 * padded * MAX_WIDTH + keys * padded + 2 * MAX_WIDTH * padded +
           MAX_WIDTH + MAX_LANES;
}

static head_work start_call(const float *qkv, int32_t s, int32_t heads, int32_t d,
                            const oss_attention_reach *reach, float p, const oss_dropout_key *dropout,
                            float *scratch) {
    const size_t keys = (size_t)s;
    const size_t padded = oss_round_up((size_t)d, MAX_LANES);
    head_work w = {
        .lanes = tables[oss_cpu_isa()],
        .tile = oss_tile_table_get(),
        .s = s,
        .d = d,
        .reach = reach,
        .scale = (float)(1.0 / sqrt((double)d)),
        .q = qkv,
        .qkv_row = (ptrdiff_t)3 * heads * d,
        .out_row = (ptrdiff_t)heads * d,
        .mask = {.threshold = dropout != NULL ? oss_dropout_threshold(p) : 0},
    };
    w.k = qkv + w.out_row;
    w.v = w.k + w.out_row;
    w.padded = (int32_t)oss_round_up((size_t)d, (size_t)w.tile->lanes);
    w.st = scratch;
    w.dpt = w.st + keys * MAX_WIDTH;
    w.qt = w.dpt + keys * MAX_WIDTH;
    w.dot = w.qt + padded * MAX_WIDTH;
    w.whole = w.dot + padded * MAX_WIDTH;
    w.q_rows = w.whole + keys * padded;
    w.dout_rows = w.q_rows + MAX_WIDTH * padded;
    w.row_factor = w.dout_rows + MAX_WIDTH * padded;
    w.mask.scale = oss_dropout_scale(w.mask.threshold);
    if (w.mask.threshold > 0) {
        w.mask.key[0] = (uint32_t)dropout->seed;
        w.mask.key[1] = (uint32_t)(dropout->seed >> 32);
        w.mask.counter[1] = dropout->site;
        w.mask.counter[2] = dropout->utterance;
        w.mask.counter[3] = dropout->step;
        w.mask.row_blocks = ((uint32_t)s + 7) / 8;
    }
    return w;
}

/* The tile that starts with query `first`, whose chunk or all rows end it: sets what it sees; returns its
 * queries and its width, one vector when that is enough. */
static int32_t begin_tile(head_work *w, int32_t first, int32_t row_end, int32_t *out_width) {
    const oss_attention_chunk chunk = oss_attention_find_chunk(first, w->s, w->reach);
    w->own = chunk.begin;
    w->first_key = chunk.first_key;
    w->keys = chunk.end - w->first_key;
    int32_t rows = (row_end < chunk.end ? row_end : chunk.end) - first;
    *out_width = rows <= w->tile->lanes ? w->tile->lanes : 2 * w->tile->lanes;
    return rows < *out_width ? rows : *out_width;
}

/* c[rows,columns] (+)= product, b's columns in panels as wide as the tile allows. */
static void multiply(const head_work *w, oss_tile tile, int32_t rows, int32_t columns) {
    while (columns > 0) {
        int32_t vectors = oss_tile_panel_vectors(w->tile, columns);
        int32_t width = vectors * w->tile->lanes;
        tile.segments = 1;
        tile.columns = columns < width ? columns : width;
        oss_tile_run_rows(w->tile, tile, vectors, rows);
        tile.b += width;
        tile.c += width;
        columns -= tile.columns;
    }
}

/* The rows x[rows,D] (stride *ld) such that whole vectors can be read: as they lie, or copied to `copy`. */
static const float *get_whole_rows(const head_work *w, const float *x, ptrdiff_t *ld, int32_t rows,
                                   float *copy) {
    if (w->padded == w->d) {
        return x;
    }
    w->tile->pack_rows(copy, x, *ld, rows, w->d, w->padded);
    *ld = w->padded;
    return copy;
}

/* st[keys,width] = rows of k or v, x, times columns[D,width] */
static void multiply_keys(const head_work *w, float *st, const float *x, const float *columns,
                          int32_t width) {
    const oss_tile tile = {.a = x + w->first_key * w->qkv_row,
                           .a_row = w->qkv_row,
                           .a_step = 1,
                           .b = columns,
                           .b_step = width,
                           .k = w->d,
                           .c = st,
                           .c_row = width};
    multiply(w, tile, w->keys, width);
}

/* c[i,d] = sum_j st[j,i] rows[j,d] for the tile's queries; rows[S,D] of k or v */
static void multiply_down(const head_work *w, float *c, ptrdiff_t c_row, const float *st, int32_t width,
                          int32_t queries, const float *rows, ptrdiff_t ld) {
    const oss_tile tile = {.a = st,
                           .a_row = 1,
                           .a_step = width,
                           .b = rows + w->first_key * ld,
                           .b_step = ld,
                           .k = w->keys,
                           .c = c,
                           .c_row = c_row};
    multiply(w, tile, queries, w->d);
}

/* c[j,d] (+)= sum_i st[j,i] rows[i,d] for keys [begin, end) */
static void multiply_across(const head_work *w, float *c, const float *st, int32_t begin, int32_t end,
                            int32_t width, int32_t queries, const float *rows, ptrdiff_t ld, bool add) {
    const oss_tile tile = {.a = st + (ptrdiff_t)(begin - w->first_key) * width,
                           .a_row = width,
                           .a_step = 1,
                           .b = rows,
                           .b_step = ld,
                           .k = queries,
                           .c = c + begin * w->qkv_row,
                           .c_row = w->qkv_row,
                           .add = add};
    multiply(w, tile, end - begin, w->d);
}

/* The same for all keys of the tile: added to those that earlier queries saw, stored for the others. first:
 * the tile's first query. */
static void scatter(const head_work *w, float *c, const float *st, int32_t first, int32_t width,
                    int32_t queries, const float *rows, ptrdiff_t ld) {
    if (w->first_key < w->own) {
        multiply_across(w, c, st, w->first_key, w->own, width, queries, rows, ld, true);
    }
    multiply_across(w, c, st, w->own, w->first_key + w->keys, width, queries, rows, ld, first > w->own);
}

/* The tile's queries, transposed and scaled, and the scores. */
static void make_scores(const head_work *w, int32_t first, int32_t queries, int32_t width) {
    w->tile->pack_transposed(w->qt, w->q + first * w->qkv_row, w->qkv_row, w->d, queries, width);
    oss_k_scale(w->qt, w->qt, w->scale, (size_t)w->d * (size_t)width);
    multiply_keys(w, w->st, w->k, w->qt, width);
}

static void place_mask(head_work *w, int32_t h, int32_t first) {
    w->mask.counter[0] = ((uint32_t)h * (uint32_t)w->s + (uint32_t)first) * w->mask.row_blocks;
}

void oss_k_attention_fwd(float *out, float *lse, const float *qkv, int32_t s, int32_t heads, int32_t d,
                         int32_t row_begin, int32_t row_end, const oss_attention_reach *reach, float p,
                         const oss_dropout_key *dropout, float *scratch) {
    OSS_CONTRACT(s >= 0 && heads > 0 && d > 0);
    OSS_CONTRACT(p >= 0.0f && p < 1.0f);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    OSS_CONTRACT(row_begin >= 0 && row_begin <= row_end && row_end <= s);
    OSS_CONTRACT(row_begin == row_end || (out != NULL && qkv != NULL && scratch != NULL));
    OSS_CONTRACT(oss_is_aligned(scratch, sizeof(float)));
    head_work w = start_call(qkv, s, heads, d, reach, p, dropout, scratch);
    for (int32_t h = 0; h < heads; h++, w.q += d, w.k += d, w.v += d) {
        ptrdiff_t v_row = w.qkv_row;
        const float *v = get_whole_rows(&w, w.v, &v_row, s, w.whole);
        for (int32_t first = row_begin; first < row_end;) {
            int32_t width, queries = begin_tile(&w, first, row_end, &width);
            float *rows = out + first * w.out_row + h * d;
            make_scores(&w, first, queries, width);
            place_mask(&w, h, first);
            w.lanes->softmax(w.st, w.keys, width, queries,
                             lse != NULL ? lse + (ptrdiff_t)h * s + first : NULL, w.row_factor, &w.mask);
            multiply_down(&w, rows, w.out_row, w.st, width, queries, v, v_row);
            w.lanes->scale_rows(rows, heads * d, w.row_factor, queries, d);
            first += queries;
        }
    }
}

/* One tile of queries of head h. */
static void tile_bwd(head_work *w, float *dqkv, const float *dout, const float *out, const float *lse,
                     int32_t first, int32_t queries, int32_t width, const float *k, ptrdiff_t k_row) {
    const oss_attention_bwd_table *lanes = bwd_tables[oss_cpu_isa()];
    ptrdiff_t q_row = w->qkv_row, dout_row = w->out_row;
    const float *q = w->q + first * w->qkv_row;
    dout += first * w->out_row;
    out += first * w->out_row;
    make_scores(w, first, queries, width);
    w->tile->pack_transposed(w->dot, dout, w->out_row, w->d, queries, width);
    multiply_keys(w, w->dpt, w->v, w->dot, width);
    lanes->dot_rows(w->row_factor, dout, out, (int32_t)w->out_row, queries, w->d);
    lanes->softmax_bwd(w->st, w->dpt, w->keys, width, queries, lse + first, w->row_factor, w->scale,
                       &w->mask);
    const float *dout_rows = get_whole_rows(w, dout, &dout_row, queries, w->dout_rows);
    const float *q_rows = get_whole_rows(w, q, &q_row, queries, w->q_rows);
    float *dk = dqkv + w->out_row;
    float *dv = dk + w->out_row;
    scatter(w, dv, w->st, first, width, queries, dout_rows, dout_row);
    multiply_down(w, dqkv + first * w->qkv_row, w->qkv_row, w->dpt, width, queries, k, k_row);
    scatter(w, dk, w->dpt, first, width, queries, q_rows, q_row);
}

void oss_k_attention_bwd(float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv,
                         int32_t s, int32_t heads, int32_t d, const oss_attention_reach *reach, float p,
                         const oss_dropout_key *dropout, float *scratch) {
    OSS_CONTRACT(s >= 0 && heads > 0 && d > 0);
    OSS_CONTRACT(p >= 0.0f && p < 1.0f);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    OSS_CONTRACT(s == 0 || (dqkv != NULL && dout != NULL && out != NULL && lse != NULL && qkv != NULL &&
                            scratch != NULL));
    OSS_CONTRACT(oss_is_apart(dqkv, 3 * (size_t)s * (size_t)heads * (size_t)d, qkv,
                              3 * (size_t)s * (size_t)heads * (size_t)d));
    OSS_CONTRACT(oss_is_apart(dqkv, 3 * (size_t)s * (size_t)heads * (size_t)d, dout,
                              (size_t)s * (size_t)heads * (size_t)d));
    head_work w = start_call(qkv, s, heads, d, reach, p, dropout, scratch);
    for (int32_t h = 0; h < heads; h++, w.q += d, w.k += d, w.v += d) {
        ptrdiff_t k_row = w.qkv_row;
        const float *k = get_whole_rows(&w, w.k, &k_row, s, w.whole);
        for (int32_t first = 0; first < s;) {
            int32_t width, queries = begin_tile(&w, first, s, &width);
            place_mask(&w, h, first);
            tile_bwd(&w, dqkv + h * d, dout + h * d, out + h * d, lse + (ptrdiff_t)h * s, first, queries,
                     width, k, k_row);
            first += queries;
        }
    }
}
