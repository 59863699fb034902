/* The words of an n-gram model as a trie over an acoustic model's symbols: which words begin with what was heard. */
#ifndef OSS_DECODE_LEXICON_H
#define OSS_DECODE_LEXICON_H

#include "ngram/ngram.h"
#include "text/unicode.h"
#include "text/vocab.h"

typedef struct oss_lexicon oss_lexicon;

/* Spells the tokens of `ngram` by `vocab` (characters; the code points of byte-pair units). Words that it cannot spell are
 * left out; OSS_EINPUT when these are more than half: "0 of 20,000 words of FILE can be spelt with the model's 28 symbols; is
 * it upper case?" names `file`. *out: free with oss_lexicon_free. */
oss_status oss_lexicon_create(oss_lexicon **out, const oss_ngram *ngram, const oss_vocab *vocab,
                              const char *file);
/* NULL is allowed. */
void oss_lexicon_free(oss_lexicon *lexicon);
int64_t oss_lexicon_words(const oss_lexicon *lexicon);

#endif
