/* Sum of shard gradients, its norm, and the update, span by span over all threads. */
#ifndef OSS_TRAIN_REDUCE_H
#define OSS_TRAIN_REDUCE_H

#include "base/pool.h"
#include "train/spans.h"

enum { OSS_MAX_SHARDS = 1024 };

typedef struct oss_reduction {
    float *total;        /* [P] */
    float *const *block; /* [blocks] gradients of the shards that are not empty, by rising shard */
    int32_t blocks;      /* at most OSS_MAX_SHARDS */
    bool accumulate;     /* add to total, or store */
    double *partial;     /* [spans] sums of squares */
} oss_reduction;

/* total (+)= sum of the blocks, pairwise: with n blocks the first ceil(n/2) and the rest, and so on down.
 * Returns the sum of squares of total, added up in the order of the spans: not finite when a value
 * is not. */
double oss_reduce(const oss_reduction *reduction, const oss_spans *spans, oss_pool *pool);

#endif
