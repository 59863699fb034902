/* A convolution over time of the values of attention, each channel by itself, beside what attention makes of them:
 *   out[t,i] += sum_o w[o,i] v[t + o - taps/2, i]     over the frames t + o - taps/2 that t sees
 * (locally enhanced position: Dong et al., "CSWin Transformer", CVPR 2022; as a memory block in speech: Gao et al.,
 * "SAN-M", Interspeech 2020). A frame sees what its attention sees (oss_attention_reach), so that streams keep nothing
 * but keys and values. Sums go over o in rising order from out on, products and sums rounded one by one: the same bits
 * on every ISA, and wherever rows are split. */
#ifndef OSS_KERNEL_VALUE_CONV_H
#define OSS_KERNEL_VALUE_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/attention.h"

typedef struct oss_value_conv {
    const float *w; /* [taps, width], the caller's */
    int32_t taps;   /* odd */
    int32_t width;  /* channels */
} oss_value_conv;

/* w[taps, width] from PyTorch's weight[width, 1, taps]; and back, added to what is there when accumulate. */
void oss_k_value_conv_pack(float *w, const float *weight, int32_t taps, int32_t width);
void oss_k_value_conv_unpack(float *weight, const float *w, int32_t taps, int32_t width, bool accumulate);

/* Rows [*out_first, *out_end) of the values are all that rows [begin, end) of s may read. */
void oss_k_value_conv_rows(int32_t taps, int32_t s, int32_t begin, int32_t end, int32_t *out_first,
                           int32_t *out_end);

/* Adds to rows [begin, end) of out[S, width], a sequence of s frames. v: the values from row `first` on, rows v_row
 * floats apart. reach NULL: all is seen. */
void oss_k_value_conv_fwd(float *out, const float *v, int32_t first, ptrdiff_t v_row,
                          const oss_value_conv *conv, int32_t s, int32_t begin, int32_t end,
                          const oss_attention_reach *reach);

/* Adds the gradients of a whole sequence to dv[S, width] (rows dv_row floats apart) and dw[taps, width], from dout[S,
 * width] and v[S, width] (rows v_row floats apart). dv or dw NULL: nobody wants that one. */
void oss_k_value_conv_bwd(float *dv, ptrdiff_t dv_row, float *dw, const float *dout, const float *v,
                          ptrdiff_t v_row, const oss_value_conv *conv, int32_t s,
                          const oss_attention_reach *reach);

#endif
