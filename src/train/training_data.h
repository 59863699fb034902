/* From the CSVs of a config to rows that are ready to train and validate. */
#ifndef OSS_TRAIN_TRAINING_DATA_H
#define OSS_TRAIN_TRAINING_DATA_H

#include "dataset/manifest.h"
#include "dataset/scan.h"
#include "text/vocab.h"

typedef struct oss_training_data {
    oss_manifest train;
    oss_manifest dev; /* no rows: no validation */
    oss_vocab *vocab;
    oss_augment_kit *kit; /* what views of the rows are made with; NULL: none is drawn */
    uint64_t hash; /* of the rows that train, in order: who they are, how long, how often drawn; and of the
                      recordings in noise_dir and reverb_dir */
} oss_training_data;

/* Reads, decodes, filters, splits, encodes; the log says with numbers what was kept and what was left out.
 * vocab: that of a model which goes on training (copied), or NULL to make one from the training rows. */
oss_status oss_training_data_init(oss_training_data *out, const oss_config *config, const oss_vocab *vocab,
                                  oss_pool *pool, const oss_scan_hooks *hooks);
void oss_training_data_deinit(oss_training_data *data);

#endif
