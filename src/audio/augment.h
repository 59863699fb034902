/* Another hearing of the same recording: speed, place, loudness and noise are drawn anew whenever a row is
 * drawn, so that a small network meets no waveform twice. A view is a pure function of (spec, seed, key); the
 * key stands for utterance, epoch and draw, so threads, kills and resumes change nothing.
 *
 *     recording --speed--> silence of 0..shift_ms in front --gain--> + white or pink noise
 *
 * Speed is that of a tape: tempo and pitch together (Ko, Povey, Peddinti, Khudanpur: "Audio augmentation for
 * speech recognition", Interspeech 2015). */
#ifndef OSS_AUDIO_AUGMENT_H
#define OSS_AUDIO_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/speed.h"

/* What may be drawn, with which probability; 0 switches a part off. */
typedef struct oss_augment_spec {
    double speed_prob, speed_min, speed_max; /* factor: 1.1 is a tenth faster */
    double gain_prob, gain_db;               /* uniform in [-gain_db, +gain_db] */
    double noise_prob, noise_snr_min_db, noise_snr_max_db;
    double shift_ms;
} oss_augment_spec;

typedef enum oss_noise { OSS_NOISE_NONE, OSS_NOISE_WHITE, OSS_NOISE_PINK } oss_noise;

/* What was drawn. */
typedef struct oss_augment_view {
    double speed;         /* 1: as recorded */
    int32_t lead_samples; /* of silence in front */
    float gain;           /* factor */
    oss_noise noise;
    double snr_db;
    uint64_t seed; /* of the noise's samples */
    uint32_t key;
} oss_augment_view;

/* Can this spec change a waveform at all? */
bool oss_augment_is_on(const oss_augment_spec *spec);

oss_augment_view oss_augment_draw(const oss_augment_spec *spec, int32_t rate_hz, uint64_t seed, uint32_t key);

/* Samples of a view of a recording: lead_samples + oss_speed_length(samples, speed). */
int64_t oss_augment_length(const oss_augment_view *view, int64_t samples);
/* The most that any draw gives, and the least. */
int64_t oss_augment_longest(const oss_augment_spec *spec, int32_t rate_hz, int64_t samples);
int64_t oss_augment_shortest(const oss_augment_spec *spec, int64_t samples);

/* y[oss_augment_length(view, samples)] = the view of x[samples]. y and x do not overlap, except that y +
 * lead_samples may be x when speed is 1. work[same length as y] may be x when it is as long. */
void oss_augment_apply(float *y, const oss_augment_view *view, const float *x, int64_t samples,
                       const oss_speed_bank *bank, float *work);

/* y[n] += noise scaled so that 10 log10(sum y^2 / sum noise^2) = snr_db. Silence stays silent. work[n] */
void oss_augment_add_noise(float *y, int64_t n, oss_noise noise, double snr_db, uint64_t seed, uint32_t key,
                           float *work);

#endif
