/* Discrete Fourier transform of real frames; several frames run side by side in vector lanes. */
#ifndef OSS_KERNEL_FFT_H
#define OSS_KERNEL_FFT_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_fft oss_fft; /* read-only after creation: threads may share it */

/* n: any even length from 4 to 65536; powers of two are fast, others go through a slower path. OSS_EUSAGE
 * otherwise. */
oss_status oss_fft_create(oss_fft **out, int32_t n);
void oss_fft_free(oss_fft *fft);
/* How many frames run together on the ISA in use, at most OSS_FFT_MAX_LANES; lane f of an array [.., lanes]
 * is frame f's. */
enum { OSS_FFT_MAX_LANES = 16 };
int32_t oss_fft_lanes(void);
/* Floats of scratch, and of a spectrum, on any ISA; both 64-byte aligned. */
int64_t oss_fft_scratch_floats(const oss_fft *fft);

/* spectrum[n/2+1, 2, lanes], real parts then imaginary ones, of the frames f = 0 .. lanes - 1 that begin at
 * x + f * hop: the DFT, unnormalised, sign -, of window[i] x[f * hop + i] for i < win <= n and 0 beyond. */
void oss_fft_forward(const oss_fft *fft, float *spectrum, const float *x, ptrdiff_t hop, const float *window,
                     int32_t win, float *scratch);
/* The transpose of the above (what a gradient needs), for the first `frames` frames; uses the spectrum up:
 * dx[f * hop + i] += window[i] sum_k spectrum[k,0,f] cos(2 pi k i / n) - spectrum[k,1,f] sin(2 pi k i / n). */
void oss_fft_transpose(const oss_fft *fft, float *dx, ptrdiff_t hop, const float *window, int32_t win,
                       int32_t frames, float *spectrum, float *scratch);

#endif
