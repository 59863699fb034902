/* A step's insides, for step.c and step_*.c only. */
#ifndef OSS_TRAIN_STEP_INTERNAL_H
#define OSS_TRAIN_STEP_INTERNAL_H

#include "base/failure.h"
#include "train/label_prior.h"
#include "train/muon.h"
#include "train/shard.h"
#include "train/spans.h"
#include "train/step.h"

/* What forward takes, shard by shard: shard s has the utterances [first[s], first[s+1]) of the order of
 * shards; views of utterance i are [views i, views (i+1)) of the first six arrays, so that no shard or part
 * cuts them. */
typedef struct shard_inputs {
    int32_t capacity, views; /* views: 2 with cr_ctc_weight, else 1 */
    const float **audio;
    int32_t *samples;
    const int32_t **label;
    int32_t *labels;
    uint32_t *key;
    double *nll;     /* out */
    int32_t *frames; /* [capacity] mel frames of all views, in the order of the micro-batch */
    int32_t *planned_samples, *planned_labels; /* [capacity] in the same order, of a batch that is measured */
} shard_inputs;

struct oss_step {
    oss_step_setup setup;
    oss_spans spans;
    oss_muon *muon; /* NULL: optimizer adamw */
    oss_shards shards;
    shard_inputs inputs;
    oss_label_prior *prior; /* NULL: none */
    float **grad;           /* [grad_shards] blocks of params->floats */
    float **filled;         /* [grad_shards] those of the current micro-batch */
    float *total;
    float *packed;            /* the weights, laid out for the products (nn/net.h) */
    double *partial;          /* [spans] */
    double *imbalance;        /* [grad_shards] */
    int64_t *frames, *blanks; /* [grad_shards] of the head; those whose likeliest symbol is the blank */
    const oss_micro_batch *batch;
    int64_t number;
    int32_t micro_batches; /* done since begin */
    int64_t total_samples;
    double loss_sum, squares;
    int64_t frames_sum, blanks_sum;
    oss_step_result result;
    oss_failure failure; /* of a shard's forward or backward; the heaviest shard counts as the first */
};

/* Arrays for `capacity` utterances of `views` views each; on failure deinit all the same. */
oss_status oss_shard_inputs_init(shard_inputs *inputs, int32_t capacity, int32_t views);
void oss_shard_inputs_deinit(shard_inputs *inputs);

/* Puts utterance u of the batch in place `i` of the order of shards, where forward looks for it. */
void oss_step_place_utterance(oss_step *step, int32_t i, const oss_micro_batch *batch, int32_t u);
/* Mel frames of all views, which sharding goes by. */
int32_t oss_step_count_frames(const oss_step *step, int64_t samples);
/* What the part of a shard from place `from` of that order on takes; its gradient is added to that of the
 * shard's parts before. */
oss_net_input oss_step_part_input(const oss_step *step, int32_t shard, int32_t from);

#endif
