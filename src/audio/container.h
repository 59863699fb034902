/* How many bytes of samples a WAV, RF64, W64, AIFF, AU, CAF or VOC file claims to have. libsndfile quietly takes what is
 * there; a file that lost its end in a copy would pass for a shorter recording, with a transcript that is too
 * long for it. */
#ifndef OSS_AUDIO_CONTAINER_H
#define OSS_AUDIO_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/window.h"

/* Format tags of WAV (RFC 2361). */
enum { OSS_CONTAINER_GSM610 = 0x31, OSS_CONTAINER_MPEG = 0x50, OSS_CONTAINER_MP3 = 0x55 };

typedef struct oss_container {
    int64_t declared_bytes; /* of samples by the header; -1: another kind of file, or one that does not say */
    int64_t present_bytes;  /* from the first sample to the end of the source */
    int64_t first_sample_bytes; /* offset of the first sample; 0: another kind of file */
    int64_t end_bytes;          /* of the whole by its header, padded; -1: it does not say */
    bool reads_on;              /* libsndfile takes all that follows the samples for samples: of W64 */
    int32_t format_tag;         /* of WAV; 0: another kind of file */
    int64_t format_bytes;       /* offset of WAV's format chunk's content; 0: another kind of file */
} oss_container;

/* Whether a file of such a kind begins there, by its magic. */
bool oss_container_begins(oss_window *window, int64_t at_bytes);
/* Of the file that begins at begin_bytes. Anything that is not understood is -1: whether it is audio is for the
 * decoder to say. Headers of recordings made through a pipe, which say 0x7fff0000 and more (sox, ffmpeg, arecord),
 * do not say. */
oss_container oss_container_measure(oss_window *window, int64_t begin_bytes);

#endif
