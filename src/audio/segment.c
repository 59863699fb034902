#include "audio/segment.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "kernel/vec.h"

enum { END_TOLERANCE_MS = 10 };

/* ---- Limits and messages ---- */

static bool is_rate(int32_t rate_hz) {
    return rate_hz >= OSS_AUDIO_MIN_RATE_HZ && rate_hz <= OSS_AUDIO_MAX_RATE_HZ;
}

oss_status oss_segment_check_rates(const char *name, int32_t source_rate_hz, int32_t rate_hz) {
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

static oss_status fail_segment(const char *name, const oss_audio_request *request, const char *what) {
    char start[OSS_NUMBER_CHARS];
    char end[OSS_NUMBER_CHARS + 2] = "the end";
    (void)oss_number_print(start, request->start_seconds);
    if (!(request->end_seconds < 0)) {
        (void)strcpy(end + oss_number_print(end, request->end_seconds), " s");
    }
    return oss_fail(OSS_EINPUT, "%s: the segment from %s s to %s %s", name, start, end, what);
}

/* The decoder is at the end of the file. */
static oss_status fail_outside(const oss_decoder *decoder, const oss_audio_request *request) {
    char what[80];
    (void)oss_format(what, sizeof what, "is outside the file, which lasts %.3f s",
                     seconds_of(decoder, decoder->position_frames));
    return fail_segment(decoder->name, request, what);
}

static oss_status fail_too_long(const oss_decoder *decoder, const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = true;
    }
    char limit[OSS_NUMBER_CHARS];
    (void)oss_number_print(limit, request->max_seconds);
    return oss_fail(OSS_EINPUT, "%s: longer than max_seconds, %s s", decoder->name, limit);
}

static oss_status fail_empty(const oss_decoder *decoder) {
    if (decoder->length.declared_bytes == 0 && decoder->length.present_bytes > 0) {
        return oss_fail(OSS_EINPUT,
                        "%s: an unfinished recording; its header says that there are no samples, %lld bytes "
                        "follow. Repair it, "
                        "for example with sox --ignore-length",
                        decoder->name, (long long)decoder->length.present_bytes);
    }
    return oss_fail(OSS_EINPUT, "%s: no samples", decoder->name);
}

/* ---- The segment ---- */

oss_status oss_segment_check(const char *name, const oss_audio_request *request) {
    oss_status status = check_wanted_rate(request->rate_hz);
    if (status != OSS_OK) {
        return status;
    }
    bool forwards = request->start_seconds >= 0 && isfinite(request->start_seconds) &&
                    (request->end_seconds < 0 || request->end_seconds > request->start_seconds);
    return forwards ? OSS_OK
                    : fail_segment(name, request, "does not run from 0 or later to something after it");
}

static oss_status plan_segment(oss_segment *segment) {
    const oss_audio_request *request = &segment->request;
    const oss_decoder *decoder = &segment->decoder;
    double start = round(request->start_seconds * decoder->rate_hz);
    double end = request->end_seconds < 0 ? (double)INFINITY : round(request->end_seconds * decoder->rate_hz);
    if (start >= end) {
        return fail_segment(decoder->name, request, "is shorter than a sample");
    }
    segment->start_frame = start < 0x1p62 ? (int64_t)start : INT64_MAX - 1;
    segment->end_frame = end < 0x1p62 ? (int64_t)end : INT64_MAX;
    segment->max_frames =
        request->max_seconds > 0 ? request->max_seconds * decoder->rate_hz : (double)INFINITY;
    if (segment->end_frame != INT64_MAX && end - start > segment->max_frames) {
        return fail_too_long(decoder, request);
    }
    return OSS_OK;
}

static oss_status go_to_start(oss_segment *segment) {
    oss_decoder *decoder = &segment->decoder;
    int64_t start = segment->start_frame;
    oss_status status = start == 0 ? OSS_OK : oss_decoder_seek(decoder, start);
    while (status == OSS_OK && decoder->position_frames < start) {
        if (oss_decoder_read(decoder, segment->chunk, start - decoder->position_frames) == 0) {
            status = oss_decoder_check_end(decoder);
            return status != OSS_OK ? status : fail_outside(decoder, &segment->request);
        }
    }
    return status;
}

