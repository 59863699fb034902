/* Writes an ARPA file n-gram by n-gram. */
#ifndef OSS_LM_ARPA_LINES_OUT_H
#define OSS_LM_ARPA_LINES_OUT_H

#include "base/file.h"
#include "ngram/ngram.h"

typedef struct oss_arpa_out {
    oss_writer writer;
    const char *const *word;
    int32_t order, section; /* section: order of the n-grams that are written */
    uint64_t bytes;         /* so far */
    bool is_measured;       /* nothing is written, the bytes are counted alone */
} oss_arpa_out;

/* count[n - 1]: n-grams of order n to come. path NULL: measures. */
oss_status oss_arpa_out_open(oss_arpa_out *out, const char *path, const char *const *word, int32_t order,
                             const int64_t count[OSS_NGRAM_ORDER_MAX]);
/* A log10_p above 0 becomes 0, what is below -99 becomes -99; p of <s> is written as -99. */
void oss_arpa_out_put(oss_arpa_out *out, int32_t n, const uint32_t *token, double log10_p,
                      double log10_backoff);
/* All of it is there, or nothing. */
oss_status oss_arpa_out_commit(oss_arpa_out *out);
/* After commit, or of a zeroed one: nothing. */
void oss_arpa_out_abort(oss_arpa_out *out);

#endif
