/* Products and convolutions of int8 numbers, summed exactly in int32, for inference.
 *
 * Weights have one scale for each output. What they multiply is a row of integers with a scale and a zero of its own,
 * found from the row's numbers alone:
 *
 *     x[i] = scale (q[i] - zero),  q in [0, 255]
 *
 *     floats        scale = max|x| / 127,              zero = 128
 *     gelu(floats)  scale = (max gelu - lowest) / 254, zero = round(-lowest / scale), lowest = -0.1705
 *
 * so that nothing depends on how rows are cut into tasks or parts. After the sums everything is float32, multiplied and
 * added one by one: the same bits on every ISA, for inputs and weights that are 0 or not tiny (2^-100). A row with NaN or
 * infinity makes all that comes of it NaN.
 *
 * (Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference".) */
#ifndef OSS_KERNEL_INT8_H
#define OSS_KERNEL_INT8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/round.h"
#include "kernel/gemm.h"

/* Largest k of a product, 9 times the channels of a convolution: 65536 * 255 * 127 < 2^31. */
enum { OSS_INT8_MAX_TERMS = 65536 };

/* The weights of one output, w[n], as integers of [-127, 127] times one scale, which is returned:
 *
 *     scale = max|w| / 127, rounded up to 16 significant bits;   q[i] = w[i] / scale, rounded to nearest even
 *
 * A product of such a scale with such an integer is exact in float32, so w[i] = q[i] * scale gives the same
 * scale and the same integers again. A row whose largest |w| is below 2^-100 is all 0 with scale 0; one with
 * NaN or infinity is all 0 with scale NaN. q may be NULL: the scale alone. */
float oss_k_int8_row(int8_t *q, const float *w, size_t n);

/* ---- Rows of integers ---- */

/* A row begins with this; `pad` integers that stand for 0 come after it, `columns` that stand for the row's numbers, and
 * at least pad + 3 that stand for 0. A convolution of k channels reads rows with pad k, a product rows with pad 0. */
typedef struct oss_int8_head {
    float scale;
    int32_t zero;
} oss_int8_head;

enum { OSS_INT8_HEAD_BYTES = 8, OSS_INT8_MIDDLE = 128 };
/* Rows whose largest size is below that are 0. */
#define OSS_INT8_LEAST 0x1p-100F

/* From a row to the next. */
static inline size_t oss_int8_row_bytes(int32_t columns, int32_t pad) {
    return oss_round_up(OSS_INT8_HEAD_BYTES + (size_t)columns + 2 * (size_t)pad + 3, 16);
}

/* y = x[rows, columns] or gelu(x), within 3.2e-4 of the exact form, as rows of integers. */
void oss_k_int8_quantize(void *y, const float *x, int32_t rows, int32_t columns, int32_t pad);
void oss_k_int8_quantize_gelu(void *y, const float *x, int32_t rows, int32_t columns, int32_t pad);

/* ---- Products ---- */

/* w[n,k], or w[n,k,3,3], as integers, for the ISA in use (oss_cpu_force makes it stale). */
size_t oss_k_int8_packed_floats(int32_t n, int32_t k, bool conv);
void oss_k_int8_pack(float *packed, const float *w, int32_t n, int32_t k, bool conv);

/* y[m,n] from rows of integers x[m,k]; bias[n] (NULL: none); gelu within 3.2e-4. */
void oss_k_int8_linear(float *y, const void *x, const float *packed, const float *bias, int32_t m, int32_t n,
                       int32_t k, oss_epilogue epilogue);

/* Output row `row` of y[To,Fo,co] to y[Fo,co], from rows of integers x[t,f,ci] with pad ci; bias[co]. */
void oss_k_int8_conv2d_row(float *y, const void *x, const float *packed, const float *bias, int32_t t,
                           int32_t f, int32_t ci, int32_t co, int32_t row, bool gelu);

#endif
