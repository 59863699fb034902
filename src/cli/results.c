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

oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path) {
    oss_status status = oss_matrix_save(matrix, path);
    if (status == OSS_OK) {
        oss_log_info("%s: float32 [%lld, %d]", path, (long long)matrix->rows, matrix->columns);
    }
    return status;
}
