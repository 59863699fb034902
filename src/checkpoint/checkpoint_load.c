/* The newest checkpoint that is whole. A damaged one is set aside under another name, never deleted. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"
#include "model/model_internal.h"

typedef struct loaded {
    oss_model *model;
    oss_optimizer optimizer;
    oss_train_state state;
} loaded;

static void free_loaded(loaded *what) {
    oss_model_free(what->model);
    oss_optimizer_deinit(&what->optimizer);
    oss_train_state_deinit(&what->state);
    *what = (loaded){0};
}

/* ---- One folder ---- */

/* A file that is not there is damage (OSS_EINPUT); a file that cannot be read is the system's trouble
 * (OSS_EIO). */
static oss_status check_files(const char *folder) {
    static const char *const wanted[] = {OSS_CHECKPOINT_MODEL, OSS_CHECKPOINT_OPTIMIZER,
                                         OSS_CHECKPOINT_STATE};
    char **name = NULL;
    size_t names = 0;
    oss_status status = oss_file_list(&name, &names, folder);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && status == OSS_OK; i++) {
        bool is_there = false;
        for (size_t j = 0; j < names; j++) {
            is_there = is_there || strcmp(name[j], wanted[i]) == 0;
        }
        if (!is_there) {
            status = oss_fail(OSS_EINPUT, "%s: %s is missing", folder, wanted[i]);
        }
    }
    oss_file_free_names(name, names);
    return status;
}

static oss_status check_sums(const oss_checkpoint_sums *wanted, const oss_checkpoint_sums *got,
                             const char *folder) {
    bool is_model = strcmp(wanted->model, got->model) == 0;
    if (is_model && strcmp(wanted->optimizer, got->optimizer) == 0) {
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT, "%s: its %s is of another checkpoint than its %s", folder,
                    is_model ? OSS_CHECKPOINT_OPTIMIZER : OSS_CHECKPOINT_MODEL, OSS_CHECKPOINT_STATE);
}

static oss_status load_files(loaded *what, char *const path[3], const char *folder, int64_t step) {
    oss_checkpoint_sums wanted;
    oss_checkpoint_sums got;
    oss_status status = oss_checkpoint_state_load(&what->state, &wanted, path[2]);
    if (status == OSS_OK && step >= 0 && what->state.step != step) {
        status = oss_fail(OSS_EINPUT, "%s: it is of step %lld by its %s", folder, (long long)what->state.step,
                          OSS_CHECKPOINT_STATE);
    }
    if (status == OSS_OK) {
        status = oss_model_load_file(&what->model, path[0], got.model);
    }
    if (status == OSS_OK) {
        status = oss_checkpoint_optimizer_load(&what->optimizer, what->model->params, path[1], got.optimizer);
    }
    return status == OSS_OK ? check_sums(&wanted, &got, folder) : status;
}

static oss_status load_folder(loaded *out, const char *folder, int64_t step) {
    loaded what = {0};
    char *path[3] = {oss_path_join(folder, OSS_CHECKPOINT_MODEL),
                     oss_path_join(folder, OSS_CHECKPOINT_OPTIMIZER),
                     oss_path_join(folder, OSS_CHECKPOINT_STATE)};
    oss_status status = OSS_ENOMEM;
    if (path[0] != NULL && path[1] != NULL && path[2] != NULL) {
        status = check_files(folder);
    }
    if (status == OSS_OK) {
        status = load_files(&what, path, folder, step);
    }
    for (int i = 0; i < 3; i++) {
        oss_free(path[i]);
    }
    if (status != OSS_OK) {
        free_loaded(&what);
        return status;
    }
    *out = what;
    return OSS_OK;
}

oss_status oss_checkpoint_check(oss_train_state *out_state, const char *folder, int64_t step) {
    loaded what = {0};
    oss_status status = load_folder(&what, folder, step);
    if (status == OSS_OK) {
        *out_state = what.state;
        what.state = (oss_train_state){0};
    }
    free_loaded(&what);
    return status;
}

/* ---- Setting aside ---- */

void oss_checkpoint_set_aside(const char *folder) {
    char *aside = NULL;
    if (oss_file_set_aside(&aside, folder, "damaged") != OSS_OK) {
        oss_log_warn("%s is damaged and could not be renamed: %s", folder, oss_last_error());
    } else {
        oss_log_warn("%s is damaged; it is now %s", folder, aside);
    }
    oss_free(aside);
}

