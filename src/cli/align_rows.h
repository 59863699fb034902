/* The rows of a CSV, aligned side by side, and what came of them in their order: the same in any number of threads. */
#ifndef OSS_CLI_ALIGN_ROWS_H
#define OSS_CLI_ALIGN_ROWS_H

#include "cli/cli_common.h"
#include "dataset/row.h"
#include "ossicle/alignment.h"

typedef struct oss_aligned_row {
    const oss_dataset_row *row; /* NULL: it could not be read */
    oss_status status;
    const char *message; /* of a failure, with the CSV's name and the row's place; NULL: there is none */
    const oss_alignment *alignment; /* NULL after a failure */
} oss_aligned_row;

typedef struct oss_align_rows {
    const oss_cli_args *args; /* --model, --threads, --data-format */
    const char *csv;
    const oss_data_format *format;    /* of the data; NULL: --data-format */
    oss_recognizer_options settings;  /* but for threads */
    double max_seconds;               /* 0: what fits into memory */
    const oss_align_options *options; /* NULL: the defaults */
    void *context;
    /* Each row that will be aligned, before any is; NULL: nobody asks. A failure ends it all. */
    oss_status (*expect)(void *context, const oss_dataset_row *row);
    /* One call at a time, row by row. A failure ends it all. */
    oss_status (*take)(void *context, const oss_aligned_row *row);
} oss_align_rows;

/* Fails as the CSV, the model or `take` does; rows that fail are given to `take`, unless memory or disk is out. *out_rows: of
 * the CSV, those that cannot be read too. */
oss_status oss_align_rows_run(const oss_align_rows *rows, int64_t *out_rows);

#endif
