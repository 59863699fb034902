/* Starting from the weights of another model, and keeping some of them as they are. */
#ifndef OSS_TRAIN_FINETUNE_H
#define OSS_TRAIN_FINETUNE_H

#include "model/model_file.h"

/* Copies into `model` every tensor of the model at `path` (what oss_model_load takes) that has the same name
 * and shape; the head only when both vocabularies are equal. Others keep their initial values. The log says
 * which, and which front-end settings differ. OSS_EINPUT when nothing fits. */
oss_status oss_finetune_init(oss_model *model, const char *path);

/* frozen[params->count] (oss_free), true where one of the globs (fnmatch) matches the tensor's name; NULL
 * without globs. OSS_EUSAGE for a glob that matches nothing, and when nothing is left to train. */
oss_status oss_finetune_freeze(bool **out, const oss_params *params, char *const *glob, int32_t globs);

#endif
