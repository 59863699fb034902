/* One row of a dataset after another: `wav,text` CSVs. The one reader of all that reads datasets, so that all
 * see the same rows. Columns by name in any order:
 * wav|audio|path|wav_filename, text|transcript|sentence, optional speaker, start, end (seconds). */
#ifndef OSS_DATASET_DATASET_CSV_H
#define OSS_DATASET_DATASET_CSV_H

#include "base/csv.h"
#include "dataset/row.h"
#include "text/unicode.h"

typedef struct oss_dataset oss_dataset;

/* OSS_EINPUT when the file is no CSV or a column is missing (names what it has and what it needs). */
oss_status oss_dataset_open(oss_dataset **out, const char *csv_path, oss_case policy);
void oss_dataset_free(oss_dataset *dataset);
/* OSS_OK with *out the caller's (oss_dataset_row_deinit), or with *out_is_there false at the end; OSS_EINPUT for a
 * bad row (file, line, row, what): reading may go on. A quote that is never closed, or that closes over lines which name
 * recordings (files that are there, or with the extension of the row's own), is a bad row of its line alone. Too many bad rows
 * are OSS_EIO, and nothing is read behind them (oss_csv_next). */
oss_status oss_dataset_next(oss_dataset *dataset, oss_dataset_row *out, bool *out_is_there);

/* Of the row that was read last, right or wrong: where it stands in the file. */
oss_csv_place oss_dataset_place(const oss_dataset *dataset);
/* Of the row that was read last, if it was right; until the next call: its text as written, and the byte of the file
 * at which its recording's column begins, a quote included. */
const char *oss_dataset_source_text(const oss_dataset *dataset);
uint64_t oss_dataset_wav_offset(const oss_dataset *dataset);

#endif