/* A kill between the two renames of a save: the older one of the same step gets its name back. */
static void restore_replaced(const oss_checkpoint_list *list, const oss_checkpoint_entry *entry) {
    char *name = oss_checkpoint_name(entry->step, "");
    char *from = oss_path_join(list->folder, entry->name);
    char *to = name == NULL ? NULL : oss_path_join(list->folder, name);
    if (from == NULL || to == NULL || oss_file_exists(to) || oss_file_rename(from, to) != OSS_OK) {
        oss_log_warn("%s could not be given its old name back: %s", entry->name, oss_last_error());
    }
    oss_free(name);
    oss_free(from);
    oss_free(to);
}

/* ---- Which folder ---- */

typedef struct search {
    const char *run;
    const oss_checkpoint_list *list;
    int32_t tried;
    char first_problem[1024];
} search;

/* OSS_EINPUT and OSS_EIO: try the next. Only what is known to be damaged is renamed: a disk that answers with
 * an error today may answer well tomorrow. */
static oss_status try_entry(loaded *out, search *job, const oss_checkpoint_entry *entry) {
    char *folder = oss_path_join(job->list->folder, entry->name);
    oss_status status = folder == NULL ? OSS_ENOMEM : load_folder(out, folder, entry->step);
    if (status != OSS_OK && job->tried++ == 0) {
        (void)oss_format(job->first_problem, sizeof job->first_problem, "%s", oss_last_error());
    }
    if (status == OSS_EINPUT || status == OSS_EIO) {
        oss_log_warn("the checkpoint %s cannot be used: %s", entry->name, oss_last_error());
    }
    if (status == OSS_EINPUT) {
        oss_checkpoint_set_aside(folder);
    }
    oss_free(folder);
    return status;
}

static bool goes_on(oss_status status) {
    return status == OSS_EINPUT || status == OSS_EIO;
}

/* `latest` first, then all others from the newest on. */
static oss_status search_list(loaded *out, search *job, const oss_checkpoint_entry *latest) {
    const oss_checkpoint_entry *found = latest;
    oss_status status = latest == NULL ? OSS_EINPUT : try_entry(out, job, latest);
    for (int32_t i = 0; i < job->list->count && goes_on(status); i++) {
        const oss_checkpoint_entry *entry = &job->list->entry[i];
        if (entry != latest && oss_checkpoint_is_saved(entry)) {
            found = entry;
            status = try_entry(out, job, entry);
        }
    }
    if (status == OSS_OK && found->kind == OSS_CHECKPOINT_REPLACED) {
        restore_replaced(job->list, found);
    }
    if (status == OSS_OK && job->tried > 0) {
        oss_log_warn("%s: going back to %s", job->run, found->name);
    }
    if (goes_on(status)) {
        return job->tried == 0 ? oss_fail(OSS_EINPUT, "%s has no checkpoint", job->run)
                               : oss_fail(status, "%s: none of its %d checkpoints can be used; the first: %s",
                                          job->run, job->tried, job->first_problem);
    }
    return status;
}

static oss_status find_and_load(loaded *out, const char *run, const oss_checkpoint_list *list) {
    char *name = NULL;
    oss_status status = oss_checkpoint_pointer(&name, run, "latest");
    if (status != OSS_OK) {
        return status;
    }
    const oss_checkpoint_entry *latest = name == NULL ? NULL : oss_checkpoint_list_find(list, name);
    if (latest == NULL && name != NULL && list->count > 0) {
        oss_log_warn("%s: latest points to %s, which is not there", run, name);
    }
    if (latest != NULL && !oss_checkpoint_is_saved(latest)) {
        latest = NULL;
    }
    oss_free(name);
    search job = {.run = run, .list = list};
    return search_list(out, &job, latest);
}

oss_status oss_checkpoint_load(const char *run, oss_model **out_model, oss_optimizer *out_optimizer,
                               oss_train_state *out_state) {
    if (!oss_file_is_folder(run)) {
        return oss_fail(OSS_EINPUT, "%s is not a run folder", run);
    }
    loaded what = {0};
    oss_checkpoint_list list = {0};
    oss_status status = oss_checkpoint_adopt(run);
    if (status == OSS_OK) {
        status = oss_checkpoint_list_init(&list, run);
    }
    if (status == OSS_OK) {
        status = find_and_load(&what, run, &list);
    }
    oss_checkpoint_list_deinit(&list);
    if (status != OSS_OK) {
        return status;
    }
    *out_model = what.model;
    *out_optimizer = what.optimizer;
    *out_state = what.state;
    return OSS_OK;
}
