/* Back-off n-gram models (Katz 1987) of words or other tokens: which token follows on others, and how likely. A model is
 * immutable once it is loaded; threads may share it.
 *
 * Probabilities are natural logarithms here; ARPA files have those of base 10. */
#ifndef OSS_NGRAM_NGRAM_H
#define OSS_NGRAM_NGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_NGRAM_ORDER_MAX = 6 };

typedef struct oss_ngram oss_ngram;

/* Tokens: 0 is the unknown one, <unk>; then <s>, </s>, then all others in an order of the model's own. */
enum { OSS_NGRAM_UNKNOWN = 0, OSS_NGRAM_BEGIN = 1, OSS_NGRAM_END = 2, OSS_NGRAM_SPECIALS = 3 };

/* The tokens that the next one's probability depends on, as far as the model knows them: places of the last 1, 2, ... of
 * them in its tables. Those that a longer context says nothing of are dropped, so equal states have equal futures.
 * Bytes beyond `length` are zero: states may be compared as bytes. */
typedef struct oss_ngram_state {
    uint32_t length;                        /* 0 to order - 1 */
    uint32_t node[OSS_NGRAM_ORDER_MAX - 1]; /* node[i]: the last i + 1 tokens */
} oss_ngram_state;

/* What `ossicle tune` found for a model of speech and this one together, kept in the file. */
typedef struct oss_ngram_tuning {
    bool tuned;
    bool has_penalty; /* unknown_penalty is known: not of files of version 1 */
    double lm_weight, word_bonus, unknown_penalty;
    double prior_weight; /* at least 0; 0: none, as in files of before version 3 */
} oss_ngram_tuning;

/* Our own file, or an ARPA file (gzip too), told by its first bytes. A file of our own is mapped and its sum checked. Free
 * with oss_ngram_free. OSS_EINPUT: not such a file, or damaged: names line or offset. */
oss_status oss_ngram_load(oss_ngram **out, const char *path);
/* Another owner of the same model; the last oss_ngram_free frees it. */
oss_ngram *oss_ngram_share(oss_ngram *ngram);
/* NULL is allowed. */
void oss_ngram_free(oss_ngram *ngram);

int32_t oss_ngram_order(const oss_ngram *ngram);
/* n-grams of order n, 1 to order; those of order 1 are the tokens. */
int64_t oss_ngram_count(const oss_ngram *ngram, int32_t n);
/* What a token is made of: false: words; true: symbols of an acoustic model's vocabulary (characters, units), with which
 * "_" in the model's file stands for the space (ossicle lm build --characters). */
bool oss_ngram_is_of_symbols(const oss_ngram *ngram);
oss_ngram_tuning oss_ngram_get_tuning(const oss_ngram *ngram);
/* Of its file, as its header has it, tuning included; 0: it was made of an ARPA file. */
uint64_t oss_ngram_sum(const oss_ngram *ngram);

/* Its number, or OSS_NGRAM_UNKNOWN. token[bytes] needs no 0 at its end. */
uint32_t oss_ngram_find(const oss_ngram *ngram, const char *token, size_t bytes);
/* Its text, not ended by 0: *out_bytes of it; the model's. */
const char *oss_ngram_token(const oss_ngram *ngram, uint32_t token, size_t *out_bytes);

/* After <s>. */
oss_ngram_state oss_ngram_begin(const oss_ngram *ngram);
/* ln p(token | from), at most 0; *to (may be `from`, may be NULL): the state behind it. */
float oss_ngram_score(const oss_ngram *ngram, const oss_ngram_state *from, uint32_t token,
                      oss_ngram_state *to);
/* ln p(token) without context: the bound that look-ahead begins with. */
float oss_ngram_unigram(const oss_ngram *ngram, uint32_t token);

#endif
