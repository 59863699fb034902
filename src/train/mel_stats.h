#ifndef OSS_TRAIN_MEL_STATS_H
#define OSS_TRAIN_MEL_STATS_H

#include "base/pool.h"
#include "dataset/manifest.h"

/* Mean and standard deviation of every mel bin over the training rows, for mel_norm "fixed": mean[bins],
 * std[bins]. Rows are measured in parallel and merged in their order (Chan, Golub and LeVeque 1979), so
 * threads change nothing. */
oss_status oss_mel_stats_measure(float *mean, float *std, const oss_manifest *train, const oss_config *config,
                                 oss_pool *pool);

#endif
