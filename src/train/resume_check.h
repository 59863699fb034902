/* Whether a run goes on with what it began with. */
#ifndef OSS_TRAIN_RESUME_CHECK_H
#define OSS_TRAIN_RESUME_CHECK_H

#include "checkpoint/checkpoint.h"
#include "train/training_data.h"

/* What was loaded from the run's checkpoint against the config to go on with. OSS_EINPUT names what differs. */
oss_status oss_resume_check_settings(const char *run, const oss_config *config, const oss_model *model,
                                     const oss_optimizer *optimizer, const oss_train_state *state);
/* The rows that train, and the files of their recordings, against those of the checkpoint. */
oss_status oss_resume_check_data(const char *run, const oss_train_state *state,
                                 const oss_training_data *data);

#endif
