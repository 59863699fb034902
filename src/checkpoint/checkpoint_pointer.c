/* RUN/latest and RUN/best: links, and what copies make of links. */
#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"

/* ---- Reading ---- */

/* The step of a folder by its state.json, without a look at the rest of it. */
static oss_status read_folder_step(int64_t *out, const char *folder) {
    char *path = oss_path_join(folder, OSS_CHECKPOINT_STATE);
    oss_train_state state = {0};
    oss_checkpoint_sums sums;
    oss_status status = path == NULL ? OSS_ENOMEM : oss_checkpoint_state_load(&state, &sums, path);
    if (status == OSS_OK) {
        *out = state.step;
    }
    oss_train_state_deinit(&state);
    oss_free(path);
    return status;
}

/* *out stays NULL when the folder says nothing. */
static oss_status name_of_folder(char **out, const char *folder) {
    int64_t step = -1;
    oss_status status = read_folder_step(&step, folder);
    if (status == OSS_EINPUT || status == OSS_EIO) {
        oss_log_warn("%s is a folder, not a link, and no whole checkpoint: %s", folder, oss_last_error());
        return OSS_OK;
    }
    if (status == OSS_OK) {
        *out = oss_checkpoint_name(step, "");
        status = *out == NULL ? OSS_ENOMEM : OSS_OK;
    }
    return status;
}

/* *out stays NULL for a file that is none of ours. */
static oss_status name_of_path(char **out, const char *path) {
    char *target = NULL;
    oss_status status = oss_file_read_pointer(&target, path);
    if (status == OSS_EINPUT) {
        oss_log_warn("%s", oss_last_error());
        return OSS_OK;
    }
    if (status == OSS_OK) {
        *out = oss_strdup(oss_path_name(target));
        status = *out == NULL ? OSS_ENOMEM : OSS_OK;
    }
    oss_free(target);
    return status;
}

oss_status oss_checkpoint_pointer(char **out, const char *run, const char *link) {
    bool is_there = false;
    oss_status status = oss_checkpoint_has_entry(&is_there, run, link);
    if (status != OSS_OK) {
        return status;
    }
    char *name = NULL;
    char *path = is_there ? oss_path_join(run, link) : NULL;
    if (is_there && path == NULL) {
        return OSS_ENOMEM;
    }
    if (is_there) {
        bool is_folder = !oss_file_is_link(path) && oss_file_is_folder(path);
        status = is_folder ? name_of_folder(&name, path) : name_of_path(&name, path);
    }
    oss_free(path);
    if (status == OSS_OK) {
        *out = name;
    }
    return status;
}

/* ---- Writing ---- */

oss_status oss_checkpoint_point(const char *run, const char *link, const char *name) {
    char *path = oss_path_join(run, link);
    char *target = oss_path_join("checkpoints", name);
    oss_status status = path == NULL || target == NULL ? OSS_ENOMEM : oss_file_symlink(path, target);
    oss_free(path);
    oss_free(target);
    return status;
}

/* ---- Adopting ---- */

static oss_status adopt_folder(const char *run, const char *folder) {
    char *name = NULL;
    oss_status status = name_of_folder(&name, folder);
    char *checkpoints = oss_path_join(run, "checkpoints");
    char *whole = checkpoints == NULL || name == NULL ? NULL : oss_path_join(checkpoints, name);
    if (status == OSS_OK && (checkpoints == NULL || (name != NULL && whole == NULL))) {
        status = OSS_ENOMEM;
    }
    if (status == OSS_OK && whole != NULL && !oss_file_exists(whole)) {
        status = oss_file_make_folders(checkpoints);
        if (status == OSS_OK) {
            status = oss_file_rename(folder, whole);
        }
        if (status == OSS_OK) {
            oss_log_warn("%s was a folder, not a link: it is now %s", folder, whole);
        }
    }
    oss_free(name);
    oss_free(checkpoints);
    oss_free(whole);
    return status;
}

oss_status oss_checkpoint_adopt(const char *run) {
    static const char *const link[] = {"latest", "best"};
    oss_status status = OSS_OK;
    for (size_t i = 0; i < sizeof link / sizeof link[0] && status == OSS_OK; i++) {
        char *path = oss_path_join(run, link[i]);
        status = path == NULL ? OSS_ENOMEM : OSS_OK;
        if (status == OSS_OK && !oss_file_is_link(path) && oss_file_is_folder(path)) {
            status = adopt_folder(run, path);
        }
        oss_free(path);
    }
    return status;
}
