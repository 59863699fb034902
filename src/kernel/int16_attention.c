/* As attention.c: queries in tiles of one or two vectors, all scores of a tile held, transposed. Scores and outputs are
 * tiles of pairs: pairs of d in st[j,i] = sum_d k[j,d] q[i,d], pairs of keys in out[i,d] = sum_j p[j,i] v[j,d].
 *
 * The scale of v's row j goes into the weight p[j,i], which softmax rounds to 15 bits at most. */
#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/int16.h"
#include "kernel/int16_table.h"

enum { MAX_LANES = 16, MAX_WIDTH = 2 * MAX_LANES };

/* ---- q, k and v ---- */

/* Integers of a head's row. */
static ptrdiff_t pairs_width(int32_t d) {
    return (ptrdiff_t)oss_round_up((size_t)d, 2);
}

static ptrdiff_t vectors_width(int32_t d) {
    return (ptrdiff_t)oss_round_up((size_t)d, MAX_LANES);
}

size_t oss_k_int16_qkv_bytes(int32_t s, int32_t heads, int32_t d) {
    OSS_CONTRACT(s >= 0 && heads > 0 && d > 0 && d <= OSS_INT16_MAX_HEAD);
    size_t rows = oss_round_up((size_t)s, 2),
           row = (size_t)heads * (size_t)(2 * pairs_width(d) + vectors_width(d));
    return rows * row * sizeof(int16_t) + rows * 3 * (size_t)heads * sizeof(float);
}

oss_int16_qkv oss_k_int16_qkv_place(void *memory, int32_t s, int32_t heads, int32_t d) {
    oss_int16_qkv out = {.s = s, .heads = heads, .d = d};
    if (memory == NULL) { /* it is measured */
        return out;
    }
    ptrdiff_t rows = (ptrdiff_t)oss_round_up((size_t)s, 2);
    out.v = memory;
    out.scale = (float *)(void *)(out.v + rows * heads * vectors_width(d));
    out.q = (int16_t *)(void *)(out.scale + rows * 3 * heads);
    out.k = out.q + rows * heads * pairs_width(d);
    return out;
}

/* Row `row` of head h of v, beside that of its neighbour, or beside 0 when there is none. */
static void set_v(const oss_int16_qkv *to, const int16_t *v, int32_t row, int32_t h) {
    const ptrdiff_t width = vectors_width(to->d);
    int16_t *at = to->v + 2 * ((ptrdiff_t)(row / 2) * to->heads + h) * width;
    for (ptrdiff_t i = 0; i < width; i++) {
        at[2 * i + row % 2] = i < to->d ? v[i] : 0;
        if (row + 1 == to->s && row % 2 == 0) {
            at[2 * i + 1] = 0;
        }
    }
}

void oss_k_int16_qkv_set(const oss_int16_qkv *to, const float *qkv, int32_t begin, int32_t rows) {
    OSS_CONTRACT(begin >= 0 && rows >= 0 && begin + rows <= to->s);
    OSS_CONTRACT(rows == 0 || qkv != NULL);
    const oss_int16_table *table = oss_int16_table_get();
    const ptrdiff_t width = pairs_width(to->d);
    int16_t v[OSS_INT16_MAX_HEAD];
    const int32_t largest = oss_int16_largest_key(to->d);
    for (int32_t row = begin; row < begin + rows; row++) {
        for (int32_t h = 0; h < 3 * to->heads; h++, qkv += to->d) {
            float scale = table->scale_of(qkv, to->d, h < 2 * to->heads ? largest : OSS_INT16_VALUE);
            int32_t head = h % to->heads;
            ptrdiff_t at = ((ptrdiff_t)row * to->heads + head) * width;
            to->scale[(ptrdiff_t)row * 3 * to->heads + h] = scale;
            int16_t *part = h < to->heads ? to->q + at : h < 2 * to->heads ? to->k + at : v;
            table->round(part, qkv, to->d, (int32_t)width, scale);
            if (part == v) {
                set_v(to, v, row, head);
            }
        }
    }
}

