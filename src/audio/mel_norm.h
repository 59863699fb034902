/* Normalisation of log-mel frames with statistics of the utterance itself, and its gradient: over all frames, or over those
 * that hold speech (speech_frames.h). For mel.c. */
#ifndef OSS_AUDIO_MEL_NORM_H
#define OSS_AUDIO_MEL_NORM_H

#include <stdbool.h>
#include <stdint.h>

#define OSS_MEL_LEAST_STD 0.1f /* smaller deviations count as this: silence is not blown up */

typedef struct oss_mel_norm_frames {
    int32_t frames, bins;
    bool speech; /* only those that hold speech count */
} oss_mel_norm_frames;

/* stats[2,bins]: mean and max(deviation, 0.1) of y[frames,bins] over the frames that count, population deviation. With
 * `speech`, and flag not NULL: flag[frames] = 1 for those, else 0. sum[2,bins]: work. */
void oss_mel_norm_measure(float *stats, float *flag, const float *y, const oss_mel_norm_frames *which,
                          double *sum);

/* With y = (l - mean) / s and n frames that count, in those
 *     dl = (dy - sum_t(dy) / n - y sum_t(dy y) / n) / s,
 * both sums over all frames, without the last term where s is the least deviation; dl = dy / s in the others. */
typedef struct oss_mel_norm_gradient {
    const float *dy, *y; /* [frames,bins] */
    const float *scale;  /* s[bins] */
    const float *flag;   /* [frames]; NULL: all frames count */
    double *sum;         /* [4,bins]: the sums over n, as above; then zeros */
    int32_t frames, bins;
} oss_mel_norm_gradient;

/* Fills g->sum, which is all zeros. */
void oss_mel_norm_sum(const oss_mel_norm_gradient *g);
/* dl[count,bins] of frames [t, t + count). */
void oss_mel_norm_backward(float *dl, const oss_mel_norm_gradient *g, int32_t t, int32_t count);

#endif
