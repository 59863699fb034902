#include "cli/cli_files.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/cli_internal.h"
#include "model/model_file.h"

static bool is_called(const oss_cli_option *option, const char *placeholder) {
    return option->value != NULL && strncmp(option->value, placeholder, strlen(placeholder)) == 0;
}

static bool is_written(const oss_cli_option *option) {
    return is_called(option, "OUT");
}

static bool is_read(const oss_cli_option *option) {
    return is_called(option, "FILE") || (option->value != NULL && strcmp(option->value, "M") == 0);
}

/* `file` is what is read of `path`: the path itself, or the model file in a folder. */
static oss_status refuse_output(const oss_cli_args *args, const char *file, const char *path) {
    for (int32_t i = 0; i < args->givens; i++) {
        const oss_cli_given *given = &args->given[i];
        if (is_written(given->option) && oss_file_is_same(given->value, file)) {
            return oss_fail(OSS_EUSAGE,
                            "%s %s is the same file as %s, which is read: name another file to write",
                            given->option->name, given->value, path);
        }
    }
    return OSS_OK;
}

static bool writes(const oss_cli_args *args) {
    bool any = false;
    for (int32_t i = 0; i < args->givens; i++) {
        any = any || is_written(args->given[i].option);
    }
    return any;
}

oss_status oss_cli_reads(const oss_cli_args *args, const char *path) {
    char *model = NULL;
    if (!writes(args)) {
        return OSS_OK;
    }
    oss_status status = refuse_output(args, path, path);
    /* A folder without a model is for the command to complain of. */
    if (status == OSS_OK && oss_file_is_folder(path) && oss_model_resolve(&model, path) == OSS_OK) {
        status = refuse_output(args, model, path);
        oss_free(model);
    }
    return status;
}

oss_status oss_cli_check_files(const oss_cli_args *args) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        const oss_cli_given *given = &args->given[i];
        if (is_called(given->option, "FILE") && oss_file_is_folder(given->value)) {
            status = oss_fail(OSS_EINPUT, "%s %s is a folder: give the path of a file", given->option->name,
                              given->value);
        } else if (is_read(given->option)) {
            status = oss_cli_reads(args, given->value);
        }
    }
    for (int32_t i = 0; i < args->operands && status == OSS_OK; i++) {
        status = oss_cli_reads(args, args->operand[i]);
    }
    return status;
}

const char *oss_cli_recording(const char *operand) {
    return strcmp(operand, "-") == 0 ? "/dev/stdin" : operand;
}

oss_status oss_cli_check_recording(const char *path) {
    return oss_file_is_folder(path)
               ? oss_fail(OSS_EINPUT, "%s is a folder: give the recordings in it, such as %s/*.wav", path,
                          path)
               : OSS_OK;
}
