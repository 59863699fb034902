/* Audio as a stream that is pulled: mono samples at one rate, in constant memory. */
#ifndef OSS_AUDIO_STREAM_H
#define OSS_AUDIO_STREAM_H

#include "audio/pull.h"
#include "audio/segment.h"

typedef struct oss_audio_stream oss_audio_stream;

typedef struct oss_audio_format {
    int32_t rate_hz;        /* of the samples */
    int32_t source_rate_hz; /* of the recording */
    int32_t source_channels;
} oss_audio_format;

/* The samples, their number, and the errors are those of oss_audio_load (audio_file.h), errors at the place
 * where they are reached. The source and `name`, which messages begin with, must outlive the stream. */
oss_status oss_audio_stream_open(oss_audio_stream **out, oss_source *source, const char *name,
                                 const oss_audio_request *request);
/* The same from mono sample[samples] in memory, which must outlive the stream, at source_rate_hz. OSS_EINPUT:
 * no samples, or one that is not finite. */
oss_status oss_audio_stream_open_samples(oss_audio_stream **out, const float *sample, int64_t samples,
                                         int32_t source_rate_hz, int32_t rate_hz);
/* The same from frames that are pulled at format->source_rate_hz, mixed to mono, all finite; they are resampled to
 * format->rate_hz, and none at all is OSS_EINPUT. `name` and what the frames come from must outlive the stream. */
oss_status oss_audio_stream_open_pull(oss_audio_stream **out, const char *name, oss_audio_pull frames,
                                      const oss_audio_format *format);
oss_audio_format oss_audio_stream_format(const oss_audio_stream *stream);
/* x[*out_samples], *out_samples <= most, most >= 1; 0: the end. The same samples, however they are asked for.
 * A stream that failed is of no more use. */
oss_status oss_audio_stream_read(oss_audio_stream *stream, float *x, int64_t most, int64_t *out_samples);
/* NULL is allowed. */
void oss_audio_stream_close(oss_audio_stream *stream);

/* Samples that `frames` >= 1 frames at source_rate_hz become at rate_hz: max(1, round(frames * rate_hz /
 * source_rate_hz)), rounded half up. */
int64_t oss_audio_resampled(int64_t frames, int32_t source_rate_hz, int32_t rate_hz);

#endif
