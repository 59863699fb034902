/* A run as it is found. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "checkpoint/run_config.h"
#include "checkpoint/run_place.h"
#include "fsck/fsck_run.h"
#include "report/metrics_lines.h"

enum { NOTE_BYTES = 512 };

static oss_status add(oss_fsck_run_look *l, const char *path, const char *kind, oss_fsck_state state,
                      oss_fsck_remedy remedy, const char *note) {
    oss_status status = oss_fsck_add(l->report, path, kind, state, note);
    if (status == OSS_OK) {
        l->report->item[l->report->items - 1].remedy = (int)remedy;
    }
    return status;
}

/* The same for how a check ended; only what is damaged is for the repair. */
static oss_status add_checked(oss_fsck_run_look *l, const char *path, const char *kind, oss_status status,
                              oss_fsck_remedy remedy) {
    bool is_damaged = status == OSS_EINPUT;
    status = oss_fsck_add_checked(l->report, path, kind, status, NULL);
    if (status == OSS_OK && is_damaged) {
        l->report->item[l->report->items - 1].remedy = (int)remedy;
    }
    return status;
}

/* ---- Checkpoints ---- */

static const char killed[] = "left by a process that was killed";

/* What training would go on from: `latest`, else the newest. */
static oss_status keep_state(oss_fsck_run_look *l, const oss_checkpoint_entry *entry,
                             oss_train_state *state) {
    bool is_latest = l->latest != NULL && strcmp(entry->name, l->latest) == 0;
    if (l->newest != NULL && !is_latest) {
        return OSS_OK;
    }
    oss_free(l->newest);
    oss_free(l->config);
    l->newest = oss_strdup(entry->name);
    l->config = state->config;
    l->step = state->step;
    l->best_step = state->best_step;
    state->config = NULL;
    return l->newest == NULL ? OSS_ENOMEM : OSS_OK;
}

/* What a process that trains removed meanwhile was not damaged. */
static bool has_gone(const oss_fsck_run_look *l, const char *path) {
    return l->is_locked && !oss_file_exists(path);
}

static oss_status look_at_saved(oss_fsck_run_look *l, int32_t index, const char *path) {
    const oss_checkpoint_entry *entry = &l->list.entry[index];
    oss_train_state state = {0};
    oss_status status = oss_checkpoint_check(&state, path, entry->step);
    l->state[index] = status == OSS_OK    ? OSS_FSCK_OK
                      : status == OSS_EIO ? OSS_FSCK_UNREADABLE
                                          : OSS_FSCK_DAMAGED;
    if (status == OSS_OK && entry->kind == OSS_CHECKPOINT_REPLACED) {
        status = l->is_locked ? OSS_OK
                              : add(l, path, "checkpoint", OSS_FSCK_STALE, OSS_FSCK_GIVE_BACK,
                                    "whole; a save was killed between its two renames");
    } else if (status == OSS_OK || !has_gone(l, path)) {
        status = add_checked(l, path, "checkpoint", status, OSS_FSCK_MOVE_DAMAGED);
    } else {
        status = status == OSS_ENOMEM ? status : OSS_OK;
    }
    if (status == OSS_OK && l->state[index] == OSS_FSCK_OK) {
        status = keep_state(l, entry, &state);
    }
    oss_train_state_deinit(&state);
    return status;
}

static oss_status look_at_entry(oss_fsck_run_look *l, int32_t index) {
    const oss_checkpoint_entry *entry = &l->list.entry[index];
    bool is_again = index > 0 && entry[-1].step == entry->step && entry[-1].kind == OSS_CHECKPOINT_WHOLE &&
                    l->state[index - 1] == OSS_FSCK_OK;
    char *path = oss_path_join(l->list.folder, entry->name);
    oss_status status = path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_checkpoint_is_saved(entry) &&
        !(entry->kind == OSS_CHECKPOINT_REPLACED && is_again)) {
        status = look_at_saved(l, index, path);
    } else if (status == OSS_OK) {
        l->state[index] = OSS_FSCK_STALE;
        status =
            l->is_locked ? OSS_OK : add(l, path, "temporary", OSS_FSCK_STALE, OSS_FSCK_MOVE_STALE, killed);
    }
    oss_free(path);
    return status;
}

static oss_status look_at_checkpoints(oss_fsck_run_look *l) {
    oss_status status = oss_checkpoint_pointer(&l->latest, l->run, "latest");
    if (status == OSS_OK) {
        status = oss_checkpoint_list_init(&l->list, l->run);
    }
    if (status == OSS_OK) {
        l->state = oss_alloc_zero((size_t)l->list.count + 1, sizeof *l->state);
        status = l->state == NULL ? OSS_ENOMEM : OSS_OK;
    }
    for (int32_t i = 0; i < l->list.count && status == OSS_OK; i++) {
        status = look_at_entry(l, i);
    }
    if (status == OSS_OK && l->newest == NULL && !l->is_locked) {
        status = add(l, l->list.folder, "checkpoints", OSS_FSCK_DAMAGED, OSS_FSCK_NOTHING,
                     "no checkpoint is whole: nothing to go on from");
    }
    return status;
}

