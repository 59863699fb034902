/* One optimiser step: micro-batches cut into shards, shards in parallel, gradients summed in a fixed order,
 * norm, clip, AdamW.
 *
 *     oss_step_reserve(step, manifest, plan);            once for each epoch's plan: the only heap calls
 *     oss_step_begin(step, number);
 *     oss_step_accumulate(step, batch);                  accum_steps times
 *     oss_step_finish(step, lr, update, &result);
 *
 *     shard 0  grad[P] --.
 *     shard 1  grad[P] --+--.                            summed pairwise in this tree whatever threads
 *     shard 2  grad[P] --.  |                            there are, tile by tile: each block is read
 *     shard 3  grad[P] --+--+--> total[P] (+)=           once, and stored again by the next micro-batch
 *
 * A loss or gradient that is not finite makes the step a skipped one: weights and moments stay as they are. */
#ifndef OSS_TRAIN_STEP_H
#define OSS_TRAIN_STEP_H

#include "batch/batcher.h"
#include "batch/loader.h"
#include "model/params.h"
#include "train/workers.h"

typedef struct oss_step_setup {
    const oss_config *config;
    const oss_params *params;
    oss_workers *workers;
    const bool *frozen;   /* [params->count], or NULL */
    float *value, *m, *v; /* [params->floats] weights and moments */
    float *average;       /* [params->floats] running average of the weights (ema_decay); NULL: none */
    float *prior;         /* [symbols] running average of the outputs (label_prior_weight); NULL: none */
    int32_t symbols;
} oss_step_setup;

enum { OSS_STEP_CULPRITS_BYTES = 1024 };

typedef struct oss_step_result {
    int32_t utterances; /* of all micro-batches: B of the loss */
    double audio_seconds;
    double loss;           /* (1/B) sum nll_i / max(L_i, 1) */
    double grad_norm;      /* of the gradient of `loss`, before clipping */
    double blank_fraction; /* of the frames whose likeliest symbol is the blank, dropout and masks on */
    const char *skipped;   /* NULL: weights were updated; else what was wrong, e.g. "loss is not finite" */
    char culprits[OSS_STEP_CULPRITS_BYTES]; /* skipped: the utterances, named by CSV and row */
} oss_step_result;

typedef struct oss_step oss_step;

/* What setup points to must outlive the step. */
oss_status oss_step_create(oss_step **out, const oss_step_setup *setup);
void oss_step_free(oss_step *step);

/* Memory for every batch of the plan. */
oss_status oss_step_reserve(oss_step *step, const oss_manifest *manifest, const oss_epoch_plan *plan);

/* None of these makes a heap call, in any thread. number: of the step, from 1. */
void oss_step_begin(oss_step *step, int64_t number);
/* OSS_ENUMERIC when a frame's posterior does not sum to 1 within 1e-6: then the arithmetic is broken. */
oss_status oss_step_accumulate(oss_step *step, const oss_micro_batch *batch);
/* update: number of this update, from 1, skipped steps not counted (for the moments' correction). */
void oss_step_finish(oss_step *step, double lr, int64_t update, oss_step_result *out);

/* The summed gradient of the micro-batches since begin, for tests: [params->floats], not divided by B. */
const float *oss_step_gradient(const oss_step *step);

#endif
