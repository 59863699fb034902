/* Frames of a file, with all the recordings that are joined in it, one after the other. */
#ifndef OSS_AUDIO_RECORDING_H
#define OSS_AUDIO_RECORDING_H

#include "audio/decoder.h"
#include "audio/part.h"

enum { OSS_AUDIO_MAX_CHANNELS = 64 };

typedef struct oss_recording {
    const char *name;   /* of the source, for messages; the caller's */
    oss_source *source; /* the caller's */
    oss_audio_part part;
    oss_decoder decoder;
    int32_t rate_hz;         /* of all parts */
    int32_t channels;        /* of the first */
    int64_t position_frames; /* of the next frame */
} oss_recording;

/* A header that promises more than is there is OSS_EINPUT, at once, or with cut_at_end when all that is there was
 * read. Close also after a failure. */
oss_status oss_recording_open(oss_recording *recording, oss_source *source, const char *name,
                              bool cut_at_end);
void oss_recording_close(oss_recording *recording);
/* chunk[*out_frames, *out_channels], *out_frames <= most, from chunk[OSS_DECODER_CHUNK_FLOATS], all of which may be
 * written; 0: the proper end. OSS_EINPUT: it breaks off, is damaged, or goes on at another rate. */
oss_status oss_recording_read(oss_recording *recording, float *chunk, int64_t most, int32_t *out_frames,
                              int32_t *out_channels);
/* Moves on to `frame` when it can be done exactly; otherwise the recording is at its beginning, for reading on
 * from there. */
oss_status oss_recording_seek(oss_recording *recording, int64_t frame);

#endif