static oss_status check_format(const oss_segment *segment) {
    const oss_decoder *decoder = &segment->decoder;
    if (decoder->channels < 1 || decoder->channels > OSS_AUDIO_MAX_CHANNELS) {
        return oss_fail(OSS_EINPUT, "%s: %d channels; 1 to %d are read", decoder->name,
                        (int)decoder->channels, (int)OSS_AUDIO_MAX_CHANNELS);
    }
    return oss_segment_check_rates(decoder->name, decoder->rate_hz, segment->request.rate_hz);
}

oss_status oss_segment_open(oss_segment *segment, oss_source *source, const char *name,
                            const oss_audio_request *request) {
    *segment = (oss_segment){.request = *request};
    oss_status status = oss_decoder_open(&segment->decoder, source, name);
    if (status == OSS_OK) {
        status = check_format(segment);
    }
    if (status == OSS_OK) {
        segment->chunk = oss_alloc(OSS_DECODER_CHUNK_FLOATS, sizeof *segment->chunk);
        status = segment->chunk == NULL ? OSS_ENOMEM : plan_segment(segment);
    }
    return status == OSS_OK ? go_to_start(segment) : status;
}

void oss_segment_close(oss_segment *segment) {
    oss_decoder_close(&segment->decoder);
    oss_free(segment->chunk);
    segment->chunk = NULL;
}

/* ---- Frames ---- */

int64_t oss_segment_find_not_finite(const float *x, int64_t count) {
    int64_t at = 0;
    while (at + 1 < count && isfinite(x[at])) {
        at++;
    }
    return at;
}

const char *oss_segment_name_not_finite(float x) {
    return isnan(x) ? "not a number" : "infinite";
}

static oss_status check_finite(const oss_decoder *decoder, const float *chunk, int32_t frames) {
    int64_t count = (int64_t)frames * decoder->channels;
    if (oss_k_all_finite(chunk, (size_t)count)) {
        return OSS_OK;
    }
    int64_t at = oss_segment_find_not_finite(chunk, count);
    int64_t frame = decoder->position_frames - frames + at / decoder->channels;
    return oss_fail(OSS_EINPUT, "%s: a sample that is %s at frame %lld (%.3f s), channel %d", decoder->name,
                    oss_segment_name_not_finite(chunk[at]), (long long)frame, seconds_of(decoder, frame),
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
static oss_status accept_end(const oss_segment *segment) {
    const oss_decoder *decoder = &segment->decoder;
    oss_status status = oss_decoder_check_end(decoder);
    int64_t tolerance = (int64_t)decoder->rate_hz * END_TOLERANCE_MS / 1000;
    bool empty = segment->start_frame > 0 && segment->start_frame == decoder->position_frames;
    bool early = segment->end_frame != INT64_MAX && segment->end_frame - decoder->position_frames > tolerance;
    if (status == OSS_OK && (empty || early)) {
        status = fail_outside(decoder, &segment->request);
    }
    return status == OSS_OK && segment->frames == 0 ? fail_empty(decoder) : status;
}

/* Bytes say how far a file is read, whatever its header promises. */
static void tell_progress(const oss_segment *segment, bool done) {
    const oss_audio_request *request = &segment->request;
    if (request->progress != NULL) {
        const oss_decoder *decoder = &segment->decoder;
        double part = (double)decoder->position_bytes / (double)decoder->source->size_bytes;
        request->progress(request->progress_context, done || part > 1.0 ? 1.0 : part);
    }
}

oss_status oss_segment_read(oss_segment *segment, const float **out, int64_t *out_frames) {
    oss_decoder *decoder = &segment->decoder;
    int64_t most = segment->end_frame - decoder->position_frames;
    int32_t frames = most == 0 ? 0 : oss_decoder_read(decoder, segment->chunk, most);
    oss_status status = OSS_OK;
    if (frames == 0) {
        status = most == 0 ? OSS_OK : accept_end(segment);
    } else if ((double)(decoder->position_frames - segment->start_frame) > segment->max_frames) {
        status = fail_too_long(decoder, &segment->request);
    } else {
        status = check_finite(decoder, segment->chunk, frames);
    }
    if (status != OSS_OK) {
        return status;
    }
    mix_channels(segment->chunk, frames, decoder->channels);
    segment->frames += frames;
    tell_progress(segment, frames == 0);
    *out = segment->chunk;
    *out_frames = frames;
    return OSS_OK;
}
