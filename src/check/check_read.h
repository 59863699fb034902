/* The rows of CSVs with what their recordings are like: decoded once, several at a time, nothing kept. */
#ifndef OSS_CHECK_CHECK_READ_H
#define OSS_CHECK_CHECK_READ_H

#include "base/csv.h"
#include "base/pool.h"
#include "check/report.h"

/* A row's bytes in its CSV. */
typedef struct oss_check_place {
    oss_csv_place place;
    uint64_t wav_offset; /* of the recording's field, its quote included */
} oss_check_place;

/* Zero-initialise. */
typedef struct oss_check_data {
    oss_check_row *row;     /* [rows] */
    oss_check_place *place; /* [rows] */
    int32_t rows, capacity;
    oss_check_words words;
} oss_check_data;

void oss_check_data_deinit(oss_check_data *data);
/* Appends the rows of a CSV, its texts normalised by config->model.text_case; without audio. OSS_EINPUT when the
 * CSV cannot be read or has no rows; rows that are wrong are kept with their message. */
oss_status oss_check_read_csv(oss_check_data *data, const oss_config *config, const oss_check_source *source,
                              int32_t index);
/* Decodes and measures at the recordings' own rate. The order of the rows and every number are the same with
 * any number of threads. */
oss_status oss_check_read_audio(oss_check_data *data, const oss_config *config, oss_pool *pool);

#endif
