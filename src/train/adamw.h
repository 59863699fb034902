/* AdamW over the flat block of parameters (Loshchilov and Hutter 2019; kernel/vec.h has the equation). */
#ifndef OSS_TRAIN_ADAMW_H
#define OSS_TRAIN_ADAMW_H

#include "base/pool.h"
#include "kernel/vec.h"
#include "train/spans.h"

typedef struct oss_adamw {
    float *value, *m, *v;  /* [P] weights and moments */
    const float *gradient; /* [P] */
    oss_adamw_step rule;   /* its decay goes to the spans that decay */
} oss_adamw;

void oss_adamw_update(const oss_adamw *adamw, const oss_spans *spans, oss_pool *pool);

/* What the gradient is multiplied with so that a norm above clip_norm becomes clip_norm: min(1, clip_norm /
 * (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; clip_norm 0: 1. */
double oss_clip_factor(double norm, double clip_norm);

#endif
