/* The rows of a dataset, encoded once and decoded as often as is asked: what `ossicle tune` tries numbers on. */
#ifndef OSS_CLI_TUNE_ROWS_H
#define OSS_CLI_TUNE_ROWS_H

#include "cli/cli_common.h"
#include "ossicle/decoding.h"
#include "text/edit_distance.h"

typedef struct oss_tune_rows oss_tune_rows;

typedef struct oss_tune_score {
    oss_edits words, characters; /* of all rows */
} oss_tune_score;

/* Encodes the rows of --csv with the model at `model_path`, then loads what `options` name. Rows that cannot be read are named
 * on standard error and counted. *greedy: of the best symbols of each row. */
oss_status oss_tune_rows_create(oss_tune_rows **out, const oss_cli_args *args, const char *model_path,
                                const oss_decoding_options *options, oss_tune_score *greedy);
/* NULL is allowed. */
void oss_tune_rows_free(oss_tune_rows *rows);

int64_t oss_tune_rows_count(const oss_tune_rows *rows);
int64_t oss_tune_rows_failed(const oss_tune_rows *rows);
/* Whether the language model is one of words, so that there are words that it does not know. */
bool oss_tune_rows_know_words(const oss_tune_rows *rows);
/* What is searched with at first, without defaults. */
oss_status oss_tune_rows_get(const oss_tune_rows *rows, oss_decoding_options *out);

/* Decodes all rows with these numbers, by all threads; the same with any number of them. */
oss_status oss_tune_rows_score(oss_tune_rows *rows, const oss_decoding_options *options, oss_tune_score *out);

#endif
