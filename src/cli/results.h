/* What embed and features write. */
#ifndef OSS_CLI_RESULTS_H
#define OSS_CLI_RESULTS_H

#include "base/npy.h"
#include "ossicle/features.h"

/* Writes a .npy file and says so on standard error. */
oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path);

/* Rows that a recognizer gives, written to a .npy file as they come. */
typedef struct oss_cli_rows {
    const char *path;
    int64_t most; /* rows that are wanted */
    oss_npy_rows npy;
    oss_status status; /* of opening the file */
} oss_cli_rows;
/* An oss_rows_fn: the context is the rows, of which `path` and `most` are set and the rest is zero. */
int32_t oss_cli_take_rows(void *context, const float *value, int32_t rows, int32_t columns);
/* status: of the call that gave the rows. When it is OSS_OK the file is put in its place, and standard error says so. */
oss_status oss_cli_end_rows(oss_cli_rows *rows, oss_status status);

#endif
