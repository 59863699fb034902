/* All that a checkpoint holds, for a network of a few hundred parameters; everything is a function of the
 * step. */
#ifndef OSS_TESTS_TRAINING_H
#define OSS_TESTS_TRAINING_H

#include "checkpoint/checkpoint.h"

typedef struct oss_training {
    oss_model *model;
    oss_optimizer optimizer;
    oss_train_state state;
} oss_training;

/* An odd step has an average of weights, so that the optimiser holds raw ones. */
oss_training *oss_training_make(int64_t step); /* stops the test on failure */
void oss_training_free(oss_training *training);
bool oss_training_equal(const oss_training *a, const oss_training *b); /* to the bit */

oss_status oss_training_save(const oss_training *training, const char *run, bool is_best, int32_t keep_last);
oss_status oss_training_load(oss_training **out, const char *run);

#endif
