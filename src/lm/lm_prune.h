/* Entropy pruning (Stolcke 1998): n-grams without which the model's perplexity grows least are taken out. How often a
 * context comes is counted, not the model's own guess, which Kneser-Ney's lower orders are poor at (Chelba et al. 2010). */
#ifndef OSS_LM_LM_PRUNE_H
#define OSS_LM_LM_PRUNE_H

#include "lm/lm_model.h"

/* Whether a model of count[n - 1] n-grams of order n may be; what may be may be with fewer of any order. */
typedef bool (*oss_lm_fits)(const void *context, const int64_t count[OSS_NGRAM_ORDER_MAX]);

/* Takes out n-grams of order 2 on whose loss raises the perplexity by less than `threshold` of it, and then as few more as the
 * rest needs to fit (NULL: no bound). Those that others begin with stay. Orders that are left empty are dropped. OSS_EUSAGE: the
 * tokens alone do not fit. */
oss_status oss_lm_prune(oss_lm_model *model, double threshold, oss_lm_fits fits, const void *context);

#endif
