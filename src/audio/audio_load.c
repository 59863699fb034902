#include "audio/audio_file.h"

#include <math.h>
#include <string.h>

#include "audio/sample_sink.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "kernel/vec.h"

enum { END_TOLERANCE_MS = 10 };

/* ---- Limits and messages ---- */

static bool is_rate(int32_t rate_hz) {
    return rate_hz >= OSS_AUDIO_MIN_RATE_HZ && rate_hz <= OSS_AUDIO_MAX_RATE_HZ;
}

/* `name`: what has the source rate. */
static oss_status check_rates(const char *name, int32_t source_rate_hz, int32_t rate_hz) {
    if (!is_rate(source_rate_hz)) {
        return oss_fail(OSS_EINPUT, "%s: a rate of %d Hz; %d to %d Hz are read", name, (int)source_rate_hz,
                        (int)OSS_AUDIO_MIN_RATE_HZ, (int)OSS_AUDIO_MAX_RATE_HZ);
    }
    int64_t low = source_rate_hz < rate_hz ? source_rate_hz : rate_hz;
    int64_t high = source_rate_hz < rate_hz ? rate_hz : source_rate_hz;
    if (high > low * OSS_AUDIO_MAX_RATIO) {
        return oss_fail(OSS_EINPUT, "%s: %d Hz cannot become %d Hz; rates may differ by a factor of %d", name,
                        (int)source_rate_hz, (int)rate_hz, (int)OSS_AUDIO_MAX_RATIO);
    }
    return OSS_OK;
}

static oss_status check_wanted_rate(int32_t rate_hz) {
    return is_rate(rate_hz)
               ? OSS_OK
               : oss_fail(OSS_EUSAGE, "audio cannot be read at %d Hz; give a rate of %d to %d Hz",
                          (int)rate_hz, (int)OSS_AUDIO_MIN_RATE_HZ, (int)OSS_AUDIO_MAX_RATE_HZ);
}

static double seconds_of(const oss_decoder *decoder, int64_t frames) {
    return (double)frames / decoder->rate_hz;
}

static oss_status fail_segment(const char *path, const oss_audio_request *request, const char *what) {
    char start[OSS_NUMBER_CHARS];
    char end[OSS_NUMBER_CHARS + 2] = "the end";
    (void)oss_number_print(start, request->start_seconds);
    if (!(request->end_seconds < 0)) {
        (void)strcpy(end + oss_number_print(end, request->end_seconds), " s");
    }
    return oss_fail(OSS_EINPUT, "%s: the segment from %s s to %s %s", path, start, end, what);
}

/* The decoder is at the end of the file. */
static oss_status fail_outside(const oss_decoder *decoder, const oss_audio_request *request) {
    char what[80];
    (void)oss_format(what, sizeof what, "is outside the file, which lasts %.3f s",
                     seconds_of(decoder, decoder->position_frames));
    return fail_segment(decoder->path, request, what);
}

static oss_status fail_too_long(const oss_decoder *decoder, const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = true;
    }
    char limit[OSS_NUMBER_CHARS];
    (void)oss_number_print(limit, request->max_seconds);
    return oss_fail(OSS_EINPUT, "%s: longer than max_seconds, %s s", decoder->path, limit);
}

static oss_status fail_empty(const oss_decoder *decoder) {
    if (decoder->length.declared_bytes == 0 && decoder->length.present_bytes > 0) {
        return oss_fail(OSS_EINPUT,
                        "%s: an unfinished recording; its header says that there are no samples, %lld bytes "
                        "follow. Repair it, "
                        "for example with sox --ignore-length",
                        decoder->path, (long long)decoder->length.present_bytes);
    }
    return oss_fail(OSS_EINPUT, "%s: no samples", decoder->path);
}

/* ---- The segment ---- */

typedef struct audio_segment {
    int64_t start_frame, end_frame; /* end: INT64_MAX for the end of the file */
    double max_frames;              /* INFINITY: no limit */
} audio_segment;

static oss_status check_request(const char *path, const oss_audio_request *request) {
    oss_status status = check_wanted_rate(request->rate_hz);
    if (status != OSS_OK) {
        return status;
    }
    bool forwards = request->start_seconds >= 0 && isfinite(request->start_seconds) &&
                    (request->end_seconds < 0 || request->end_seconds > request->start_seconds);
    return forwards ? OSS_OK
                    : fail_segment(path, request, "does not run from 0 or later to something after it");
}

