/* The text that a language model is estimated from, as numbers of its tokens. */
#ifndef OSS_LM_CORPUS_H
#define OSS_LM_CORPUS_H

#include "base/scratch.h"
#include "lm/token_table.h"
#include "ngram/ngram.h"
#include "text/unicode.h"
#include "text/vocab.h"

typedef struct oss_corpus_options {
    bool is_of_symbols;     /* tokens are characters, and "_" for the space; else words */
    const oss_vocab *units; /* tokens are units of these symbols, all of which are known; NULL: not */
    oss_case policy;
    const char *vocab_path; /* known tokens, one a line; NULL: by count */
    int64_t min_count;      /* tokens that come less often are unknown; 1: none */
    int64_t vocab_size;     /* the most frequent ones are known; 0: all */
    const char *folder;     /* of temporary files */
} oss_corpus_options;

typedef struct oss_corpus {
    oss_corpus_options options;
    oss_token_table table;
    uint32_t *number; /* [capacity] of memory; the caller's */
    size_t capacity, count;
    oss_scratch scratch;
    int64_t sentences, tokens,
        dropped; /* tokens without ends of sentences; dropped: <s> and </s> in the text */
    /* After oss_corpus_close_vocab: */
    uint32_t *known;   /* [table.tokens]: number in the model's vocabulary; UNKNOWN: not in it */
    const char **word; /* [words]: 0 to 2 are <unk>, <s>, </s>, then ascending by bytes */
    uint32_t words;
    int64_t unknown; /* tokens of the text that are not in the vocabulary */
} oss_corpus;

/* `options` are copied, what they point to is not. Numbers that memory [capacity] has no room for go to a file. */
oss_status oss_corpus_open(oss_corpus *corpus, const oss_corpus_options *options, uint32_t *memory,
                           size_t capacity);
void oss_corpus_deinit(oss_corpus *corpus);
/* An oss_line_taker: context is the corpus. */
oss_status oss_corpus_add(void *corpus, char *line, size_t bytes);
/* After the last sentence. */
oss_status oss_corpus_close_vocab(oss_corpus *corpus);
/* Calls take for every sentence, with the numbers of its tokens in the vocabulary. */
typedef oss_status (*oss_sentence_token)(void *context, uint32_t token);
/* Each sentence's tokens and OSS_NGRAM_END after them. */
oss_status oss_corpus_walk(oss_corpus *corpus, oss_sentence_token take, void *context);

#endif
