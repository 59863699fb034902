/* Entropy pruning (Stolcke 1998): n-grams without which the model's perplexity grows least are taken out. How often a
 * context comes is counted, not the model's own guess, which Kneser-Ney's lower orders are poor at (Chelba et al. 2010). */
#ifndef OSS_LM_LM_PRUNE_H
#define OSS_LM_LM_PRUNE_H

#include "lm/lm_model.h"

/* Takes out n-grams of order 2 on whose loss raises the perplexity by less than `threshold` of it, and then more until at
 * most `most` n-grams of all orders are left (0: no bound). Those that others begin with stay. Orders that are left empty
 * are dropped. OSS_EUSAGE: there are more tokens than that. */
oss_status oss_lm_prune(oss_lm_model *model, double threshold, int64_t most);

#endif
