/* What becomes of the lines of RUN/metrics.jsonl when a run goes on from an older step than they are of. */
#ifndef OSS_REPORT_METRICS_HISTORY_H
#define OSS_REPORT_METRICS_HISTORY_H

#include <stdint.h>

#include "checkpoint/run_place.h"
#include "ossicle/status.h"

/* Moves what follows the last line of a step up to `step` in the file `path` to the end of metrics.superseded.jsonl
 * beside it: lines of steps that are done again, and what a kill or a power cut left of the last ones. Nothing is
 * deleted. Lines before that which cannot be understood stay where they are; a warning names the first. A missing file
 * is fine; a large one takes time, not memory. */
oss_status oss_metrics_set_aside(const char *path, int64_t step);

#endif
