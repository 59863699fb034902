/* Phrases that are to be heard more easily: a bonus for each symbol of a phrase that begins at a word's beginning, taken back
 * when it breaks off, kept when the whole phrase was said and its last word is over. Works with and without language models.
 *
 * A trie over symbols (Aho and Corasick 1975 without the suffix links that would begin inside a word): a state is a place in
 * it, and what of the bonus is not yet earned is taken back when a symbol leads out of it. */
#ifndef OSS_DECODE_HOTWORDS_H
#define OSS_DECODE_HOTWORDS_H

#include "text/unicode.h"
#include "text/vocab.h"

typedef struct oss_hotwords oss_hotwords;

typedef struct oss_hotword {
    const char *phrase; /* one word or several with spaces between them */
    double weight;      /* bonus in natural logarithm units of the whole phrase; negative: less likely */
} oss_hotword;

/* phrase texts are normalised by `policy`. OSS_EINPUT: a phrase that is empty or that the vocabulary cannot spell, or twice
 * with different weights: names it. Immutable: threads may share it. */
oss_status oss_hotwords_create(oss_hotwords **out, const oss_hotword *hotword, int64_t count,
                               const oss_vocab *vocab, oss_case policy);
/* A file of lines "phrase" or "phrase<TAB>weight"; empty lines and those that begin with '#' say nothing. Without a weight:
 * default_weight. OSS_EINPUT names file and line. */
oss_status oss_hotwords_load(oss_hotwords **out, const char *path, double default_weight,
                             const oss_vocab *vocab, oss_case policy);
/* NULL is allowed. */
void oss_hotwords_free(oss_hotwords *hotwords);
int64_t oss_hotwords_count(const oss_hotwords *hotwords);

/* At the beginning of a text: 0, where a word may begin. */
typedef uint32_t oss_hotwords_state;

/* The next symbol after `from`: what is added to the score (negative where a bonus is taken back). */
float oss_hotwords_step(const oss_hotwords *hotwords, oss_hotwords_state from, int32_t id,
                        oss_hotwords_state *to);
/* The end of a text: what is added or taken back. */
float oss_hotwords_end(const oss_hotwords *hotwords, oss_hotwords_state from);

#endif