/* ---- latest, best ---- */

/* What is said of the checkpoint that a pointer names; NULL: it is whole. */
static const char *judge_target(const oss_fsck_run_look *l, const char *name, oss_fsck_state *state) {
    const oss_checkpoint_entry *entry = oss_checkpoint_list_find(&l->list, name);
    *state = OSS_FSCK_DAMAGED;
    if (entry == NULL || entry->kind != OSS_CHECKPOINT_WHOLE) {
        return "is not there";
    }
    oss_fsck_state found = l->state[entry - l->list.entry];
    *state = found == OSS_FSCK_UNREADABLE ? found : OSS_FSCK_DAMAGED;
    return found == OSS_FSCK_OK ? NULL : found == OSS_FSCK_UNREADABLE ? "cannot be read" : "is damaged";
}

static oss_status look_at_link(oss_fsck_run_look *l, const char *path, const char *name) {
    char note[NOTE_BYTES];
    oss_fsck_state state = OSS_FSCK_OK;
    const char *wrong = judge_target(l, name, &state);
    char *target = oss_path_join(l->list.folder, name);
    if (target == NULL) {
        return OSS_ENOMEM;
    }
    if (wrong == NULL && !oss_file_is_same(path, target)) {
        wrong = "is not what the link leads to";
    } else if (wrong != NULL && l->is_locked && oss_file_is_same(path, target)) {
        wrong = NULL; /* made after the others were listed */
    }
    oss_free(target);
    (void)oss_format(note, sizeof note, "a link to %s%s%s", name, wrong == NULL ? "" : ", which ",
                     wrong == NULL ? "" : wrong);
    return wrong == NULL ? add(l, path, "pointer", OSS_FSCK_OK, OSS_FSCK_NOTHING, note)
                         : add(l, path, "pointer", state,
                               state == OSS_FSCK_DAMAGED ? OSS_FSCK_POINT : OSS_FSCK_NOTHING, note);
}

static oss_status look_at_pointer(oss_fsck_run_look *l, const char *link, bool is_needed) {
    bool is_there = false;
    char *name = NULL, *path = oss_path_join(l->run, link);
    oss_status status = path == NULL ? OSS_ENOMEM : oss_checkpoint_has_entry(&is_there, l->run, link);
    if (status == OSS_OK && !is_there) {
        status = is_needed && l->newest != NULL
                     ? add(l, path, "pointer", OSS_FSCK_MISSING, OSS_FSCK_POINT, NULL)
                     : OSS_OK;
    } else if (status == OSS_OK && !oss_file_is_link(path)) {
        status = add(l, path, "pointer", OSS_FSCK_DAMAGED, OSS_FSCK_POINT,
                     "no link to a checkpoint: a copy followed links, or knew none");
    } else if (status == OSS_OK) {
        status = oss_checkpoint_pointer(&name, l->run, link);
        if (status == OSS_OK) {
            status = look_at_link(l, path, name == NULL ? "nothing" : name);
        }
    }
    oss_free(name);
    oss_free(path);
    return status;
}

/* ---- config.json, metrics.jsonl ---- */

static oss_status look_at_config(oss_fsck_run_look *l) {
    bool is_there = false;
    oss_config *config = NULL;
    char *path = oss_path_join(l->run, OSS_RUN_CONFIG);
    oss_status status =
        path == NULL ? OSS_ENOMEM : oss_checkpoint_has_entry(&is_there, l->run, OSS_RUN_CONFIG);
    oss_fsck_remedy remedy = l->config == NULL ? OSS_FSCK_NOTHING : OSS_FSCK_WRITE_CONFIG;
    if (status == OSS_OK && !is_there) {
        status = add(l, path, "config", OSS_FSCK_MISSING, remedy, NULL);
    } else if (status == OSS_OK) {
        status = oss_config_load(&config, path);
        if (status == OSS_OK) {
            status = oss_run_check_config(l->run, config, l->config);
        }
        status = add_checked(l, path, "config", status, remedy);
    }
    oss_config_free(config);
    oss_free(path);
    return status;
}

