/* Two kernels of vec.h once more, for int8 inference: rounded alike on every ISA. Nothing is fused, and a sum runs over
 * 16 lanes whatever a vector holds. Contracts as in vec.h. */
#ifndef OSS_KERNEL_STEADY_H
#define OSS_KERNEL_STEADY_H

#include <stdint.h>

/* y[r,c] = x[r,c] w[c] / sqrt(mean_c x^2 + eps) */
void oss_k_steady_rmsnorm(float *y, const float *x, const float *w, int32_t rows, int32_t c, float eps);
/* oss_k_rope, forward */
void oss_k_steady_rope(float *qkv, const float *table, int32_t s, int32_t heads, int32_t d);

#endif
