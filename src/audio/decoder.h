/* Frames of one recording, decoded piece by piece. The only user of libsndfile. */
#ifndef OSS_AUDIO_DECODER_H
#define OSS_AUDIO_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/part.h"

enum { OSS_DECODER_CHUNK_FLOATS = 32768 }; /* decoded at once at most: frames times channels */

/* A frame is one sample of each channel. */
typedef struct oss_decoder {
    const char *name;           /* of the source, for messages; the caller's */
    oss_source *source;         /* the caller's */
    const oss_audio_part *part; /* of it, that is decoded; the caller's */
    int64_t said_bytes;         /* its size, as libsndfile is told */
    int64_t position_bytes;     /* of libsndfile's next read, in the part */
    int64_t before_frames;      /* decoded of earlier parts, for messages */
    int32_t rate_hz, channels;
    int64_t promised_frames; /* by the header; -1: it does not say, or guesses */
    int64_t position_frames; /* of the next frame */
    bool exact_seek;
    bool other_format; /* opening failed since it is none of libsndfile's formats, whole as it may be */
    int format;
    void *file; /* SNDFILE */
} oss_decoder;

/* Source, part and name must outlive the decoder. Close also after a failure. */
oss_status oss_decoder_open(oss_decoder *decoder, oss_source *source, const char *name,
                            const oss_audio_part *part, int64_t before_frames);
void oss_decoder_close(oss_decoder *decoder);
/* chunk[frames, channels], frames <= most, from chunk[OSS_DECODER_CHUNK_FLOATS], all of which may be written;
 * 0: no more. */
int32_t oss_decoder_read(oss_decoder *decoder, float *chunk, int64_t most);
/* Moves on to `frame` when it can be done exactly; otherwise the decoder is at the beginning, for reading on
 * from there. */
oss_status oss_decoder_seek(oss_decoder *decoder, int64_t frame);
/* OSS_EINPUT: the header promises more bytes than there are. */
oss_status oss_decoder_check_header(const oss_decoder *decoder);
/* After oss_decoder_read gave 0: OSS_OK at the proper end of the part, or what broke it off. */
oss_status oss_decoder_check_end(const oss_decoder *decoder);
/* Offset in the source up to which it was read. */
int64_t oss_decoder_reached(const oss_decoder *decoder);

/* Of libsndfile, e.g. "libsndfile-1.2.0". */
const char *oss_decoder_version(void);

#endif