static oss_status plan_segment(audio_segment *out, const oss_decoder *decoder,
                               const oss_audio_request *request) {
    double start = round(request->start_seconds * decoder->rate_hz);
    double end = request->end_seconds < 0 ? INFINITY : round(request->end_seconds * decoder->rate_hz);
    if (start >= end) {
        return fail_segment(decoder->path, request, "is shorter than a sample");
    }
    out->start_frame = start < 0x1p62 ? (int64_t)start : INT64_MAX - 1;
    out->end_frame = end < 0x1p62 ? (int64_t)end : INT64_MAX;
    out->max_frames = request->max_seconds > 0 ? request->max_seconds * decoder->rate_hz : INFINITY;
    if (out->end_frame != INT64_MAX && end - start > out->max_frames) {
        return fail_too_long(decoder, request);
    }
    return OSS_OK;
}

static oss_status go_to_frame(oss_decoder *decoder, int64_t frame, float *chunk,
                              const oss_audio_request *request) {
    oss_status status = frame == 0 ? OSS_OK : oss_decoder_seek(decoder, frame);
    while (status == OSS_OK && decoder->position_frames < frame) {
        if (oss_decoder_read(decoder, chunk, frame - decoder->position_frames) == 0) {
            status = oss_decoder_check_end(decoder);
            return status != OSS_OK ? status : fail_outside(decoder, request);
        }
    }
    return status;
}

/* Index of the first that is not finite; there is one. */
static int64_t find_not_finite(const float *x, int64_t count) {
    int64_t at = 0;
    while (at + 1 < count && isfinite(x[at])) {
        at++;
    }
    return at;
}

static const char *name_not_finite(float x) {
    return isnan(x) ? "not a number" : "infinite";
}

static oss_status check_finite(const oss_decoder *decoder, const float *chunk, int32_t frames) {
    int64_t count = (int64_t)frames * decoder->channels;
    if (oss_k_all_finite(chunk, (size_t)count)) {
        return OSS_OK;
    }
    int64_t at = find_not_finite(chunk, count);
    int64_t frame = decoder->position_frames - frames + at / decoder->channels;
    return oss_fail(OSS_EINPUT, "%s: a sample that is %s at frame %lld (%.3f s), channel %d", decoder->path,
                    name_not_finite(chunk[at]), (long long)frame, seconds_of(decoder, frame),
                    (int)(at % decoder->channels) + 1);
}

/* chunk[f] = mean_c chunk[f, c], in place. */
static void mix_channels(float *chunk, int32_t frames, int32_t channels) {
    for (int32_t f = 0; f < frames && channels > 1; f++) {
        double sum = 0.0;
        for (int32_t c = 0; c < channels; c++) {
            sum += (double)chunk[f * channels + c];
        }
        chunk[f] = (float)(sum / channels);
    }
}

/* No more frames before the segment's end. */
static oss_status accept_end(const oss_decoder *decoder, const audio_segment *segment,
                             const oss_audio_request *request) {
    oss_status status = oss_decoder_check_end(decoder);
    int64_t tolerance = (int64_t)decoder->rate_hz * END_TOLERANCE_MS / 1000;
    bool empty = segment->start_frame > 0 && segment->start_frame == decoder->position_frames;
    bool early = segment->end_frame != INT64_MAX && segment->end_frame - decoder->position_frames > tolerance;
    return status == OSS_OK && (empty || early) ? fail_outside(decoder, request) : status;
}

/* Bytes say how far a file is read, whatever its header promises. */
static void tell_progress(const oss_audio_request *request, const oss_decoder *decoder, bool done) {
    if (request->progress != NULL) {
        double part = (double)decoder->reader.position_bytes / (double)decoder->reader.size_bytes;
        request->progress(request->progress_context, done || part > 1.0 ? 1.0 : part);
    }
}

/* Decodes, checks, mixes and collects from the segment's start. */
static oss_status collect_segment(oss_sink *sink, oss_decoder *decoder, const audio_segment *segment,
                                  float *chunk, const oss_audio_request *request) {
    while (decoder->position_frames < segment->end_frame) {
        int32_t frames = oss_decoder_read(decoder, chunk, segment->end_frame - decoder->position_frames);
        if (frames == 0) {
            return accept_end(decoder, segment, request);
        }
        if ((double)(decoder->position_frames - segment->start_frame) > segment->max_frames) {
            return fail_too_long(decoder, request);
        }
        oss_status status = check_finite(decoder, chunk, frames);
        if (status == OSS_OK) {
            mix_channels(chunk, frames, decoder->channels);
            status = oss_sink_put(sink, chunk, frames);
        }
        tell_progress(request, decoder, false);
        if (status != OSS_OK) {
            return status;
        }
    }
    return OSS_OK;
}

static oss_status load_segment(oss_sink *sink, oss_decoder *decoder, float *chunk,
                               const oss_audio_request *request) {
    audio_segment segment = {0};
    oss_status status = plan_segment(&segment, decoder, request);
    if (status == OSS_OK) {
        status = go_to_frame(decoder, segment.start_frame, chunk, request);
    }
    if (status == OSS_OK) {
        status = collect_segment(sink, decoder, &segment, chunk, request);
    }
    if (status == OSS_OK) {
        tell_progress(request, decoder, true);
    }
    if (status != OSS_OK) {
        return status;
    }
    return sink->frames > 0 ? oss_sink_finish(sink) : fail_empty(decoder);
}

