/* Voices for the babble of `ossicle augment`: only those that were drawn are decoded. */
#ifndef OSS_CLI_AUGMENT_VOICES_H
#define OSS_CLI_AUGMENT_VOICES_H

#include "augment/augment.h"
#include "augment/noise_mix.h"
#include "dataset/row.h"

/* Zero-initialise. */
typedef struct oss_cli_voices {
    oss_dataset_row *row; /* [rows] of config->data.train_csv */
    oss_clip *clip;       /* [rows] without samples, but for the rows that are heard */
    int32_t rows, capacity;
    int32_t own; /* the row that is the recording itself; -1: none */
    oss_babble babble;
} oss_cli_voices;

/* Those that `view` of `file` hears. No train_csv, or no row that can be decoded, is an error. */
oss_status oss_cli_voices_load(oss_cli_voices *voices, const oss_config *config, const char *file,
                               const oss_augment_view *view);
void oss_cli_voices_deinit(oss_cli_voices *voices);

#endif
