/* A checkpoint appears by one rename of a folder that is whole and on the disk; links follow; old ones go
 * last. */
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "checkpoint/checkpoint_internal.h"
#include "model/model_internal.h"

typedef struct places {
    char *checkpoints; /* RUN/checkpoints */
    char *name;        /* step-00000250 */
    char *whole;       /* RUN/checkpoints/step-00000250 */
    char *temporary;   /* ... .tmp-PID */
    char *replaced;    /* ... .replaced */
    char *lock;        /* RUN/lock */
    int lock_fd;
} places;

static void deinit_places(places *at) {
    oss_free(at->checkpoints);
    oss_free(at->name);
    oss_free(at->whole);
    oss_free(at->temporary);
    oss_free(at->replaced);
    oss_free(at->lock);
}

static char *append_suffix(const char *path, const char *suffix) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, path);
    oss_strbuf_append(&text, suffix);
    return oss_strbuf_take(&text);
}

static oss_status init_places(places *at, const char *run, int64_t step, int lock_fd) {
    char suffix[32];
    (void)oss_format(suffix, sizeof suffix, ".tmp-%ld", (long)getpid());
    *at = (places){.checkpoints = oss_path_join(run, "checkpoints"),
                   .name = oss_checkpoint_name(step, ""),
                   .lock = oss_path_join(run, "lock"),
                   .lock_fd = lock_fd};
    if (at->checkpoints != NULL && at->name != NULL) {
        at->whole = oss_path_join(at->checkpoints, at->name);
    }
    if (at->whole != NULL) {
        at->temporary = append_suffix(at->whole, suffix);
        at->replaced = append_suffix(at->whole, ".replaced");
    }
    if (at->temporary == NULL || at->replaced == NULL || at->lock == NULL) {
        deinit_places(at);
        return OSS_ENOMEM;
    }
    return OSS_OK;
}

/* ---- The folder ---- */

typedef struct contents {
    const oss_model *model;
    const oss_optimizer *optimizer;
    const oss_train_state *state;
} contents;

static oss_status write_files(const contents *what, char *const path[3]) {
    oss_checkpoint_sums sums;
    oss_status status = oss_model_save_file(what->model, path[0], sums.model);
    if (status == OSS_OK) {
        status = oss_checkpoint_optimizer_save(path[1], what->model->params, what->optimizer, sums.optimizer);
    }
    return status == OSS_OK ? oss_checkpoint_state_save(path[2], what->state, &sums) : status;
}

static oss_status write_folder(const contents *what, const char *folder) {
    char *path[3] = {oss_path_join(folder, OSS_CHECKPOINT_MODEL),
                     oss_path_join(folder, OSS_CHECKPOINT_OPTIMIZER),
                     oss_path_join(folder, OSS_CHECKPOINT_STATE)};
    oss_status status = OSS_ENOMEM;
    if (path[0] != NULL && path[1] != NULL && path[2] != NULL) {
        status = oss_file_make_folders(folder);
    }
    if (status == OSS_OK) {
        status = write_files(what, path); /* each is synced, and its folder after it */
    }
    for (int i = 0; i < 3; i++) {
        oss_free(path[i]);
    }
    return status;
}

/* For work after the checkpoint is safe: a failure is told but changes nothing. */
static void tidy_up(const char *path) {
    if (oss_file_remove_tree(path) != OSS_OK) {
        oss_log_warn("%s could not be removed (%s); remove it by hand when room is short", path,
                     oss_last_error());
    }
}

/* Removes what a failed save leaves, so that a full disk gets its room back, and keeps the message of that
 * failure. */
static oss_status discard(const char *temporary, oss_status status) {
    char message[1024];
    (void)oss_format(message, sizeof message, "%s", oss_last_error());
    tidy_up(temporary);
    return oss_fail(status, "%s", message);
}

/* A step is saved again after a resume. Between the two renames only step-N.replaced is there, which loading
 * knows. */
static oss_status make_way(const places *at) {
    oss_status status = oss_file_remove_tree(at->replaced);
    return status == OSS_OK ? oss_file_rename(at->whole, at->replaced) : status;
}

/* When this fails too, loading finds the .replaced one. */
static oss_status give_back(const places *at, oss_status status) {
    char message[1024];
    (void)oss_format(message, sizeof message, "%s", oss_last_error());
    (void)oss_file_rename(at->replaced, at->whole);
    return oss_fail(status, "%s", message);
}

static oss_status put_in_place(const places *at) {
    bool is_again = oss_file_exists(at->whole);
    oss_status status = oss_file_lock_check(at->lock_fd, at->lock);
    if (status == OSS_OK && is_again) {
        status = make_way(at);
    }
    if (status == OSS_OK) {
        status = oss_file_rename(at->temporary, at->whole);
    }
    if (status != OSS_OK && is_again && !oss_file_exists(at->whole)) {
        return give_back(at, status);
    }
    return status;
}

/* ---- Links ---- */

/* best first: a kill in between leaves latest behind, and what is done again from there sets best again. */
static oss_status point_links(const char *run, const char *name, bool is_best) {
    oss_status status = is_best ? oss_checkpoint_point(run, "best", name) : OSS_OK;
    return status == OSS_OK ? oss_checkpoint_point(run, "latest", name) : status;
}

/* ---- Old ones ---- */

static bool is_named(const char *name, const char *best, const char *latest) {
    return (best != NULL && strcmp(name, best) == 0) || (latest != NULL && strcmp(name, latest) == 0);
}

