/* The different words of texts, as byte-pair learning counts them (bpe_learn.c). */
#ifndef OSS_UNITS_BPE_WORDS_H
#define OSS_UNITS_BPE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocab.h"

typedef struct oss_bpe_word {
    int32_t first, length; /* places */
    int64_t count;         /* times it occurs */
} oss_bpe_word;

/* Zero-initialise. */
typedef struct oss_bpe_words {
    oss_bpe_word *word;
    int32_t words, word_capacity;
    int32_t *id; /* [places] single characters of all words, one word after the other, each once */
    int32_t places, place_capacity;
    int32_t *slot; /* [slots] index + 1 of the word by the hash of its ids; 0: empty */
    uint32_t slots;
} oss_bpe_words;

/* Counts the words of a text whose characters the vocabulary has; `space` begins a word. */
oss_status oss_bpe_words_add(oss_bpe_words *words, const oss_vocab *vocab, int32_t space, const char *text);
void oss_bpe_words_deinit(oss_bpe_words *words);

/* Room for `more` items after `count` ones of a growing array. */
oss_status oss_bpe_grow(void **array, int32_t *capacity, int32_t count, int32_t more, size_t item_bytes);

#endif
