#ifndef OSS_TRAIN_SCHEDULE_H
#define OSS_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "model/config.h"

/* The learning rate of step s, from 1:
 *     s <= warmup_steps:  lr s / warmup_steps
 *     then                lr (r + (1 - r) (1 + cos(pi p)) / 2),  r = min_lr_ratio,
 *                         p = (s - warmup_steps) / (max_steps - warmup_steps)
 *     s >= max_steps:     lr r
 * (linear warm-up; half a cosine without restarts, Loshchilov and Hutter 2017) */
double oss_learning_rate(const oss_config *config, int64_t step);

/* Sum of the learning rates of the steps 1 to `step`, the cosine as its integral: exact to lr. About how far
 * AdamW can have moved a weight. */
double oss_learning_path(const oss_config *config, int64_t step);

#endif
