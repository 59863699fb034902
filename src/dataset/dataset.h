/* One row of a dataset after another, whatever its form (model/data_format.h): a CSV with columns by name in any order
 * (wav|audio|path|wav_filename, text|transcript|sentence, optional speaker, start, end in seconds), or what other toolkits
 * have. The one reader of all that reads datasets, so that all see the same rows. */
#ifndef OSS_DATASET_DATASET_H
#define OSS_DATASET_DATASET_H

#include "base/csv.h"
#include "dataset/row.h"
#include "text/unicode.h"

typedef struct oss_dataset oss_dataset;

/* `path`: a file, or the folder that the form has. OSS_DATA_AUTO finds the form by what is in it, and tells the log when it
 * is no CSV; a pipe, which is read once, is a CSV then. OSS_EINPUT when it is of no form or a column is missing (names
 * what it has and what it needs). */
oss_status oss_dataset_open(oss_dataset **out, const char *path, oss_data_format format, oss_case policy);
void oss_dataset_free(oss_dataset *dataset);
/* OSS_OK with *out the caller's (oss_dataset_row_deinit), or with *out_is_there false at the end; OSS_EINPUT for a
 * bad row (file, line, row, what): reading may go on. In a CSV a quote that is never closed, or that closes over lines
 * which name recordings (files that are there, or with the extension of the row's own), is a bad row of its line alone.
 * Too many bad rows (oss_wrong_rows_add) are OSS_EIO, and nothing is read behind them. */
oss_status oss_dataset_next(oss_dataset *dataset, oss_dataset_row *out, bool *out_is_there);

oss_data_format oss_dataset_format(const oss_dataset *dataset);
/* Of the row that was read last, right or wrong: where it stands in the file. */
oss_csv_place oss_dataset_place(const oss_dataset *dataset);
/* Of the row that was read last, if it was right; until the next call: its text as written, and, of a CSV, the byte of
 * the file at which its recording's column begins, a quote included. */
const char *oss_dataset_source_text(const oss_dataset *dataset);
uint64_t oss_dataset_wav_offset(const oss_dataset *dataset);

/* Files that a dataset which is a folder may consist of, for who must not write over them: the index'th, NULL behind the
 * last. */
const char *oss_dataset_folder_file(int index);
/* *out = the form of what is at `path`: never OSS_DATA_AUTO, OSS_DATA_CSV for what nothing is known of. OSS_EINPUT for a
 * form that is known and not read, with what to do. */
oss_status oss_dataset_find_format(oss_data_format *out, const char *path);

#endif
