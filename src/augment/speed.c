#include "augment/speed.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "kernel/resample.h"

/* Filters for factors up to 2^(i/8). */
enum { FILTERS_PER_OCTAVE = 8, MAX_FILTERS = FILTERS_PER_OCTAVE + 1 };
enum { BASE_TAPS = 64, MAX_TAPS = 2 * BASE_TAPS };
static const double STOP_DB = 70.0;
static const double PI = 3.14159265358979323846;

typedef struct filter {
    int32_t taps;
    float *h; /* [OSS_RESAMPLE_PHASES + 1, taps] */
} filter;

struct oss_speed_bank {
    int32_t filters;
    filter filter[MAX_FILTERS];
};

/* ---- Filters ---- */

/* Modified Bessel function of the first kind, order 0: its power series. */
static double bessel_i0(double x) {
    double term = 1.0;
    double sum = 1.0;
    for (int k = 1; term > 1e-17 * sum; k++) {
        double factor = x / (2.0 * k);
        term *= factor * factor;
        sum += term;
    }
    return sum;
}

/* Kaiser's window ("Nonrecursive digital filter design using the I0-sinh window function", 1974) over [-1,
 * 1], with his formula of its shape from the attenuation. */
static double kaiser(double u) {
    const double beta = 0.1102 * (STOP_DB - 8.7);
    return u * u < 1.0 ? bessel_i0(beta * sqrt(1.0 - u * u)) / bessel_i0(beta) : 0.0;
}

static double sinc(double x) {
    return x == 0.0 ? 1.0 : sin(PI * x) / (PI * x);
}

/* h[taps]: the filter seen from a place `offset` after its middle sample; the gain at 0 Hz is 1 exactly. */
static void make_phase(float *h, int32_t taps, double cutoff, double offset) {
    double value[MAX_TAPS];
    double sum = 0.0;
    for (int32_t k = 0; k < taps; k++) {
        double t = k - (taps / 2 - 1) - offset;
        value[k] = sinc(cutoff * t) * kaiser(t / (taps / 2));
        sum += value[k];
    }
    for (int32_t k = 0; k < taps; k++) {
        h[k] = (float)(value[k] / sum);
    }
}

/* The stop band begins at 1/bound of the input's Nyquist frequency. */
static oss_status make_filter(filter *out, double bound) {
    int32_t steps = (int32_t)ceil((double)BASE_TAPS * bound / (double)OSS_RESAMPLE_TAPS_STEP - 1e-9);
    filter f = {.taps = steps * OSS_RESAMPLE_TAPS_STEP};
    f.h = oss_alloc_aligned((size_t)(OSS_RESAMPLE_PHASES + 1) * (size_t)f.taps, sizeof *f.h);
    if (f.h == NULL) {
        return OSS_ENOMEM;
    }
    double transition = (STOP_DB - 7.95) / (2.285 * PI * f.taps); /* Kaiser's formula of the width */
    double cutoff = 1.0 / bound - transition / 2.0;
    for (int32_t q = 0; q <= OSS_RESAMPLE_PHASES; q++) {
        make_phase(f.h + (size_t)q * (size_t)f.taps, f.taps, cutoff, (double)q / (double)OSS_RESAMPLE_PHASES);
    }
    *out = f;
    return OSS_OK;
}

static int32_t find_filter(double factor) {
    return factor <= 1.0 ? 0 : (int32_t)ceil((double)FILTERS_PER_OCTAVE * log2(factor) - 1e-9);
}

oss_status oss_speed_create(oss_speed_bank **out, double max_factor) {
    if (!(max_factor >= OSS_SPEED_MIN && max_factor <= OSS_SPEED_MAX)) {
        return oss_fail(OSS_EUSAGE, "speed factor %g: allowed is %g to %g", max_factor, OSS_SPEED_MIN,
                        OSS_SPEED_MAX);
    }
    oss_speed_bank *bank = oss_alloc_zero(1, sizeof *bank);
    oss_status status = bank == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; status == OSS_OK && i <= find_filter(max_factor); i++) {
        status = make_filter(&bank->filter[i], exp2((double)i / (double)FILTERS_PER_OCTAVE));
        bank->filters = i + 1;
    }
    if (status != OSS_OK) {
        oss_speed_free(bank);
        return status;
    }
    *out = bank;
    return OSS_OK;
}

void oss_speed_free(oss_speed_bank *bank) {
    if (bank == NULL) {
        return;
    }
    for (int32_t i = 0; i < bank->filters; i++) {
        oss_free(bank->filter[i].h);
    }
    oss_free(bank);
}

/* ---- Signals ---- */

int64_t oss_speed_length(int64_t samples, double factor) {
    return llround((double)samples / factor);
}

typedef struct job {
    float *y;
    const float *x;
    int64_t samples;
    uint64_t step; /* 2^32 factor */
    const filter *f;
} job;

/* The first output whose place in the input is at least `sample`. */
static int64_t find_output(const job *j, int64_t sample) {
    return sample <= 0 ? 0 : (int64_t)((((uint64_t)sample << 32) + j->step - 1) / j->step);
}

/* The first sample that output i takes; below 0 or past the end near the edges. */
static int64_t first_tap(const job *j, int64_t i) {
    return (int64_t)((uint64_t)i * j->step >> 32) - (j->f->taps / 2 - 1);
}

static uint64_t place_between_samples(const job *j, int64_t i) {
    return (uint32_t)((uint64_t)i * j->step);
}

/* Outputs from..to-1, all near one edge, from a copy with silence around it. */
static void run_edge(const job *j, int64_t from, int64_t to) {
    float padded[2 * MAX_TAPS];
    if (from >= to) {
        return;
    }
    int64_t first = first_tap(j, from);
    int64_t count = first_tap(j, to - 1) + j->f->taps - first;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = first + i;
        padded[i] = at >= 0 && at < j->samples ? j->x[at] : 0.0f;
    }
    oss_k_resample(j->y + from, padded, (size_t)(to - from), place_between_samples(j, from), j->step, j->f->h,
                   j->f->taps);
}

void oss_speed_change(float *y, const float *x, int64_t samples, double factor, const oss_speed_bank *bank) {
    if (factor == 1.0) {
        memcpy(y, x, (size_t)samples * sizeof *y);
        return;
    }
    int64_t end = oss_speed_length(samples, factor);
    const filter *f = &bank->filter[find_filter(factor)];
    const job j = {.y = y, .x = x, .samples = samples, .step = (uint64_t)llround(ldexp(factor, 32)), .f = f};
    int64_t inner = find_output(&j, f->taps / 2 - 1);
    int64_t outer = find_output(&j, samples - f->taps / 2);
    inner = inner < end ? inner : end;
    outer = outer < inner ? inner : outer < end ? outer : end;
    run_edge(&j, 0, inner);
    if (inner < outer) {
        oss_k_resample(y + inner, x + first_tap(&j, inner), (size_t)(outer - inner),
                       place_between_samples(&j, inner), j.step, f->h, f->taps);
    }
    run_edge(&j, outer, end);
}
