/* Noise made or put together: white, pink, a babble of voices, a stretch of a recording. All are functions of
 * their arguments; none has a level of its own, oss_noise_add gives it one. */
#ifndef OSS_AUGMENT_NOISE_MIX_H
#define OSS_AUGMENT_NOISE_MIX_H

#include "audio/clip.h"

enum { OSS_BABBLE_MIN_VOICES = 3, OSS_BABBLE_MAX_VOICES = 8 };

/* y[n]: power falls by 3 dB an octave. */
void oss_noise_pink(float *y, int64_t n, uint64_t seed, uint32_t key);

/* y[n] = clip from sample `from` on, over and over. */
void oss_noise_loop(float *y, int64_t n, const oss_clip *clip, int64_t from);

/* Who speaks in a babble: 3 to 8 voices of `clips`, other than `own` (-1: none is), each from a place in
 * [0, 1) of its clip on. A voice may be drawn twice. */
typedef struct oss_babble {
    int32_t voices; /* 0: there is no other */
    int32_t clip[OSS_BABBLE_MAX_VOICES];
    double place[OSS_BABBLE_MAX_VOICES];
} oss_babble;

oss_babble oss_babble_draw(int32_t clips, int32_t own, uint64_t seed, uint32_t key);
/* y[n] = sum over voices of its clip from its place on, over and over, scaled to a mean square of 1 over the
 * clip. A clip without samples is silent. */
void oss_babble_mix(float *y, int64_t n, const oss_babble *babble, const oss_clip *clip);

/* y[n] += noise[n] scaled so that 10 log10(sum y^2 / sum noise^2) = snr_db. Returns that ratio as it was put in;
 * HUGE_VAL: nothing was added, for one of the two is silent. */
double oss_noise_add(float *y, const float *noise, int64_t n, double snr_db);

#endif
