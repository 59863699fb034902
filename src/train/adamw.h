/* AdamW over the flat block of parameters (Loshchilov and Hutter 2019; kernel/vec.h has the equation). */
#ifndef OSS_TRAIN_ADAMW_H
#define OSS_TRAIN_ADAMW_H

#include "base/pool.h"
#include "kernel/vec.h"
#include "train/spans.h"

typedef struct oss_adamw {
    float *value, *m, *v;  /* [P] weights and moments */
    float *average;        /* [P] running average of the weights; NULL: none */
    const float *gradient; /* [P] */
    oss_adamw_step rule;   /* its decay goes to the spans that decay */
    bool leave_matrices;   /* to Muon */
} oss_adamw;

void oss_adamw_update(const oss_adamw *adamw, const oss_spans *spans, oss_pool *pool);

/* What the gradient is multiplied with so that a norm above clip_norm becomes clip_norm: min(1, clip_norm /
 * (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; clip_norm 0: 1. */
double oss_clip_factor(double norm, double clip_norm);

/* What a running average takes of the weights after update t (from 1): 1 - min(decay, (1 + t) / (10 + t)), as
 * tf.train.ExponentialMovingAverage with num_updates: after t updates the average looks back over the last
 * t / 9 or so, so that the initial weights are soon forgotten, and at last over the last 1 / (1 - decay). */
double oss_average_gain(double decay, int64_t update);

#endif
