/* Levenshtein alignment counts for word and character error rates. */
#ifndef OSS_TEXT_EDIT_DISTANCE_H
#define OSS_TEXT_EDIT_DISTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_edits {
    int64_t reference; /* units in the reference */
    int64_t substitutions, deletions, insertions;
} oss_edits;

/* Both texts are normalised. Words: separated by single spaces. Characters: code points, spaces included.
 * Among alignments of equal cost the one that prefers substitution (or a match), then deletion, then
 * insertion, from the end. Results are ADDED to *edits (start with {0}). Time grows with the product of the
 * lengths that are left when equal beginnings and ends are cut off, memory with their sum. A text of more
 * than 2^31-1 units is OSS_EINPUT. */
oss_status oss_edits_words(oss_edits *edits, const char *reference, const char *hypothesis);
oss_status oss_edits_characters(oss_edits *edits, const char *reference, const char *hypothesis);

/* right[words]: whether word[i] is matched in that alignment of the reference with all of them. Memory grows with the
 * product of the numbers of words; OSS_EINPUT beyond 2^28. */
oss_status oss_edits_match_words(bool *right, const char *reference, const char *const *word, int64_t words);

/* (S+D+I)/reference; with an empty reference: insertions > 0 ? 1.0 : 0.0 (jiwer's convention for a whole
 * empty corpus). */
double oss_edits_rate(const oss_edits *edits);

#endif
