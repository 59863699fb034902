#include "checkpoint/run_place.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint.h"

bool oss_run_is_ours(const char *name, size_t length) {
    static const char *const ours[] = {OSS_RUN_CONFIG,  OSS_RUN_LOCK,     "checkpoints",
                                       "latest",        "best",           "dev.csv",
                                       OSS_RUN_SKIPPED, OSS_METRICS_FILE, OSS_METRICS_SUPERSEDED};
    bool found = false;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        found = found || (strlen(ours[i]) == length && memcmp(name, ours[i], length) == 0);
    }
    return found;
}

bool oss_run_is_temporary(const char *name) {
    static const char mark[] = ".tmp-", program[] = "ossicle";
    const char *end = strstr(name, mark);
    if (end == NULL) {
        return false;
    }
    size_t length = (size_t)(end - name);
    bool is_shared = length == strlen(program) && memcmp(name, program, length) == 0;
    const char *process = end + strlen(mark);
    size_t digits = strspn(process, is_shared ? "0123456789-" : "0123456789");
    return digits > 0 && process[digits] == '\0' && (is_shared || oss_run_is_ours(name, length));
}

oss_status oss_run_sweep(const char *run) {
    char **name = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&name, &count, run);
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        if (oss_run_is_temporary(name[i])) {
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

oss_status oss_run_lock(int *out_fd, const char *run) {
    oss_status status = oss_file_settle_folders(run);
    if (status != OSS_OK) {
        return status;
    }
    char *path = oss_path_join(run, OSS_RUN_LOCK);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    status = oss_file_lock(out_fd, path);
    oss_free(path);
    return status;
}

oss_status oss_run_check_lock(int fd, const char *run) {
    char *path = oss_path_join(run, OSS_RUN_LOCK);
    oss_status status = path == NULL ? OSS_ENOMEM : oss_file_lock_check(fd, path);
    oss_free(path);
    return status;
}
