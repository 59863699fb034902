/* What the files of this folder share. */
#ifndef OSS_FSCK_FSCK_INTERNAL_H
#define OSS_FSCK_FSCK_INTERNAL_H

#include "fsck/fsck.h"

/* Adds an item. note (may be NULL) is copied, without `path` and what joins them at its beginning. */
oss_status oss_fsck_add(oss_fsck_report *report, const char *path, const char *kind, oss_fsck_state state,
                        const char *note);
/* The same for how a check of the path ended: OSS_OK with `note`, OSS_EINPUT as damaged and OSS_EIO as unreadable, with
 * the last message. Any other status is returned. */
oss_status oss_fsck_add_checked(oss_fsck_report *report, const char *path, const char *kind,
                                oss_status status, const char *note);
/* Says what was done about the item, printf style. */
oss_status oss_fsck_done(oss_fsck_item *item, bool mended, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Renames what the item is of to PATH.SUFFIX and says so. */
oss_status oss_fsck_set_aside(oss_fsck_item *item, bool mended, const char *path, const char *suffix);

oss_status oss_fsck_run(oss_fsck_report *report, const char *run, bool repair);
/* A folder that is not part of a run, or none that is repaired. */
oss_status oss_fsck_checkpoint(oss_fsck_report *report, const char *folder, bool repair);
/* is_named: by the user; else files of no known kind are passed over. */
oss_status oss_fsck_file(oss_fsck_report *report, const char *path, bool is_named, bool repair);

#endif
