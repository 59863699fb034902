#include "cli/cli_data.h"
#include "cli/cli_files.h"

#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "checkpoint/checkpoint.h"
#include "cli/cli_internal.h"
#include "dataset/dataset.h"
#include "model/model_file.h"

static const char standard_input[] = "standard input", input_device[] = "/dev/stdin";

static bool is_called(const oss_cli_option *option, const char *placeholder) {
    return option->value != NULL && strncmp(option->value, placeholder, strlen(placeholder)) == 0;
}

bool oss_cli_is_written(const oss_cli_option *option) {
    return is_called(option, "OUT");
}

static bool is_read(const oss_cli_option *option) {
    return is_called(option, "FILE") || (option->value != NULL && strcmp(option->value, "M") == 0);
}

static bool names_no_file(const oss_cli_given *given) {
    return is_called(given->option, "FILE|" OSS_CLI_NONE) && strcmp(given->value, OSS_CLI_NONE) == 0;
}

/* ---- What is written ---- */

static oss_status refuse_pair(const char *option, const char *path, const char *other, const char *why) {
    return oss_fail(OSS_EUSAGE, "%s %s is the same file as %s, which %s: name another to write", option, path,
                    other, why);
}

/* Whether what is written at either place is written at the other, also when nothing is there yet: the folders are one
 * and the names are. A file of two names is written once for each. */
static oss_status is_one_place(bool *out, const char *a, const char *b) {
    char *left = NULL, *right = NULL, *left_folder = NULL, *right_folder = NULL;
    oss_status status = oss_file_follow(&left, a);
    if (status == OSS_OK) {
        status = oss_file_follow(&right, b);
    }
    if (status == OSS_OK) {
        left_folder = oss_path_folder(left);
        right_folder = oss_path_folder(right);
        status = left_folder == NULL || right_folder == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        *out = strcmp(oss_path_name(left), oss_path_name(right)) == 0 &&
               oss_file_is_same(left_folder, right_folder);
    }
    oss_free(left_folder);
    oss_free(right_folder);
    oss_free(left);
    oss_free(right);
    return status;
}

static oss_status refuse_one_place(const char *option, const char *path, const char *other) {
    bool one = false;
    oss_status status = is_one_place(&one, path, other);
    return status == OSS_OK && one ? refuse_pair(option, path, other, "is written too") : status;
}

static oss_status add_written(const oss_cli_args *args, const char *option, const char *path) {
    oss_guarded file = {.path = (char *)(uintptr_t)path, .option = option};
    if (!oss_file_identify(&file.id, path)) {
        return OSS_OK;
    }
    const oss_guarded *there = oss_guard_find(args->guard, file.id);
    if (there == NULL) {
        return oss_guard_add(args->guard, &file);
    }
    return there->option != NULL ? refuse_one_place(option, path, there->path)
                                 : refuse_pair(option, path, there->path, "is read");
}

oss_status oss_cli_writes(const oss_cli_args *args, const char *path) {
    return add_written(args, OSS_CLI_OUTPUT_FOLDER, path);
}

static oss_status add_outputs(oss_cli_args *args) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        const oss_cli_given *given = &args->given[i];
        if (!oss_cli_is_written(given->option)) {
            continue;
        }
        if (strcmp(given->value, "-") == 0) {
            return oss_fail(OSS_EUSAGE, "%s -: write a file's name (./- for a file that is called -)",
                            given->option->name);
        }
        for (int32_t k = 0; k < i && status == OSS_OK; k++) {
            status = oss_cli_is_written(args->given[k].option)
                         ? refuse_one_place(given->option->name, given->value, args->given[k].value)
                         : OSS_OK;
        }
        status = status == OSS_OK ? add_written(args, given->option->name, given->value) : status;
    }
    return status;
}

/* ---- What is read ---- */

/* `file` is what is read of what the user calls `name`: the file itself, or the model file in a folder. */
static oss_status add_read(const oss_cli_args *args, const char *file, const char *name) {
    oss_guarded read = {.path = (char *)(uintptr_t)name};
    if (args->guard == NULL || !oss_file_identify(&read.id, file)) {
        return OSS_OK; /* what is not there is for the command to complain of */
    }
    const oss_guarded *there = oss_guard_find(args->guard, read.id);
    if (there == NULL) {
        return oss_guard_add(args->guard, &read);
    }
    return there->option != NULL ? refuse_pair(there->option, there->path, name, "is read") : OSS_OK;
}

/* What a run keeps in its folder is needed to go on with it, though no command but training reads all of it. */
static oss_status refuse_kept(const oss_cli_args *args, const char *folder) {
    for (int32_t i = 0; i < args->givens; i++) {
        const oss_cli_given *given = &args->given[i];
        char *kept = NULL;
        oss_status status = oss_cli_is_written(given->option)
                                ? oss_checkpoint_find_kept(&kept, folder, given->value)
                                : OSS_OK;
        if (kept != NULL) {
            status = refuse_pair(given->option->name, given->value, kept, "the run needs");
            oss_free(kept);
        }
        if (status != OSS_OK) {
            return status;
        }
    }
    return OSS_OK;
}

static bool writes(const oss_cli_args *args) {
    bool any = false;
    for (int32_t i = 0; i < args->givens; i++) {
        any = any || oss_cli_is_written(args->given[i].option) ||
              strcmp(args->given[i].option->name, OSS_CLI_OUTPUT_FOLDER) == 0;
    }
    return any;
}

