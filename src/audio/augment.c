#include "audio/augment.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "kernel/noise.h"
#include "kernel/vec.h"

/* What each random number of a view is for. */
typedef enum draw_field {
    DRAW_HAS_SPEED,
    DRAW_SPEED,
    DRAW_LEAD,
    DRAW_HAS_GAIN,
    DRAW_GAIN,
    DRAW_HAS_NOISE,
    DRAW_NOISE_COLOUR,
    DRAW_SNR
} draw_field;

enum { PINK_POLES = 6 };
static const double PI = 3.14159265358979323846;

bool oss_augment_is_on(const oss_augment_spec *spec) {
    return spec->speed_prob > 0 || spec->gain_prob > 0 || spec->noise_prob > 0 || spec->shift_ms > 0;
}

/* ---- Drawing ---- */

static double draw(uint64_t seed, uint32_t key, draw_field field) {
    return oss_rng_uniform(seed, OSS_RNG_AUGMENT, key, (uint32_t)field);
}

static double draw_between(uint64_t seed, uint32_t key, draw_field field, double low, double high) {
    return low + (high - low) * draw(seed, key, field);
}

static int32_t longest_lead(const oss_augment_spec *spec, int32_t rate_hz) {
    return (int32_t)(spec->shift_ms * 1e-3 * rate_hz);
}

oss_augment_view oss_augment_draw(const oss_augment_spec *spec, int32_t rate_hz, uint64_t seed,
                                  uint32_t key) {
    oss_augment_view view = {.speed = 1.0, .gain = 1.0f, .seed = seed, .key = key};
    if (draw(seed, key, DRAW_HAS_SPEED) < spec->speed_prob) {
        view.speed = draw_between(seed, key, DRAW_SPEED, spec->speed_min, spec->speed_max);
    }
    view.lead_samples = (int32_t)(draw(seed, key, DRAW_LEAD) * (longest_lead(spec, rate_hz) + 1.0));
    if (draw(seed, key, DRAW_HAS_GAIN) < spec->gain_prob) {
        double db = draw_between(seed, key, DRAW_GAIN, -spec->gain_db, spec->gain_db);
        view.gain = (float)pow(10.0, db / 20.0);
    }
    if (draw(seed, key, DRAW_HAS_NOISE) < spec->noise_prob) {
        view.noise = draw(seed, key, DRAW_NOISE_COLOUR) < 0.5 ? OSS_NOISE_WHITE : OSS_NOISE_PINK;
        view.snr_db = draw_between(seed, key, DRAW_SNR, spec->noise_snr_min_db, spec->noise_snr_max_db);
    }
    return view;
}

int64_t oss_augment_length(const oss_augment_view *view, int64_t samples) {
    return view->lead_samples + oss_speed_length(samples, view->speed);
}

int64_t oss_augment_longest(const oss_augment_spec *spec, int32_t rate_hz, int64_t samples) {
    double slowest = spec->speed_prob > 0 && spec->speed_min < 1.0 ? spec->speed_min : 1.0;
    return longest_lead(spec, rate_hz) + oss_speed_length(samples, slowest);
}

int64_t oss_augment_shortest(const oss_augment_spec *spec, int64_t samples) {
    double fastest = spec->speed_prob > 0 && spec->speed_max > 1.0 ? spec->speed_max : 1.0;
    return oss_speed_length(samples, fastest);
}

/* ---- Noise ---- */

/* x[n] from white to pink, in place: power falls by 3 dB an octave. A gain of s^-1/2 is an integral of
 * low-passes over their corner f, weighted by f^-1/2 (Stieltjes); six corners, each a quarter of the one
 * before, stay within 0.7 dB of it from 1/800 of the rate to half of it. */
static void make_pink(float *x, int64_t n) {
    float pole[PINK_POLES];
    float input[PINK_POLES];
    float state[PINK_POLES] = {0};
    for (int k = 0; k < PINK_POLES; k++) {
        double corner = 0.25 / (double)(1 << 2 * k); /* of the sampling rate */
        double decay = exp(-2.0 * PI * corner);
        pole[k] = (float)decay;
        input[k] = (float)((double)(1 << k) * (1.0 - decay));
    }
    for (int64_t i = 0; i < n; i++) {
        float sum = 0.0f;
        for (int k = 0; k < PINK_POLES; k++) {
            state[k] = pole[k] * state[k] + input[k] * x[i];
            sum += state[k];
        }
        x[i] = sum;
    }
}

void oss_augment_add_noise(float *y, int64_t n, oss_noise noise, double snr_db, uint64_t seed, uint32_t key,
                           float *work) {
    oss_k_white_noise(work, (size_t)n, seed, OSS_RNG_NOISE, key);
    if (noise == OSS_NOISE_PINK) {
        make_pink(work, n);
    }
    double signal = oss_k_sum_squares(y, (size_t)n);
    double drawn = oss_k_sum_squares(work, (size_t)n);
    if (signal > 0 && drawn > 0) {
        oss_k_axpy(y, (float)sqrt(signal / drawn * pow(10.0, -snr_db / 10.0)), work, (size_t)n);
    }
}

/* ---- Applying ---- */

void oss_augment_apply(float *y, const oss_augment_view *view, const float *x, int64_t samples,
                       const oss_speed_bank *bank, float *work) {
    int64_t n = oss_augment_length(view, samples);
    float *body = y + view->lead_samples;
    if (body != x) {
        oss_speed_change(body, x, samples, view->speed, bank);
    }
    memset(y, 0, (size_t)view->lead_samples * sizeof *y);
    if (view->gain != 1.0f) {
        oss_k_scale(body, body, view->gain, (size_t)(n - view->lead_samples));
    }
    if (view->noise != OSS_NOISE_NONE) {
        oss_augment_add_noise(y, n, view->noise, view->snr_db, view->seed, view->key, work);
    }
}