static oss_status judge_lines(oss_fsck_run_look *l, const char *path, const oss_metrics_lines *lines) {
    char note[NOTE_BYTES];
    int64_t torn = lines->is_torn ? 1 : 0;
    if (lines->unreadable > torn || lines->disordered > 0) {
        (void)oss_format(
            note, sizeof note,
            "of %lld lines %lld cannot be read (the first: line %lld), %lld are out of order (the "
            "first: line %lld)",
            (long long)lines->lines, (long long)lines->unreadable, (long long)lines->first_unreadable,
            (long long)lines->disordered, (long long)lines->first_disordered);
        return add(l, path, "metrics", OSS_FSCK_DAMAGED, OSS_FSCK_MEND_METRICS, note);
    }
    if ((lines->is_torn || lines->is_open) && !l->is_locked) { /* else it is being written */
        return add(l, path, "metrics", OSS_FSCK_STALE, OSS_FSCK_MEND_METRICS,
                   "its last line lacks its end: a write was cut off");
    }
    (void)oss_format(note, sizeof note, "lines: %lld", (long long)lines->lines);
    return add(l, path, "metrics", OSS_FSCK_OK, OSS_FSCK_NOTHING, note);
}

static oss_status look_at_metrics(oss_fsck_run_look *l) {
    bool is_there = false;
    oss_metrics_lines lines = {0};
    char *path = oss_path_join(l->run, OSS_METRICS_FILE);
    oss_status status =
        path == NULL ? OSS_ENOMEM : oss_checkpoint_has_entry(&is_there, l->run, OSS_METRICS_FILE);
    if (status == OSS_OK && !is_there) {
        status = l->step > 0 ? add(l, path, "metrics", OSS_FSCK_MISSING, OSS_FSCK_NOTHING,
                                   "what the run's steps reached is not known; training goes on all the same")
                             : OSS_OK;
    } else if (status == OSS_OK) {
        status = oss_metrics_inspect(&lines, path);
        status = status == OSS_OK ? judge_lines(l, path, &lines)
                                  : add_checked(l, path, "metrics", status, OSS_FSCK_NOTHING);
    }
    oss_free(path);
    return status;
}

/* ---- What lies beside them ---- */

/* Names that this program and training give to what they move aside: latest.copy, config.json.damaged-2. */
static bool is_aside(const char *name) {
    static const char *const mark[] = {".damaged", ".stale", ".changed", ".copy"};
    static const char step[] = "step-";
    bool found = false;
    for (size_t i = 0; i < sizeof mark / sizeof *mark; i++) {
        const char *at = strstr(name, mark[i]);
        const char *end = at == NULL ? "?" : at + strlen(mark[i]);
        bool is_ours =
            at != NULL && (oss_run_is_ours(name, (size_t)(at - name)) ||
                           strncmp(name, step, strlen(step)) == 0 || strstr(name, ".tmp-") != NULL);
        found = found || (is_ours && (end[0] == '\0' ||
                                      (end[0] == '-' && end[1 + strspn(end + 1, "0123456789")] == '\0')));
    }
    return found;
}

static oss_status look_at_name(oss_fsck_run_look *l, const char *folder, const char *name) {
    bool is_left = oss_run_is_temporary(name) && !l->is_locked, aside = is_aside(name);
    char *path = is_left || aside ? oss_path_join(folder, name) : NULL;
    oss_status status = (is_left || aside) && path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && is_left) {
        status = add(l, path, "temporary", OSS_FSCK_STALE, OSS_FSCK_MOVE_STALE, killed);
    } else if (status == OSS_OK && aside) {
        status =
            add(l, path, "aside", OSS_FSCK_ASIDE, OSS_FSCK_NOTHING, "moved aside before; nothing needs it");
    }
    oss_free(path);
    return status;
}

static oss_status look_at_names(oss_fsck_run_look *l, const char *folder) {
    char **name = NULL;
    size_t names = 0;
    oss_status status = oss_file_list(&name, &names, folder);
    for (size_t i = 0; i < names && status == OSS_OK; i++) {
        status = look_at_name(l, folder, name[i]);
    }
    oss_file_free_names(name, names);
    return status;
}

/* ---- All of it ---- */

static oss_status look_at_all(oss_fsck_run_look *l) {
    oss_status status = look_at_checkpoints(l);
    if (status == OSS_OK) {
        status = look_at_pointer(l, "latest", true);
    }
    if (status == OSS_OK) {
        status = look_at_pointer(l, "best", l->best_step >= 0);
    }
    if (status == OSS_OK) {
        status = look_at_config(l);
    }
    if (status == OSS_OK) {
        status = look_at_metrics(l);
    }
    if (status == OSS_OK) {
        status = look_at_names(l, l->run);
    }
    return status == OSS_OK && oss_file_is_folder(l->list.folder) ? look_at_names(l, l->list.folder) : status;
}

oss_status oss_fsck_run_look_at(oss_fsck_report *report, const char *run, bool is_locked) {
    oss_fsck_run_look l = {.report = report, .run = run, .is_locked = is_locked, .best_step = -1};
    oss_status status = look_at_all(&l);
    if (status == OSS_EIO) { /* the folder itself */
        status = oss_fsck_add_checked(report, run, "run", status, NULL);
    }
    oss_checkpoint_list_deinit(&l.list);
    oss_free(l.state);
    oss_free(l.latest);
    oss_free(l.newest);
    oss_free(l.config);
    return status;
}
