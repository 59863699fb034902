/* The threads that train and validate: a pool, and for each thread a tape with an arena. */
#ifndef OSS_TRAIN_WORKERS_H
#define OSS_TRAIN_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "nn/net.h"
#include "tape/tape.h"

typedef struct oss_workers {
    oss_pool *pool;
    int32_t threads;
    const oss_net *net;
    oss_tape **tape;    /* [threads] */
    size_t arena_bytes; /* reserved in each tape */
} oss_workers;

/* Also makes every thread take what the matrix library wants of memory. pool and net must outlive the
 * workers. */
oss_status oss_workers_init(oss_workers *out, oss_pool *pool, const oss_net *net);
void oss_workers_deinit(oss_workers *workers);

/* Arena bytes of a forward (and backward) pass; nothing is run. OSS_EBUG for an input that is none. */
oss_status oss_workers_measure(const oss_workers *workers, const oss_net_input *input, bool backward,
                               size_t *out_bytes);
/* Every arena holds at least `bytes`; heap calls only when it grows. */
oss_status oss_workers_reserve(oss_workers *workers, size_t bytes);

#endif
