#include "augment/spec_mask.h"

#include <string.h>

#include "base/rng.h"

typedef enum draw_kind { DRAW_BAND, DRAW_STRETCH, DRAW_COUNT } draw_kind;

/* Uniform in [0, 1). */
static double draw(const oss_mask_key *key, draw_kind kind, int32_t index) {
    uint64_t place = (uint64_t)key->step << 32 | key->utterance;
    return oss_rng_uniform(key->seed, OSS_RNG_MASK, place, (uint32_t)kind << 30 | (uint32_t)index);
}

/* Uniform in 0..most. */
static int32_t draw_up_to(const oss_mask_key *key, draw_kind kind, int32_t index, int32_t most) {
    return (int32_t)(draw(key, kind, index) * ((double)most + 1.0));
}

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static void blank_bands(float *x, int32_t frames, int32_t bins, const oss_mask_spec *spec,
                        const oss_mask_key *key) {
    for (int32_t i = 0; i < spec->freq_masks; i++) {
        int32_t width = draw_up_to(key, DRAW_BAND, 2 * i, smaller(spec->freq_mask_bins, bins));
        int32_t first = draw_up_to(key, DRAW_BAND, 2 * i + 1, bins - width);
        for (int32_t t = 0; t < frames; t++) {
            memset(x + (size_t)t * (size_t)bins + first, 0, (size_t)width * sizeof *x);
        }
    }
}

/* A mask that would exceed what all may cover together is cut to what is left. */
static void blank_stretches(float *x, int32_t frames, int32_t bins, double rate_hz, const oss_mask_spec *spec,
                            const oss_mask_key *key) {
    double wanted = spec->time_masks_per_second * frames / rate_hz;
    int32_t left = (int32_t)(spec->time_mask_max_fraction * frames);
    int32_t count = (int32_t)(wanted + draw(key, DRAW_COUNT, 0));
    for (int32_t i = 0; i < count && left > 0; i++) {
        int32_t width = smaller(left, draw_up_to(key, DRAW_STRETCH, 2 * i, spec->time_mask_frames));
        int32_t first = draw_up_to(key, DRAW_STRETCH, 2 * i + 1, frames - width);
        memset(x + (size_t)first * (size_t)bins, 0, (size_t)width * (size_t)bins * sizeof *x);
        left -= width;
    }
}

void oss_mask_apply(float *x, int32_t frames, int32_t bins, double rate_hz, const oss_mask_spec *spec,
                    const oss_mask_key *key) {
    blank_bands(x, frames, bins, spec, key);
    blank_stretches(x, frames, bins, rate_hz, spec, key);
}
