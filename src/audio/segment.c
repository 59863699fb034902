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

static double seconds_of(const oss_recording *recording, int64_t frames) {
    return (double)frames / recording->rate_hz;
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
static oss_status fail_outside(const oss_recording *recording, const oss_audio_request *request) {
    char what[80];
    (void)oss_format(what, sizeof what, "is outside the file, which lasts %.3f s",
                     seconds_of(recording, recording->position_frames));
    return fail_segment(recording->name, request, what);
}

static oss_status fail_too_long(const oss_recording *recording, const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = true;
    }
    char limit[OSS_NUMBER_CHARS];
    (void)oss_number_print(limit, request->max_seconds);
    return oss_fail(OSS_EINPUT, "%s: longer than max_seconds, %s s", recording->name, limit);
}

static oss_status fail_empty(const oss_recording *recording) {
    if (recording->part.container.declared_bytes == 0 && recording->part.container.present_bytes > 0) {
        return oss_fail(OSS_EINPUT,
                        "%s: an unfinished recording; its header says that there are no samples, %lld bytes "
                        "follow. Repair it, "
                        "for example with sox --ignore-length",
                        recording->name, (long long)recording->part.container.present_bytes);
    }
    return oss_fail(OSS_EINPUT, "%s: no samples", recording->name);
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
    const oss_recording *recording = &segment->recording;
    double start = round(request->start_seconds * recording->rate_hz);
    double end =
        request->end_seconds < 0 ? (double)INFINITY : round(request->end_seconds * recording->rate_hz);
    if (start >= end) {
        return fail_segment(recording->name, request, "is shorter than a sample");
    }
    segment->start_frame = start < 0x1p62 ? (int64_t)start : INT64_MAX - 1;
    segment->end_frame = end < 0x1p62 ? (int64_t)end : INT64_MAX;
    segment->max_frames =
        request->max_seconds > 0 ? request->max_seconds * recording->rate_hz : (double)INFINITY;
    if (segment->end_frame != INT64_MAX && end - start > segment->max_frames) {
        return fail_too_long(recording, request);
    }
    return OSS_OK;
}

static oss_status go_to_start(oss_segment *segment) {
    oss_recording *recording = &segment->recording;
    int64_t start = segment->start_frame;
    oss_status status = start == 0 ? OSS_OK : oss_recording_seek(recording, start);
    while (status == OSS_OK && recording->position_frames < start) {
        int32_t frames = 0, channels;
        status = oss_recording_read(recording, segment->chunk, start - recording->position_frames, &frames,
                                    &channels);
        if (status == OSS_OK && frames == 0) {
            status = fail_outside(recording, &segment->request);
        }
    }
    return status;
}

oss_status oss_segment_open(oss_segment *segment, oss_source *source, const char *name,
                            const oss_audio_request *request) {
    *segment = (oss_segment){.request = *request};
    oss_status status = oss_recording_open(&segment->recording, source, name, request->cut_off != NULL);
    if (request->other_format != NULL) {
        *request->other_format = segment->recording.decoder.other_format;
    }
    if (status == OSS_OK) {
        status = oss_segment_check_rates(name, segment->recording.rate_hz, request->rate_hz);
    }
    if (status == OSS_OK) {
        segment->chunk = oss_alloc(OSS_DECODER_CHUNK_FLOATS, sizeof *segment->chunk);
        status = segment->chunk == NULL ? OSS_ENOMEM : plan_segment(segment);
    }
    return status == OSS_OK ? go_to_start(segment) : status;
}

void oss_segment_close(oss_segment *segment) {
    oss_recording_close(&segment->recording);
    oss_free(segment->chunk);
    segment->chunk = NULL;
}

/* ---- Frames ---- */

static bool is_usable(float x) {
    return fabsf(x) <= OSS_AUDIO_MOST_SAMPLE; /* not of what is not a number */
}

