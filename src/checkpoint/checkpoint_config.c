/* The settings that a run's checkpoints carry. */
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"

/* *out_whole: the state can be read, whether it has a config or not. */
static oss_status read_entry(char **out, bool *out_whole, const oss_checkpoint_list *list, const char *name) {
    char *folder = oss_path_join(list->folder, name);
    char *path = folder == NULL ? NULL : oss_path_join(folder, OSS_CHECKPOINT_STATE);
    oss_train_state state = {0};
    oss_checkpoint_sums sums;
    oss_status status = path == NULL ? OSS_ENOMEM : oss_checkpoint_state_load(&state, &sums, path);
    *out_whole = status == OSS_OK;
    if (status == OSS_OK) {
        *out = state.config;
        state.config = NULL;
    }
    oss_train_state_deinit(&state);
    oss_free(path);
    oss_free(folder);
    return status == OSS_EINPUT || status == OSS_EIO ? OSS_OK : status; /* the next may do */
}

/* In the order in which oss_checkpoint_load tries them. */
static oss_status search(char **out, const oss_checkpoint_list *list, const oss_checkpoint_entry *latest) {
    bool is_whole = false;
    oss_status status = latest == NULL ? OSS_OK : read_entry(out, &is_whole, list, latest->name);
    for (int32_t i = 0; i < list->count && status == OSS_OK && !is_whole; i++) {
        if (oss_checkpoint_is_saved(&list->entry[i])) {
            status = read_entry(out, &is_whole, list, list->entry[i].name);
        }
    }
    return status;
}

oss_status oss_checkpoint_config(char **out, const char *run) {
    char *name = NULL, *config = NULL;
    oss_checkpoint_list list = {0};
    oss_status status = oss_file_is_folder(run) ? oss_checkpoint_list_init(&list, run) : OSS_OK;
    if (status == OSS_OK && list.count > 0) {
        status = oss_checkpoint_pointer(&name, run, "latest");
        status = status == OSS_EINPUT || status == OSS_EIO ? OSS_OK : status;
    }
    if (status == OSS_OK) {
        status = search(&config, &list, name == NULL ? NULL : oss_checkpoint_list_find(&list, name));
    }
    oss_free(name);
    oss_checkpoint_list_deinit(&list);
    if (status == OSS_OK) {
        *out = config;
    }
    return status;
}
