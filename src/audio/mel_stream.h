/* Features of audio that arrives piece by piece, frame by frame: the bits of oss_mel_forward over all of it. Memory does
 * not grow with the audio. */
#ifndef OSS_AUDIO_MEL_STREAM_H
#define OSS_AUDIO_MEL_STREAM_H

#include <stdint.h>

#include "audio/mel.h"

typedef struct oss_mel_stream oss_mel_stream;

/* Frames that are best read at a time: as many are transformed side by side. */
enum { OSS_MEL_STREAM_FRAMES = 64 };

/* Of a plan whose features do not need the whole utterance (oss_mel_norm_needs_all), which must outlive it. */
oss_status oss_mel_stream_create(oss_mel_stream **out, const oss_mel_plan *plan);
/* NULL is allowed. */
void oss_mel_stream_free(oss_mel_stream *stream);

/* Takes what there is room for of the next x[samples], and returns how many; at least one unless at least
 * OSS_MEL_STREAM_FRAMES frames can be read. Not after the end. */
int64_t oss_mel_stream_add(oss_mel_stream *stream, const float *x, int64_t samples);
/* No more samples come: the last frames, which see the signal reflected at its end, can now be read. */
void oss_mel_stream_end(oss_mel_stream *stream);
/* Frames that can be read: those whose windows lie before the last sample; before there are more samples than half a
 * window none, for the first frames see the signal reflected at its beginning. */
int32_t oss_mel_stream_ready(const oss_mel_stream *stream);
/* y[rows,bins]: the next rows = min(most, ready) frames; returns how many. */
int32_t oss_mel_stream_read(oss_mel_stream *stream, float *y, int32_t most);

#endif
