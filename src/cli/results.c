#include "cli/results.h"

#include "base/logger.h"

oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path) {
    oss_status status = oss_matrix_save(matrix, path);
    if (status == OSS_OK) {
        oss_log_info("%s: float32 [%lld, %d]", path, (long long)matrix->rows, matrix->columns);
    }
    return status;
}
