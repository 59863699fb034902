/* The recordings that lie end to end in one file: links of Ogg, FLAC, MP3, WAV and its like, in any order.
 * libsndfile hears the first and stops, so each is shown to it alone. */
#ifndef OSS_AUDIO_PART_H
#define OSS_AUDIO_PART_H

#include "audio/container.h"
#include "audio/mpeg.h"
#include "base/source.h"

typedef enum oss_audio_part_kind {
    OSS_PART_OTHER, /* the rest, whatever it is */
    OSS_PART_CONTAINER,
    OSS_PART_FLAC,
    OSS_PART_OGG,
    OSS_PART_MPEG /* also within WAV: the codec's own bytes */
} oss_audio_part_kind;

typedef struct oss_audio_part {
    oss_audio_part_kind kind;
    int64_t begin_bytes, end_bytes; /* what a decoder is to see; the end of FLAC is that of the source until
                                     * oss_audio_part_bound finds another */
    int64_t limit_bytes;            /* of what belongs to it and its like: the end of the source, or of the
                                     * samples in a WAV */
    bool cut;                       /* the bytes end within a frame or page */
    bool no_frame;                  /* a decoder would take it for MP3, of which there are not two frames */
    bool unknown;                   /* what follows a recording and is none that is known */
    oss_container container;        /* of WAV, W64, AIFF, AU, CAF; others: declares nothing */
    oss_mpeg_run mpeg;              /* of MP3 */
    const char *foreign; /* what libsndfile is known not to decode, by name; NULL: perhaps it does */
} oss_audio_part;

void oss_audio_part_first(oss_audio_part *out, oss_source *source);
/* Finds where a FLAC ends. Reads all of it. */
void oss_audio_part_bound(oss_audio_part *part, oss_source *source);
/* The part after *part, which was decoded to its end; read_bytes: as far as it was read for that. False: none,
 * *part stays. */
bool oss_audio_part_next(oss_audio_part *part, oss_source *source, int64_t read_bytes);

#endif
