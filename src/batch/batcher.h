/* Which utterances train together, and in which order: a function of (rows, seed, epoch) and of nothing else.
 *
 * An epoch draws each row `weight` times (2.5: twice, and a third time with probability a half), shuffles the
 * draws, sorts them by length (give or take a fifth) inside windows of some batches, cuts the sorted list
 * where batch_seconds is reached, and shuffles the batches. An utterance longer than batch_seconds is a batch
 * of its own. Lengths are those of the augmented audio: what is drawn for a row (augment/augment.h) is part of
 * the plan. With concat_prob a draw goes on with the one that follows in the shuffled order: the two are one
 * utterance. With bpe_dropout the spelling of a draw is part of the plan as well. In the first
 * curriculum_epochs all draws are one window and the batches stay sorted: short ones come first (SortaGrad:
 * Amodei et al. 2016, Deep Speech 2, which does so in the first epoch). */
#ifndef OSS_BATCH_BATCHER_H
#define OSS_BATCH_BATCHER_H

#include "augment/augment.h"
#include "dataset/manifest.h"
#include "batch/spelling.h"

typedef struct oss_batch_item {
    int32_t row;
    uint32_t key;          /* of view and masks: differs between the draws of a row */
    oss_augment_view view; /* speed 1 where the transcript would not fit the shorter audio */
    oss_spelling spelling; /* the row's own where a drawn one would not fit */
    int32_t samples;       /* of the view */
    bool joined;           /* goes on where the item before it ends; an utterance has the key of its first */
    int32_t gap_samples;   /* joined: of silence before it */
} oss_batch_item;

typedef struct oss_epoch_plan {
    int64_t epoch;
    int32_t items, batches;
    oss_batch_item *item; /* [items] */
    int32_t *first;       /* [batches+1]: batch b is item[first[b]] to item[first[b+1]-1] */
} oss_epoch_plan;

/* Items of the utterance that begins with item[0]; at most `count`. */
int32_t oss_batch_utterance_items(const oss_batch_item *item, int32_t count);
/* Its samples, gaps included. */
int32_t oss_batch_utterance_samples(const oss_batch_item *item, int32_t items);
/* Its labels: those of its rows, with a space between them when the vocabulary has one. */
int32_t oss_batch_utterance_labels(const oss_batch_item *item, int32_t items, const oss_manifest *manifest);

typedef struct oss_batcher oss_batcher; /* work space: one thread each */

/* manifest and config must outlive it. */
oss_status oss_batcher_create(oss_batcher **out, const oss_manifest *manifest, const oss_config *config);
void oss_batcher_free(oss_batcher *batcher);
/* The plan of an epoch; owned by the batcher, valid until the next call. No heap call. */
const oss_epoch_plan *oss_batcher_plan(oss_batcher *batcher, int64_t epoch);
/* Of any batch that can occur; samples are augmented ones. */
int32_t oss_batcher_max_items(const oss_batcher *batcher);
int64_t oss_batcher_max_samples(const oss_batcher *batcher);

#endif
