/* The folder of a run: what may be started in it, and what is written beside the checkpoints. */
#ifndef OSS_TRAIN_RUN_FOLDER_H
#define OSS_TRAIN_RUN_FOLDER_H

#include "checkpoint/run_place.h"
#include "train/training_data.h"

/* OSS_EUSAGE when a new run may not begin in this folder: there is a run in it, or files that are none of
 * ours. */
oss_status oss_run_check_new(const char *run);
/* OSS_EUSAGE when a CSV that is read is a file that is written in the run folder, or the model of --init (NULL: none)
 * is that folder, however the names are written. */
oss_status oss_run_check_inputs(const char *run, const oss_config *config, const char *init);
/* RUN/skipped.jsonl: {"csv","row","wav","reason","message"} a line; an empty file when no row was left out. */
oss_status oss_run_write_skipped(const char *run, const oss_training_data *data, const oss_config *config);

/* RUN/dev.csv: the held-out rows (wav,text,speaker,start,end; paths as the config's), for `ossicle eval`. Not
 * written without any. */
oss_status oss_run_write_dev(const char *run, const oss_manifest *dev);

/* Program and libraries that decide the bits; recorded in every checkpoint. */
void oss_run_fingerprint(char *out, size_t bytes);

#endif
