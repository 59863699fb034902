#include "kernel/fft.h"

#include <math.h>

#include "base/contract.h"
#include "base/fail.h"
#include "base/mem.h"
#include "kernel/cpu.h"
#include "kernel/fft_plan.h"

OSS_CPU_DECLARE_TABLES(oss_fft_table, fft);
static const oss_fft_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(fft);
OSS_CPU_DECLARE_TABLES(oss_fft_transpose_table, fft_transpose);
static const oss_fft_transpose_table *const transpose_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(fft_transpose);

enum { SHORTEST = 4, LONGEST = 65536 };

static const double TWO_PI = 6.283185307179586476925286766559;

/* The next radix for a length: eights as long as what they leave is not a lone 2, then 4 or 2; then odd
 * primes. */
static int32_t choose_radix(int32_t length) {
    int32_t twos = 0;
    while ((length >> twos) % 2 == 0) {
        twos++;
    }
    if (twos > 0) {
        return twos == 1 ? 2 : twos == 2 || twos == 4 ? 4 : 8;
    }
    int32_t prime = 3;
    while (length % prime != 0 && prime * prime <= length) {
        prime += 2;
    }
    return length % prime == 0 ? prime : length;
}

/* Each of radix and length, and how many floats and doubles the tables take. */
static void plan_stages(oss_fft *fft, size_t *floats, size_t *doubles) {
    *floats = 2 * ((size_t)fft->half + 1);
    *doubles = 0;
    for (int32_t length = fft->half, stride = 1; length > 1;) {
        oss_fft_stage *stage = &fft->stage[fft->stages++];
        stage->radix = choose_radix(length);
        stage->length = length;
        stage->stride = stride;
        if (stage->radix < length) {
            *floats += 2 * (size_t)(length / stage->radix) * (size_t)(stage->radix - 1);
        }
        *doubles += stage->radix % 2 == 1 ? 2 * (size_t)stage->radix : 0;
        length /= stage->radix;
        stride *= stage->radix;
    }
}

/* e^(-2 pi i k / n), k reduced first: the angle is exact to a rounding. */
static void turn(double *re, double *im, int64_t k, int64_t n) {
    double angle = TWO_PI * (double)(k % n) / (double)n;
    *re = cos(angle);
    *im = -sin(angle);
}

static float *fill_twiddle(float *at, int64_t k, int64_t n) {
    double re, im;
    turn(&re, &im, k, n);
    at[0] = (float)re;
    at[1] = (float)im;
    return at + 2;
}

static void fill_tables(oss_fft *fft) {
    float *at = fft->tables;
    double *root = fft->roots;
    fft->split = at;
    for (int32_t k = 0; k <= fft->half; k++) {
        at = fill_twiddle(at, k, fft->n);
    }
    for (int32_t s = 0; s < fft->stages; s++) {
        oss_fft_stage *stage = &fft->stage[s];
        if (stage->radix < stage->length) {
            stage->twiddle = at;
            for (int32_t p = 0; p < stage->length / stage->radix; p++) {
                for (int32_t k = 1; k < stage->radix; k++) {
                    at = fill_twiddle(at, (int64_t)p * k, stage->length);
                }
            }
        }
        if (stage->radix % 2 == 1) {
            stage->root = root;
            for (int32_t k = 0; k < stage->radix; k++, root += 2) {
                turn(&root[0], &root[1], k, stage->radix);
            }
        }
    }
}

oss_status oss_fft_create(oss_fft **out, int32_t n) {
    if (n < SHORTEST || n > LONGEST || n % 2 != 0) {
        return oss_fail(OSS_EUSAGE, "FFT length %d: use an even number from %d to %d", n, SHORTEST, LONGEST);
    }
    oss_fft *fft = oss_alloc_zero(1, sizeof *fft);
    if (fft == NULL) {
        return OSS_ENOMEM;
    }
    size_t floats, doubles;
    fft->n = n;
    fft->half = n / 2;
    plan_stages(fft, &floats, &doubles);
    fft->tables = oss_alloc_aligned(floats, sizeof(float));
    fft->roots = oss_alloc(doubles, sizeof(double));
    if (fft->tables == NULL || fft->roots == NULL) {
        oss_fft_free(fft);
        return OSS_ENOMEM;
    }
    fill_tables(fft);
    *out = fft;
    return OSS_OK;
}

void oss_fft_free(oss_fft *fft) {
    if (fft != NULL) {
        oss_free(fft->tables);
        oss_free(fft->roots);
        oss_free(fft);
    }
}

int32_t oss_fft_lanes(void) {
    return tables[oss_cpu_isa()]->lanes;
}

int64_t oss_fft_scratch_floats(const oss_fft *fft) {
    OSS_CONTRACT(fft != NULL);
    return 2 * (int64_t)OSS_FFT_MAX_LANES * (fft->half + 1);
}

void oss_fft_forward(const oss_fft *fft, float *spectrum, const float *x, ptrdiff_t hop, const float *window,
                     int32_t win, float *scratch) {
    OSS_CONTRACT(win > 0 && win <= fft->n);
    OSS_CONTRACT(hop >= 0);
    OSS_CONTRACT(spectrum != NULL && x != NULL && window != NULL);
    OSS_CONTRACT(oss_is_aligned(spectrum, 64) && oss_is_aligned(scratch, 64));
    tables[oss_cpu_isa()]->forward(fft, spectrum, x, hop, window, win, scratch);
}

void oss_fft_transpose(const oss_fft *fft, float *dx, ptrdiff_t hop, const float *window, int32_t win,
                       int32_t frames, float *spectrum, float *scratch) {
    OSS_CONTRACT(win > 0 && win <= fft->n);
    OSS_CONTRACT(frames >= 0 && frames <= oss_fft_lanes());
    OSS_CONTRACT(hop >= 0);
    OSS_CONTRACT(oss_is_aligned(spectrum, 64) && oss_is_aligned(scratch, 64));
    transpose_tables[oss_cpu_isa()]->transpose(fft, dx, hop, window, win, frames, spectrum, scratch);
}
