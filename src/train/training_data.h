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
    uint64_t audio_hash; /* of the files of those rows (base/file_sample.h), in order */
} oss_training_data;

/* Where the symbols of the data come from. */
typedef struct oss_symbol_source {
    const oss_vocab *vocab; /* of a model that goes on training (copied); NULL: made from the training rows */
    bool grows; /* characters of the training rows that it lacks are added to it; else they are <UNK> */
} oss_symbol_source;

/* Reads, decodes, filters, splits, encodes; the log says with numbers what was kept and what was left out. */
oss_status oss_training_data_init(oss_training_data *out, const oss_config *config,
                                  const oss_symbol_source *symbols, oss_pool *pool,
                                  const oss_scan_hooks *hooks);
void oss_training_data_deinit(oss_training_data *data);

#endif
