/* Starting from another model: its weights, its symbols, its mel statistics. */
#ifndef OSS_TRAIN_FINETUNE_H
#define OSS_TRAIN_FINETUNE_H

#include "model/model_file.h"

/* The model at `path` (what oss_model_load takes), for a run with this config. What can be known before
 * minutes go into reading data is checked: OSS_EINPUT when there is no such model; OSS_EUSAGE as
 * oss_freeze_create, and for "mel_stats": "data" when all of the encoder is frozen and the model has
 * statistics. */
oss_status oss_finetune_load(oss_model **out, const char *path, const oss_config *config);
/* The settings that the model at `path` was made with (front end, network, text, and chunk_training, so that it stays
 * one that streams), defaults elsewhere. */
oss_status oss_finetune_config(oss_config **out, const char *path);

/* Whose symbols the new model keeps and adds to: those of `from`, which owns them. NULL, for symbols of its
 * own: when no row of that head could be taken (train/head_match.h), and when the config names a vocab_json. */
const oss_vocab *oss_finetune_vocab(const oss_model *from, const oss_config *config);

/* Copies into `model` every tensor of `from` that has the same name and shape, and of the head, when both spell
 * with the same units and have as many sub-frames, the rows of the symbols that both know. Others keep their
 * initial values. The log says which, which settings differ, and how to take the front end of `from`.
 * OSS_EINPUT when nothing fits. */
oss_status oss_finetune_init(oss_model *model, const oss_model *from);

/* For a run whose config has mel_norm "fixed": copies the mel statistics of `from`. *out_taken is false, and the log
 * says why, when they are to be measured: mel_stats is "data", `from` has none, or has them of another front
 * end. */
oss_status oss_finetune_mel_stats(bool *out_taken, oss_model *model, const oss_model *from,
                                  const oss_config *config);

#endif
