/* The head of a model that starts from another one, whose symbols have other rows. */
#ifndef OSS_TRAIN_HEAD_MATCH_H
#define OSS_TRAIN_HEAD_MATCH_H

#include "model/model_file.h"

/* Why no row of the head of `from` means anything in a model with this config; NULL when rows can be taken. */
const char *oss_head_obstacle(const oss_model *from, const oss_model_config *config);

/* Copies the rows of every symbol that both vocabularies have, sub-frame by sub-frame; the others keep their
 * initial values. The log says how many. Nothing must stand in the way. OSS_ENOMEM. */
oss_status oss_head_take(oss_model *model, const oss_model *from);

#endif
