/* What is whole of what Ossicle writes, and what is not: runs, checkpoints, models, language models, arrays. */
#ifndef OSS_FSCK_FSCK_H
#define OSS_FSCK_FSCK_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_fsck_state {
    OSS_FSCK_OK,
    OSS_FSCK_ASIDE,   /* was moved aside before; nothing needs it */
    OSS_FSCK_LOCKED,  /* a process trains there */
    OSS_FSCK_STALE,   /* left by a process that was killed; harms nothing */
    OSS_FSCK_MISSING, /* should be there */
    OSS_FSCK_DAMAGED,
    OSS_FSCK_UNREADABLE, /* the system would not read it; it may be whole */
    OSS_FSCK_UNKNOWN     /* nothing by which it could be checked */
} oss_fsck_state;
enum { OSS_FSCK_STATES = OSS_FSCK_UNKNOWN + 1 };
extern const char *const oss_fsck_state_name[OSS_FSCK_STATES];

/* One thing that was looked at. */
typedef struct oss_fsck_item {
    char *path;
    const char *kind; /* "checkpoint", "model"... */
    oss_fsck_state state;
    char *note;  /* what was wrong, or what it is; NULL: nothing to say */
    char *done;  /* what the repair did; NULL: nothing */
    bool mended; /* all is well again */
    int remedy;  /* the repair's own */
} oss_fsck_item;

typedef struct oss_fsck_report {
    oss_fsck_item *item; /* [items] in the order in which they were looked at */
    int32_t items, room;
} oss_fsck_report;
void oss_fsck_report_deinit(oss_fsck_report *report);
/* Whether the item needs nobody's attention: OK, ASIDE, LOCKED, or mended. */
bool oss_fsck_is_well(const oss_fsck_item *item);
/* Items that do need it. */
int32_t oss_fsck_count(const oss_fsck_report *report);

/* Adds what is at `path` to the report: a run folder, a checkpoint, another folder (the files in it that Ossicle writes),
 * or a file. Without `repair` nothing is changed.
 *
 * With it, of a run: damaged checkpoints and what killed processes left are moved aside (never deleted, never over
 * something), `latest` and `best` become links to whole checkpoints, config.json is written anew from the newest whole
 * one, lines of metrics.jsonl that cannot be read or are out of order go to metrics.superseded.jsonl. OSS_EUSAGE, and
 * nothing changed, while a process trains there, and for what is part of a run: that is repaired with its run. Of other
 * things: a damaged model, language model or array is moved aside; what people write (configs, vocabularies, ARPA
 * files) stays.
 *
 * Failures of what is checked are items. OSS_ENOMEM; OSS_EUSAGE as above; OSS_EIO or OSS_ENOSPC when a repair fails: what
 * was not done then is as it was. The report holds what was found until then. */
oss_status oss_fsck_path(oss_fsck_report *report, const char *path, bool repair);

#endif
