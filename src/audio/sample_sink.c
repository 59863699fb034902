#include "audio/sample_sink.h"

#include <math.h>
#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/mem.h"

enum {
    RESAMPLER_SLACK = 64, /* samples beyond frames * ratio that one call may give */
    PIECE_FRAMES = 65536  /* given to the resampler at once, so that it is asked for room in proportion */
};

oss_status oss_sink_init(oss_sink *sink, int32_t source_rate_hz, int32_t rate_hz) {
    *sink = (oss_sink){.source_rate_hz = source_rate_hz, .rate_hz = rate_hz};
    return source_rate_hz == rate_hz
               ? OSS_OK
               : oss_resampler_create(&sink->resampler, (double)rate_hz / source_rate_hz);
}

void oss_sink_deinit(oss_sink *sink) {
    oss_resampler_free(sink->resampler);
    oss_free(sink->sample);
    *sink = (oss_sink){0};
}

/* Grows by half, so that what is copied stays in proportion to what is put in. */
static oss_status reserve_samples(oss_sink *sink, int64_t extra) {
    int64_t needed = sink->samples + extra;
    if (needed <= sink->capacity) {
        return OSS_OK;
    }
    int64_t capacity = sink->capacity + sink->capacity / 2;
    capacity = capacity < needed ? needed : capacity;
    float *grown = oss_resize(sink->sample, (size_t)capacity, sizeof *grown);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    sink->sample = grown;
    sink->capacity = capacity;
    return OSS_OK;
}

/* end: x is the last of the input, and what is still in the filter comes out too. */
static oss_status resample_piece(oss_sink *sink, const float *x, int64_t frames, bool end) {
    double ratio = (double)sink->rate_hz / sink->source_rate_hz;
    int64_t given;
    do {
        int64_t taken = frames;
        given = (int64_t)ceil((double)frames * ratio) + RESAMPLER_SLACK;
        oss_status status = reserve_samples(sink, given);
        if (status == OSS_OK) {
            status =
                oss_resampler_process(sink->resampler, x, &taken, end, sink->sample + sink->samples, &given);
        }
        if (status != OSS_OK) {
            return status;
        }
        sink->samples += given;
        x += taken;
        frames -= taken;
    } while (frames > 0 || (end && given > 0));
    return OSS_OK;
}

oss_status oss_sink_put(oss_sink *sink, const float *x, int64_t frames) {
    oss_status status = OSS_OK;
    for (int64_t at = 0; at < frames && status == OSS_OK; at += PIECE_FRAMES) {
        int64_t piece = frames - at < PIECE_FRAMES ? frames - at : PIECE_FRAMES;
        if (sink->resampler != NULL) {
            status = resample_piece(sink, x + at, piece, false);
        } else if ((status = reserve_samples(sink, piece)) == OSS_OK) {
            memcpy(sink->sample + sink->samples, x + at, (size_t)piece * sizeof *x);
            sink->samples += piece;
        }
    }
    sink->frames += frames;
    return status;
}

int64_t oss_audio_resampled(int64_t frames, int32_t source_rate_hz, int32_t rate_hz) {
    __int128 twice = (__int128)frames * rate_hz * 2 + source_rate_hz;
    int64_t samples = (int64_t)(twice / (2 * (int64_t)source_rate_hz));
    return samples < 1 ? 1 : samples;
}

/* How many samples the resampler gives at its end is its own affair, within one; zeros, which is what it
 * takes for granted beyond the end anyway, are fed so that they are never too few, and the rest is cut off.
 */
oss_status oss_sink_finish(oss_sink *sink) {
    if (sink->resampler == NULL) {
        return OSS_OK;
    }
    const float zeros[OSS_AUDIO_MAX_RATIO + 2] = {0};
    int64_t padding = 2 + (sink->source_rate_hz - 1) / sink->rate_hz;
    oss_status status = resample_piece(sink, zeros, padding, true);
    if (status != OSS_OK) {
        return status;
    }
    double expected = (double)(sink->frames + padding) * sink->rate_hz / sink->source_rate_hz;
    int64_t wanted = oss_audio_resampled(sink->frames, sink->source_rate_hz, sink->rate_hz);
    if (fabs((double)sink->samples - expected) > 1.0 || sink->samples < wanted) {
        return oss_fail(OSS_EBUG, "resampling %lld frames from %d to %d Hz gave %lld samples, not %lld",
                        (long long)sink->frames, (int)sink->source_rate_hz, (int)sink->rate_hz,
                        (long long)sink->samples, (long long)wanted);
    }
    sink->samples = wanted;
    return OSS_OK;
}
