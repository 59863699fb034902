/* Mel spectrograms as torchaudio.transforms.MelSpectrogram(sample_rate, n_fft, win_length, hop_length,
 * n_mels) makes them (periodic Hann, centred, reflection padding, power 2, HTK scale, no filter norm, f_min
 * 0, f_max sample_rate // 2), then log and normalisation. */
#ifndef OSS_AUDIO_MEL_H
#define OSS_AUDIO_MEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_mel_kind { OSS_MEL_LOG, OSS_MEL_POWER } oss_mel_kind;
typedef enum oss_mel_norm {
    OSS_MEL_NORM_UTTERANCE, /* statistics over all frames of the utterance */
    OSS_MEL_NORM_SPEECH,    /* over those that hold speech: speech_frames.h */
    OSS_MEL_NORM_FIXED,     /* over the training set */
    OSS_MEL_NORM_NONE
} oss_mel_norm;

/* Can features be had only when the whole utterance is known? */
static inline bool oss_mel_norm_needs_all(oss_mel_norm norm) {
    return norm == OSS_MEL_NORM_UTTERANCE || norm == OSS_MEL_NORM_SPEECH;
}

typedef struct oss_mel_spec {
    int32_t sample_rate_hz; /* 16000 */
    int32_t n_fft;          /* 1024 */
    int32_t win_samples;    /* 400 */
    int32_t hop_samples;    /* 160 */
    int32_t bins;           /* 128 */
    oss_mel_kind kind;
    oss_mel_norm norm; /* applies to OSS_MEL_LOG only */
    double floor;      /* 1e-6: y = ln(max(mel, floor)) */
} oss_mel_spec;

typedef struct oss_mel_plan oss_mel_plan; /* window, filter bank (computed in double), transform; read-only
                                             once made: threads share it */

/* OSS_EUSAGE, naming the value, for what cannot be: a rate below 2 Hz, an odd n_fft or one outside 4..65536,
 * a window longer than n_fft, a hop or bins below 1, more than 65536 bins, a floor that a float does not hold
 * as a positive number. */
oss_status oss_mel_plan_create(oss_mel_plan **out, const oss_mel_spec *spec);
void oss_mel_plan_free(oss_mel_plan *plan);
const oss_mel_spec *oss_mel_plan_spec(const oss_mel_plan *plan);
/* Samples under the window of frame t that come before sample t * hop; the others are win_samples less these. */
int32_t oss_mel_plan_lead(const oss_mel_plan *plan);
/* The same front end with filters whose points are moved by a warp of the frequencies (oss_mel_warp_hz), 0.5 <= factor <=
 * 2; 1 gives the bits of `plan`, whose tables and statistics it shares, so `plan` must outlive it. Scratch for one will do
 * for the other. */
oss_status oss_mel_plan_create_warped(oss_mel_plan **out, const oss_mel_plan *plan, double factor);
/* For OSS_MEL_NORM_FIXED: mean[bins], std[bins] of the training set (std is floored at 0.1 here). Before the
 * plan is shared. Until it is called the mean is 0 and the deviation 1. */
void oss_mel_plan_set_stats(oss_mel_plan *plan, const float *mean, const float *std);

/* Scratch for one utterance in one thread, for any of the functions below; does not grow with its samples. */
size_t oss_mel_scratch_bytes(const oss_mel_plan *plan);

/* Floats of `stats` below for an utterance of so many frames: mean and max(std, 0.1) per bin [2,bins], with norm speech
 * followed by a 1 or 0 for each frame [frames], whether it counted. Linear in frames. */
size_t oss_mel_stats_floats(const oss_mel_plan *plan, int32_t frames);

/* y[T,bins] from x[samples], T = oss_len_mel_frames(samples, hop). `stats`: when not NULL and norm is
 * utterance or speech, what the backward pass needs, [oss_mel_stats_floats(plan, T)]. samples >= 1
 * (reflection of short signals as numpy.pad(mode="reflect"); one sample: constant). scratch is 64-byte
 * aligned. NaN and infinities in x reach y. Before normalisation a frame's row depends on the samples under
 * its window alone, bit for bit: not on its place, nor on T. */
void oss_mel_forward(const oss_mel_plan *plan, float *y, float *stats, const float *x, int64_t samples,
                     void *scratch);

/* The two halves of oss_mel_forward, so that frames can be shared among threads, each with scratch of its
 * own: rows [begin, end) of y[T,bins] before normalisation, then the normalisation of all of them. Same bits
 * as in one go. */
void oss_mel_forward_rows(const oss_mel_plan *plan, float *y, const float *x, int64_t samples, int32_t begin,
                          int32_t end, void *scratch);
void oss_mel_normalize(const oss_mel_plan *plan, float *y, float *stats, int32_t frames, void *scratch);
/* Those rows alone: y[count,bins] of frames [begin, begin + count). */
void oss_mel_forward_frames(const oss_mel_plan *plan, float *y, const float *x, int64_t samples,
                            int32_t begin, int32_t count, void *scratch);

/* dx[samples] += gradient of x from dy[T,bins]; recomputes the spectrum from x; y and stats are what forward
 * gave. At and below the floor of the logarithm, and through a deviation below 0.1, the derivative is 0. */
void oss_mel_backward(const oss_mel_plan *plan, float *dx, const float *dy, const float *y,
                      const float *stats, const float *x, int64_t samples, void *scratch);

/* Running mean and variance per bin of log-mel frames before normalisation, for OSS_MEL_NORM_FIXED, whatever
 * kind and norm the plan has. Adds the frames of one utterance (Welford 1962, in double) to mean[bins],
 * m2[bins] (sum of squared distances from the mean) and *frames, all zeroed by the caller before the first.
 * To use several threads, give each utterance arrays of its own and merge them in a fixed order: that is bit
 * for bit what adding them one after the other gives. */
void oss_mel_stats_add(const oss_mel_plan *plan, double *mean, double *m2, int64_t *frames, const float *x,
                       int64_t samples, void *scratch);
/* The statistics of two sets of frames taken together, into the first (Chan, Golub & LeVeque 1979). */
void oss_mel_stats_merge(int32_t bins, double *mean, double *m2, int64_t *frames, const double *other_mean,
                         const double *other_m2, int64_t other_frames);

#endif
