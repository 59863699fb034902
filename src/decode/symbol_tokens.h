/* A model of symbols beside a vocabulary: which of its tokens is which symbol. */
#ifndef OSS_DECODE_SYMBOL_TOKENS_H
#define OSS_DECODE_SYMBOL_TOKENS_H

#include "ngram/ngram.h"
#include "text/vocab.h"

/* token[size of the vocabulary]: of each symbol, "_" for a space at its beginning; OSS_NGRAM_UNKNOWN where there is none, and
 * for <blank> and <UNK>. */
void oss_symbol_tokens_find(uint32_t *token, const oss_ngram *ngram, const oss_vocab *vocab);

/* OSS_EINPUT: the tokens are not this vocabulary's: more than a quarter of what it expects are tokens that no symbol is, or
 * none that is known tells it from a model of words (of characters: the space, or more than half of them) or of characters
 * (of units: a longer one). Characters that only one of the two has do no harm. file: for the message. */
oss_status oss_symbol_tokens_check(const oss_ngram *ngram, const oss_vocab *vocab, const char *file);

#endif
