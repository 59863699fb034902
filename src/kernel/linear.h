/* The two linear maps of the network, the fully connected layer and the 3x3 convolution of conv2d.h, with
 * their gradients, whatever format their products multiply in: who calls them knows the format's name at most.
 * A weight is laid out once for many products; x, or the gradient of y, is brought into the weight's format
 * once for all products that read it. Biases, GELU and results are float32 in every format.
 *
 * A format to come is one more name here and one more case in linear.c. */
#ifndef OSS_KERNEL_LINEAR_H
#define OSS_KERNEL_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/gemm.h"

typedef enum oss_k_format {
    OSS_K_FP32,        /* gemm.h, conv2d.h */
    OSS_K_BF16,        /* bf16.h: both factors rounded; a convolution needs even n and k */
    OSS_K_BF16_FLOATS, /* bf16.h: the same numbers and sums from floats, which is faster without the instruction;
                          forward only */
    OSS_K_INT8, /* int8.h: both factors integers; forward only, at most OSS_INT8_MAX_TERMS products a sum */
    OSS_K_INT16 /* int16.h: the same for a convolution of one channel, which reads floats */
} oss_k_format;

/* The format in which inference computes what `format` says, on the ISA in use. */
oss_k_format oss_k_format_of_inference(oss_k_format format);

/* Where the arrays are NULL it is the description of a weight. */
typedef struct oss_k_weight {
    oss_k_format format;
    bool conv;                /* w[n,k,3,3], n = Co, k = Ci; else w[n,k] */
    int32_t n, k;             /* outputs, inputs */
    const float *packed;      /* by oss_k_weight_pack: for y */
    const float *packed_back; /* by oss_k_weight_pack_back: for the gradient of x */
    const float *bias;        /* [n]; a fully connected layer may have none: NULL */
} oss_k_weight;

/* w as PyTorch stores it, laid out for the ISA in use (oss_cpu_force makes it stale) into
 * packed[oss_k_weight_floats], packed[oss_k_weight_back_floats], 64-byte aligned for full speed; both counts
 * are multiples of 16. */
size_t oss_k_weight_floats(const oss_k_weight *weight);
size_t oss_k_weight_back_floats(const oss_k_weight *weight);
void oss_k_weight_pack(const oss_k_weight *weight, float *packed, const float *w);
void oss_k_weight_pack_back(const oss_k_weight *weight, float *packed, const float *w);

/* x[rows, columns] in a format: x itself, or made in scratch[oss_k_operand_bytes], 4-byte aligned; 0 bytes: x
 * serves as it is. An image is rows of f * channels. */
size_t oss_k_operand_bytes(oss_k_format format, int32_t rows, int32_t columns);
const void *oss_k_operand(oss_k_format format, const float *x, int32_t rows, int32_t columns, void *scratch);
/* The operand that begins `elements` further on: whole rows, or any number when the columns are even; not of int8. */
const void *oss_k_operand_at(oss_k_format format, const void *operand, size_t elements);

/* y[m,n] from the operand x[m,k]. pre: NULL, or with OSS_EPI_BIAS_GELU [m,n] that keeps what gelu is taken of.
 * Rows may be cut anywhere among threads: same bits. No scratch. */
void oss_k_linear(float *y, float *pre, const void *x, const oss_k_weight *weight, int32_t m,
                  oss_epilogue epilogue);
/* dx[m,k] (+)= dy w from the operand dy[m,n]; add false: stores. (The gradient of w: gemm_train.h.) */
void oss_k_linear_bwd_input(float *dx, const void *dy, const oss_k_weight *weight, int32_t m, bool add);

/* Output rows [row_begin, row_end) of y[To,Fo,n] from the operand x[t,f,k], as oss_k_conv2d_fwd has it; in int8 x is what
 * oss_k_conv_gelu made, and int16 has that function alone. */
void oss_k_conv(float *y, float *pre, const void *x, const oss_k_weight *weight, int32_t t, int32_t f,
                int32_t row_begin, int32_t row_end, bool gelu);
/* dx[t,f,k] (+)= gradient of x from the operand dpre[To,Fo,n]; add false: stores. */
void oss_k_conv_bwd_input(float *dx, const void *dpre, const oss_k_weight *weight, int32_t t, int32_t f,
                          bool add);
/* dw[n,k,3,3] += and db[n] += over all cells, from the operand x[t,f,k] and dpre[To,Fo,n] both as floats and
 * as operand. scratch[oss_k_conv_scratch_floats(weight, f)], 64-byte aligned. */
size_t oss_k_conv_scratch_floats(const oss_k_weight *weight, int32_t f);
void oss_k_conv_bwd_weight(float *dw, float *db, const void *x, const float *dpre, const void *dpre_operand,
                           const oss_k_weight *weight, int32_t t, int32_t f, void *scratch);

/* ---- From layer to layer, in inference ---- */

/* Bytes of rows that `reader` multiplies: of k numbers, or of f cells of k. */
size_t oss_k_input_bytes(const oss_k_weight *reader, int32_t rows, int32_t f);

/* gelu(x w^T + b) of m rows, and gelu of rows [row_begin, row_end) of a convolution, as what `reader` multiplies:
 * y[oss_k_input_bytes], output row r at place r; x is what w multiplies. A convolution in fp32 or int16 takes x[t,f,k]
 * itself. scratch: floats, as many as the function after it says, for `rows` = row_end. Rows may be cut anywhere: same
 * bits. int16 writes for int8 only. */
void oss_k_linear_gelu(void *y, const oss_k_weight *reader, const void *x, const oss_k_weight *weight,
                       int32_t m, float *scratch);
size_t oss_k_linear_gelu_floats(const oss_k_weight *reader, const oss_k_weight *weight, int32_t m);
void oss_k_conv_gelu(void *y, const oss_k_weight *reader, const void *x, const oss_k_weight *weight,
                     int32_t t, int32_t f, int32_t row_begin, int32_t row_end, float *scratch);
size_t oss_k_conv_gelu_floats(const oss_k_weight *reader, const oss_k_weight *weight, int32_t rows,
                              int32_t f);

#endif
