/* How many bytes of samples a WAV, RF64, AIFF or AU file claims to have. libsndfile quietly takes what is
 * there; a file that lost its end in a copy would pass for a shorter recording, with a transcript that is too
 * long for it. */
#ifndef OSS_AUDIO_CONTAINER_H
#define OSS_AUDIO_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"

typedef struct oss_container_length {
    int64_t declared_bytes; /* by the header; -1: another kind of file, or one that does not say */
    int64_t present_bytes;  /* from the first sample to the end of the file */
} oss_container_length;

/* Anything that is not understood is -1: whether it is audio is for the decoder to say.
 * Headers of recordings made through a pipe, which say 0x7fff0000 and more (sox, ffmpeg, arecord), do not
 * say. */
oss_container_length oss_container_measure(oss_source *source);

/* Whether an MP3 begins with a Xing or Info header, which has the exact number of its frames; without one its
 * length is guessed from its first frame and its size, tags included. */
bool oss_container_has_xing(oss_source *source);

#endif
