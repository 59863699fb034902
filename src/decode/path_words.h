/* The words of a path: what lies between spaces, or begins with one (byte-pair units). */
#ifndef OSS_DECODE_PATH_WORDS_H
#define OSS_DECODE_PATH_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/best_path.h"
#include "text/unicode.h"
#include "text/vocab.h"

typedef struct oss_path_word {
    int64_t first;   /* of the path's symbols */
    int32_t symbols; /* at least one; single spaces are in no word */
    float confidence;
    char *text; /* normalised, not empty; owned */
    double start_seconds, end_seconds;
    int32_t segment; /* of a known text, from 1; 0: pauses part segments */
} oss_path_word;

/* *out_word[*out_words], the caller's, in order, those of which nothing can be seen left out; confidence and times are 0.
 * OSS_ENOMEM. */
oss_status oss_path_words(oss_path_word **out_word, int64_t *out_words, const oss_best_path *path,
                          const oss_vocab *vocab, oss_case policy);
/* word NULL is allowed. */
void oss_path_words_free(oss_path_word *word, int64_t words);

bool oss_path_is_space(const oss_best_path *path, const oss_vocab *vocab, int64_t symbol);

#endif