void oss_k_int16_qkv_values(float *v, const oss_int16_qkv *qkv, int32_t begin, int32_t end) {
    OSS_CONTRACT(begin >= 0 && begin <= end && end <= qkv->s);
    OSS_CONTRACT(begin == end || v != NULL);
    const ptrdiff_t width = vectors_width(qkv->d);
    for (int32_t row = begin; row < end; row++) {
        for (int32_t h = 0; h < qkv->heads; h++, v += qkv->d) {
            const int16_t *from = qkv->v + 2 * ((ptrdiff_t)(row / 2) * qkv->heads + h) * width + row % 2;
            const float scale = qkv->scale[((ptrdiff_t)row * 3 + 2) * qkv->heads + h];
            for (int32_t i = 0; i < qkv->d; i++) {
                v[i] = (float)from[2 * (ptrdiff_t)i] * scale;
            }
        }
    }
}

/* v of one row less or more stands on the other side of its pair. */
static void move_v(const oss_int16_qkv *qkv, int32_t to, int32_t from) {
    const ptrdiff_t row = 2 * qkv->heads * vectors_width(qkv->d);
    int16_t *at = qkv->v + to / 2 * row + to % 2;
    const int16_t *old = qkv->v + from / 2 * row + from % 2;
    for (ptrdiff_t i = 0; i < row; i += 2) {
        at[i] = old[i];
    }
}

void oss_k_int16_qkv_drop(const oss_int16_qkv *qkv, int32_t begin) {
    OSS_CONTRACT(begin >= 0 && begin <= qkv->s);
    const size_t rows = (size_t)(qkv->s - begin), scales = 3 * (size_t)qkv->heads;
    const size_t row = (size_t)qkv->heads * (size_t)pairs_width(qkv->d);
    memmove(qkv->q, qkv->q + (size_t)begin * row, rows * row * sizeof *qkv->q);
    memmove(qkv->k, qkv->k + (size_t)begin * row, rows * row * sizeof *qkv->k);
    memmove(qkv->scale, qkv->scale + (size_t)begin * scales, rows * scales * sizeof *qkv->scale);
    for (int32_t to = 0; begin > 0 && to < qkv->s - begin; to++) {
        move_v(qkv, to, begin + to);
    }
}

/* ---- Attention ---- */

typedef struct head_work {
    const oss_int16_table *table;
    const oss_int16_qkv *qkv;
    int32_t h;
    int32_t first_key, keys; /* what the tile's queries see */
    float *st;               /* [keys, MAX_WIDTH] */
    int32_t *qt;             /* [pairs of D, MAX_WIDTH] */
    float *factor;           /* [MAX_WIDTH] */
} head_work;

size_t oss_k_int16_attention_scratch_floats(int32_t s, int32_t d) {
    OSS_CONTRACT(s >= 0 && d > 0);
    return ((size_t)s + 1 + (size_t)pairs_width(d) / 2 + 1) * MAX_WIDTH;
}

/* Row `row` of part 0 (q), 1 (k) or 2 (v). */
static const float *get_scale(const head_work *w, int32_t row, int32_t part) {
    return w->qkv->scale + ((ptrdiff_t)row * 3 + part) * w->qkv->heads + w->h;
}

static const int32_t *get_pairs(const head_work *w, const int16_t *rows, int32_t row) {
    return (const int32_t *)(const void *)(rows +
                                           ((ptrdiff_t)row * w->qkv->heads + w->h) * pairs_width(w->qkv->d));
}

/* Sets what the tile from query `first` on sees, as attention.c does; returns its queries and its width. */
static int32_t begin_tile(head_work *w, int32_t first, int32_t row_end, const oss_attention_reach *reach,
                          int32_t *out_width) {
    const int32_t lanes = w->table->lanes;
    const oss_attention_chunk chunk = oss_attention_find_chunk(first, w->qkv->s, reach);
    w->first_key = chunk.first_key;
    w->keys = chunk.end - w->first_key;
    OSS_CONTRACT(w->keys <= OSS_INT16_MAX_KEYS);
    int32_t rows = (row_end < chunk.end ? row_end : chunk.end) - first;
    *out_width = rows <= lanes ? lanes : 2 * lanes;
    return rows < *out_width ? rows : *out_width;
}

