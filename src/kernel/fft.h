/* Discrete Fourier transform of real frames; several frames run side by side in vector lanes. */
#ifndef OSS_KERNEL_FFT_H
#define OSS_KERNEL_FFT_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_fft oss_fft; /* read-only after creation: threads may share it */

/* n: any even length from 4 to 65536; powers of two are fast, others go through a slower path. OSS_EUSAGE
 * otherwise. */
oss_status oss_fft_create(oss_fft **out, int32_t n);
void oss_fft_free(oss_fft *fft);
/* Floats of scratch for `frames` frames at once. */
int64_t oss_fft_scratch_floats(const oss_fft *fft, int32_t frames);

/* re,im[frames,n/2+1] = DFT of x[frames,n], unnormalised, sign -. */
void oss_fft_forward(const oss_fft *fft, float *re, float *im, const float *x, int32_t frames,
                     float *scratch);
/* The transpose of the above (what a gradient needs): dx[frames,n] = sum_k dre[k] cos(2 pi k i / n) - dim[k]
 * sin(2 pi k i / n). */
void oss_fft_transpose(const oss_fft *fft, float *dx, const float *dre, const float *dim, int32_t frames,
                       float *scratch);

#endif
