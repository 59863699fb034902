/* Recordings in: any format, rate and channel count that libsndfile reads, as mono float at one rate. */
#ifndef OSS_AUDIO_AUDIO_FILE_H
#define OSS_AUDIO_AUDIO_FILE_H

#include <stdint.h>

#include "audio/stream.h"

typedef struct oss_audio {
    float *sample; /* mono, in [-1, 1] as a rule; owned, free with oss_audio_deinit */
    int64_t samples;
    int32_t rate_hz;        /* of `sample` */
    int32_t source_rate_hz; /* of the file */
    int32_t source_channels;
    float peak; /* largest |sample| */
} oss_audio;

/* x[samples] at rate_hz: the mean of the file's channels, resampled over the segment as a whole
 * (libsamplerate, SRC_SINC_BEST_QUALITY; nothing beyond the segment is looked at). n frames at the file's
 * rate r become max(1, round(n * rate_hz / r)) samples. Samples of float files beyond [-1, 1] stay as they
 * are. The same file, request and libraries give the same bits.
 *
 * Frames are decoded in bounded chunks until the segment or the file ends; what a header says is never the
 * size of an allocation, and decoding stops as soon as max_seconds is exceeded. A segment is frames
 * round(start * r) to round(end * r); an end up to 10 ms past the end of the file is the end of the file
 * (lists round). Where the decoder seeks exactly it seeks, elsewhere it decodes from the beginning; Opus is
 * off by its noise filling, 40 dB down.
 *
 * Recordings that lie end to end in one file (part.h) are one; they may differ in channels, not in rate.
 *
 * Errors, each a message of its own that names the path, OSS_EINPUT unless memory or the system: not a
 * regular file, empty, not audio, damaged (where), truncated (unless request->cut_off asks for what is there), no
 * samples, NaN, infinite or beyond 1e10 (frame and channel), more than the limits above, segment outside the file (both named),
 * longer than max_seconds, joined from recordings of different rates.
 * Truncation is seen in WAV, W64, AIFF, AU, CAF, VOC (their declared bytes are not there), FLAC and MP3 with a Xing header (fewer
 * frames than promised), other MP3 and Ogg (the end lies within a frame or page). A WAV header that says 0x7fff0000
 * bytes or more (recorded through a pipe) is read as far as it goes. Silence and shortness are policy: the caller
 * looks at `peak` and `samples`. */
oss_status oss_audio_load(oss_audio *out, const char *path, const oss_audio_request *request);
void oss_audio_deinit(oss_audio *audio);

/* *out = samples at rate_hz that the audio would have: what oss_audio_load reads, with its errors, and nothing kept. */
oss_status oss_audio_count(int64_t *out, const char *path, const oss_audio_request *request, int32_t rate_hz);

/* The same from a source, as `name` in messages. */
oss_status oss_audio_load_source(oss_audio *out, oss_source *source, const char *name,
                                 const oss_audio_request *request);

/* The same as oss_audio_load from mono sample[samples] in memory, samples >= 1, at source_rate_hz: a checked
 * (finite), resampled copy. Used by src/infer. */
oss_status oss_audio_from_samples(oss_audio *out, const float *sample, int64_t samples,
                                  int32_t source_rate_hz, int32_t rate_hz);

/* x *= 1/peak when peak > 0. */
void oss_audio_normalize_peak(float *sample, int64_t samples);

/* Versions of the libraries that decide the samples, e.g. "libsndfile-1.2.0 libsamplerate-0.2.2". Static
 * storage. */
const char *oss_audio_libraries(void);

#endif
