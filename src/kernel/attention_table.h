/* What attention_lanes.c gives per ISA to attention.c: the steps between the matrix products. A tile holds
 * the scores of `width` queries (lanes) against all keys (rows): st[S,width], width 1 or 2 vectors. */
#ifndef OSS_KERNEL_ATTENTION_TABLE_H
#define OSS_KERNEL_ATTENTION_TABLE_H

#include <stdint.h>

/* The mask of one tile: Philox blocks of 8 keys; query lane i starts at first_block + i * row_blocks.
 * threshold 0: no dropout. */
typedef struct oss_attention_mask {
    uint32_t threshold;
    float scale;
    uint32_t key[2];
    uint32_t counter[4]; /* [0]: block of query 0, key 0 */
    uint32_t row_blocks; /* blocks of one query: ceil(S / 8) */
} oss_attention_mask;

typedef struct oss_attention_table {
    /* st[j,i] = mask e^(st[j,i] - max_j st), not normalised; factor[i] = mask.scale / sum_j e^(...); lse[i]
     * for i < queries, lse may be NULL. */
    void (*softmax)(float *st, int32_t s, int32_t width, int32_t queries, float *lse, float *factor,
                    const oss_attention_mask *mask);
    /* x[i,0..d) *= factor[i], row stride ld */
    void (*scale_rows)(float *x, int32_t ld, const float *factor, int32_t rows, int32_t d);
} oss_attention_table;

/* What training alone needs: a table of its own, so that a linker leaves it out with what calls it. */
typedef struct oss_attention_bwd_table {
    /* delta[i] = sum_d a[i,d] b[i,d], row strides ld */
    void (*dot_rows)(float *delta, const float *a, const float *b, int32_t ld, int32_t rows, int32_t d);
    /* P = e^(st - lse):  st = mask P (what multiplied V),  dpt = scale P (mask dpt - delta) (the scores'
     * gradient) */
    void (*softmax_bwd)(float *st, float *dpt, int32_t s, int32_t width, int32_t queries, const float *lse,
                        const float *delta, float scale, const oss_attention_mask *mask);
} oss_attention_bwd_table;

#endif
