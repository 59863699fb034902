/* How a micro-batch is cut into gradient shards: by lengths alone, so that threads and machines do not
 * matter. */
#ifndef OSS_TRAIN_SHARD_H
#define OSS_TRAIN_SHARD_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_shards {
    int32_t capacity;      /* utterances at most */
    int32_t count;         /* grad_shards; some may be empty */
    int32_t *first;        /* [count+1]: shard s holds utterance[first[s]] to utterance[first[s+1]-1] */
    int32_t *utterance;    /* [capacity] places in the micro-batch, rising within a shard */
    int64_t *load;         /* [count] mel frames */
    int32_t *turn;         /* [count] shards, heaviest first: the order in which threads take them */
    int32_t filled;        /* shards that hold an utterance: the first `filled` of turn */
    int32_t *home;         /* [capacity] shard of each utterance */
    uint64_t *rank, *work; /* [max(capacity, count)] sort keys */
} oss_shards;

oss_status oss_shards_init(oss_shards *out, int32_t count, int32_t capacity);
void oss_shards_deinit(oss_shards *shards);

/* Utterances go longest first (equal ones: lower place first), each to the shard with the least frames so far
 * (equal ones: lower number). frames[utterances] > 0; utterances <= capacity. No heap call. */
void oss_shards_assign(oss_shards *shards, const int32_t *frames, int32_t utterances);

/* Utterances of a shard go through the network in parts, one after the other, so that a step's memory is that
 * of its longest utterance or of OSS_SHARD_PART_FRAMES, whichever is more, however much a batch holds. The
 * part that begins at place `from` of shards->utterance ends before the place returned: it has as many
 * utterances as fit, at least one. frames[utterances] as given to oss_shards_assign. */
enum { OSS_SHARD_PART_FRAMES = 1024 }; /* 10.24 s: what fits costs no more than one long utterance would */
int32_t oss_shards_part_end(const oss_shards *shards, const int32_t *frames, int32_t shard, int32_t from);

#endif
