/* The plan that fft.c makes and fft_lanes.c runs. */
#ifndef OSS_KERNEL_FFT_PLAN_H
#define OSS_KERNEL_FFT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/fft.h"

enum { OSS_FFT_MAX_STAGES = 16 }; /* 3^10 > 32768, the longest half */

/* One stage of Stockham's transform: sub-transforms of `length` are cut into `radix` of length / radix. */
typedef struct oss_fft_stage {
    int32_t radix;
    int32_t length;
    int32_t stride;       /* product of the radixes before */
    const float *twiddle; /* [length / radix, radix - 1, 2]: e^(-2 pi i p k / length) for k from 1; NULL in
                             the last stage */
    const double *root;   /* [radix,2]: e^(-2 pi i k / radix); NULL for 2, 4 and 8 */
} oss_fft_stage;

struct oss_fft {
    int32_t n, half; /* real length; complex length n / 2 */
    int32_t stages;
    oss_fft_stage stage[OSS_FFT_MAX_STAGES];
    const float *split; /* [half + 1, 2]: e^(-2 pi i k / n) */
    float *tables;      /* what the pointers above point into */
    double *roots;
};

typedef struct oss_fft_table {
    int32_t lanes;
    void (*forward)(const oss_fft *fft, float *spectrum, const float *x, ptrdiff_t hop, const float *window,
                    int32_t win, float *scratch);
} oss_fft_table;

/* What gradients and augmentation need: a table of its own, so that a linker leaves it out with what calls it. */
typedef struct oss_fft_transpose_table {
    void (*transpose)(const oss_fft *fft, float *dx, ptrdiff_t hop, const float *window, int32_t win,
                      int32_t frames, float *spectrum, float *scratch);
} oss_fft_transpose_table;

#endif
