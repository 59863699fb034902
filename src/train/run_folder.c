#include "train/run_folder.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "checkpoint/checkpoint.h"
#include "kernel/gemm_train.h"
#include "ossicle/version.h"
#include "train/metrics_history.h"

/* Name of a file or folder that is written here. */
static bool is_ours(const char *name, size_t length) {
    static const char *const ours[] = {OSS_RUN_CONFIG,  "lock",           "checkpoints",
                                       "latest",        "best",           "dev.csv",
                                       "skipped.jsonl", OSS_METRICS_FILE, OSS_METRICS_SUPERSEDED};
    bool found = false;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        found = found || (strlen(ours[i]) == length && memcmp(name, ours[i], length) == 0);
    }
    return found;
}

/* NAME.tmp-PID of such a file, or ossicle.tmp-PID-N. */
static bool is_temporary(const char *name) {
    static const char mark[] = ".tmp-", program[] = "ossicle";
    const char *end = strstr(name, mark);
    if (end == NULL) {
        return false;
    }
    size_t length = (size_t)(end - name);
    bool is_shared = length == strlen(program) && memcmp(name, program, length) == 0;
    const char *process = end + strlen(mark);
    size_t digits = strspn(process, is_shared ? "0123456789-" : "0123456789");
    return digits > 0 && process[digits] == '\0' && (is_shared || is_ours(name, length));
}

/* What a start that was killed may have left. */
static bool is_leftover(const char *name) {
    return is_temporary(name) || (is_ours(name, strlen(name)) && strcmp(name, OSS_RUN_CONFIG) != 0);
}

oss_status oss_run_sweep(const char *run) {
    char **name = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&name, &count, run);
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        if (is_temporary(name[i])) {
            char *path = oss_path_join(run, name[i]);
            status = path == NULL ? OSS_ENOMEM : oss_file_remove_tree(path);
            oss_free(path);
        }
    }
    oss_file_free_names(name, count);
    return status;
}

oss_status oss_run_has_begun(bool *out, const char *run) {
    char *path = oss_path_join(run, OSS_RUN_CONFIG);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    bool has_config = oss_file_exists(path);
    oss_free(path);
    int64_t step = -1;
    oss_status status = has_config ? OSS_OK : oss_checkpoint_last_step(&step, run);
    if (status == OSS_OK) {
        *out = has_config || step > 0;
    }
    return status;
}

oss_status oss_run_check_begun(const char *run) {
    bool begun = false;
    oss_status status = oss_run_has_begun(&begun, run);
    return status != OSS_OK || begun
               ? status
               : oss_fail(OSS_EUSAGE, "%s holds no run that could be resumed: start it without --resume",
                          run);
}

static oss_status check_contents(const char *run) {
    char **name = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&name, &count, run);
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        if (!is_leftover(name[i])) {
            status = oss_fail(OSS_EUSAGE, "%s is a folder with other files in it (%s): choose another --run",
                              run, name[i]);
        }
    }
    if (name != NULL) {
        oss_file_free_names(name, count);
    }
    return status;
}

oss_status oss_run_check_new(const char *run) {
    if (!oss_file_exists(run)) {
        return OSS_OK;
    }
    if (oss_file_is_regular(run)) {
        return oss_fail(OSS_EUSAGE, "%s is a file: --run needs a folder", run);
    }
    bool begun = false;
    oss_status status = oss_run_has_begun(&begun, run);
    if (status == OSS_OK && begun) {
        return oss_fail(OSS_EUSAGE, "%s holds a run: go on with it by --resume, or choose another --run",
                        run);
    }
    return status == OSS_OK ? check_contents(run) : status;
}

static oss_status refuse_input(const char *run, const char *name, const char *input) {
    char *path = oss_path_join(run, name);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    if (oss_file_is_same(path, input)) {
        status = oss_fail(OSS_EUSAGE,
                          "%s is the same file as %s, which is read: choose another --run, or read a copy",
                          path, input);
    }
    oss_free(path);
    return status;
}

static oss_status check_input(const char *run, const char *input) {
    static const char *const written[] = {OSS_RUN_CONFIG, OSS_METRICS_FILE, OSS_METRICS_SUPERSEDED,
                                          "skipped.jsonl", "dev.csv"};
    oss_status status = OSS_OK;
    for (size_t i = 0; i < sizeof written / sizeof written[0] && status == OSS_OK; i++) {
        status = refuse_input(run, written[i], input);
    }
    return status;
}

