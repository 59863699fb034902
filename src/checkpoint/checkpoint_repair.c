/* `latest` and `best` are links to whole checkpoints again. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint_internal.h"
#include "model/model_internal.h"

/* Whether RUN/checkpoints has a checkpoint of this name. */
static oss_status has_checkpoint(bool *out, const char *run, const char *name) {
    oss_checkpoint_list list = {0};
    oss_status status = oss_checkpoint_list_init(&list, run);
    if (status == OSS_OK) {
        const oss_checkpoint_entry *entry = oss_checkpoint_list_find(&list, name);
        *out = entry != NULL && entry->kind == OSS_CHECKPOINT_WHOLE;
    }
    oss_checkpoint_list_deinit(&list);
    return status;
}

/* Makes RUN/link a link to the checkpoint `name`; what is there and no link keeps its content under another name. */
static oss_status replace(const char *run, const char *link, const char *name) {
    char *path = oss_path_join(run, link);
    char *aside = NULL;
    oss_status status = path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_file_exists(path) && !oss_file_is_link(path)) {
        status = oss_file_set_aside(&aside, path, "copy");
    }
    if (status == OSS_OK) {
        status = oss_checkpoint_point(run, link, name);
    }
    if (status == OSS_OK) {
        oss_log_warn("%s is a link to %s now%s%s", path, name, aside == NULL ? "" : "; what was there is ",
                     aside == NULL ? "" : aside);
    }
    oss_free(aside);
    oss_free(path);
    return status;
}

/* *out = what the pointer stands for, when that is there; else NULL. *out_sound: and it is a link. */
static oss_status look_at(char **out, bool *out_sound, const char *run, const char *link) {
    char *name = NULL, *path = oss_path_join(run, link);
    bool is_there = false;
    oss_status status = path == NULL ? OSS_ENOMEM : oss_checkpoint_pointer(&name, run, link);
    if (status == OSS_OK && name != NULL) {
        status = has_checkpoint(&is_there, run, name);
    }
    if (status == OSS_OK && is_there) {
        *out_sound = oss_file_is_link(path);
        *out = name;
        name = NULL;
    }
    oss_free(name);
    oss_free(path);
    return status;
}

static oss_status repair_latest(const char *run, const char *loaded) {
    char *name = NULL;
    bool is_sound = false;
    oss_status status = look_at(&name, &is_sound, run, "latest");
    if (status == OSS_OK && !is_sound) {
        status = replace(run, "latest", loaded);
    }
    oss_free(name);
    return status;
}

/* ---- best ---- */

/* OSS_EINPUT when the checkpoint's model is damaged: then all of it is set aside. A disk that answers with an error
 * today may answer well tomorrow. */
static oss_status check_model(const char *run, const char *name) {
    char *folder = oss_path_join(run, "checkpoints");
    char *checkpoint = folder == NULL ? NULL : oss_path_join(folder, name);
    char *file = checkpoint == NULL ? NULL : oss_path_join(checkpoint, OSS_CHECKPOINT_MODEL);
    oss_model *model = NULL;
    oss_status status = OSS_ENOMEM;
    if (file != NULL) {
        status = oss_file_exists(file) ? oss_model_load_file(&model, file, NULL)
                                       : oss_fail(OSS_EINPUT, "%s is missing", file);
    }
    if (status == OSS_EINPUT) {
        oss_log_warn("%s/best, the checkpoint %s, cannot be used: %s", run, name, oss_last_error());
        oss_checkpoint_set_aside(checkpoint);
    } else if (status == OSS_EIO) {
        oss_log_warn("%s/best, the checkpoint %s, cannot be read: %s", run, name, oss_last_error());
        status = OSS_OK;
    }
    oss_model_free(model);
    oss_free(file);
    oss_free(checkpoint);
    oss_free(folder);
    return status;
}

/* The checkpoint that the state calls the best, when it is there and its model whole; else *out stays NULL. */
static oss_status find_best(char **out, const char *run, const oss_train_state *state) {
    bool is_there = false;
    char *name = state->best_step < 0 ? NULL : oss_checkpoint_name(state->best_step, "");
    if (name == NULL) {
        return state->best_step < 0 ? OSS_OK : OSS_ENOMEM;
    }
    oss_status status = has_checkpoint(&is_there, run, name);
    if (status == OSS_OK && is_there) {
        status = check_model(run, name);
    }
    if (status != OSS_OK || !is_there) {
        oss_free(name);
        return status == OSS_EINPUT ? OSS_OK : status;
    }
    *out = name;
    return OSS_OK;
}

static void forget_best(const char *run, oss_train_state *state) {
    oss_log_warn("%s: its best checkpoint is gone; `best` is that of step %lld until a scoring finds another",
                 run, (long long)state->step);
    state->best_cer = state->best_wer = state->best_loss = -1.0;
    state->best_step = -1;
}

static oss_status choose_best(const char *run, const char *loaded, oss_train_state *state) {
    char *name = NULL;
    oss_status status = find_best(&name, run, state);
    if (status == OSS_OK && name == NULL) {
        forget_best(run, state);
    }
    if (status == OSS_OK) {
        status = replace(run, "best", name == NULL ? loaded : name);
    }
    oss_free(name);
    return status;
}

/* `best` is the checkpoint that was loaded, and the one whose scores its state remembers is gone: a repair pointed there,
 * and the process was killed before it could save what it forgot, or `ossicle fsck` made the repair. (A `best` ahead of
 * what was loaded is none of these: what is done again leads there.) */
static oss_status check_remembered(const char *run, oss_train_state *state) {
    char *name = state->best_step < 0 ? NULL : oss_checkpoint_name(state->best_step, "");
    if (name == NULL) {
        return state->best_step < 0 ? OSS_OK : OSS_ENOMEM;
    }
    bool is_there = true;
    oss_status status = has_checkpoint(&is_there, run, name);
    if (status == OSS_OK && !is_there) {
        forget_best(run, state);
    }
    oss_free(name);
    return status;
}

static oss_status repair_best(const char *run, const char *loaded, oss_train_state *state) {
    char *name = NULL;
    bool is_sound = false, has_one = false;
    oss_status status = oss_checkpoint_has_entry(&has_one, run, "best");
    if (status != OSS_OK || (!has_one && state->best_step < 0)) {
        return status; /* none was scored yet */
    }
    status = look_at(&name, &is_sound, run, "best");
    if (status == OSS_OK && name != NULL && strcmp(name, loaded) != 0) {
        status = check_model(run, name);
        if (status == OSS_EINPUT) {
            status = OSS_OK;
            oss_free(name);
            name = NULL;
        }
    }
    if (status == OSS_OK && name == NULL) {
        status = choose_best(run, loaded, state);
    } else if (status == OSS_OK) {
        status = is_sound ? OSS_OK : replace(run, "best", name);
        if (status == OSS_OK && strcmp(name, loaded) == 0) {
            status = check_remembered(run, state);
        }
    }
    oss_free(name);
    return status;
}

oss_status oss_checkpoint_repair(const char *run, oss_train_state *state) {
    char *loaded = oss_checkpoint_name(state->step, "");
    oss_status status = loaded == NULL ? OSS_ENOMEM : repair_latest(run, loaded);
    if (status == OSS_OK) {
        status = repair_best(run, loaded, state);
    }
    oss_free(loaded);
    return status;
}
