#include "audio/stream.h"

#include <string.h>

#include "audio/resampler.h"
#include "base/fail.h"
#include "base/mem.h"
#include "kernel/vec.h"

enum { PIECE_FRAMES = 65536 };

static const char memory_name[] = "audio in memory";
static const float zeros[OSS_AUDIO_MAX_RATIO + 2];

struct oss_audio_stream {
    const char *name;
    oss_audio_format format;
    oss_segment segment; /* frames of a recording... */
    const float *memory; /* ...or memory[memory_frames], which were not taken yet... */
    int64_t memory_frames;
    oss_audio_pull pull; /* ...or what is pulled into piece[PIECE_FRAMES] */
    float *piece;
    oss_resampler *resampler; /* NULL: same rate */
    const float *pending;     /* [pending_frames], not taken by the resampler yet */
    int64_t pending_frames;
    int64_t frames, samples; /* in and out so far */
    bool ended;              /* all frames are in; only the padding may be pending */
};

/* ---- Life ---- */

void oss_audio_stream_close(oss_audio_stream *stream) {
    if (stream != NULL) {
        oss_segment_close(&stream->segment);
        oss_resampler_free(stream->resampler);
        oss_free(stream->piece);
        oss_free(stream);
    }
}

static oss_status create_resampler(oss_audio_stream *stream) {
    const oss_audio_format *format = &stream->format;
    return format->source_rate_hz == format->rate_hz
               ? OSS_OK
               : oss_resampler_create(&stream->resampler, (double)format->rate_hz / format->source_rate_hz);
}

static oss_status open_segment(oss_audio_stream *stream, oss_source *source,
                               const oss_audio_request *request) {
    oss_status status = oss_segment_open(&stream->segment, source, stream->name, request);
    if (status != OSS_OK) {
        return status;
    }
    const oss_recording *recording = &stream->segment.recording;
    stream->format = (oss_audio_format){.rate_hz = request->keep_rate ? recording->rate_hz : request->rate_hz,
                                        .source_rate_hz = recording->rate_hz,
                                        .source_channels = recording->channels};
    return create_resampler(stream);
}

oss_status oss_audio_stream_open(oss_audio_stream **out, oss_source *source, const char *name,
                                 const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = false;
    }
    if (request->cut_off != NULL) {
        *request->cut_off = false;
    }
    oss_status status = oss_segment_check(name, request);
    if (status != OSS_OK) {
        return status;
    }
    oss_audio_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    stream->name = name;
    status = open_segment(stream, source, request);
    if (status != OSS_OK) {
        oss_audio_stream_close(stream);
        return status;
    }
    *out = stream;
    return OSS_OK;
}

static oss_status check_samples(const float *sample, int64_t samples) {
    if (samples < 1) {
        return oss_fail(OSS_EINPUT, "%s: no samples", memory_name);
    }
    if (oss_segment_is_usable(sample, samples)) {
        return OSS_OK;
    }
    int64_t at = oss_segment_find_unusable(sample, samples);
    return oss_fail(OSS_EINPUT, "%s: sample %lld is %s", memory_name, (long long)at,
                    oss_segment_name_unusable(sample[at]));
}

