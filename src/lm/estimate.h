/* n-gram language models estimated from text: interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998). */
#ifndef OSS_LM_ESTIMATE_H
#define OSS_LM_ESTIMATE_H

#include "base/pool.h"
#include "base/stop.h"
#include "lm/corpus.h"

typedef struct oss_estimate_options {
    oss_corpus_options text; /* folder: the temporary files' */
    int32_t order;           /* 2 to OSS_NGRAM_ORDER_MAX */
    int64_t
        cutoff[OSS_NGRAM_ORDER_MAX]; /* n-grams of order n that came at most cutoff[n - 1] times are left out;
                                              [0] is 0, none is below the one before it */
    double prune;                    /* oss_lm_prune's threshold; 0: none */
    int64_t most_ngrams, most_bytes; /* of the model and its file; 0: no bound */
    bool is_arpa;                    /* the file's form; else our own */
    int64_t memory_bytes;            /* that sorting works with; at least OSS_ESTIMATE_LEAST_MEMORY */
    oss_pool *pool;                  /* NULL: one thread */
    oss_stop *stop;                  /* NULL: nobody stops it */
} oss_estimate_options;

enum { OSS_ESTIMATE_LEAST_MEMORY = 1 << 20 };

typedef struct oss_estimate_report {
    int64_t sentences, tokens, unknown; /* of the text; unknown: tokens outside the vocabulary */
    int64_t dropped;                    /* <s> and </s> that stood in the text */
    int32_t order; /* of the model: less than was asked for when there is no longer n-gram */
    int64_t ngrams[OSS_NGRAM_ORDER_MAX];
    double discount[OSS_NGRAM_ORDER_MAX][3];
    bool is_fallback[OSS_NGRAM_ORDER_MAX]; /* discounts could not be estimated: 0.5, 1, 1.5 */
    int64_t bytes;                         /* of the file */
} oss_estimate_report;

typedef struct oss_estimate oss_estimate;

/* What `options` point to must outlive it. Free with oss_estimate_free. */
oss_status oss_estimate_open(oss_estimate **out, const oss_estimate_options *options);
void oss_estimate_free(oss_estimate *estimate);
/* Where sentences go, of oss_lines_of_text and oss_lines_of_csv: context of oss_corpus_add. */
oss_corpus *oss_estimate_corpus(oss_estimate *estimate);
/* Once, after the last sentence: makes the model's file, whole or not at all. OSS_EINPUT: no sentence came. */
oss_status oss_estimate_write(oss_estimate *estimate, const char *path, oss_estimate_report *report);

#endif
