/* Warped frequencies: speech as from a vocal tract of another length (Jaitly & Hinton: "Vocal tract length perturbation
 * (VTLP) improves speech recognition", ICML 2013 workshop). The filters of the mel spectrogram are moved
 * (audio/mel_filters.h), which costs what unmoved ones cost; tempo and pitch stay. Factors are a few, so that their
 * filters are made once. */
#ifndef OSS_AUGMENT_FREQ_WARP_H
#define OSS_AUGMENT_FREQ_WARP_H

#include <stdbool.h>
#include <stdint.h>

enum { OSS_WARPS = 21, OSS_WARP_NONE = OSS_WARPS / 2 };

typedef struct oss_warp_spec {
    double prob; /* that an utterance's frequencies are warped */
    double most; /* factors are evenly spaced in [1 - most, 1 + most] */
} oss_warp_spec;

static inline bool oss_warp_is_on(const oss_warp_spec *spec) {
    return spec->prob > 0 && spec->most > 0;
}

/* Factor `index` of 0..OSS_WARPS - 1; that of OSS_WARP_NONE is 1. */
double oss_warp_factor(const oss_warp_spec *spec, int32_t index);

/* Index of an utterance's factor in a step of training: a pure function of its arguments. Each index is as likely, when
 * the utterance is warped at all. */
int32_t oss_warp_draw(const oss_warp_spec *spec, uint64_t seed, uint32_t step, uint32_t utterance);

#endif
