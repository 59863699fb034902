#include "augment/noise_mix.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"
#include "kernel/noise.h"
#include "kernel/vec.h"

enum { PINK_POLES = 6 };
/* Numbers of oss_rng_uniform; a voice takes two from DRAW_VOICE on. Apart from those of augment.c. */
enum { DRAW_VOICES = 64, DRAW_VOICE };
static const double PI = 3.14159265358979323846;

/* A gain of s^-1/2 is an integral of low-passes over their corner f, weighted by f^-1/2 (Stieltjes); six
 * corners, each a quarter of the one before, stay within 0.7 dB of it from 1/800 of the rate to half of it. */
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

void oss_noise_pink(float *y, int64_t n, uint64_t seed, uint32_t key) {
    oss_k_white_noise(y, (size_t)n, seed, OSS_RNG_NOISE, key);
    make_pink(y, n);
}

/* ---- Recordings ---- */

/* y[i] (+)= scale * value[from + i], beginning again where the clip ends. */
static void put_loop(float *y, int64_t n, const oss_clip *clip, int64_t from, float scale, bool add) {
    for (int64_t i = 0; i < n; from = 0) {
        int64_t count = clip->samples - from < n - i ? clip->samples - from : n - i;
        const int16_t *value = clip->value + from;
        float *to = y + i;
        if (add) {
            for (int64_t k = 0; k < count; k++) {
                to[k] += scale * (float)value[k];
            }
        } else {
            for (int64_t k = 0; k < count; k++) {
                to[k] = scale * (float)value[k];
            }
        }
        i += count;
    }
}

void oss_noise_loop(float *y, int64_t n, const oss_clip *clip, int64_t from) {
    put_loop(y, n, clip, from, clip->scale, false);
}

oss_babble oss_babble_draw(int32_t clips, int32_t own, uint64_t seed, uint32_t key) {
    oss_babble babble = {0};
    int32_t others = own >= 0 && own < clips ? clips - 1 : clips;
    if (others < 1) {
        return babble;
    }
    double extra = oss_rng_uniform(seed, OSS_RNG_AUGMENT, key, DRAW_VOICES);
    babble.voices =
        OSS_BABBLE_MIN_VOICES + (int32_t)(extra * (OSS_BABBLE_MAX_VOICES - OSS_BABBLE_MIN_VOICES + 1));
    for (int32_t v = 0; v < babble.voices; v++) {
        uint32_t field = (uint32_t)(DRAW_VOICE + 2 * v);
        int32_t clip = (int32_t)(oss_rng_uniform(seed, OSS_RNG_AUGMENT, key, field) * others);
        babble.clip[v] = clip + (own >= 0 && clip >= own);
        babble.place[v] = oss_rng_uniform(seed, OSS_RNG_AUGMENT, key, field + 1);
    }
    return babble;
}

/* A whole number, so the order of summing does not matter. */
static double mean_square(const oss_clip *clip) {
    int64_t sum = 0;
    for (int32_t i = 0; i < clip->samples; i++) {
        int32_t value = clip->value[i];
        sum += value * value;
    }
    return clip->samples > 0 ? (double)sum / clip->samples : 0.0;
}

void oss_babble_mix(float *y, int64_t n, const oss_babble *babble, const oss_clip *clip) {
    memset(y, 0, (size_t)n * sizeof *y);
    for (int32_t v = 0; v < babble->voices; v++) {
        const oss_clip *voice = &clip[babble->clip[v]];
        double power = mean_square(voice);
        if (power > 0) {
            int64_t from = (int64_t)(babble->place[v] * voice->samples);
            put_loop(y, n, voice, from, (float)(1.0 / sqrt(power)), true);
        }
    }
}

double oss_noise_add(float *y, const float *noise, int64_t n, double snr_db) {
    double signal = oss_k_sum_squares(y, (size_t)n);
    double drawn = oss_k_sum_squares(noise, (size_t)n);
    if (!(signal > 0 && drawn > 0)) {
        return HUGE_VAL;
    }
    float factor = (float)sqrt(signal / drawn * pow(10.0, -snr_db / 10.0));
    oss_k_axpy(y, factor, noise, (size_t)n);
    return 10.0 * log10(signal / ((double)factor * (double)factor * drawn));
}
