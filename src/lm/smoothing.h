/* Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998), streamed as Heafield et al. (2013) do. */
#ifndef OSS_LM_SMOOTHING_H
#define OSS_LM_SMOOTHING_H

#include "lm/ngram_counts.h"

/* What is taken off counts of 1, 2, and 3 or more. */
typedef struct oss_discount {
    double of[3];
    bool is_fallback; /* counts of counts give none: 0.5, 1, 1.5 */
} oss_discount;

oss_discount oss_discount_of(const int64_t of_count[OSS_COUNTS_OF_COUNTS]);

/* Takes n-grams of order n in the order of their tokens, order 1 first. raw_of_context: how often it came before another
 * token, as a share of all tokens: of use with what p is of. */
typedef oss_status (*oss_ngram_taker)(void *context, int32_t n, const uint32_t *token, double p,
                                      double backoff, double context_share);

typedef struct oss_smoothing {
    oss_ngram_counts *counts;
    uint32_t words; /* of the vocabulary */
    const oss_sort_room *room;
    uint32_t *memory; /* [numbers]: for sorting */
    size_t numbers;
    oss_ngram_taker take;
    void *context;
} oss_smoothing;

/* Gives every n-gram that was not cut off to take: all tokens of the vocabulary among them, <s> with p = 0. Closes the
 * counts' sorters as it reads them. */
oss_status oss_smoothing_run(const oss_smoothing *smoothing);

#endif
