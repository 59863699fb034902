/* One row of a dataset after another: `wav,text` CSVs as spec 6 defines them. Used by training and
 * by `ossicle eval`, so that both see the same rows. Columns by name in any order:
 * wav|audio|path|wav_filename, text|transcript|sentence, optional speaker, start, end (seconds). */
#ifndef OSS_DATASET_DATASET_CSV_H
#define OSS_DATASET_DATASET_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/csv.h"
#include "ossicle/status.h"
#include "text/unicode.h"

typedef struct oss_dataset oss_dataset;

/* Strings belong to the dataset and live until the next call. */
typedef struct oss_dataset_row {
    int64_t number;   /* data row, from 1 */
    int64_t line;     /* line of the file */
    const char *wav;  /* as written in the file */
    const char *path; /* resolved: against the CSV's folder, then (when no such file) the working directory */
    const char *text; /* normalised by the case policy */
    const char *source_text;           /* as written */
    uint64_t wav_offset;               /* of the column's first byte in the file, its quote included */
    const char *speaker;               /* NULL without such a column */
    double start_seconds, end_seconds; /* 0 and -1: the whole file */
} oss_dataset_row;

/* What tells a row from others, without the place where the data lies today: a hash of wav, segment and text. */
uint64_t oss_dataset_row_key(const oss_dataset_row *row);

/* OSS_EINPUT when the file is no CSV or a column is missing (names what it has and what it needs). */
oss_status oss_dataset_open(oss_dataset **out, const char *csv_path, oss_case policy);
void oss_dataset_free(oss_dataset *dataset);
/* OSS_OK with *out filled or NULL at the end; OSS_EINPUT for a bad row (file, row, what; *out_number says
 * which row): reading may go on. */
oss_status oss_dataset_next(oss_dataset *dataset, const oss_dataset_row **out, int64_t *out_number);
/* Where the row that was read last stands in the file, right or wrong. */
oss_csv_place oss_dataset_place_of_row(const oss_dataset *dataset);

#endif
