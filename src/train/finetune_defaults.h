/* What a fine-tuning run (--init without --config) does where nobody said how: settings that suit minutes of a new voice,
 * chosen with scripts/measure_finetune.sh (docs/fine-tuning.md). A key that was set keeps its value. */
#ifndef OSS_TRAIN_FINETUNE_DEFAULTS_H
#define OSS_TRAIN_FINETUNE_DEFAULTS_H

#include "dataset/manifest.h"
#include "model/config.h"

/* Sets the keys that do not depend on the amount of audio; the log has them in one line. Masks that the front end
 * would refuse are left out, and so is chunk_training, which oss_finetune_config takes from the model. */
oss_status oss_finetune_defaults_apply(oss_config *config);

/* Sets those that follow from how much audio an epoch of `train` draws (scanned rows, each its `weight` times):
 * max_steps, and from the steps warmup_steps, eval_every, checkpoint_every and ema_decay. The log has them in one line. */
oss_status oss_finetune_defaults_fit(oss_config *config, const oss_manifest *train);

#endif
