/* What can be said of a recording without listening to it. */
#ifndef OSS_AUDIO_MEASURE_H
#define OSS_AUDIO_MEASURE_H

#include <stdint.h>

typedef struct oss_audio_measure {
    int64_t samples;
    double peak;             /* largest |x| */
    double mean;             /* sum x / n: the offset of a badly wired input */
    double deviation;        /* sqrt(sum (x - mean)^2 / n): loudness, whatever the offset */
    int64_t clipped_samples; /* in runs of at least three neighbours with |x| >= 0.999: flat tops */
    uint64_t hash;           /* of the samples' bits; equal recordings have equal ones */
} oss_audio_measure;

typedef struct oss_audio_moments {
    double mean;     /* sum x / n */
    double variance; /* sum (x - mean)^2 / n, at least 0 */
} oss_audio_moments;

/* Of x[n], n >= 1. */
oss_audio_moments oss_audio_find_moments(const float *x, int64_t n);

/* x[samples], samples >= 1, all finite. */
oss_audio_measure oss_audio_measure_samples(const float *x, int64_t samples);

#endif
