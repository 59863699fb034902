/* Which files are a run's own. */
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"

/* In the run folder or in a checkpoint: a name of one is nothing else's in the other. */
static const char *const kept[] = {
    "config.json", "metrics.jsonl",      "metrics.superseded.jsonl", "skipped.jsonl",         "dev.csv",
    "lock",        OSS_CHECKPOINT_MODEL, OSS_CHECKPOINT_STATE,       OSS_CHECKPOINT_OPTIMIZER};

static oss_status find_in_folder(char **out, const char *folder, const char *file) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept && *out == NULL; i++) {
        char *path = oss_path_join(folder, kept[i]);
        if (path == NULL) {
            return OSS_ENOMEM;
        }
        if (oss_file_is_same(path, file)) {
            *out = path;
        } else {
            oss_free(path);
        }
    }
    return OSS_OK;
}

static oss_status find_below(char **out, const char *folder, const char *name, const char *file) {
    char *path = oss_path_join(folder, name);
    oss_status status = path == NULL ? OSS_ENOMEM : find_in_folder(out, path, file);
    oss_free(path);
    return status;
}

static oss_status find_in_run(char **out, const char *run, const char *file) {
    oss_checkpoint_list list = {0};
    oss_status status = find_in_folder(out, run, file);
    if (status == OSS_OK && *out == NULL) {
        status = find_below(out, run, "latest", file);
    }
    if (status == OSS_OK && *out == NULL) {
        status = find_below(out, run, "best", file);
    }
    if (status == OSS_OK && *out == NULL) {
        status = oss_checkpoint_list_init(&list, run);
    }
    for (int32_t i = 0; i < list.count && status == OSS_OK && *out == NULL; i++) {
        status = find_below(out, list.folder, list.entry[i].name, file);
    }
    oss_checkpoint_list_deinit(&list);
    return status;
}

/* RUN of RUN/checkpoints/step-00000250, by whatever link: a checkpoint has a state. */
static oss_status find_in_run_of(char **out, const char *checkpoint, const char *file) {
    char *state = oss_path_join(checkpoint, OSS_CHECKPOINT_STATE);
    char *run = oss_path_join(checkpoint, "../..");
    oss_status status = state == NULL || run == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_file_exists(state)) {
        status = find_in_run(out, run, file);
    }
    oss_free(run);
    oss_free(state);
    return status;
}

oss_status oss_checkpoint_find_kept(char **out, const char *folder, const char *file) {
    char *found = NULL;
    oss_status status = oss_file_exists(file) ? find_in_run(&found, folder, file) : OSS_OK;
    if (status == OSS_OK && found == NULL && oss_file_exists(file)) {
        status = find_in_run_of(&found, folder, file);
    }
    if (status == OSS_OK) {
        *out = found;
    }
    return status;
}
