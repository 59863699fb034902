/* What int8_lanes.c gives per ISA to int8.c. */
#ifndef OSS_KERNEL_INT8_TABLE_H
#define OSS_KERNEL_INT8_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/int8.h"

enum { OSS_INT8_SEGMENTS = 3 /* of a tile, at most */ };

/* rows x vectors outputs whose int32 sums are held in registers, as in tile.h; a step is four numbers.
 *
 *     c[i, j] (+)= bias[j] + weight_scale[j] * sum over segments s of
 *                      scale * (sum over steps a b) - scale * zero * weight_sum[s, j]
 *
 * scale and zero are those of the row of integers that a lies in. In a product each row of the tile has its own and there
 * is one segment; in a convolution the tile's rows are cells of one row of integers, and segments are the rows that the
 * kernel covers. */
typedef struct oss_int8_tile {
    const uint8_t *head; /* of the row of integers that tile row 0 and segment 0 read */
    ptrdiff_t head_row, head_segment;
    ptrdiff_t first; /* from there to its integers */
    ptrdiff_t a_row; /* from a tile row's integers to those of the next */
    const char *b;   /* [segments][steps][vectors][quads of a vector] */
    ptrdiff_t b_segment;
    const float *weight_scale, *weight_sum; /* readable for whole vectors */
    ptrdiff_t sum_segment;
    const float *bias; /* [columns] or NULL */
    int32_t segments, steps;
    float *c;
    ptrdiff_t c_row;
    int32_t columns;
    bool add, gelu;
} oss_int8_tile;

typedef struct oss_int8_table {
    int32_t lanes;
    int32_t max_vectors; /* of a panel; the others have one */
    int32_t max_rows;
    bool widened; /* weights take 16 bits */
    /* rows from 1 to max_rows; vectors 1 or max_vectors */
    void (*product)(const oss_int8_tile *tile, int32_t rows, int32_t vectors);
    void (*convolution)(const oss_int8_tile *tile, int32_t rows, int32_t vectors);
    /* A whole row of integers from x[columns], or from gelu(x). */
    void (*quantize)(uint8_t *row, const float *x, int32_t columns, int32_t pad, size_t row_bytes);
    void (*quantize_gelu)(uint8_t *row, const float *x, int32_t columns, int32_t pad, size_t row_bytes);
} oss_int8_table;

/* The table of the ISA in use, with or without VNNI. */
const oss_int8_table *oss_int8_table_get(void);

#endif
