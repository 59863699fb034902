/* The one micro-kernel under every matrix product and convolution here: a tile of c held in registers while k
 * runs.
 *
 *     c[i, j] (+)= bias[j] + sum over segments s, steps p of
 *                      a[s*a_segment + i*a_row + p*a_step] * b[s*b_segment + p*b_step + j]
 *
 *                         b: one row of `vectors` vectors a step, streamed
 *                         +------+------+------+------+
 *     a: one number  ---> | acc  | acc  | acc  | acc  |   rows x vectors accumulators stay in registers;
 *     a row, spread  ---> | acc  | acc  | acc  | acc  |   a step costs vectors loads, rows broadcasts and
 *     over a vector  ---> | acc  | acc  | acc  | acc  |   rows * vectors fused multiply-adds
 *                         +------+------+------+------+
 *
 * Registers: rows * vectors accumulators + vectors of b + 1 broadcast must fit (16 for SSE2 and AVX2, 32 for
 * AVX-512 and NEON), and at least 8 accumulators are needed to hide 4 cycles of latency at 2 multiply-adds a
 * cycle. Hence the heights:
 *
 *     AVX-512, NEON:  6 x 4 (24 + 4 + 1),  8 x 3 (24 + 3 + 1),  12 x 2 (24 + 2 + 1),  14 x 1
 *     AVX2, SSE2:     6 x 2 (12 + 2 + 1),  12 x 1
 *
 * NEON multiplies by one lane of a register, so a number of a needs no broadcast. Strides of a make the same
 * tile serve a product (a_step 1), a transposed one (a_row 1) and a convolution, where neighbouring positions
 * are rows, a kernel row is a run of contiguous floats, and kernel rows are segments: nothing is copied.
 *
 * Every element is summed in the order (s, p) by one chain of multiply-adds, whatever tile it falls in: that
 * is why products and convolutions may be cut anywhere between threads and keep their bits. */
#ifndef OSS_KERNEL_TILE_H
#define OSS_KERNEL_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OSS_TILE_MAX_VECTORS = 4,
    OSS_TILE_MAX_ROWS = 14,
    OSS_TILE_MAX_WIDTH = 64 /* floats: vectors * lanes of the widest panel of any ISA */
};

/* In the table of bf16.c an element of a and b is a pair of bf16 instead of a float, of the same 32 bits, and
 * a step multiplies and adds twice. */
typedef struct oss_tile {
    const float *a;
    ptrdiff_t a_row, a_step, a_segment;
    const float *b; /* readable for whole vectors, whatever `columns` says */
    ptrdiff_t b_step, b_segment;
    int32_t segments, k;
    float *c;
    ptrdiff_t c_row;
    int32_t columns;   /* of c that exist, <= vectors * lanes; no others are touched */
    const float *bias; /* [columns] or NULL */
    bool add;          /* c += instead of c = (c is not read) */
    float *gelu;       /* NULL, or where gelu(c) goes, rows of the same stride; may equal c */
} oss_tile;

typedef struct oss_tile_table {
    int32_t lanes;                                                          /* floats a vector */
    int32_t max_vectors;                                                    /* of a panel */
    int32_t max_rows[OSS_TILE_MAX_VECTORS];                                 /* [vectors - 1] */
    void (*run[OSS_TILE_MAX_VECTORS][OSS_TILE_MAX_ROWS])(const oss_tile *); /* [vectors - 1][rows - 1] */
    /* dst[k,width] = src[k,columns] (row stride ld), columns up to width filled with 0; width is a multiple
     * of lanes */
    void (*pack_rows)(float *dst, const float *src, ptrdiff_t ld, int32_t k, int32_t columns, int32_t width);
    /* dst[k,width] = transpose of src[columns,k] (row stride ld), filled likewise */
    void (*pack_transposed)(float *dst, const float *src, ptrdiff_t ld, int32_t k, int32_t columns,
                            int32_t width);
    /* sum[vectors * lanes] = sum over p of the row src + p * ld */
    void (*sum_rows)(float *sum, const float *src, ptrdiff_t ld, int32_t k, int32_t vectors);
} oss_tile_table;

/* The table of the ISA in use. */
const oss_tile_table *oss_tile_table_get(void);

/* Width in vectors of the next panel when `columns` are left: as few panels as possible, as even as possible. */
static inline int32_t oss_tile_panel_vectors(const oss_tile_table *table, int32_t columns) {
    int32_t vectors = (columns + table->lanes - 1) / table->lanes;
    int32_t panels = (vectors + table->max_vectors - 1) / table->max_vectors;
    return (vectors + panels - 1) / panels;
}

/* Runs the tile's columns for `rows` rows, in tiles as even as possible: a row i uses a + i * a_row and c + i
 * * c_row. */
void oss_tile_run_rows(const oss_tile_table *table, oss_tile tile, int32_t vectors, int32_t rows);

/* Columns 0..n-1 of c, panel by panel: b holds the panels one after the other, [k, width] each. `first` is
 * the tile of the first panel (b_step and columns are filled in here); segments is 1. */
void oss_tile_run_panels(const oss_tile_table *table, oss_tile first, int32_t rows, int32_t n);

#endif
