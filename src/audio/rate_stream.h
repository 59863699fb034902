/* Samples that arrive piece by piece, from their rate to another: those that oss_audio_from_samples makes of all of them,
 * bit for bit, however they are cut. */
#ifndef OSS_AUDIO_RATE_STREAM_H
#define OSS_AUDIO_RATE_STREAM_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_rate_stream oss_rate_stream;

/* `name` of what is resampled begins messages and must outlive it. OSS_EINPUT: source_rate_hz cannot become rate_hz. */
oss_status oss_rate_stream_create(oss_rate_stream **out, const char *name, int32_t source_rate_hz,
                                  int32_t rate_hz);
/* NULL is allowed. */
void oss_rate_stream_free(oss_rate_stream *stream);

/* Takes of the next x[*in_out_frames], which are finite, and gives y[*in_out_samples], at most as many as there is room
 * for; both become what was taken and given, not both 0. OSS_EINPUT: a sample is too large. */
oss_status oss_rate_stream_add(oss_rate_stream *stream, const float *x, int64_t *in_out_frames, float *y,
                               int64_t *in_out_samples);
/* After the last of them: what is still to come, y[*out_samples], at most `most`; 0: nothing. */
oss_status oss_rate_stream_end(oss_rate_stream *stream, float *y, int64_t most, int64_t *out_samples);

#endif
