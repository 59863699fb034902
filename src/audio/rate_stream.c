#include "audio/rate_stream.h"

#include <string.h>

#include "audio/resampler.h"
#include "audio/stream.h"
#include "base/fail.h"
#include "base/mem.h"
#include "kernel/vec.h"

struct oss_rate_stream {
    const char *name;
    oss_resampler *resampler; /* NULL: same rate */
    int32_t source_rate_hz, rate_hz;
    int64_t frames, samples; /* in and out so far */
    int64_t padding;         /* zeros that still go in at the end */
};

oss_status oss_rate_stream_create(oss_rate_stream **out, const char *name, int32_t source_rate_hz,
                                  int32_t rate_hz) {
    oss_status status = oss_segment_check_rates(name, source_rate_hz, rate_hz);
    if (status != OSS_OK) {
        return status;
    }
    oss_rate_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    *stream = (oss_rate_stream){.name = name,
                                .source_rate_hz = source_rate_hz,
                                .rate_hz = rate_hz,
                                .padding = 2 + (source_rate_hz - 1) / rate_hz};
    if (source_rate_hz != rate_hz) {
        status = oss_resampler_create(&stream->resampler, (double)rate_hz / source_rate_hz);
    }
    if (status != OSS_OK) {
        oss_rate_stream_free(stream);
        return status;
    }
    *out = stream;
    return OSS_OK;
}

void oss_rate_stream_free(oss_rate_stream *stream) {
    if (stream != NULL) {
        oss_resampler_free(stream->resampler);
        oss_free(stream);
    }
}

static oss_status resample(oss_rate_stream *stream, const float *x, int64_t *in_out_frames, bool end,
                           float *y, int64_t *in_out_samples) {
    oss_status status = oss_resampler_process(stream->resampler, x, in_out_frames, end, y, in_out_samples);
    if (status != OSS_OK) {
        return status;
    }
    stream->samples += *in_out_samples;
    return oss_k_all_finite(y, (size_t)*in_out_samples)
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: the samples are too large to be resampled; scale them to [-1, 1]",
                          stream->name);
}

oss_status oss_rate_stream_add(oss_rate_stream *stream, const float *x, int64_t *in_out_frames, float *y,
                               int64_t *in_out_samples) {
    oss_status status = OSS_OK;
    if (stream->resampler == NULL) {
        int64_t count = *in_out_frames < *in_out_samples ? *in_out_frames : *in_out_samples;
        memcpy(y, x, (size_t)count * sizeof *y);
        *in_out_frames = *in_out_samples = count;
        stream->samples += count;
    } else {
        status = resample(stream, x, in_out_frames, false, y, in_out_samples);
    }
    stream->frames += *in_out_frames;
    return status;
}

/* Zeros, which is what the resampler takes for granted at the end anyway: how many samples it gives is its own affair,
 * within one, and so they are never too few. */
oss_status oss_rate_stream_end(oss_rate_stream *stream, float *y, int64_t most, int64_t *out_samples) {
    static const float zeros[OSS_AUDIO_MAX_RATIO + 2];
    int64_t wanted = stream->frames == 0
                         ? 0
                         : oss_audio_resampled(stream->frames, stream->source_rate_hz, stream->rate_hz);
    int64_t left = wanted - stream->samples;
    *out_samples = 0;
    if (left == 0) {
        return OSS_OK;
    }
    int64_t taken = stream->padding;
    int64_t given = left < most ? left : most;
    oss_status status = left < 0 ? OSS_OK : resample(stream, zeros, &taken, true, y, &given);
    stream->padding -= taken;
    if (status == OSS_OK && (left < 0 || given == 0)) {
        status = oss_fail(OSS_EBUG, "%s: resampling %lld frames from %d to %d Hz gave %lld samples, not %lld",
                          stream->name, (long long)stream->frames, (int)stream->source_rate_hz,
                          (int)stream->rate_hz, (long long)stream->samples, (long long)wanted);
    }
    if (status == OSS_OK) {
        *out_samples = given;
    }
    return status;
}
