/* The check of `ossicle check` on what the scan found out: no recording is read again. */
#ifndef OSS_TRAIN_TRAINING_CHECK_H
#define OSS_TRAIN_TRAINING_CHECK_H

#include "dataset/manifest.h"
#include "text/vocab.h"

/* Logs the summary of scanned rows, before they are split and encoded. vocab: that of a model which goes on
 * training, with the characters that it grows by, or NULL. */
oss_status oss_training_check(const oss_manifest *train, const oss_manifest *dev, const oss_config *config,
                              const oss_vocab *vocab);

#endif
