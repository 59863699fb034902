/* Which evaluation is the best so far, whose checkpoint RUN/best names: the lowest CER; of equal ones the
 * lowest WER; of equal ones the lowest loss on the held-out rows, for with few of them the scores are 0 long
 * before the network has learnt all it can; of equal ones the earliest. */
#ifndef OSS_TRAIN_BEST_H
#define OSS_TRAIN_BEST_H

#include "checkpoint/checkpoint.h"
#include "train/validation.h"

typedef enum oss_best {
    OSS_BEST_NOT,         /* an earlier one stays the best */
    OSS_BEST_BY_CER,      /* also the first of all */
    OSS_BEST_BY_WER,      /* CER equal */
    OSS_BEST_BY_LOSS,     /* both equal */
    OSS_BEST_LOSS_UNKNOWN /* both equal, and the loss of the one before is not known: its checkpoint was made
                             by a version that kept none, or the loss was not finite */
} oss_best;

/* Compares with the best in the state (best_*), and is noted there when it is better. A lower loss alone is no
 * gain to patience (evals_without_gain): it may creep down long after anything is heard better. */
oss_best oss_best_note(oss_train_state *state, const oss_eval *eval);

/* In words: "" for OSS_BEST_NOT, "best so far", or that with its reason when the CER is equal. */
const char *oss_best_describe(oss_best best);

#endif