/* The tile's queries transposed, lanes beyond them 0, and what a score is multiplied by in the exponent of 2. */
static void set_queries(const head_work *w, int32_t first, int32_t queries, int32_t width) {
    const double log2_e = 1.4426950408889634;
    const float slope = (float)(log2_e / sqrt((double)w->qkv->d));
    const ptrdiff_t pairs = pairs_width(w->qkv->d) / 2;
    for (int32_t i = 0; i < width; i++) {
        const int32_t *q = i < queries ? get_pairs(w, w->qkv->q, first + i) : NULL;
        w->factor[i] = q != NULL ? *get_scale(w, first + i, 0) * slope : 0.0F;
        for (ptrdiff_t p = 0; p < pairs; p++) {
            w->qt[p * width + i] = q != NULL ? q[p] : 0;
        }
    }
}

static void make_scores(const head_work *w, int32_t width) {
    const ptrdiff_t pairs = pairs_width(w->qkv->d) / 2;
    w->table->run(&(oss_int16_tile){.a = get_pairs(w, w->qkv->k, w->first_key),
                                    .a_row = w->qkv->heads * pairs,
                                    .a_step = 1,
                                    .b = w->qt,
                                    .b_step = width,
                                    .k = (int32_t)pairs,
                                    .c = w->st,
                                    .c_row = width,
                                    .columns = width,
                                    .scale = get_scale(w, w->first_key, 1),
                                    .scale_row = (ptrdiff_t)3 * w->qkv->heads},
                  w->keys, width / w->table->lanes);
}

/* Width in vectors of the next panel when `columns` are left. */
static int32_t choose_vectors(const oss_int16_table *table, int32_t columns) {
    int32_t vectors = (columns + table->lanes - 1) / table->lanes;
    return vectors >= table->max_vectors ? table->max_vectors : vectors >= 2 ? 2 : 1;
}

/* out[i,d] for the tile's queries, from the weights that softmax left in st. */
static void multiply_values(const head_work *w, float *out, int32_t queries, int32_t width) {
    const oss_int16_qkv *qkv = w->qkv;
    const ptrdiff_t d = vectors_width(qkv->d);
    const int32_t odd = w->first_key % 2;
    oss_int16_tile tile = {.a = (const int32_t *)(const void *)w->st,
                           .a_row = 1,
                           .a_step = width,
                           .b = (const int32_t *)(const void *)qkv->v +
                                ((ptrdiff_t)(w->first_key / 2) * qkv->heads + w->h) * d,
                           .b_step = qkv->heads * d,
                           .k = (w->keys + odd + 1) / 2,
                           .c = out,
                           .c_row = (ptrdiff_t)qkv->heads * qkv->d,
                           .scale = w->factor,
                           .scale_row = 1};
    for (int32_t j = 0, step; j < qkv->d; j += step) {
        int32_t vectors = choose_vectors(w->table, qkv->d - j);
        step = vectors * w->table->lanes;
        tile.columns = qkv->d - j < step ? qkv->d - j : step;
        w->table->run(&tile, queries, vectors);
        tile.b += step;
        tile.c += step;
    }
}

void oss_k_int16_attention(float *out, const oss_int16_qkv *qkv, int32_t row_begin, int32_t row_end,
                           const oss_attention_reach *reach, float *scratch) {
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    OSS_CONTRACT(row_begin >= 0 && row_begin <= row_end && row_end <= qkv->s);
    OSS_CONTRACT(row_begin == row_end || (out != NULL && scratch != NULL));
    head_work w = {.table = oss_int16_table_get(), .qkv = qkv, .st = scratch};
    w.qt = (int32_t *)(void *)(scratch + ((ptrdiff_t)qkv->s + 1) * MAX_WIDTH);
    w.factor = (float *)(void *)(w.qt + pairs_width(qkv->d) / 2 * MAX_WIDTH);
    for (w.h = 0; w.h < qkv->heads; w.h++) {
        for (int32_t first = row_begin, queries; first < row_end; first += queries) {
            int32_t width;
            queries = begin_tile(&w, first, row_end, reach, &width);
            set_queries(&w, first, queries, width);
            make_scores(&w, width);
            w.table->softmax(w.st, w.keys, width, w.first_key % 2, w.factor, get_scale(&w, w.first_key, 2),
                             (ptrdiff_t)3 * qkv->heads);
            multiply_values(&w, out + ((ptrdiff_t)first * qkv->heads + w.h) * qkv->d, queries, width);
        }
    }
}
