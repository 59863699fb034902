/* Which symbol each frame has when the text is known: Viterbi's path through CTC's states (blank, symbol, blank, ...). */
#ifndef OSS_DECODE_ALIGN_LABELS_H
#define OSS_DECODE_ALIGN_LABELS_H

#include <stdint.h>

#include "ossicle/status.h"

/* label[t] of id[symbols] (no blanks among them) through logits[t,v], t >= 0: blanks and, in order, runs of the symbols;
 * *out_logit (may be NULL): the sum of their logits. Of equal paths the one that stays longest in the later state. Memory:
 * about 10 bytes for each symbol and root of t. OSS_EINPUT: fewer frames than the symbols need (says both). */
oss_status oss_align_labels(int32_t *label, double *out_logit, const float *logits, int64_t t, int32_t v,
                            const int32_t *id, int64_t symbols);

#endif