/* ---- Loading ---- */

/* Largest |x|: of finite floats, the bits without the sign are in the order of the values. */
static float find_peak(const float *x, int64_t samples) {
    uint32_t largest = 0;
    for (int64_t i = 0; i < samples; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7fffffffU;
        largest = bits > largest ? bits : largest;
    }
    float peak;
    memcpy(&peak, &largest, sizeof peak);
    return peak;
}

/* Moves the samples from the sink to *out. `name`: what they came from. */
static oss_status take_samples(oss_audio *out, oss_sink *sink, const char *name, int32_t channels) {
    if (!oss_k_all_finite(sink->sample, (size_t)sink->samples)) {
        return oss_fail(OSS_EINPUT, "%s: the samples are too large to be resampled; scale them to [-1, 1]",
                        name);
    }
    *out = (oss_audio){.sample = sink->sample,
                       .samples = sink->samples,
                       .rate_hz = sink->rate_hz,
                       .source_rate_hz = sink->source_rate_hz,
                       .source_channels = channels,
                       .peak = find_peak(sink->sample, sink->samples)};
    sink->sample = NULL;
    return OSS_OK;
}

static oss_status load_decoder(oss_audio *out, oss_decoder *decoder, const oss_audio_request *request) {
    if (decoder->channels < 1 || decoder->channels > OSS_AUDIO_MAX_CHANNELS) {
        return oss_fail(OSS_EINPUT, "%s: %d channels; 1 to %d are read", decoder->path,
                        (int)decoder->channels, (int)OSS_AUDIO_MAX_CHANNELS);
    }
    oss_sink sink = {0};
    float *chunk = NULL;
    oss_status status = check_rates(decoder->path, decoder->rate_hz, request->rate_hz);
    if (status == OSS_OK) {
        chunk = oss_alloc(OSS_DECODER_CHUNK_FLOATS, sizeof *chunk);
        int32_t rate_hz = request->keep_rate ? decoder->rate_hz : request->rate_hz;
        status = chunk == NULL ? OSS_ENOMEM : oss_sink_init(&sink, decoder->rate_hz, rate_hz);
    }
    if (status == OSS_OK) {
        status = load_segment(&sink, decoder, chunk, request);
    }
    if (status == OSS_OK) {
        status = take_samples(out, &sink, decoder->path, decoder->channels);
    }
    oss_free(chunk);
    oss_sink_deinit(&sink);
    return status;
}

oss_status oss_audio_load(oss_audio *out, const char *path, const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = false;
    }
    oss_status status = check_request(path, request);
    if (status != OSS_OK) {
        return status;
    }
    oss_decoder decoder;
    status = oss_decoder_open(&decoder, path);
    if (status == OSS_OK) {
        status = load_decoder(out, &decoder, request);
    }
    oss_decoder_close(&decoder);
    return status;
}

oss_status oss_audio_from_samples(oss_audio *out, const float *sample, int64_t samples,
                                  int32_t source_rate_hz, int32_t rate_hz) {
    if (samples < 1) {
        return oss_fail(OSS_EINPUT, "audio in memory: no samples");
    }
    if (!oss_k_all_finite(sample, (size_t)samples)) {
        int64_t at = find_not_finite(sample, samples);
        return oss_fail(OSS_EINPUT, "audio in memory: sample %lld is %s", (long long)at,
                        name_not_finite(sample[at]));
    }
    oss_sink sink = {0};
    oss_status status = check_wanted_rate(rate_hz);
    if (status == OSS_OK) {
        status = check_rates("audio in memory", source_rate_hz, rate_hz);
    }
    if (status == OSS_OK) {
        status = oss_sink_init(&sink, source_rate_hz, rate_hz);
    }
    if (status == OSS_OK) {
        status = oss_sink_put(&sink, sample, samples);
    }
    if (status == OSS_OK) {
        status = oss_sink_finish(&sink);
    }
    if (status == OSS_OK) {
        status = take_samples(out, &sink, "audio in memory", 1);
    }
    oss_sink_deinit(&sink);
    return status;
}

void oss_audio_deinit(oss_audio *audio) {
    oss_free(audio->sample);
    audio->sample = NULL;
    audio->samples = 0;
}

void oss_audio_normalize_peak(float *sample, int64_t samples) {
    float peak = find_peak(sample, samples);
    for (int64_t i = 0; i < samples && peak > 0.0f; i++) {
        sample[i] /= peak;
    }
}
