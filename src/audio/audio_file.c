#include "audio/audio_file.h"

#include <pthread.h>
#include <string.h>

#include "audio/resampler.h"
#include "base/mem.h"
#include "base/number.h"
#include "kernel/vec.h"

enum { FIRST_SAMPLES = 1 << 15 };

/* ---- Loading ---- */

/* Room for more samples behind the first `samples`. Grows by half, so that what is copied stays in proportion
 * to what comes in. */
static oss_status make_room(oss_audio *audio, int64_t *capacity) {
    if (audio->samples < *capacity) {
        return OSS_OK;
    }
    int64_t wanted = *capacity == 0 ? FIRST_SAMPLES : *capacity + *capacity / 2;
    float *grown = oss_resize(audio->sample, (size_t)wanted, sizeof *grown);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    audio->sample = grown;
    *capacity = wanted;
    return OSS_OK;
}

static oss_status read_samples(oss_audio *audio, oss_audio_stream *stream) {
    int64_t capacity = 0, got = 0;
    do {
        oss_status status = make_room(audio, &capacity);
        if (status == OSS_OK) {
            status = oss_audio_stream_read(stream, audio->sample + audio->samples, capacity - audio->samples,
                                           &got);
        }
        if (status != OSS_OK) {
            return status;
        }
        audio->samples += got;
    } while (got > 0);
    return OSS_OK;
}

/* Closes the stream. */
static oss_status read_stream(oss_audio *out, oss_audio_stream *stream) {
    oss_audio_format format = oss_audio_stream_format(stream);
    oss_audio audio = {.rate_hz = format.rate_hz,
                       .source_rate_hz = format.source_rate_hz,
                       .source_channels = format.source_channels};
    oss_status status = read_samples(&audio, stream);
    oss_audio_stream_close(stream);
    if (status != OSS_OK) {
        oss_audio_deinit(&audio);
        return status;
    }
    audio.peak = oss_k_max_abs(audio.sample, (size_t)audio.samples);
    *out = audio;
    return OSS_OK;
}

oss_status oss_audio_load_source(oss_audio *out, oss_source *source, const char *name,
                                 const oss_audio_request *request) {
    oss_audio_stream *stream = NULL;
    oss_status status = oss_audio_stream_open(&stream, source, name, request);
    return status == OSS_OK ? read_stream(out, stream) : status;
}

oss_status oss_audio_load(oss_audio *out, const char *path, const oss_audio_request *request) {
    if (request->too_long != NULL) {
        *request->too_long = false;
    }
    oss_source source;
    oss_status status = oss_segment_check(path, request);
    if (status == OSS_OK) {
        status = oss_source_open(&source, path);
    }
    if (status == OSS_OK) {
        status = oss_audio_load_source(out, &source, path, request);
        oss_source_close(&source);
    }
    return status;
}

/* Closes the stream. */
static oss_status count_stream(int64_t *out, oss_audio_stream *stream, int32_t rate_hz) {
    enum { SAMPLES = 1 << 12 };
    float x[SAMPLES];
    int64_t samples = 0, got = 0;
    const int32_t own_hz = oss_audio_stream_format(stream).rate_hz;
    oss_status status = OSS_OK;
    do {
        status = oss_audio_stream_read(stream, x, SAMPLES, &got);
        samples += status == OSS_OK ? got : 0;
    } while (status == OSS_OK && got > 0);
    oss_audio_stream_close(stream);
    *out = status == OSS_OK ? oss_audio_resampled(samples, own_hz, rate_hz) : *out;
    return status;
}

oss_status oss_audio_count(int64_t *out, const char *path, const oss_audio_request *request,
                           int32_t rate_hz) {
    oss_source source;
    oss_audio_stream *stream = NULL;
    oss_status status = oss_segment_check(path, request);
    if (status == OSS_OK) {
        status = oss_source_open(&source, path);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = oss_audio_stream_open(&stream, &source, path, request);
    if (status == OSS_OK) {
        status = count_stream(out, stream, rate_hz);
    }
    oss_source_close(&source);
    return status;
}

oss_status oss_audio_from_samples(oss_audio *out, const float *sample, int64_t samples,
                                  int32_t source_rate_hz, int32_t rate_hz) {
    oss_audio_stream *stream = NULL;
    oss_status status = oss_audio_stream_open_samples(&stream, sample, samples, source_rate_hz, rate_hz);
    return status == OSS_OK ? read_stream(out, stream) : status;
}

void oss_audio_deinit(oss_audio *audio) {
    oss_free(audio->sample);
    audio->sample = NULL;
    audio->samples = 0;
}

void oss_audio_normalize_peak(float *sample, int64_t samples) {
    float peak = oss_k_max_abs(sample, (size_t)samples);
    for (int64_t i = 0; i < samples && peak > 0.0f; i++) {
        sample[i] /= peak;
    }
}

/* ---- Versions ---- */

static char libraries[128];

/* "libsamplerate-0.2.2 (c) ..." up to the first space. */
static void name_libraries(void) {
    const char *samplerate = oss_resampler_version();
    (void)oss_format(libraries, sizeof libraries, "%s %.*s", oss_decoder_version(),
                     (int)strcspn(samplerate, " "), samplerate);
}

const char *oss_audio_libraries(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, name_libraries); /* cannot fail with these arguments */
    return libraries;
}
