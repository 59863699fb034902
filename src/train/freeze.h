/* Tensors that get no update. */
#ifndef OSS_TRAIN_FREEZE_H
#define OSS_TRAIN_FREEZE_H

#include "model/params.h"

/* frozen[params->count] (oss_free), true where one of the patterns of the config's `freeze` (fnmatch) matches
 * the tensor's name; NULL without patterns. OSS_EUSAGE for a pattern that matches nothing, and when nothing is
 * left to train. */
oss_status oss_freeze_create(bool **out, const oss_params *params, const oss_config *config);

/* Says in the log how much that is, if any. */
void oss_freeze_report(const bool *frozen, const oss_params *params);

/* How much of the encoder is frozen. frozen may be NULL. */
typedef enum oss_freeze_extent { OSS_FREEZE_NONE, OSS_FREEZE_PART, OSS_FREEZE_ALL } oss_freeze_extent;
oss_freeze_extent oss_freeze_of_encoder(const bool *frozen, const oss_params *params);

#endif
