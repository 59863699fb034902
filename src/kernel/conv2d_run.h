/* The convolution and its input gradient over elements of 32 bits, shared by conv2d.h (an element is a float)
 * and bf16.h (a pair of bf16: two consecutive channels): only the table of tiles knows what an element is. */
#ifndef OSS_KERNEL_CONV2D_RUN_H
#define OSS_KERNEL_CONV2D_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/tile.h"

/* oss_k_conv2d_fwd: x[T,F,Ci] and the weight are elements, ci their number in a cell. */
void oss_conv2d_run_fwd(const oss_tile_table *table, float *y, float *pre, const float *x,
                        const float *packed, const float *bias, int32_t t, int32_t f, int32_t ci, int32_t co,
                        int32_t row_begin, int32_t row_end, bool gelu);

/* oss_k_conv2d_bwd_input: dpre[To,Fo,Co] and the weight are elements, co their number in a cell. */
void oss_conv2d_run_bwd_input(const oss_tile_table *table, float *dx, const float *dpre, const float *packed,
                              int32_t t, int32_t f, int32_t ci, int32_t co, bool accumulate);

/* dw[Co,Ci,3,3] += sums, panels of columns o, each [3 (a), 3 (b), Ci, width] floats. */
void oss_conv2d_add_sums(const oss_tile_table *table, float *dw, const float *sums, int32_t ci, int32_t co);

#endif
