/* Recordings in: any format, rate and channel count that libsndfile reads, as mono float at one rate. The only user of libsndfile
 * and libsamplerate. */
#ifndef OSS_AUDIO_AUDIO_FILE_H
#define OSS_AUDIO_AUDIO_FILE_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_audio {
    float *sample; /* mono, in [-1, 1] as a rule; owned, free with oss_audio_deinit */
    int64_t samples;
    int32_t rate_hz;        /* of `sample` */
    int32_t source_rate_hz; /* of the file */
    int32_t source_channels;
    float peak;             /* largest |sample| */
} oss_audio;

typedef struct oss_audio_request {
    int32_t rate_hz;      /* wanted */
    double start_seconds; /* segment of the file; 0 and -1: all of it */
    double end_seconds;
    double max_seconds;   /* longer audio is an error that says so; <= 0: no limit */
} oss_audio_request;

/* Reads in bounded chunks (a header's frame count is never trusted), averages the channels, resamples with the best sinc converter
 * (once, over the segment). Errors (OSS_EINPUT unless memory or system): cannot open or decode, no samples, NaN or inf (position named),
 * segment outside the file, longer than max_seconds, rate ratio outside 1/24..24. Messages name the path. Silence and shortness are
 * policy: the caller looks at `peak` and `samples`. */
oss_status oss_audio_load(oss_audio *out, const char *path, const oss_audio_request *request);
void oss_audio_deinit(oss_audio *audio);

/* The same from mono sample[samples] in memory, samples >= 1, at source_rate_hz: a checked (finite), resampled copy. */
oss_status oss_audio_from_samples(oss_audio *out, const float *sample, int64_t samples, int32_t source_rate_hz, int32_t rate_hz);

/* x *= 1/peak when peak > 0. */
void oss_audio_normalize_peak(float *sample, int64_t samples);

/* Versions of the libraries that decide the samples, e.g. "libsndfile-1.2.0 libsamplerate-0.2.2". Static storage. */
const char *oss_audio_libraries(void);

#endif
