/* A run in a few numbers: from RUN/metrics.jsonl, RUN/config.json and its checkpoints. */
#ifndef OSS_REPORT_RUN_SUMMARY_H
#define OSS_REPORT_RUN_SUMMARY_H

#include "base/json.h"
#include "report/run_metrics.h"

typedef struct oss_run_summary {
    oss_run_metrics metrics;
    int64_t max_steps;
    int64_t parameters;  /* of the network, -1: there is no checkpoint that can be read */
    char *latest, *best; /* where the links point to, "checkpoints/step-00000400"; NULL: not there */
} oss_run_summary;

/* A run that has begun (config.json is there) but has no metrics or checkpoints yet is a run of 0 steps.
 * Lines of metrics.jsonl that are not the trainer's, and a checkpoint that cannot be read, are warned of.
 * OSS_EINPUT when there is no run. Free with oss_run_summary_deinit. */
oss_status oss_run_summary_read(oss_run_summary *out, const char *run, int64_t from_step);
void oss_run_summary_deinit(oss_run_summary *summary);

/* The object of `ossicle report --json`: always the same members; what is not known is null. A root, NULL
 * when memory is short. */
oss_json *oss_run_summary_json(const oss_run_summary *summary);

#endif
