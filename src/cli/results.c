#include "cli/results.h"

#include "base/json.h"
#include "base/logger.h"
#include "base/tsv.h"
#include "cli/cli_common.h"

static oss_status print_json(const char *path, const char *text, double seconds) {
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "file", path);
    oss_json_add_string(object, "text", text);
    oss_json_add_number(object, "seconds", seconds);
    return oss_cli_print_json(object);
}

static oss_status print_row(const char *path, const char *text) {
    oss_strbuf line = {0};
    oss_tsv_append(&line, path);
    oss_strbuf_append(&line, "\t");
    oss_tsv_append(&line, text);
    oss_status status = oss_strbuf_ok(&line) ? OSS_OK : OSS_ENOMEM;
    if (status == OSS_OK) {
        oss_cli_print("%s\n", line.data);
    }
    oss_strbuf_deinit(&line);
    return status;
}

oss_status oss_cli_print_transcript(oss_cli_format format, const char *path, const char *text,
                                    double seconds) {
    switch (format) {
    case OSS_CLI_JSON:
        return print_json(path, text, seconds);
    case OSS_CLI_TSV:
        return print_row(path, text);
    case OSS_CLI_PLAIN:
        break;
    }
    oss_cli_print("%s\n", text);
    return OSS_OK;
}

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
