/* A run looked at, repaired, and looked at again. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/run_place.h"
#include "fsck/fsck_run.h"

/* An item of the path that needs attention; NULL: there is none. */
static oss_fsck_item *find_unwell(oss_fsck_report *report, int32_t first, const char *path) {
    for (int32_t i = first; i < report->items; i++) {
        if (!oss_fsck_is_well(&report->item[i]) && strcmp(report->item[i].path, path) == 0) {
            return &report->item[i];
        }
    }
    return NULL;
}

/* What the second look does not complain of is mended; what it alone complains of is told too. */
static oss_status compare(oss_fsck_report *report, int32_t first, oss_fsck_report *again) {
    for (int32_t i = first; i < report->items; i++) {
        oss_fsck_item *item = &report->item[i];
        item->mended = !oss_fsck_is_well(item) && find_unwell(again, 0, item->path) == NULL;
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < again->items && status == OSS_OK; i++) {
        const oss_fsck_item *item = &again->item[i];
        if (!oss_fsck_is_well(item) && find_unwell(report, first, item->path) == NULL) {
            status = oss_fsck_add(report, item->path, item->kind, item->state, item->note);
        }
    }
    return status;
}

static bool needs_repair(const oss_fsck_report *report, int32_t first) {
    bool needed = false;
    for (int32_t i = first; i < report->items; i++) {
        needed = needed || report->item[i].remedy != OSS_FSCK_NOTHING;
    }
    return needed;
}

static oss_status repair_locked(oss_fsck_report *report, const char *run, int lock_fd) {
    oss_fsck_report again = {0};
    int32_t first = report->items;
    oss_status status = oss_fsck_run_look_at(report, run, false);
    if (status != OSS_OK || !needs_repair(report, first)) {
        return status;
    }
    status = oss_fsck_run_repair(report, first, run, lock_fd);
    if (status == OSS_OK) {
        status = oss_fsck_run_look_at(&again, run, false);
    }
    if (status == OSS_OK) {
        status = compare(report, first, &again);
    }
    oss_fsck_report_deinit(&again);
    return status;
}

/* Whether a process trains there; a lock that is free is held for that moment. One that may not be opened (a disk that is
 * only read) tells nothing. */
static oss_status probe(bool *out, oss_fsck_report *report, const char *run) {
    int fd = -1;
    char *path = oss_path_join(run, OSS_RUN_LOCK);
    oss_status status = path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_file_exists(path)) {
        status = oss_file_lock(&fd, path);
        *out = status == OSS_EUSAGE;
        if (*out) {
            status = oss_fsck_add(report, path, "lock", OSS_FSCK_LOCKED, oss_last_error());
        } else if (status == OSS_OK) {
            oss_file_unlock(fd);
        }
    }
    oss_free(path);
    return status == OSS_ENOMEM ? status : OSS_OK;
}

oss_status oss_fsck_run(oss_fsck_report *report, const char *run, bool repair) {
    bool is_locked = false;
    int fd = -1;
    if (!repair) {
        oss_status status = probe(&is_locked, report, run);
        return status == OSS_OK ? oss_fsck_run_look_at(report, run, is_locked) : status;
    }
    oss_status status = oss_run_lock(&fd, run);
    if (status == OSS_OK) {
        status = repair_locked(report, run, fd);
        oss_file_unlock(fd);
    }
    return status;
}