/* Under another name first: a kill during the removal must not leave half a checkpoint under a good name. */
static oss_status remove_checkpoint(const char *folder, const char *name) {
    char *path = oss_path_join(folder, name);
    char *aside = path == NULL ? NULL : append_suffix(path, ".tmp-old");
    oss_status status = aside == NULL ? OSS_ENOMEM : oss_file_remove_tree(aside);
    if (status == OSS_OK) {
        status = oss_file_rename(path, aside);
    }
    if (status == OSS_OK) {
        status = oss_file_remove_tree(aside);
    }
    oss_free(path);
    oss_free(aside);
    return status;
}

static oss_status remove_entry(const char *folder, const char *name) {
    char *path = oss_path_join(folder, name);
    oss_status status = path == NULL ? OSS_ENOMEM : oss_file_remove_tree(path);
    oss_free(path);
    return status;
}

static bool is_leftover(const oss_checkpoint_list *list, int32_t index) {
    const oss_checkpoint_entry *entry = &list->entry[index];
    const oss_checkpoint_entry *before = index > 0 ? entry - 1 : NULL;
    bool is_again = before != NULL && before->step == entry->step && before->kind == OSS_CHECKPOINT_WHOLE;
    return entry->kind == OSS_CHECKPOINT_LEFTOVER || (entry->kind == OSS_CHECKPOINT_REPLACED && is_again);
}

/* What killed processes left behind (the run is locked: nobody else is at work here). One that cannot be
 * removed does not keep the others; the first failure is returned. */
static oss_status remove_leftovers(const oss_checkpoint_list *list) {
    oss_status first = OSS_OK;
    for (int32_t i = 0; i < list->count; i++) {
        if (is_leftover(list, i)) {
            oss_status status = remove_entry(list->folder, list->entry[i].name);
            first = first != OSS_OK ? first : status;
        }
    }
    return first;
}

static oss_status remove_old(const oss_checkpoint_list *list, const char *best, const char *latest,
                             int32_t keep_last) {
    oss_status first = OSS_OK;
    int32_t whole = 0;
    for (int32_t i = 0; i < list->count; i++) {
        const oss_checkpoint_entry *entry = &list->entry[i];
        if (entry->kind == OSS_CHECKPOINT_WHOLE && ++whole > keep_last &&
            !is_named(entry->name, best, latest)) {
            oss_status status = remove_checkpoint(list->folder, entry->name);
            first = first != OSS_OK ? first : status;
        }
    }
    return first;
}

static oss_status sweep(const char *run) {
    oss_checkpoint_list list = {0};
    oss_status status = oss_checkpoint_list_init(&list, run);
    if (status == OSS_OK) {
        status = remove_leftovers(&list);
    }
    oss_checkpoint_list_deinit(&list);
    return status;
}

static oss_status prune_named(const oss_checkpoint_list *list, const char *run, int32_t keep_last) {
    char *best = NULL;
    char *latest = NULL;
    oss_status status = oss_checkpoint_pointer(&best, run, "best");
    if (status == OSS_OK) {
        status = oss_checkpoint_pointer(&latest, run, "latest");
    }
    if (status == OSS_OK) {
        status = remove_old(list, best, latest, keep_last);
    }
    oss_free(best);
    oss_free(latest);
    return status;
}

static oss_status prune(const char *run, int32_t keep_last) {
    oss_checkpoint_list list = {0};
    oss_status status = oss_checkpoint_list_init(&list, run);
    if (status == OSS_OK) {
        status = remove_leftovers(&list);
    }
    if (status == OSS_OK) {
        status = prune_named(&list, run, keep_last);
    }
    oss_checkpoint_list_deinit(&list);
    return status;
}

/* ---- All of it ---- */

static oss_status save_at(const places *at, const char *run, const contents *what, bool is_best) {
    oss_status status = oss_file_lock_check(at->lock_fd, at->lock);
    if (status == OSS_OK) {
        status = oss_file_make_folders(at->checkpoints);
    }
    if (status == OSS_OK && sweep(run) != OSS_OK) { /* first, for their room */
        oss_log_warn("%s: what an earlier process left could not be removed: %s", run, oss_last_error());
    }
    if (status == OSS_OK) {
        status = write_folder(what, at->temporary);
        if (status == OSS_OK) {
            status = put_in_place(at);
        }
        if (status != OSS_OK) {
            return discard(at->temporary, status);
        }
    }
    if (status == OSS_OK) {
        status = oss_file_lock_check(at->lock_fd, at->lock);
    }
    return status == OSS_OK ? point_links(run, at->name, is_best) : status;
}

oss_status oss_checkpoint_save(const char *run, const oss_model *model, const oss_optimizer *optimizer,
                               const oss_train_state *state, bool is_best, int32_t keep_last, int lock_fd) {
    const contents what = {.model = model, .optimizer = optimizer, .state = state};
    places at;
    if (state->step < 0 || keep_last < 1) {
        return oss_fail(OSS_EBUG, "a checkpoint of step %lld was to be saved, keeping %d",
                        (long long)state->step, keep_last);
    }
    oss_status status = init_places(&at, run, state->step, lock_fd);
    if (status != OSS_OK) {
        return status;
    }
    status = save_at(&at, run, &what, is_best);
    if (status == OSS_OK) {
        status = oss_file_lock_check(lock_fd, at.lock);
    }
    deinit_places(&at);
    if (status == OSS_OK && prune(run, keep_last) != OSS_OK) {
        oss_log_warn("%s: the checkpoint is saved, but older ones could not be removed: %s", run,
                     oss_last_error());
    }
    return status;
}
