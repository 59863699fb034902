/* Counts of n-grams, as Kneser-Ney smoothing has them. */
#ifndef OSS_LM_NGRAM_COUNTS_H
#define OSS_LM_NGRAM_COUNTS_H

#include "lm/corpus.h"
#include "lm/record_sort.h"

enum { OSS_COUNTS_OF_COUNTS = 4 };

/* A record: its tokens, then these. */
enum { OSS_COUNT_ADJUSTED = 0, OSS_COUNT_RAW = 1, OSS_COUNT_NUMBERS = 2 };
/* In the adjusted count: the n-gram is cut off. */
#define OSS_COUNT_IS_CUT 0x80000000u
#define OSS_COUNT_MOST   0x7fffffffu

typedef struct oss_ngram_counts {
    int32_t order;
    uint32_t cutoff
        [OSS_NGRAM_ORDER_MAX]; /* n-grams of order n that came at most cutoff[n - 1] times are cut off */
    oss_sorter sorter[OSS_NGRAM_ORDER_MAX]; /* [order]: records in the order of their tokens */
    /* [k]: n-grams with an adjusted count of k + 1, those that are cut off too; unigrams without <s>. */
    int64_t of_count[OSS_NGRAM_ORDER_MAX][OSS_COUNTS_OF_COUNTS];
    int64_t kept[OSS_NGRAM_ORDER_MAX]; /* n-grams that are not cut off; of order 1 those that the text has */
} oss_ngram_counts;

/* Adjusted counts (Chen and Goodman 1998): of the highest order, and of n-grams that begin with <s>, how often they came;
 * of all others how many different tokens came before them. `counts` has order and cutoff set and sorters open. The
 * sorter `all` is opened in memory[numbers] and closed. */
oss_status oss_ngram_counts_make(oss_ngram_counts *counts, oss_corpus *corpus, const oss_sort_room *room,
                                 uint32_t *memory, size_t numbers);

#endif
