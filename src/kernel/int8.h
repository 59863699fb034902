/* Products and convolutions of int8 numbers, summed exactly in int32. */
#ifndef OSS_KERNEL_INT8_H
#define OSS_KERNEL_INT8_H

#include <stddef.h>
#include <stdint.h>

/* The weights of one output, w[n], as integers of [-127, 127] times one scale, which is returned:
 *
 *     scale = max|w| / 127, rounded up to 16 significant bits;   q[i] = w[i] / scale, rounded to nearest even
 *
 * A product of such a scale with such an integer is exact in float32, so w[i] = q[i] * scale gives the same
 * scale and the same integers again. A row whose largest |w| is below 2^-100 is all 0 with scale 0; one with
 * NaN or infinity is all 0 with scale NaN. q may be NULL: the scale alone. */
float oss_k_int8_row(int8_t *q, const float *w, size_t n);

#endif
