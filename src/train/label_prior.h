/* The priors of label_prior_weight: what the network gives each symbol on average, by a running mean over steps.
 *
 *     prior = d prior + (1 - d) mean over the head's rows of a step of softmax,   d = min(decay, (1 + t) / (10 + t))
 *
 * after update t, from 1 / symbols on, which is no prior at all: all paths have as many rows. Zeyer et al. and Huang et al.
 * take the mean of the epoch before, and none in the first; steps need no end of an epoch. */
#ifndef OSS_TRAIN_LABEL_PRIOR_H
#define OSS_TRAIN_LABEL_PRIOR_H

#include "model/config.h"
#include "op/ops.h"

typedef struct oss_label_prior oss_label_prior;

/* prior[symbols]: the caller's, kept in checkpoints; changed by update alone. All below take NULL: no priors. */
oss_status oss_label_prior_create(oss_label_prior **out, float *prior, int32_t symbols,
                                  const oss_config *config);
void oss_label_prior_free(oss_label_prior *p);
/* prior[symbols] = 1 / symbols */
void oss_label_prior_init(float *prior, int32_t symbols);

/* A step begins: weight times ln prior is laid out, and the sums of all shards are 0. */
void oss_label_prior_begin(oss_label_prior *p);
/* What a shard's CTC is given. Its sums are its own: they are added in the order of the shards. */
const oss_ctc_prior *oss_label_prior_of(const oss_label_prior *p, int32_t shard);
/* A micro-batch is done: adds the sums of the shards, which are 0 then. */
void oss_label_prior_collect(oss_label_prior *p);
/* update: number of this update, from 1. */
void oss_label_prior_update(oss_label_prior *p, int64_t update);

#endif