oss_status oss_audio_stream_open_samples(oss_audio_stream **out, const float *sample, int64_t samples,
                                         int32_t source_rate_hz, int32_t rate_hz) {
    const oss_audio_request request = {.rate_hz = rate_hz, .end_seconds = -1};
    oss_status status = check_samples(sample, samples);
    if (status == OSS_OK) {
        status = oss_segment_check(memory_name, &request);
    }
    if (status == OSS_OK) {
        status = oss_segment_check_rates(memory_name, source_rate_hz, rate_hz);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_audio_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    stream->name = memory_name;
    stream->memory = sample;
    stream->memory_frames = samples;
    stream->format =
        (oss_audio_format){.rate_hz = rate_hz, .source_rate_hz = source_rate_hz, .source_channels = 1};
    status = create_resampler(stream);
    if (status != OSS_OK) {
        oss_audio_stream_close(stream);
        return status;
    }
    *out = stream;
    return OSS_OK;
}

oss_status oss_audio_stream_open_pull(oss_audio_stream **out, const char *name, oss_audio_pull frames,
                                      const oss_audio_format *format) {
    const oss_audio_request request = {.rate_hz = format->rate_hz, .end_seconds = -1};
    oss_status status = oss_segment_check(name, &request);
    if (status == OSS_OK) {
        status = oss_segment_check_rates(name, format->source_rate_hz, format->rate_hz);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_audio_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    stream->name = name;
    stream->pull = frames;
    stream->format = *format;
    stream->piece = oss_alloc(PIECE_FRAMES, sizeof *stream->piece);
    status = stream->piece == NULL ? OSS_ENOMEM : create_resampler(stream);
    if (status != OSS_OK) {
        oss_audio_stream_close(stream);
        return status;
    }
    *out = stream;
    return OSS_OK;
}

oss_audio_format oss_audio_stream_format(const oss_audio_stream *stream) {
    return stream->format;
}

/* ---- Frames in ---- */

static oss_status pull_frames(oss_audio_stream *stream) {
    stream->pending = stream->piece;
    oss_status status =
        stream->pull.read(stream->pull.context, stream->piece, PIECE_FRAMES, &stream->pending_frames);
    bool none = status == OSS_OK && stream->frames + stream->pending_frames == 0;
    return none ? oss_fail(OSS_EINPUT, "%s: no samples", stream->name) : status;
}

static oss_status take_frames(oss_audio_stream *stream) {
    if (stream->piece != NULL) {
        return pull_frames(stream);
    }
    if (stream->memory == NULL) {
        return oss_segment_read(&stream->segment, &stream->pending, &stream->pending_frames);
    }
    int64_t left = stream->memory_frames;
    stream->pending = stream->memory;
    stream->pending_frames = left < PIECE_FRAMES ? left : PIECE_FRAMES;
    stream->memory += stream->pending_frames;
    stream->memory_frames -= stream->pending_frames;
    return OSS_OK;
}

/* At the end come zeros, which is what the resampler takes for granted there anyway: how many samples it
 * gives is its own affair, within one, and so they are never too few. */
static oss_status take_more(oss_audio_stream *stream) {
    oss_status status = take_frames(stream);
    stream->frames += stream->pending_frames;
    if (status == OSS_OK && stream->pending_frames == 0) {
        stream->ended = true;
        stream->pending = zeros;
        stream->pending_frames = 2 + (stream->format.source_rate_hz - 1) / stream->format.rate_hz;
    }
    return status;
}

/* ---- Samples out ---- */

int64_t oss_audio_resampled(int64_t frames, int32_t source_rate_hz, int32_t rate_hz) {
    __int128 twice = (__int128)frames * rate_hz * 2 + source_rate_hz;
    int64_t samples = (int64_t)(twice / (2 * (int64_t)source_rate_hz));
    return samples < 1 ? 1 : samples;
}

static oss_status fail_length(const oss_audio_stream *stream, int64_t wanted) {
    return oss_fail(OSS_EBUG, "resampling %lld frames from %d to %d Hz gave %lld samples, not %lld",
                    (long long)stream->frames, (int)stream->format.source_rate_hz,
                    (int)stream->format.rate_hz, (long long)stream->samples, (long long)wanted);
}

static oss_status resample_pending(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples) {
    int64_t taken = stream->pending_frames;
    *out_samples = most;
    oss_status status =
        oss_resampler_process(stream->resampler, stream->pending, &taken, stream->ended, x, out_samples);
    if (status != OSS_OK) {
        return status;
    }
    stream->pending += taken;
    stream->pending_frames -= taken;
    stream->samples += *out_samples;
    return oss_k_all_finite(x, (size_t)*out_samples)
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: the samples are too large to be resampled; scale them to [-1, 1]",
                          stream->name);
}

/* After the last frame: as many samples as the frames are worth. */
static oss_status resample_rest(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples) {
    int64_t wanted =
        oss_audio_resampled(stream->frames, stream->format.source_rate_hz, stream->format.rate_hz);
    int64_t left = wanted - stream->samples;
    *out_samples = 0;
    if (left == 0) {
        return OSS_OK;
    }
    oss_status status = left < 0 ? fail_length(stream, wanted)
                                 : resample_pending(stream, x, left < most ? left : most, out_samples);
    return status == OSS_OK && *out_samples == 0 ? fail_length(stream, wanted) : status;
}

static void copy_pending(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples) {
    int64_t count = stream->pending_frames < most ? stream->pending_frames : most;
    memcpy(x, stream->pending, (size_t)count * sizeof *x);
    stream->pending += count;
    stream->pending_frames -= count;
    *out_samples = count;
}

static oss_status give_samples(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples) {
    *out_samples = 0;
    if (stream->resampler != NULL) {
        return stream->ended ? resample_rest(stream, x, most, out_samples)
                             : resample_pending(stream, x, most, out_samples);
    }
    if (!stream->ended) {
        copy_pending(stream, x, most, out_samples);
    }
    return OSS_OK;
}

oss_status oss_audio_stream_read(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples) {
    int64_t done = 0;
    while (done < most) {
        oss_status status = stream->pending_frames == 0 && !stream->ended ? take_more(stream) : OSS_OK;
        int64_t given = 0;
        if (status == OSS_OK) {
            status = give_samples(stream, x + done, most - done, &given);
        }
        if (status != OSS_OK) {
            return status;
        }
        if (given == 0 && stream->ended) {
            break;
        }
        done += given;
    }
    *out_samples = done;
    return OSS_OK;
}
