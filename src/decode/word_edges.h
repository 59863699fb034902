/* When words begin and end: where the audio pauses beside them (decode/pause.h), else by the middles of their first and
 * last symbols with what these are off in the mean; two words without a pause between them share the time between. */
#ifndef OSS_DECODE_WORD_EDGES_H
#define OSS_DECODE_WORD_EDGES_H

#include "decode/pause.h"
#include "decode/path_words.h"

/* Of a model: from the beginning of a word to the middle of its first symbol, and from the middle of its last symbol to its
 * end; both above 0. */
typedef struct oss_edge_offsets {
    double onset_seconds, end_seconds;
} oss_edge_offsets;

/* A recording, as far as it came. */
typedef struct oss_path_clock {
    double frames_a_second;          /* of the path */
    double from_seconds, to_seconds; /* nothing begins before the one or ends after the other */
} oss_path_clock;

/* What one symbol lasts at least, where the recording is long enough for all. */
#define OSS_SYMBOL_SECONDS_MIN 0.001

oss_word_anchor oss_word_anchor_of(const oss_best_path *path, const oss_path_word *word,
                                   double frames_a_second);

/* Sets the times of word[words]: in order, apart, within the clock's range, each at least as long as its symbols. */
void oss_word_edges(oss_path_word *word, int64_t words, const oss_best_path *path,
                    const oss_envelope *envelope, const oss_edge_offsets *offsets,
                    const oss_path_clock *clock);

/* boundary[symbols + 1] seconds: of a word whose times are set, from its start to its end, rising; symbols share the time
 * between their middles. */
void oss_symbol_edges(double *boundary, const oss_path_word *word, const oss_best_path *path,
                      double frames_a_second);

#endif
