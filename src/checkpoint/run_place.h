/* What lies in the folder of a run beside its checkpoints, and who may write there.
 *
 * A run begins to exist when RUN/config.json appears, which is written last. A start that was killed before
 * leaves a folder without it, in which the next start is welcome. When it is lost later, checkpoints of other steps than
 * 0 tell that there is a run. */
#ifndef OSS_CHECKPOINT_RUN_PLACE_H
#define OSS_CHECKPOINT_RUN_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "ossicle/status.h"

#define OSS_RUN_CONFIG         "config.json"
#define OSS_RUN_LOCK           "lock"
#define OSS_RUN_SKIPPED        "skipped.jsonl"
#define OSS_METRICS_FILE       "metrics.jsonl"
#define OSS_METRICS_SUPERSEDED "metrics.superseded.jsonl"

/* name[length]: of a file or folder that training writes there. */
bool oss_run_is_ours(const char *name, size_t length);
/* NAME.tmp-PID of such a file, or ossicle.tmp-PID-N. */
bool oss_run_is_temporary(const char *name);

/* *out: a run has begun in the folder: there is RUN/config.json, or a checkpoint of a step after 0. */
oss_status oss_run_has_begun(bool *out, const char *run);
oss_status oss_run_check_begun(const char *run); /* OSS_EUSAGE when none has */

/* Makes the folder when missing and keeps other processes out; oss_file_unlock(*out_fd). */
oss_status oss_run_lock(int *out_fd, const char *run);
/* oss_file_lock_check of RUN/lock. */
oss_status oss_run_check_lock(int fd, const char *run);
/* Removes temporary files of this folder that killed processes left; the caller holds the lock. */
oss_status oss_run_sweep(const char *run);

#endif
