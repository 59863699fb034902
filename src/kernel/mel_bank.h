/* Kernels of the mel front end (audio/mel.h plans them): window, filter bank and its backward pass,
 * statistics of columns. Per frame the arithmetic is the same wherever the frame stands and however many
 * there are. */
#ifndef OSS_KERNEL_MEL_BANK_H
#define OSS_KERNEL_MEL_BANK_H

#include <stddef.h>
#include <stdint.h>

/* Triangular filters over a power spectrum, without their zeros: filter m weighs lines start[m] .. start[m] +
 * count[m] - 1 by weight[offset[m] ...]. */
typedef struct oss_mel_bank {
    int32_t bins;                  /* filters */
    int32_t lines;                 /* of a spectrum: n_fft/2 + 1 */
    int32_t first_line, last_line; /* used by any filter; last: one past */
    const int32_t *start, *count, *offset;
    const float *weight;
} oss_mel_bank;

/* Floats of scratch for the two below. */
size_t oss_k_mel_bank_scratch_floats(const oss_mel_bank *bank);

/* mel[frames,bins] = max(floor, sum_k w[m,k] (re[f,k]^2 + im[f,k]^2)), re,im[frames,lines]. NaN stays NaN. */
void oss_k_mel_bank_fwd(const oss_mel_bank *bank, float *mel, const float *re, const float *im,
                        int32_t frames, float floor, float *scratch);
/* re[f,k] = 2 re[f,k] sum_m w[m,k] dmel[f,m], im the same way: the spectrum becomes its gradient in place. */
void oss_k_mel_bank_bwd(const oss_mel_bank *bank, float *re, float *im, const float *dmel, int32_t frames,
                        float *scratch);

/* y = x w */
void oss_k_window(float *y, const float *x, const float *w, int32_t n);

/* sum[c] += x[r,c];  sum[c] += (x[r,c] - mean[c])^2: in double, rows in order. */
void oss_k_column_sums(double *sum, const float *x, int32_t rows, int32_t c);
void oss_k_column_squares(double *sum, const float *x, const double *mean, int32_t rows, int32_t c);
/* y[r,c] = (y[r,c] - shift[c]) / scale[c] */
void oss_k_column_normalize(float *y, const float *shift, const float *scale, int32_t rows, int32_t c);

#endif
