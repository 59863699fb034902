/* Another hearing of the same recording: speed, place, room, loudness, noise and line are drawn anew whenever
 * a row is drawn, so that a small network meets no waveform twice. A view is a pure function of (spec, seed,
 * key) and of the sounds it is made with; the key stands for utterance, epoch and draw, so threads, kills and
 * resumes change nothing.
 *
 *     recording --speed--> room --> gain --> silence in front and behind --> + noise --> telephone --> peak
 *
 * Speed is that of a tape: tempo and pitch together (Ko, Povey, Peddinti, Khudanpur: "Audio augmentation for
 * speech recognition", Interspeech 2015). Rooms: Ko, Peddinti, Povey, Seltzer, Khudanpur: "A study on data
 * augmentation of reverberant speech", ICASSP 2017. A view that had room, gain, noise or telephone and whose
 * largest sample exceeds 1 is scaled as a whole until that is 1. */
#ifndef OSS_AUGMENT_AUGMENT_H
#define OSS_AUGMENT_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "augment/sounds.h"

/* What may be drawn, with which probability; 0 switches a part off. */
typedef struct oss_augment_spec {
    double speed_prob, speed_min, speed_max; /* factor: 1.1 is a tenth faster */
    double gain_prob, gain_db;               /* uniform in [-gain_db, +gain_db] */
    double noise_prob, noise_snr_min_db, noise_snr_max_db;
    double noise_white, noise_pink, noise_babble, noise_recorded; /* chances in proportion; the last without
                                                                     noise_dir: 0 */
    char *noise_dir;                                              /* NULL: none */
    int64_t noise_mib;                                            /* for its recordings */
    double reverb_prob, reverb_rt60_min_s, reverb_rt60_max_s, reverb_drr_min_db, reverb_drr_max_db;
    char *reverb_dir; /* NULL: synthetic responses */
    double telephone_prob, telephone_mulaw_prob;
    double shift_ms;                    /* longest silence in front, in every view */
    double silence_prob, silence_max_s; /* longest silence in front and behind, beside that of shift_ms */
} oss_augment_spec;

typedef enum oss_noise {
    OSS_NOISE_NONE,
    OSS_NOISE_WHITE,
    OSS_NOISE_PINK,
    OSS_NOISE_BABBLE,
    OSS_NOISE_RECORDED
} oss_noise;

typedef enum oss_room { OSS_ROOM_NONE, OSS_ROOM_SYNTHETIC, OSS_ROOM_RECORDED } oss_room;

/* What was drawn. */
typedef struct oss_augment_view {
    double speed;         /* 1: as recorded */
    int32_t lead_samples; /* of silence in front */
    int32_t tail_samples; /* and behind */
    float silence;        /* 0: zeros; else white noise, its level this much of the recording's */
    float gain;           /* factor */
    oss_noise noise;
    oss_room room;
    bool telephone, mu_law;
    double snr_db;
    double rt60_s, drr_db; /* of a synthetic room */
    uint64_t seed;         /* of what is drawn in making it */
    uint32_t key;
} oss_augment_view;

/* Can this spec change a waveform at all? */
bool oss_augment_is_on(const oss_augment_spec *spec);
/* Does it draw babble: are voices needed? */
bool oss_augment_has_babble(const oss_augment_spec *spec);

/* The key of draw `repeat` of a row in an epoch. */
uint32_t oss_augment_key(uint64_t row_key, int64_t epoch, int32_t repeat);
oss_augment_view oss_augment_draw(const oss_augment_spec *spec, int32_t rate_hz, uint64_t seed, uint32_t key);

/* Samples of a view of a recording: lead_samples + oss_speed_length(samples, speed) + tail_samples. */
int64_t oss_augment_length(const oss_augment_view *view, int64_t samples);
/* The most that any draw gives, and the least. */
int64_t oss_augment_longest(const oss_augment_spec *spec, int32_t rate_hz, int64_t samples);
int64_t oss_augment_shortest(const oss_augment_spec *spec, int64_t samples);

/* ---- Making views ---- */

/* Filters, transforms and the recordings of the two folders; read-only once made, shared by threads. */
typedef struct oss_augment_kit oss_augment_kit;
oss_status oss_augment_kit_create(oss_augment_kit **out, const oss_augment_spec *spec, int32_t rate_hz);
void oss_augment_kit_free(oss_augment_kit *kit);
uint64_t oss_augment_kit_hash(const oss_augment_kit *kit); /* of the recordings; 0: there are none */

/* Clips that babble is mixed from. */
typedef struct oss_voices {
    const oss_clip *clip; /* [clips] */
    int32_t clips;
    int32_t own; /* the recording itself, which is left out; -1: it is not among them */
} oss_voices;

/* Floats of work for views of at most `longest` samples; 64-byte aligned. */
int64_t oss_augment_work_floats(const oss_augment_kit *kit, int64_t longest);

/* y[oss_augment_length(view, samples)] = the view of x[samples]. y and x do not overlap, except that y +
 * lead_samples may be x when speed is 1. x may be the beginning of work. kit and voices: NULL when no view
 * needs them. Returns the ratio of the recording's power to that of the noise, in dB, as measured when the noise was
 * put in; HUGE_VAL: none was, because none was drawn or one of the two is silent. */
double oss_augment_apply(float *y, const oss_augment_view *view, const float *x, int64_t samples,
                         const oss_augment_kit *kit, const oss_voices *voices, float *work);

/* The recording that a view takes its noise or its room from, and the sample of it where the noise begins; its silent parts
 * are passed over. */
const char *oss_augment_noise_name(const oss_augment_kit *kit, const oss_augment_view *view);
int64_t oss_augment_noise_from(const oss_augment_kit *kit, const oss_augment_view *view);
const char *oss_augment_room_name(const oss_augment_kit *kit, const oss_augment_view *view);

#endif
