/* Polyphase interpolation at any ratio. */
#ifndef OSS_KERNEL_RESAMPLE_H
#define OSS_KERNEL_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSS_RESAMPLE_PHASE_BITS = 7,
    OSS_RESAMPLE_PHASES = 1 << OSS_RESAMPLE_PHASE_BITS, /* between two samples of the input */
    OSS_RESAMPLE_TAPS_STEP = 16                         /* taps are a multiple of it, on every ISA */
};

/* y[i] = sum_k x[p + k] ((1 - f) h[q,k] + f h[q+1,k]),  k in 0..taps-1,
 * where position + i step = 2^32 p + 2^25 (q + f), p and q whole, q < 128, 0 <= f < 1: the filter h[129,taps]
 * is known at 128 places between two samples and drawn straight between these. x must have every p + k. y and
 * x do not overlap. */
void oss_k_resample(float *y, const float *x, size_t n, uint64_t position, uint64_t step, const float *h,
                    int32_t taps);

#endif
