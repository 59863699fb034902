/* Mono samples put together and brought to another rate on the way. */
#ifndef OSS_AUDIO_SAMPLE_SINK_H
#define OSS_AUDIO_SAMPLE_SINK_H

#include <stdint.h>

#include "audio/audio_internal.h"

typedef struct oss_sink {
    float *sample; /* owned; the caller may take it after oss_sink_finish by setting it to NULL */
    int64_t samples, capacity;
    int64_t frames; /* put in so far */
    int32_t source_rate_hz, rate_hz;
    oss_resampler *resampler; /* NULL: same rate */
} oss_sink;

oss_status oss_sink_init(oss_sink *sink, int32_t source_rate_hz, int32_t rate_hz);
void oss_sink_deinit(oss_sink *sink);
/* x[frames] at source_rate_hz. */
oss_status oss_sink_put(oss_sink *sink, const float *x, int64_t frames);
/* The end, after frames >= 1: sample[samples] is complete, samples = max(1, round(frames * rate_hz /
 * source_rate_hz)), rounded half up. */
oss_status oss_sink_finish(oss_sink *sink);

#endif
