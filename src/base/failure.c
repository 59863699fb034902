#include "base/failure.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

/* Failures are rare and the copy is short: waiting costs less than a mutex that must be made and destroyed. */
static void lock(oss_failure *failure) {
    while (atomic_exchange(&failure->busy, true)) {
        (void)sched_yield();
    }
}

static void unlock(oss_failure *failure) {
    atomic_store(&failure->busy, false);
}

static void keep(oss_failure *failure, int32_t task, oss_status status) {
    const char *message = oss_last_error();
    failure->status = status;
    memcpy(failure->message, message, strlen(message) + 1); /* at most OSS_MESSAGE_BYTES */
    atomic_store(&failure->first, task + 1);
}

void oss_failure_note(oss_failure *failure, int32_t task, oss_status status) {
    if (status == OSS_OK) {
        return;
    }
    lock(failure);
    int32_t first = atomic_load(&failure->first);
    if (first == 0 || task + 1 < first) {
        keep(failure, task, status);
    }
    unlock(failure);
}

bool oss_failure_precedes(const oss_failure *failure, int32_t task) {
    int32_t first = atomic_load(&failure->first);
    return first != 0 && first <= task;
}

oss_status oss_failure_report(const oss_failure *failure) {
    return atomic_load(&failure->first) == 0 ? OSS_OK : oss_fail(failure->status, "%s", failure->message);
}

void oss_failure_clear(oss_failure *failure) {
    atomic_store(&failure->first, 0);
}