bool oss_segment_is_usable(const float *x, int64_t count) {
    return oss_k_all_finite(x, (size_t)count) && oss_k_max_abs(x, (size_t)count) <= OSS_AUDIO_MOST_SAMPLE;
}

int64_t oss_segment_find_unusable(const float *x, int64_t count) {
    int64_t at = 0;
    while (at + 1 < count && is_usable(x[at])) {
        at++;
    }
    return at;
}

const char *oss_segment_name_unusable(float x) {
    return isnan(x) ? "not a number" : isinf(x) ? "infinite" : "beyond 1e10 in magnitude";
}

oss_status oss_segment_check_usable(const char *name, int32_t rate_hz, int64_t first_frame,
                                    const float *chunk, int32_t frames, int32_t channels) {
    int64_t count = (int64_t)frames * channels;
    if (oss_segment_is_usable(chunk, count)) {
        return OSS_OK;
    }
    int64_t at = oss_segment_find_unusable(chunk, count);
    int64_t frame = first_frame + at / channels;
    return oss_fail(OSS_EINPUT, "%s: a sample that is %s at frame %lld (%.3f s), channel %d", name,
                    oss_segment_name_unusable(chunk[at]), (long long)frame, (double)frame / rate_hz,
                    (int)(at % channels) + 1);
}

void oss_segment_mix_channels(float *chunk, int32_t frames, int32_t channels) {
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
    const oss_recording *recording = &segment->recording;
    int64_t tolerance = (int64_t)recording->rate_hz * END_TOLERANCE_MS / 1000;
    bool empty = segment->start_frame > 0 && segment->start_frame == recording->position_frames;
    bool early =
        segment->end_frame != INT64_MAX && segment->end_frame - recording->position_frames > tolerance;
    if (empty || early) {
        return fail_outside(recording, &segment->request);
    }
    return segment->frames == 0 ? fail_empty(recording) : OSS_OK;
}

static oss_status accept_frames(const oss_segment *segment, int32_t frames, int32_t channels) {
    const oss_recording *recording = &segment->recording;
    if ((double)(recording->position_frames - segment->start_frame) > segment->max_frames) {
        return fail_too_long(recording, &segment->request);
    }
    return oss_segment_check_usable(recording->name, recording->rate_hz, recording->position_frames - frames,
                                    segment->chunk, frames, channels);
}

/* A recording that broke off ends here, when the caller takes what there is. */
static bool ends_here(oss_segment *segment, oss_status status) {
    bool cut = status == OSS_EINPUT && segment->frames > 0 && segment->request.cut_off != NULL;
    if (cut) {
        *segment->request.cut_off = true;
        segment->end_frame = segment->recording.position_frames;
    }
    return cut;
}

/* Bytes say how far a file is read, whatever its header promises. */
static void tell_progress(const oss_segment *segment, bool done) {
    const oss_audio_request *request = &segment->request;
    if (request->progress != NULL) {
        const oss_recording *recording = &segment->recording;
        double part =
            (double)oss_decoder_reached(&recording->decoder) / (double)recording->source->size_bytes;
        request->progress(request->progress_context, done || part > 1.0 ? 1.0 : part);
    }
}

oss_status oss_segment_read(oss_segment *segment, const float **out, int64_t *out_frames) {
    oss_recording *recording = &segment->recording;
    int64_t most = segment->end_frame - recording->position_frames;
    int32_t frames = 0, channels = 1;
    oss_status status = oss_stop_answer(segment->request.stop);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", recording->name);
    }
    if (most > 0) {
        status = oss_recording_read(recording, segment->chunk, most, &frames, &channels);
        if (status == OSS_OK) {
            status = frames == 0 ? accept_end(segment) : accept_frames(segment, frames, channels);
        } else if (ends_here(segment, status)) {
            status = OSS_OK;
        }
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_segment_mix_channels(segment->chunk, frames, channels);
    segment->frames += frames;
    tell_progress(segment, frames == 0);
    *out = segment->chunk;
    *out_frames = frames;
    return OSS_OK;
}
