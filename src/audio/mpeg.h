/* The frames of MP3 (MPEG audio of any version and layer; ISO 11172-3 2.4.1, 13818-3), counted without decoding:
 * libsndfile believes a header or guesses from the size, and takes a file that was cut or joined for a sound one. */
#ifndef OSS_AUDIO_MPEG_H
#define OSS_AUDIO_MPEG_H

#include <stdbool.h>

#include "audio/window.h"

/* Frames one behind the other: of one recording, or of a piece of it between damage. */
typedef struct oss_mpeg_run {
    int64_t begin_bytes, end_bytes; /* from the first to the last whole frame */
    int64_t frames;                 /* whole ones, without that of the Xing header */
    int64_t promised_frames;        /* by a Xing or Info header; -1: none, or it does not say */
    int64_t promised_bytes;         /* by it, of all; 0: it does not say */
    int64_t first_bytes;            /* of the first frame */
    int64_t last_bytes;             /* of the last whole one */
    int32_t frame_samples;          /* samples per channel of one frame */
    bool has_xing;
    bool cut; /* the bytes end within a frame */
} oss_mpeg_run;

/* Where the ID3v2 tags that begin at from_bytes end. */
int64_t oss_mpeg_skip_tags(oss_window *window, int64_t from_bytes);
/* Whether a decoder would look for frames there, by the first bits alone; not for those of a free format, which have
 * no length. */
bool oss_mpeg_seems(oss_window *window, int64_t at_bytes);
/* The first run in [from, to) behind tags: at once when `there`, otherwise wherever three frames of a kind
 * follow each other. A run ends where no further frame of its kind begins, one with a Xing header does, or the
 * promise is kept. False: none. */
bool oss_mpeg_find(oss_mpeg_run *out, oss_window *window, int64_t from_bytes, int64_t to_bytes, bool there);

#endif
