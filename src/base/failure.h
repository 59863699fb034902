/* The first failure of tasks that run side by side: of all that fail, the one of the lowest task, so that what
 * is told does not depend on how many threads there are or which of them was faster. The error text belongs
 * to the thread that set it (ossicle/status.h); this keeps a copy for the thread that waits.
 *
 *     oss_failure failure = {0};
 *     task:    if (oss_failure_precedes(&failure, task)) return;      (skips work that nobody will look at)
 *              oss_failure_note(&failure, task, work(task));
 *     caller:  oss_pool_run(pool, tasks, run_task, &job);
 *              return oss_failure_report(&failure);
 *
 * A pool hands its tasks out in rising order, so every task before the lowest that fails is done. */
#ifndef OSS_BASE_FAILURE_H
#define OSS_BASE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

/* Zero-initialise; nothing to free, and no function here allocates. */
typedef struct oss_failure {
    _Atomic int32_t first; /* 1 + the lowest task that failed; 0: none did */
    _Atomic bool busy;     /* a thread writes the two below */
    oss_status status;
    char message[OSS_MESSAGE_BYTES];
} oss_failure;

/* From any thread: `status`, with the calling thread's message, is what became of `task` (from 0, below
 * INT32_MAX). Kept when no lower task, nor this one before, has failed; OSS_OK changes nothing. */
void oss_failure_note(oss_failure *failure, int32_t task, oss_status status);
/* From any thread: whether a task below `task` has failed. */
bool oss_failure_precedes(const oss_failure *failure, int32_t task);

/* Once all tasks are done: the kept status, with its message as the calling thread's; OSS_OK, and the
 * thread's message as it was, when none failed. */
oss_status oss_failure_report(const oss_failure *failure);
/* Forgets what was noted: for the next run of tasks. */
void oss_failure_clear(oss_failure *failure);

#endif
