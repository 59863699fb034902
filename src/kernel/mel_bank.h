/* Kernels of the mel front end (audio/mel.h plans them): filter bank and its backward pass, statistics of
 * columns. Per frame the arithmetic is the same wherever the frame stands and however many there are. */
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

/* Floats of scratch for the two below; 64-byte aligned. The same for all banks of so many bins and lines. */
size_t oss_k_mel_bank_scratch_floats(const oss_mel_bank *bank);

/* mel[frames,bins] = g(sum_k w[m,k] (re[k,f]^2 + im[k,f]^2)) of the first `frames` lanes of
 * spectrum[lines, 2, lanes] (fft.h), re first; g(v) = ln(max(v, floor)), or v itself when floor is 0. NaN
 * stays NaN. */
void oss_k_mel_bank_fwd(const oss_mel_bank *bank, float *mel, const float *spectrum, int32_t frames,
                        float floor, float *scratch);
/* The spectrum becomes its gradient in place: re[k,f] = 2 re[k,f] sum_m w[m,k] g'(v[f,m]) dmel[f,m], im the
 * same way; g' is 0 at and below the floor. 0 in lanes from `frames` on. */
void oss_k_mel_bank_bwd(const oss_mel_bank *bank, float *spectrum, const float *dmel, int32_t frames,
                        float floor, float *scratch);

/* sum[c] += x[r,c];  sum[c] += (x[r,c] - mean[c])^2: in double, rows in order. */
void oss_k_column_sums(double *sum, const float *x, int32_t rows, int32_t c);
void oss_k_column_squares(double *sum, const float *x, const double *mean, int32_t rows, int32_t c);
/* y[r,c] = (y[r,c] - shift[c]) / scale[c] */
void oss_k_column_normalize(float *y, const float *shift, const float *scale, int32_t rows, int32_t c);

/* sum[c] += x[r,c] y[r,c], in double, rows in order */
void oss_k_column_dots(double *sum, const float *x, const float *y, int32_t rows, int32_t c);
/* dx[r,c] = (dy[r,c] - a[c] - y[r,c] b[c]) / scale[c], in double */
void oss_k_column_normalize_bwd(float *dx, const float *dy, const float *y, const double *a, const double *b,
                                const float *scale, int32_t rows, int32_t c);

#endif
