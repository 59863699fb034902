/* An estimated model in memory, which pruning and our own file need. */
#ifndef OSS_LM_LM_MODEL_H
#define OSS_LM_LM_MODEL_H

#include <stdint.h>

#include "ngram/ngram.h"

/* n-grams of one order n, ascending by their tokens. */
typedef struct oss_lm_order {
    int64_t count, capacity;
    uint32_t *token; /* [count,n] */
    float *ln_p, *ln_backoff,
        *share; /* [count]; share: how often its tokens came before another one, of all tokens */
    int64_t
        *child; /* [count + 1]: the first n-gram of the next order that begins with it; NULL: highest order */
} oss_lm_order;

typedef struct oss_lm_model {
    int32_t order;
    oss_lm_order of[OSS_NGRAM_ORDER_MAX];
} oss_lm_model;

/* count[n - 1]: n-grams of order n. Zeroed models may be freed. */
oss_status oss_lm_model_init(oss_lm_model *model, int32_t order, const int64_t count[OSS_NGRAM_ORDER_MAX]);
void oss_lm_model_deinit(oss_lm_model *model);
/* An oss_ngram_taker: context is the model. */
oss_status oss_lm_model_add(void *model, int32_t n, const uint32_t *token, double p, double backoff,
                            double share);
/* After the last one, or after n-grams were taken out: finds the children. */
void oss_lm_model_link(oss_lm_model *model);
/* The place of the n-gram among those of its order, -1: it is not there. */
int64_t oss_lm_model_find(const oss_lm_model *model, int32_t n, const uint32_t *token);
/* ln p(token[n - 1] | those before), backed off where it has to be. */
double oss_lm_model_ln_p(const oss_lm_model *model, int32_t n, const uint32_t *token);

#endif
