/* Words as numbers, so that comparing and counting them is quick. */
#ifndef OSS_SCORE_SCORE_WORDS_H
#define OSS_SCORE_SCORE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "ossicle/status.h"

/* Open addressing with linear probing: a power of two of slots, at least half of them free. Zero-initialise. */
typedef struct oss_score_words {
    uint32_t *slot; /* [mask + 1]: number + 1 of a word; 0: free */
    size_t mask;
    size_t *offset; /* [words]: where in `texts` a word begins, with a NUL behind it */
    uint32_t words, capacity;
    oss_strbuf texts;
} oss_score_words;

void oss_score_words_deinit(oss_score_words *words);
/* *out: the number of text[bytes], from 0; a new one when it was not seen before. OSS_ENOMEM. */
oss_status oss_score_words_add(oss_score_words *words, const char *text, size_t bytes, uint32_t *out);
/* Its text, until the next call of add. */
const char *oss_score_words_text(const oss_score_words *words, uint32_t number);

#endif
