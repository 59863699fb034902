/* A fixed set of threads that run numbered tasks. */
#ifndef OSS_BASE_POOL_H
#define OSS_BASE_POOL_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_pool oss_pool;

/* `threads` >= 1 workers, worker 0 is the thread that calls oss_pool_run; fewer, with a warning, where the system starts
 * no more. */
oss_status oss_pool_create(oss_pool **out, int32_t threads);
void oss_pool_free(oss_pool *pool);
int32_t oss_pool_threads(const oss_pool *pool); /* 1 for NULL */

/* Runs fn(context, task, worker) for every task in [0, tasks), handed out in rising order to whichever worker
 * is free; returns when all are done. No heap call. Not reentrant: one run at a time. pool NULL: in this
 * thread. */
typedef void (*oss_pool_fn)(void *context, int32_t task, int32_t worker);
void oss_pool_run(oss_pool *pool, int32_t tasks, oss_pool_fn fn, void *context);

/* Number of processors this process may run on, at least 1. */
int32_t oss_cpu_count(void);

#endif
