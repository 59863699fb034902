/* A wish that what another thread runs should end soon. It is kept until one call answers it by failing. */
#ifndef OSS_BASE_STOP_H
#define OSS_BASE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

typedef atomic_bool oss_stop; /* zero-initialise */

/* From any thread, and from a signal handler. */
static inline void oss_stop_ask(oss_stop *stop) {
    atomic_store(stop, true);
}

/* Whether work may be left undone: the wish stays, for oss_stop_answer. stop NULL: never asked for. */
static inline bool oss_stop_is_asked(oss_stop *stop) {
    return stop != NULL && atomic_load_explicit(stop, memory_order_relaxed);
}

/* OSS_ESTOPPED when asked for, which grants the wish: the next call is free of it. Else OSS_OK. By the thread whose call
 * ends with what this returns, after all tasks that may have seen the wish. */
static inline oss_status oss_stop_answer(oss_stop *stop) {
    return stop != NULL && atomic_exchange(stop, false) ? oss_fail(OSS_ESTOPPED, "stopped on request")
                                                        : OSS_OK;
}

#endif
