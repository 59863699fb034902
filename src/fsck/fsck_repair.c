/* What is done about a run. Each thing is done by one rename, or by files that are written whole: after a kill at any moment
 * the next repair goes on. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/run_config.h"
#include "checkpoint/run_place.h"
#include "fsck/fsck_run.h"
#include "report/metrics_lines.h"

typedef struct repair {
    oss_fsck_report *report;
    int32_t first;
    const char *run;
    int lock_fd;
} repair;

/* ---- Moving ---- */

static oss_status give_back(oss_fsck_item *item) {
    static const char suffix[] = ".replaced";
    char *whole = oss_strdup(item->path);
    if (whole == NULL) {
        return OSS_ENOMEM;
    }
    whole[strlen(whole) - strlen(suffix)] = '\0';
    oss_status status = OSS_OK;
    if (oss_file_exists(whole)) { /* damaged, and could not be moved */
        status = oss_fail(OSS_EIO, "%s is in the way of %s", whole, item->path);
    }
    if (status == OSS_OK) {
        status = oss_file_rename(item->path, whole);
    }
    if (status == OSS_OK) {
        status = oss_fsck_done(item, false, "is %s again", whole);
    }
    oss_free(whole);
    return status;
}

static oss_status move(oss_fsck_item *item) {
    switch (item->remedy) {
    case OSS_FSCK_MOVE_DAMAGED:
        return oss_fsck_set_aside(item, false, item->path, "damaged");
    case OSS_FSCK_MOVE_STALE:
        return oss_fsck_set_aside(item, false, item->path, "stale");
    case OSS_FSCK_GIVE_BACK:
        return give_back(item);
    default:
        return OSS_OK;
    }
}

/* ---- Pointers ---- */

/* A link that leads out of the run, to a folder that is called like one of its checkpoints. */
static oss_status move_foreign(const char *run, const char *path, const char *name) {
    char *folder = oss_path_join(run, "checkpoints");
    char *target = folder == NULL || name == NULL ? NULL : oss_path_join(folder, name);
    char *aside = NULL;
    oss_status status = folder == NULL || (name != NULL && target == NULL) ? OSS_ENOMEM : OSS_OK;
    if (target != NULL && oss_file_is_link(path) && oss_file_exists(target) &&
        !oss_file_is_same(path, target)) {
        status = oss_file_set_aside(&aside, path, "copy");
    }
    oss_free(aside);
    oss_free(target);
    oss_free(folder);
    return status;
}

static oss_status prepare_pointers(const repair *r) {
    oss_status status = OSS_OK;
    for (int32_t i = r->first; i < r->report->items && status == OSS_OK; i++) {
        const oss_fsck_item *item = &r->report->item[i];
        char *name = NULL;
        if (item->remedy == OSS_FSCK_POINT) {
            status = oss_checkpoint_pointer(&name, r->run, oss_path_name(item->path));
            status = status == OSS_OK ? move_foreign(r->run, item->path, name) : status;
        }
        oss_free(name);
    }
    return status;
}

static oss_status tell_pointer(const repair *r, oss_fsck_item *item) {
    char *name = NULL;
    oss_status status = oss_checkpoint_pointer(&name, r->run, oss_path_name(item->path));
    if (status == OSS_OK && name != NULL && oss_file_is_link(item->path)) {
        status = oss_fsck_done(item, false, "is a link to %s now", name);
    }
    oss_free(name);
    return status;
}

/* ---- config.json ---- */

static oss_status write_config(const repair *r, oss_fsck_item *item, const char *saved) {
    oss_config *config = NULL;
    char *aside = NULL;
    if (saved == NULL) {
        return OSS_OK; /* of a version that kept none */
    }
    oss_status status = oss_config_parse(&config, saved, "the config in the newest checkpoint");
    if (status == OSS_OK && oss_file_exists(item->path)) {
        status = oss_file_set_aside(&aside, item->path, "damaged");
    }
    if (status == OSS_OK) {
        status = oss_run_write_config(r->run, config);
    }
    if (status == OSS_OK) {
        status = oss_fsck_done(item, false, "written from the newest checkpoint%s%s",
                               aside == NULL ? "" : "; what was there is ", aside == NULL ? "" : aside);
    }
    oss_config_free(config);
    oss_free(aside);
    return status;
}

/* ---- All of it ---- */

static bool asks_for(const repair *r, oss_fsck_remedy remedy) {
    bool found = false;
    for (int32_t i = r->first; i < r->report->items; i++) {
        found = found || r->report->item[i].remedy == (int)remedy;
    }
    return found;
}

/* `state`: of the checkpoint that training would go on from. */
static oss_status restore(const repair *r, oss_fsck_item *item, const oss_train_state *state) {
    oss_status status = oss_run_check_lock(r->lock_fd, r->run);
    if (status != OSS_OK) {
        return status;
    }
    if (item->remedy == OSS_FSCK_POINT) {
        return tell_pointer(r, item);
    }
    return item->remedy == OSS_FSCK_WRITE_CONFIG ? write_config(r, item, state->config) : OSS_OK;
}

/* As --resume does it, so that both leave the same. No checkpoint that is whole: nothing to restore from. */
static oss_status restore_all(const repair *r) {
    oss_model *model = NULL;
    oss_optimizer optimizer = {0};
    oss_train_state state = {0};
    oss_status status = prepare_pointers(r);
    if (status == OSS_OK) {
        status = oss_checkpoint_load(r->run, &model, &optimizer, &state);
        if (status == OSS_EINPUT || status == OSS_EIO) {
            return OSS_OK;
        }
    }
    if (status == OSS_OK && asks_for(r, OSS_FSCK_POINT)) {
        status = oss_checkpoint_repair(r->run, &state);
    }
    for (int32_t i = r->first; i < r->report->items && status == OSS_OK; i++) {
        status = restore(r, &r->report->item[i], &state);
    }
    oss_model_free(model);
    oss_optimizer_deinit(&optimizer);
    oss_train_state_deinit(&state);
    return status;
}

static oss_status mend_metrics(oss_fsck_item *item) {
    oss_status status = oss_metrics_mend(item->path);
    return status == OSS_OK
               ? oss_fsck_done(item, false, "those lines were moved to %s", OSS_METRICS_SUPERSEDED)
               : status;
}

oss_status oss_fsck_run_repair(oss_fsck_report *report, int32_t first, const char *run, int lock_fd) {
    const repair r = {.report = report, .first = first, .run = run, .lock_fd = lock_fd};
    oss_status status = OSS_OK;
    for (int32_t i = first; i < report->items && status == OSS_OK; i++) {
        status = oss_run_check_lock(lock_fd, run);
        status = status == OSS_OK ? move(&report->item[i]) : status;
    }
    if (status == OSS_OK && (asks_for(&r, OSS_FSCK_POINT) || asks_for(&r, OSS_FSCK_WRITE_CONFIG))) {
        status = restore_all(&r);
    }
    for (int32_t i = first; i < report->items && status == OSS_OK; i++) {
        status = report->item[i].remedy == OSS_FSCK_MEND_METRICS ? mend_metrics(&report->item[i]) : OSS_OK;
    }
    return status;
}
