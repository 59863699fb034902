/* The rows of a dataset, recognised and scored several at a time, given back in their order. */
#ifndef OSS_CLI_EVAL_ROWS_H
#define OSS_CLI_EVAL_ROWS_H

#include "cli/cli_decoding.h"
#include "dataset/row.h"
#include "infer/recognizer_internal.h"

typedef struct oss_eval_rows oss_eval_rows;

/* A row and what became of it. */
typedef struct oss_eval_row {
    oss_dataset_row csv; /* zeroed: it could not be read; `message` says where it is */
    oss_status status;
    char *message; /* of a row that failed: which one, why; else NULL, or memory was too short for it */
    oss_scored_row scored;
} oss_eval_row;

/* Loads the model once; options->threads rows, at least 1, are worked on at the same time. decoding NULL: greedy.
 * max_seconds: as oss_recognizer_limit has it. */
oss_status oss_eval_rows_create(oss_eval_rows **out, const char *model_path, const char *csv_path,
                                oss_data_format format, const oss_recognizer_options *options,
                                const oss_cli_decoding *decoding, double max_seconds);
/* Coming rows hold their words too (oss_scored_row). */
void oss_eval_rows_observe(oss_eval_rows *rows);
/* Coming rows hold their logits too. */
void oss_eval_rows_keep_logits(oss_eval_rows *rows);
/* One of those that recognise the rows. */
const oss_recognizer *oss_eval_rows_recognizer(const oss_eval_rows *rows);
void oss_eval_rows_free(oss_eval_rows *rows);

/* The next row, owned by `rows` until the next call; NULL at the end. A row that is wrong comes back with its
 * status; what is returned here is a failure that ends it all (memory, a CSV that cannot be read on). */
oss_status oss_eval_rows_next(oss_eval_rows *rows, const oss_eval_row **out);
/* Makes what a row failed with the last error of this thread, and returns it. It names the row when memory is too
 * short to keep a message, too. */
oss_status oss_eval_row_fail(const oss_eval_row *row);

#endif
