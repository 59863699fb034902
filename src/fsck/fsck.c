/* What a path is, and who looks at it. */
#include "fsck/fsck.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"
#include "checkpoint/run_place.h"
#include "fsck/fsck_internal.h"

/* ---- What it is ---- */

static bool has(const char *folder, const char *name) {
    char *path = oss_path_join(folder, name);
    bool is_there = path != NULL && (oss_file_exists(path) || oss_file_is_link(path));
    oss_free(path);
    return is_there;
}

static bool is_checkpoint(const char *path) {
    return has(path, OSS_CHECKPOINT_STATE) || has(path, OSS_CHECKPOINT_OPTIMIZER);
}

/* Two of the names that a run has, or what is left of one: a checkpoint in its place. */
static bool is_run(const char *path) {
    static const char *const name[] = {OSS_RUN_CONFIG, OSS_RUN_LOCK, OSS_METRICS_FILE,
                                       "checkpoints",  "latest",     "best"};
    int32_t count = 0;
    int64_t step = -1;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        count += has(path, name[i]);
    }
    return !is_checkpoint(path) &&
           (count >= 2 || (oss_checkpoint_last_step(&step, path) == OSS_OK && step >= 0));
}

/* Whether the checkpoint is one of a run: the folder lies in RUN/checkpoints, by whatever link, or in its place. */
static oss_status is_of_run(bool *out, const char *folder) {
    char *above = oss_path_join(folder, "..");
    char *run = oss_path_join(folder, "../..");
    char *checkpoints = run == NULL ? NULL : oss_path_join(run, "checkpoints");
    oss_status status = above == NULL || checkpoints == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        *out = oss_file_is_same(above, checkpoints) || is_run(above);
    }
    oss_free(checkpoints);
    oss_free(run);
    oss_free(above);
    return status;
}

static oss_status refuse_part(const char *path) {
    return oss_fail(OSS_EUSAGE, "%s is part of a run: give --repair the folder of the run", path);
}

/* A file of a run or of a checkpoint is repaired with that: alone it would be taken from the others. */
static oss_status is_part(bool *out, const char *path) {
    char *file = NULL, *folder = NULL;
    oss_status status = oss_file_follow(&file, path);
    if (status == OSS_OK) {
        folder = oss_path_folder(file);
        status = folder == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        *out = is_checkpoint(folder) || is_run(folder);
    }
    oss_free(folder);
    oss_free(file);
    return status;
}

static oss_status check_file(oss_fsck_report *report, const char *path, bool repair) {
    bool is_of_others = false;
    oss_status status = is_part(&is_of_others, path);
    if (status == OSS_OK && is_of_others && repair) {
        return refuse_part(path);
    }
    bool is_view = strcmp(oss_path_name(path), OSS_CHECKPOINT_STATE) == 0 ||
                   oss_path_ends_in(path, ".jsonl") || strcmp(oss_path_name(path), OSS_RUN_LOCK) == 0;
    if (status == OSS_OK && is_of_others && is_view) {
        return oss_fsck_add(report, path, "file", OSS_FSCK_UNKNOWN,
                            "part of a run or checkpoint: give the folder, with which it is checked");
    }
    return status == OSS_OK ? oss_fsck_file(report, path, true, repair) : status;
}

/* ---- Folders of other files ---- */

static oss_status check_entry(oss_fsck_report *report, const char *folder, const char *name, bool repair) {
    char *path = oss_path_join(folder, name);
    oss_status status = path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_file_is_regular(path)) {
        status = oss_fsck_file(report, path, false, repair);
    }
    oss_free(path);
    return status;
}

static oss_status check_folder(oss_fsck_report *report, const char *folder, bool repair) {
    char **name = NULL;
    size_t names = 0;
    int32_t before = report->items;
    oss_status status = oss_file_list(&name, &names, folder);
    if (status == OSS_EIO) {
        return oss_fsck_add_checked(report, folder, "folder", status, NULL);
    }
    for (size_t i = 0; i < names && status == OSS_OK; i++) {
        status = check_entry(report, folder, name[i], repair);
    }
    oss_file_free_names(name, names);
    if (status == OSS_OK && report->items == before) {
        status = oss_fsck_add(report, folder, "folder", OSS_FSCK_UNKNOWN,
                              "no run, no checkpoint, and no file in it that Ossicle writes");
    }
    return status;
}

/* ---- All of it ---- */

oss_status oss_fsck_path(oss_fsck_report *report, const char *path, bool repair) {
    if (!oss_file_exists(path)) {
        int64_t bytes = 0; /* its message tells why */
        return oss_fsck_add(report, path, "path", OSS_FSCK_MISSING,
                            oss_file_size(&bytes, path) == OSS_OK ? NULL : oss_last_error());
    }
    if (!oss_file_is_folder(path)) {
        return check_file(report, path, repair);
    }
    if (is_run(path)) {
        return oss_fsck_run(report, path, repair);
    }
    if (!is_checkpoint(path)) {
        return check_folder(report, path, repair);
    }
    bool is_of_others = false;
    oss_status status = repair ? is_of_run(&is_of_others, path) : OSS_OK;
    if (status == OSS_OK && is_of_others) {
        status = refuse_part(path);
    }
    return status == OSS_OK ? oss_fsck_checkpoint(report, path, repair) : status;
}