oss_status oss_run_check_inputs(const char *run, const oss_config *config, const char *init) {
    if (init != NULL && oss_file_is_same(run, init)) {
        return oss_fail(OSS_EUSAGE, "--init %s is the folder that --run writes: choose another --run", init);
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < config->data.train_csvs && status == OSS_OK; i++) {
        status = check_input(run, config->data.train_csv[i].csv);
    }
    if (status == OSS_OK && config->data.dev_csv != NULL) {
        status = check_input(run, config->data.dev_csv);
    }
    return status;
}

oss_status oss_run_lock(int *out_fd, const char *run) {
    oss_status status = oss_file_settle_folders(run);
    if (status != OSS_OK) {
        return status;
    }
    char *path = oss_path_join(run, "lock");
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    status = oss_file_lock(out_fd, path);
    oss_free(path);
    return status;
}

oss_status oss_run_check_lock(int fd, const char *run) {
    char *path = oss_path_join(run, "lock");
    oss_status status = path == NULL ? OSS_ENOMEM : oss_file_lock_check(fd, path);
    oss_free(path);
    return status;
}

static oss_status write_beside(const char *run, const char *name, const char *text) {
    char *path = oss_path_join(run, name);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_file_write_all(path, text, strlen(text));
    oss_free(path);
    return status;
}

static oss_status append_skipped(oss_strbuf *lines, const oss_manifest *manifest, const oss_config *config) {
    for (int32_t i = 0; i < manifest->skippeds; i++) {
        const oss_skipped *skipped = &manifest->skipped[i];
        oss_json *line = oss_json_object();
        oss_json_add_string(line, "csv", oss_source_path(config, skipped->source));
        oss_json_add_integer(line, "row", skipped->number);
        oss_json_add_string(line, "wav", skipped->wav);
        oss_json_add_string(line, "reason", oss_skip_reason_name(skipped->reason));
        oss_json_add_string(line, "message", skipped->message);
        char *text = NULL;
        oss_status status = oss_json_print(&text, line, OSS_JSON_LINE);
        oss_json_free(line);
        if (status != OSS_OK) {
            return status;
        }
        oss_strbuf_printf(lines, "%s\n", text);
        oss_free(text);
    }
    return OSS_OK;
}

oss_status oss_run_write_skipped(const char *run, const oss_training_data *data, const oss_config *config) {
    oss_strbuf lines = {0};
    oss_status status = append_skipped(&lines, &data->train, config);
    if (status == OSS_OK) {
        status = append_skipped(&lines, &data->dev, config);
    }
    char *text = oss_strbuf_take(&lines);
    if (status == OSS_OK) {
        status = text == NULL ? OSS_ENOMEM : write_beside(run, "skipped.jsonl", text);
    }
    oss_free(text);
    return status;
}

/* One CSV field, quoted (RFC 4180). */
static void append_field(oss_strbuf *lines, const char *text, const char *end) {
    oss_strbuf_append(lines, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        oss_strbuf_append_bytes(lines, at, 1);
        if (*at == '"') {
            oss_strbuf_append(lines, "\"");
        }
    }
    oss_strbuf_printf(lines, "\"%s", end);
}

oss_status oss_run_write_dev(const char *run, const oss_manifest *dev) {
    if (dev->rows == 0) {
        return OSS_OK;
    }
    oss_strbuf lines = {0};
    oss_strbuf_append(&lines, "wav,text,speaker,start,end\n");
    for (int32_t i = 0; i < dev->rows; i++) {
        const oss_row *row = &dev->row[i];
        char number[OSS_NUMBER_CHARS];
        append_field(&lines, row->csv.path, ",");
        append_field(&lines, row->csv.text, ",");
        append_field(&lines, row->csv.speaker == NULL ? "" : row->csv.speaker, ",");
        (void)oss_number_print(number, row->csv.start_seconds);
        oss_strbuf_printf(&lines, "%s,", number);
        (void)oss_number_print(number, row->csv.end_seconds);
        oss_strbuf_printf(&lines, "%s\n", row->csv.end_seconds < 0 ? "" : number);
    }
    char *text = oss_strbuf_take(&lines);
    oss_status status = text == NULL ? OSS_ENOMEM : write_beside(run, "dev.csv", text);
    oss_free(text);
    return status;
}

void oss_run_fingerprint(char *out, size_t bytes) {
    char libraries[192];
    oss_k_gemm_train_fingerprint(libraries, (int32_t)sizeof libraries);
    (void)oss_format(out, bytes, "ossicle %s; compiler %s; %s", oss_version(), __VERSION__, libraries);
}
