/* Products and convolutions of bf16 numbers (the upper half of a float32: 8 bits of exponent, 8 of
 * precision), summed in float32.
 *
 * The processor's instruction (vdpbf16ps, AVX512_BF16) takes pairs: with a and b pairs of bf16, c a float,
 *
 *     t = fma(a.high, b.high, c),   result = fma(a.low, b.low, t)        each rounded to nearest even,
 *
 * numbers below 2^-126 in size taken and given as 0. So the element of every array here is a pair of 32 bits,
 * two neighbours along the sum, and the tiles of tile.h run as they are. Elsewhere the same two steps are
 * done with float arithmetic: a product of two bf16 is exact in a float, so the results are the same bits on
 * every ISA, for sums and products that are 0 or at least 2^-126 in size and do not overflow (with AVX2 and
 * AVX-512: for all).
 *
 * Arrays of bf16 are row-major with an even number of columns (an odd one is rounded up, the last column 0)
 * and 4-byte aligned. Every sum runs in one order whatever the split over rows, as in gemm.h. */
#ifndef OSS_KERNEL_BF16_H
#define OSS_KERNEL_BF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/gemm.h"

typedef uint16_t oss_bf16;

/* Columns of an array of bf16 that holds c columns. */
static inline int32_t oss_bf16_columns(int32_t c) {
    return c + (c & 1);
}

/* y[rows, oss_bf16_columns(c)] = x[rows,c] (row stride ldx) rounded to nearest even; NaN stays NaN. */
void oss_k_bf16_round(oss_bf16 *y, const float *x, ptrdiff_t ldx, int32_t rows, int32_t c);

/* A weight that oss_k_pack_weight, oss_k_pack_weight_back, oss_k_conv2d_pack or oss_k_conv2d_pack_back laid
 * out in panels of [k, width], n columns in all, rounded and paired: panels of [ceil(k/2), width] pairs. In
 * place: the result takes the first half. For a convolution k is 9 times the even number of channels that are
 * summed. */
void oss_k_bf16_pair_packed(float *packed, int32_t n, int32_t k);

/* Without the instruction inference multiplies the same numbers as floats, which spares it the splitting of pairs: with the
 * two of every pair of columns swapped in both factors, the products of gemm.h and conv2d.h add up in the order above,
 * and so to the same bits, for sums and products that are 0 or at least 2^-126 in size.
 *
 * y[rows,c] from x[rows,c], and a weight laid out in panels of [k, width], n columns in all, in place. */
void oss_k_bf16_widen(float *y, const float *x, int32_t rows, int32_t c);
void oss_k_bf16_widen_packed(float *packed, int32_t n, int32_t k);

/* oss_k_linear_packed with x[m, oss_bf16_columns(k)] and `packed` paired; y in float32. With the weight
 * packed back: dx from dy. `pre` (not NULL with OSS_EPI_BIAS_GELU only): keeps what gelu is taken of. */
void oss_k_bf16_linear(float *y, float *pre, const oss_bf16 *x, const float *packed, const float *bias,
                       int32_t m, int32_t n, int32_t k, oss_epilogue epilogue);

/* dw[n,k] (+)= dy[rows,n]^T x[rows,k]; add false: stores. Pairs run along the rows, so both are interleaved
 * into scratch[oss_k_bf16_linear_scratch(rows, n)], 64-byte aligned. */
size_t oss_k_bf16_linear_scratch(int32_t rows, int32_t n);
void oss_k_bf16_linear_bwd_weight(float *dw, const oss_bf16 *dy, const oss_bf16 *x, int32_t rows, int32_t n,
                                  int32_t k, bool add, uint32_t *scratch);

/* conv2d.h with bf16 images and paired weights; the channels that are summed, ci forward and co backward,
 * must be even. */
void oss_k_bf16_conv2d_fwd(float *y, float *pre, const oss_bf16 *x, const float *packed, const float *bias,
                           int32_t t, int32_t f, int32_t ci, int32_t co, int32_t row_begin, int32_t row_end,
                           bool gelu);
void oss_k_bf16_conv2d_bwd_input(float *dx, const oss_bf16 *dpre, const float *packed, int32_t t, int32_t f,
                                 int32_t ci, int32_t co, bool accumulate);
/* dw[Co,Ci,3,3] += over all cells; ci and co even. scratch[oss_k_bf16_conv2d_scratch(f, ci, co)]. The
 * gradient of the bias needs no product: oss_k_bias_grad. */
size_t oss_k_bf16_conv2d_scratch(int32_t f, int32_t ci, int32_t co);
void oss_k_bf16_conv2d_bwd_weight(float *dw, const oss_bf16 *x, const oss_bf16 *dpre, int32_t t, int32_t f,
                                  int32_t ci, int32_t co, uint32_t *scratch);

#endif
