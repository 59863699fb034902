/* Pauses between words by the loudness of the audio: what is quiet beside the words next to it, for as long as a pause is.
 *
 * Quiet is what lies OSS_PAUSE_DROP_DB below the loudest frame of a word, or, in noise that is louder than that, not more
 * than OSS_PAUSE_OVER_DB above the noise, which is taken to be the tenth percentile of the loudness up to 1.5 s away. Then
 * the beginning and the end of the word lie hidden in the noise, the longer the more of its range is; what that is in the
 * mean was measured on single words (docs/inference.md, "Times") and is added. In noise less than OSS_PAUSE_ROOM_DB below
 * the word no pause is seen. */
#ifndef OSS_DECODE_PAUSE_H
#define OSS_DECODE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/envelope.h"

enum {
    OSS_PAUSE_DROP_DB = 33,
    OSS_PAUSE_OVER_DB = 3,
    OSS_PAUSE_ROOM_DB = 6,
    /* Of the envelope, at least: closures of plosives are shorter, or between other symbols. */
    OSS_PAUSE_FRAMES = 4
};

/* Where the path has a word: the middles of its first and last symbol, seconds. */
typedef struct oss_word_anchor {
    double first, last;
} oss_word_anchor;

typedef struct oss_pause {
    bool has_end, has_start; /* of the words before and behind it: seen */
    bool hidden;             /* noise hides what lies next to it */
    /* From which the word before is over; at which the one behind begins. */
    double end_seconds, start_seconds;
} oss_pause;

/* Zero-initialise, but for the envelope. */
typedef struct oss_pause_seeker {
    const oss_envelope *envelope;
    int64_t begin, end; /* frames that are counted in: */
    int32_t count[256]; /* of each level */
} oss_pause_seeker;

/* The longest pause between two words that follow each other; before NULL: between the beginning, `from`, and the first
 * word; behind NULL: between the last word and the end, `to`. To be called in the order of time. */
oss_pause oss_pause_seek(oss_pause_seeker *seeker, const oss_word_anchor *before,
                         const oss_word_anchor *behind, double from_seconds, double to_seconds);

#endif
