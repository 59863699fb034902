/* A row of a dataset, as everything that reads one keeps it: training, `ossicle check`, `ossicle eval`. */
#ifndef OSS_DATASET_ROW_H
#define OSS_DATASET_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/audio_file.h"
#include "model/config.h"

typedef struct oss_dataset_row {
    int64_t number;                    /* data row, from 1 */
    int64_t line;                      /* line of the file; 0: not known */
    char *wav;                         /* as written: who this row is, wherever the data lies */
    char *path;                        /* resolved: against the CSV's folder, then the working directory */
    char *text;                        /* normalised by the case policy */
    char *speaker;                     /* NULL without such a column */
    double start_seconds, end_seconds; /* 0 and -1: the whole file */
} oss_dataset_row;

void oss_dataset_row_deinit(oss_dataset_row *row);
/* What tells a row from others, without the place where the data lies today: a hash of wav, segment and text. */
uint64_t oss_dataset_row_key(const oss_dataset_row *row);

/* Decodes the row's segment and applies config->model.normalize; out->peak is that of the recording, before
 * normalisation. Longer than max_seconds is OSS_EINPUT. */
oss_status oss_dataset_row_decode(oss_audio *out, const oss_dataset_row *row, const oss_config *config);

#endif
