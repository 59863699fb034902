/* What becomes of the lines of RUN/metrics.jsonl when a run goes on from an older step than they are of. */
#ifndef OSS_TRAIN_METRICS_HISTORY_H
#define OSS_TRAIN_METRICS_HISTORY_H

#include <stdint.h>

#include "ossicle/status.h"

#define OSS_METRICS_FILE       "metrics.jsonl"
#define OSS_METRICS_SUPERSEDED "metrics.superseded.jsonl"

/* Moves the lines at the end of the file `path` that are of steps after `step`, with what a kill left of the last
 * one, to the end of metrics.superseded.jsonl beside it: these steps are done again. Nothing is deleted. Lines that
 * cannot be understood stay where they are, and a warning names the first. A missing file is fine; a large one takes
 * time, not memory. */
oss_status oss_metrics_set_aside(const char *path, int64_t step);

#endif
