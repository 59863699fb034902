#include "kernel/fft.h"

#include <math.h>

#include "base/fail.h"
#include "base/mem.h"

struct oss_fft {
    int32_t n;
    double *table; /* [n,2] cos, sin of 2 pi i / n */
};

oss_status oss_fft_create(oss_fft **out, int32_t n) {
    if (n < 4 || n > 65536 || n % 2 != 0) {
        return oss_fail(OSS_EUSAGE, "FFT length %d: use an even number from 4 to 65536", n);
    }
    oss_fft *fft = oss_alloc(1, sizeof *fft);
    double *table = oss_alloc((size_t)n * 2, sizeof(double));
    if (fft == NULL || table == NULL) {
        oss_free(fft);
        oss_free(table);
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < n; i++) {
        table[2 * i] = cos(2 * 3.14159265358979323846 * i / n);
        table[2 * i + 1] = sin(2 * 3.14159265358979323846 * i / n);
    }
    fft->n = n;
    fft->table = table;
    *out = fft;
    return OSS_OK;
}

void oss_fft_free(oss_fft *fft) {
    if (fft != NULL) {
        oss_free(fft->table);
        oss_free(fft);
    }
}

int64_t oss_fft_scratch_floats(const oss_fft *fft, int32_t frames) {
    return (int64_t)fft->n * 64 + frames;
}

void oss_fft_forward(const oss_fft *fft, float *re, float *im, const float *x, int32_t frames,
                     float *scratch) {
    (void)scratch;
    const int32_t n = fft->n;
    const int32_t bins = n / 2 + 1;
    for (int32_t f = 0; f < frames; f++) {
        for (int32_t k = 0; k < bins; k++) {
            double sum_re = 0.0;
            double sum_im = 0.0;
            for (int32_t i = 0; i < n; i++) {
                int64_t at = (int64_t)k * i % n;
                sum_re += (double)x[(int64_t)f * n + i] * fft->table[2 * at];
                sum_im -= (double)x[(int64_t)f * n + i] * fft->table[2 * at + 1];
            }
            re[(int64_t)f * bins + k] = (float)sum_re;
            im[(int64_t)f * bins + k] = (float)sum_im;
        }
    }
}

void oss_fft_transpose(const oss_fft *fft, float *dx, const float *dre, const float *dim, int32_t frames,
                       float *scratch) {
    (void)scratch;
    const int32_t n = fft->n;
    const int32_t bins = n / 2 + 1;
    for (int32_t f = 0; f < frames; f++) {
        for (int32_t i = 0; i < n; i++) {
            double sum = 0.0;
            for (int32_t k = 0; k < bins; k++) {
                int64_t at = (int64_t)k * i % n;
                sum += (double)dre[(int64_t)f * bins + k] * fft->table[2 * at];
                sum -= (double)dim[(int64_t)f * bins + k] * fft->table[2 * at + 1];
            }
            dx[(int64_t)f * n + i] = (float)sum;
        }
    }
}
