/* The folder of a run: what may be started in it, and what is written beside the checkpoints.
 *
 * A run begins to exist when RUN/config.json appears, which is written last. A start that was killed before
 * leaves a folder without it, in which the next start is welcome. When it is lost later, checkpoints of other steps than
 * 0 tell that there is a run. */
#ifndef OSS_TRAIN_RUN_FOLDER_H
#define OSS_TRAIN_RUN_FOLDER_H

#include <stdbool.h>

#include "train/training_data.h"

#define OSS_RUN_CONFIG "config.json"

/* OSS_EUSAGE when a new run may not begin in this folder: there is a run in it, or files that are none of
 * ours. */
oss_status oss_run_check_new(const char *run);
/* OSS_EUSAGE when a CSV that is read is a file that is written in the run folder, or the model of --init (NULL: none)
 * is that folder, however the names are written. */
oss_status oss_run_check_inputs(const char *run, const oss_config *config, const char *init);
/* *out: a run has begun in the folder: there is RUN/config.json, or a checkpoint of a step after 0. */
oss_status oss_run_has_begun(bool *out, const char *run);
oss_status oss_run_check_begun(const char *run); /* OSS_EUSAGE when none has */

/* Makes the folder when missing and keeps other processes out; oss_file_unlock(*out_fd). */
oss_status oss_run_lock(int *out_fd, const char *run);
/* oss_file_lock_check of RUN/lock. */
oss_status oss_run_check_lock(int fd, const char *run);
/* Removes temporary files of this folder that killed processes left ; the caller holds the lock. */
oss_status oss_run_sweep(const char *run);
/* RUN/skipped.jsonl: {"csv","row","wav","reason","message"} a line; an empty file when no row was left out. */
oss_status oss_run_write_skipped(const char *run, const oss_training_data *data, const oss_config *config);

/* RUN/dev.csv: the held-out rows (wav,text,speaker,start,end; paths as the config's), for `ossicle eval`. Not
 * written without any. */
oss_status oss_run_write_dev(const char *run, const oss_manifest *dev);

/* Program and libraries that decide the bits; recorded in every checkpoint. */
void oss_run_fingerprint(char *out, size_t bytes);

#endif
