/* What value_conv_lanes.c gives per ISA to value_conv.c. */
#ifndef OSS_KERNEL_VALUE_CONV_TABLE_H
#define OSS_KERNEL_VALUE_CONV_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct oss_value_conv_table {
    /* y[i] += sum over r < rows of a[r*a_row + i] * b[r*b_row + i], i < n, r rising. Rows may lie backwards (a row < 0). */
    void (*add_products)(float *y, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                         int32_t rows, int32_t n);
} oss_value_conv_table;

#endif