oss_status oss_cli_reads(const oss_cli_args *args, const char *path) {
    char *model = NULL;
    oss_status status = add_read(args, path, path);
    if (status != OSS_OK || args->guard == NULL || !oss_file_is_folder(path)) {
        return status;
    }
    /* A folder without a model is for the command to complain of. */
    if (oss_model_resolve(&model, path) == OSS_OK) {
        status = add_read(args, model, path);
        oss_free(model);
    }
    return status == OSS_OK ? refuse_kept(args, path) : status;
}

/* What a dataset that is a folder consists of. */
static oss_status check_folder(const oss_cli_args *args, const char *folder) {
    oss_status status = OSS_OK;
    for (int i = 0; status == OSS_OK && oss_dataset_folder_file(i) != NULL; i++) {
        char *path = oss_path_join(folder, oss_dataset_folder_file(i));
        status = path == NULL ? OSS_ENOMEM : add_read(args, path, path);
        oss_free(path);
    }
    return status;
}

/* Datasets of a config are folders likewise. */
static oss_status check_data(const oss_cli_args *args, const char *path) {
    oss_status status = oss_cli_reads(args, path);
    return status == OSS_OK && oss_file_is_folder(path) ? check_folder(args, path) : status;
}

/* ---- Configs ---- */

/* NULL: none was given. */
static oss_status load_config(oss_config **out, const oss_cli_args *args) {
    oss_config *config = NULL;
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        if (strcmp(args->given[i].option->name, "--config") == 0) {
            status = oss_config_load(&config, args->given[i].value);
        }
    }
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        if (strcmp(args->given[i].option->name, "--set") == 0) {
            status = config == NULL ? oss_config_create(&config) : OSS_OK;
            status = status == OSS_OK ? oss_config_set(config, args->given[i].value) : status;
        }
    }
    if (status != OSS_OK) {
        oss_config_free(config);
        return status;
    }
    *out = config;
    return OSS_OK;
}

/* Whether the command reads them or not. */
static oss_status check_config(const oss_cli_args *args) {
    oss_config *config = NULL;
    oss_cli_log(false); /* the command loads it again, and warns */
    oss_status status = load_config(&config, args);
    oss_cli_log(true);
    if (status != OSS_OK) {
        return status == OSS_ENOMEM ? status : OSS_OK; /* the command complains, and writes nothing */
    }
    const char *path = NULL;
    for (int32_t i = 0; config != NULL && status == OSS_OK; i++) {
        path = oss_config_path_get(config, i);
        if (path == NULL) {
            break;
        }
        status = check_data(args, path);
    }
    oss_config_free(config);
    return status;
}

/* ---- The command line ---- */

/* "-" is standard input, if the command has it so. */
static oss_status check_operand(const oss_cli_args *args, const char *operand) {
    oss_status status = oss_cli_reads(args, operand);
    return status == OSS_OK && strcmp(operand, "-") == 0
               ? add_read(args, oss_cli_recording(operand), standard_input)
               : status;
}

/* Before models are loaded and recordings read. */
static oss_status expect_data(const oss_cli_given *given) {
    oss_data_format format = OSS_DATA_AUTO;
    oss_status status =
        oss_file_is_folder(given->value) ? oss_dataset_find_format(&format, given->value) : OSS_OK;
    return status == OSS_OK && format == OSS_DATA_CSV
               ? oss_fail(
                     OSS_EINPUT,
                     "%s %s is a folder without a dataset: give the path of a file, or a folder that has "
                     "wav.scp, metadata.csv or metadata.jsonl",
                     given->option->name, given->value)
               : status;
}

static oss_status check_given(const oss_cli_args *args, const oss_cli_given *given) {
    if (names_no_file(given)) {
        return OSS_OK;
    }
    if (is_called(given->option, "FILE") && oss_file_is_folder(given->value)) {
        return oss_fail(OSS_EINPUT, "%s %s is a folder: give the path of a file", given->option->name,
                        given->value);
    }
    if (is_called(given->option, OSS_CLI_DATA)) {
        oss_status status = expect_data(given);
        return status == OSS_OK ? check_data(args, given->value) : status;
    }
    return is_read(given->option) ? check_operand(args, given->value) : OSS_OK;
}

oss_status oss_cli_check_files(oss_cli_args *args) {
    oss_status status = OSS_OK;
    if (writes(args)) {
        args->guard = oss_alloc_zero(1, sizeof *args->guard);
        status = args->guard == NULL ? OSS_ENOMEM : add_outputs(args);
    }
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        status = check_given(args, &args->given[i]);
    }
    for (int32_t i = 0; i < args->operands && status == OSS_OK; i++) {
        status = check_operand(args, args->operand[i]);
    }
    return status == OSS_OK && args->guard != NULL ? check_config(args) : status;
}

/* ---- Recordings ---- */

const char *oss_cli_recording(const char *operand) {
    return strcmp(operand, "-") == 0 ? input_device : operand;
}

oss_status oss_cli_name_recording(const char *operand, oss_status status) {
    if (status == OSS_OK || strcmp(operand, "-") != 0) {
        return status;
    }
    if (oss_cli_input_was_closed()) {
        return oss_fail(status, "%s is closed: give it a file by < FILE, or a pipe", standard_input);
    }
    char message[OSS_MESSAGE_BYTES];
    (void)oss_format(message, sizeof message, "%s", oss_last_error());
    char *device = strstr(message, input_device);
    if (device == NULL) {
        return status;
    }
    *device = '\0';
    return oss_fail(status, "%s%s%s", message, standard_input, device + strlen(input_device));
}

oss_status oss_cli_check_recording(const char *path) {
    return oss_file_is_folder(path)
               ? oss_fail(OSS_EINPUT, "%s is a folder: give the recordings in it, such as %s/*.wav", path,
                          path)
               : OSS_OK;
}
