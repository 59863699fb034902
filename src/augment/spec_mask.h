/* SpecAugment's masks (Park et al.: "SpecAugment", Interspeech 2019): bands of mel bins and stretches of
 * frames that are blanked. The number of time masks follows the length of the utterance, as in Park et al.:
 * "SpecAugment on large scale datasets", ICASSP 2020; time warping, which gave them little, is left out. */
#ifndef OSS_AUGMENT_SPEC_MASK_H
#define OSS_AUGMENT_SPEC_MASK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct oss_mask_spec {
    int32_t freq_masks;     /* bands of an utterance */
    int32_t freq_mask_bins; /* width uniform in 0..freq_mask_bins */
    double time_masks_per_second;
    int32_t time_mask_frames;      /* width uniform in 0..time_mask_frames */
    double time_mask_max_fraction; /* of the frames, all time masks of an utterance together */
} oss_mask_spec;

typedef struct oss_mask_key {
    uint64_t seed;
    uint32_t step;
    uint32_t utterance;
} oss_mask_key;

static inline bool oss_mask_is_on(const oss_mask_spec *spec) {
    return spec->freq_masks > 0 || spec->time_masks_per_second > 0;
}

/* x[T,bins] with the masked cells 0, in place. rate_hz: frames per second. A pure function of spec, sizes and
 * key. */
void oss_mask_apply(float *x, int32_t frames, int32_t bins, double rate_hz, const oss_mask_spec *spec,
                    const oss_mask_key *key);

#endif
