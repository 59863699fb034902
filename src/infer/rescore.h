/* Hypotheses ranked anew with a second language model of words. */
#ifndef OSS_INFER_RESCORE_H
#define OSS_INFER_RESCORE_H

#include "decode/beam.h"
#include "text/unicode.h"

typedef struct oss_rescorer {
    const oss_ngram *words; /* NULL: none, and nothing changes */
    double weight;
    oss_ngram_state state; /* behind what was said before */
} oss_rescorer;

/* Adds weight * ln p(words) to the totals of hypothesis[count], which come out in the order of their totals, those that are
 * equal in their order before, with posteriors anew; score[count]: ln p(words), 0 without a model. ended: </s> follows; else
 * rescorer->state becomes that behind the best one. */
oss_status oss_rescore(oss_rescorer *rescorer, oss_hypothesis *hypothesis, double *score, int32_t count,
                       bool ended, const oss_vocab *vocab, oss_case policy);

#endif
