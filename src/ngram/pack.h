/* Makes the packed form of a model out of its n-grams, and writes models to files. */
#ifndef OSS_NGRAM_PACK_H
#define OSS_NGRAM_PACK_H

#include "ngram/ngram.h"

/* The n-grams of one order n, strictly ascending by their tokens: the first one counts most. The caller's. */
typedef struct oss_ngram_list {
    int64_t count; /* at most 2^32 - 2 */
    const uint32_t
        *token;        /* [count,n], in the order of the text; NULL with n = 1, where n-gram i is token i */
    const float *ln_p; /* [count]: ln p(last | those before), at most 0; below -230 counts as -230 */
    const float *ln_backoff; /* [count]; NULL: all 0, as those of the highest order are */
} oss_ngram_list;

typedef struct oss_ngram_parts {
    int32_t order; /* 1 to OSS_NGRAM_ORDER_MAX */
    bool is_of_symbols;
    /* [list[0].count]: 0 to 2 are "<unk>", "<s>", "</s>"; from 3 on strictly ascending as strcmp has it. */
    const char *const *token;
    oss_ngram_list list[OSS_NGRAM_ORDER_MAX]; /* [order]: list[n - 1] has those of order n */
} oss_ngram_parts;

/* Numbers are kept in 8 bits each, by tables of 256 values for each order; up to 255 different ones are kept exactly.
 * Nothing of `parts` is needed afterwards. OSS_EINPUT: n-grams that are not ascending, tokens that are none, a probability
 * above 1 or no number, n-grams whose first n - 1 tokens are no n-gram; the message names the n-gram. */
oss_status oss_ngram_pack(oss_ngram **out, const oss_ngram_parts *parts);

/* Our own file, which appears whole or not at all. */
oss_status oss_ngram_save(const oss_ngram *ngram, const char *path);
/* The same, of a model whose tokens are symbols, or are not, whatever it says itself: an ARPA file cannot say. */
oss_status oss_ngram_save_as(const oss_ngram *ngram, bool is_of_symbols, const char *path);
/* Writes the tuning into a file of our own, of version 2 with an unknown_penalty, of 3 with a prior_weight. Models that were loaded from it keep what
 * they had. OSS_EINPUT: it is an ARPA file, which has no room for it, or damaged. */
oss_status oss_ngram_save_tuning(const char *path, const oss_ngram_tuning *tuning);
/* An ARPA file, logarithms to base 10 with 7 significant digits. OSS_EINPUT: the model came from a damaged file that has a
 * right sum. */
oss_status oss_ngram_write_arpa(const oss_ngram *ngram, const char *path);

/* Bytes of our own file, which is what the model takes in memory too. */
int64_t oss_ngram_bytes(const oss_ngram *ngram);

/* The same of a model of count[n - 1] n-grams of order n whose tokens' texts have text_bytes; -1: no such model. */
int64_t oss_ngram_bytes_of(int32_t order, const int64_t count[OSS_NGRAM_ORDER_MAX], int64_t text_bytes);

/* Different values of probabilities, or of back-offs, that n-grams of order n can have: at most 256. */
int32_t oss_ngram_values(const oss_ngram *ngram, int32_t n, bool of_backoffs);

#endif
