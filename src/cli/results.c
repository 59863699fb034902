#include "cli/results.h"

#include "base/logger.h"

static void tell_matrix(const char *path, int64_t rows, int32_t columns) {
    oss_log_info("%s: float32 [%lld, %d]", path, (long long)rows, (int)columns);
}

oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path) {
    oss_status status = oss_matrix_save(matrix, path);
    if (status == OSS_OK) {
        tell_matrix(path, matrix->rows, matrix->columns);
    }
    return status;
}

int32_t oss_cli_take_rows(void *context, const float *value, int32_t rows, int32_t columns) {
    oss_cli_rows *to = context;
    int64_t left = to->most - to->npy.rows;
    if (to->npy.rows == 0) {
        to->status = oss_npy_rows_open(&to->npy, to->path, columns);
    }
    if (to->status != OSS_OK) {
        return 0;
    }
    oss_npy_rows_add(&to->npy, value, rows < left ? rows : left);
    return to->npy.rows < to->most && to->npy.writer.status == OSS_OK;
}

oss_status oss_cli_end_rows(oss_cli_rows *rows, oss_status status) {
    int64_t count = rows->npy.rows;
    int32_t columns = rows->npy.columns;
    status = status == OSS_OK ? rows->status : status;
    if (status == OSS_OK) {
        status = oss_npy_rows_commit(&rows->npy);
    }
    if (status == OSS_OK) {
        tell_matrix(rows->path, count, columns);
    }
    oss_npy_rows_abort(&rows->npy);
    return status;
}
