#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "fsck/fsck_internal.h"

const char *const oss_fsck_state_name[OSS_FSCK_STATES] = {"ok",      "aside",   "locked",     "stale",
                                                          "missing", "damaged", "unreadable", "unknown"};

void oss_fsck_report_deinit(oss_fsck_report *report) {
    for (int32_t i = 0; i < report->items; i++) {
        oss_free(report->item[i].path);
        oss_free(report->item[i].note);
        oss_free(report->item[i].done);
    }
    oss_free(report->item);
    *report = (oss_fsck_report){0};
}

bool oss_fsck_is_well(const oss_fsck_item *item) {
    return item->state <= OSS_FSCK_LOCKED || item->mended;
}

int32_t oss_fsck_count(const oss_fsck_report *report) {
    int32_t count = 0;
    for (int32_t i = 0; i < report->items; i++) {
        count += !oss_fsck_is_well(&report->item[i]);
    }
    return count;
}

/* Messages of the layers below begin with the path, which stands before the note anyway. */
static const char *skip_path(const char *note, const char *path) {
    size_t length = strlen(path);
    size_t join = strncmp(note, path, length) == 0 ? strspn(note + length, ": /") : 0;
    return join == 0 ? note : note + length + join;
}

static oss_status make_room(oss_fsck_report *report) {
    enum { FIRST_ITEMS = 16 };
    if (report->items < report->room) {
        return OSS_OK;
    }
    int32_t room = report->room == 0 ? FIRST_ITEMS : 2 * report->room;
    oss_fsck_item *item = oss_resize(report->item, (size_t)room, sizeof *item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    report->item = item;
    report->room = room;
    return OSS_OK;
}

oss_status oss_fsck_add(oss_fsck_report *report, const char *path, const char *kind, oss_fsck_state state,
                        const char *note) {
    oss_status status = make_room(report);
    if (status != OSS_OK) {
        return status;
    }
    oss_fsck_item item = {.path = oss_strdup(path), .kind = kind, .state = state};
    if (note != NULL) {
        item.note = oss_strdup(skip_path(note, path));
    }
    if (item.path == NULL || (note != NULL && item.note == NULL)) {
        oss_free(item.path);
        oss_free(item.note);
        return OSS_ENOMEM;
    }
    report->item[report->items++] = item;
    return OSS_OK;
}

oss_status oss_fsck_add_checked(oss_fsck_report *report, const char *path, const char *kind,
                                oss_status status, const char *note) {
    switch (status) {
    case OSS_OK:
        return oss_fsck_add(report, path, kind, OSS_FSCK_OK, note);
    case OSS_EINPUT:
        return oss_fsck_add(report, path, kind, OSS_FSCK_DAMAGED, oss_last_error());
    case OSS_EIO:
        return oss_fsck_add(report, path, kind, OSS_FSCK_UNREADABLE, oss_last_error());
    default:
        return status;
    }
}

oss_status oss_fsck_done(oss_fsck_item *item, bool mended, const char *format, ...) {
    va_list arguments;
    char text[OSS_MESSAGE_BYTES];
    va_start(arguments, format);
    (void)oss_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    oss_free(item->done);
    item->done = oss_strdup(text);
    item->mended = mended;
    return item->done == NULL ? OSS_ENOMEM : OSS_OK;
}

oss_status oss_fsck_set_aside(oss_fsck_item *item, bool mended, const char *path, const char *suffix) {
    char *aside = NULL;
    oss_status status = oss_file_set_aside(&aside, path, suffix);
    if (status == OSS_OK) {
        status = oss_fsck_done(item, mended, "moved to %s", aside);
    }
    oss_free(aside);
    return status;
}
