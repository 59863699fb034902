/* How many characters of a text are wrong. */
#ifndef OSS_SCORE_CHARACTER_ERRORS_H
#define OSS_SCORE_CHARACTER_ERRORS_H

#include <stdint.h>

#include "ossicle/status.h"

/* Levenshtein's distance of two texts (UTF-8) in code points, and how many the reference has: the sum of the errors of
 * oss_edits_characters, 64 rows of its matrix at a time (Myers, "A fast bit-vector algorithm for approximate string matching
 * based on dynamic programming", JACM 1999; Hyyro 2003). Memory grows with the sum of the lengths. OSS_ENOMEM. */
oss_status oss_character_errors(const char *reference, const char *hypothesis, int64_t *out_characters,
                                int64_t *out_errors);

#endif
