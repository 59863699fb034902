/* RUN/metrics.jsonl: one JSON object a line, for each step and each evaluation. docs/file-formats.md lists
 * the keys. */
#ifndef OSS_TRAIN_METRICS_H
#define OSS_TRAIN_METRICS_H

#include <stdint.h>

#include "train/health.h"
#include "train/step.h"
#include "train/validation.h"

typedef struct oss_metrics oss_metrics;

/* What a line about a step says. */
typedef struct oss_step_record {
    int64_t step, epoch;
    double lr;
    double wall_seconds; /* of this step, waiting for batches included */
    double wait_seconds; /* of these, for batches that were not there yet */
    const oss_step_result *result;
    oss_grad_check gradient; /* of a step that was not skipped */
} oss_step_record;

/* Lines for steps after `step`, and a torn last line, are moved aside (report/metrics_history.h): they belong to work
 * that a resumed run does again. A missing file is fine. */
oss_status oss_metrics_create(oss_metrics **out, const char *path, int64_t step);
/* From now on a flush writes only while RUN/lock is what lock_fd holds (oss_file_lock_check). */
oss_status oss_metrics_set_lock(oss_metrics *metrics, int lock_fd, const char *run);
/* Lines that were not flushed are lost. */
void oss_metrics_free(oss_metrics *metrics);

/* Lines gather in memory; a failure is kept and returned by the next flush. */
void oss_metrics_add_step(oss_metrics *metrics, const oss_step_record *record);
void oss_metrics_add_eval(oss_metrics *metrics, int64_t step, const oss_eval *eval, bool is_best);
void oss_metrics_add_course(oss_metrics *metrics, const oss_course_report *report);
/* Appends what gathered, synced. */
oss_status oss_metrics_flush(oss_metrics *metrics);

#endif
