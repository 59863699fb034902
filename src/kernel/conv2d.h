/* 3x3 convolution, stride 2, padding 1 in time and frequency, channels last.
 *   x[T,F,Ci] -> pre[To,Fo,Co],  To = ceil(T/2), Fo = ceil(F/2)
 *   pre[t,f,o] = bias[o] + sum_{a,b in 0..2, i} w[o,i,a,b] x[2t+a-1, 2f+b-1, i]     (cells outside x are 0)
 * `packed` is the weight reordered by oss_k_conv2d_pack; its layout is the kernel's own affair. */
#ifndef OSS_KERNEL_CONV2D_H
#define OSS_KERNEL_CONV2D_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* w[Co,Ci,3,3] as PyTorch's Conv2d stores it; packed for the ISA in use, 64-byte aligned for full speed. */
size_t oss_k_conv2d_packed_floats(int32_t ci, int32_t co);
void oss_k_conv2d_pack(float *packed, const float *w, int32_t ci, int32_t co);

/* Output rows [row_begin, row_end) of To only, so that a caller may split rows among threads and get the same
 * bits. y may be the pre-activation (gelu false) or its exact GELU (gelu true); pre, when not NULL and gelu
 * is true, keeps the pre-activation. */
void oss_k_conv2d_fwd(float *y, float *pre, const float *x, const float *packed, const float *bias, int32_t t,
                      int32_t f, int32_t ci, int32_t co, int32_t row_begin, int32_t row_end, bool gelu);

/* The same weight as the gradient of the input reads it. */
size_t oss_k_conv2d_packed_back_floats(int32_t ci, int32_t co);
void oss_k_conv2d_pack_back(float *packed, const float *w, int32_t ci, int32_t co);

/* Floats of scratch for the gradient of the weight. */
size_t oss_k_conv2d_scratch_floats(int32_t f, int32_t ci, int32_t co);

/* dx[T,F,Ci] (+)= gradient of x from dpre[To,Fo,Co]; accumulate false: stores. `packed` by
 * oss_k_conv2d_pack_back. */
void oss_k_conv2d_bwd_input(float *dx, const float *dpre, const float *packed, int32_t t, int32_t f,
                            int32_t ci, int32_t co, bool accumulate);

/* dw[Co,Ci,3,3] += and dbias[Co] += over all cells. */
void oss_k_conv2d_bwd_weight(float *dw, float *dbias, const float *x, const float *dpre, int32_t t, int32_t f,
                             int32_t ci, int32_t co, float *scratch);

#endif
