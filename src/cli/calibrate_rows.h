/* What the rows of `ossicle calibrate` show: every word, how sure the network was of it, and where it lies. */
#ifndef OSS_CLI_CALIBRATE_ROWS_H
#define OSS_CLI_CALIBRATE_ROWS_H

#include <stdint.h>

#include "base/strbuf.h"
#include "cli/cli_decoding.h"
#include "convert/confidence_fit.h"

/* A list of numbers that grows. */
typedef struct oss_numbers {
    double *value;
    int64_t count, capacity;
} oss_numbers;

typedef struct oss_calibrate_rows {
    const oss_cli_args *args;
    char *model_path;
    oss_cli_decoding asked;
    oss_decoding_options decoding; /* beam_width 0: greedy */
    oss_judged_word *word;         /* [words] */
    double *now;                   /* [words] confidences by the model as it is */
    double *held_out;              /* [words] by weights that were fitted to other rows */
    int64_t words, capacity, rows, failed;
    oss_numbers onset, tail;
    oss_numbers level; /* [rows] of speech, dB of full scale; none with --keep-level */
    oss_strbuf *line;  /* [words] of --words, up to the last column; NULL: not asked for */
} oss_calibrate_rows;

/* Of all --csv, with the model at rows->model_path and the options in rows->args; the others zeroed. A row that is wrong
 * is told, counted and passed over. */
oss_status oss_calibrate_rows_read(oss_calibrate_rows *rows);
void oss_calibrate_rows_deinit(oss_calibrate_rows *rows);

#endif
