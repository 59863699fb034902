/* How often symbols are written, as a language model has it: what a network that learnt to write texts says of itself. */
#ifndef OSS_DECODE_SYMBOL_PRIORS_H
#define OSS_DECODE_SYMBOL_PRIORS_H

#include "ngram/ngram.h"
#include "text/vocab.h"

/* ln_p[size of the vocabulary]: of a model of words by the symbols that spell them, a space to each word; of one of symbols by
 * what it says without context. They are one in sum, but for what is less than OSS_SYMBOL_PRIOR_LEAST, which counts as that. 0 for
 * the blank, and for symbols that the model never writes. OSS_ENOMEM. */
#define OSS_SYMBOL_PRIOR_LEAST 1e-4
oss_status oss_symbol_priors_find(float *ln_p, const oss_ngram *ngram, const oss_vocab *vocab);

#endif
