#include "train/workers.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/mem.h"
#include "kernel/gemm_train.h"

/* A little more than asked, so that lengths that differ slightly from epoch to epoch do not make it grow
 * again. */
static size_t add_headroom(size_t bytes) {
    return bytes + bytes / 16;
}

/* Waits until every thread has come, so that none does the task of another. */
static void warm_up_thread(void *context, int32_t task, int32_t worker) {
    (void)task;
    (void)worker;
    oss_k_gemm_train_warm_up();
    (void)pthread_barrier_wait(context);
}

static oss_status warm_up(oss_workers *workers) {
    if (!oss_k_gemm_train_uses_openblas()) {
        return OSS_OK;
    }
    oss_status status = oss_k_gemm_train_find_room(workers->threads);
    if (status != OSS_OK) {
        return status;
    }
    pthread_barrier_t all_here;
    int error_number = pthread_barrier_init(&all_here, NULL, (unsigned)workers->threads);
    if (error_number != 0) {
        return oss_fail_errno(error_number, "the training threads could not be started");
    }
    oss_pool_run(workers->pool, workers->threads, warm_up_thread, &all_here);
    (void)pthread_barrier_destroy(&all_here);
    return OSS_OK;
}

oss_status oss_workers_init(oss_workers *out, oss_pool *pool, const oss_net *net) {
    oss_workers workers = {.pool = pool, .threads = oss_pool_threads(pool), .net = net};
    workers.tape = oss_alloc_zero((size_t)workers.threads, sizeof(oss_tape *));
    oss_status status = workers.tape == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < workers.threads && status == OSS_OK; i++) {
        status = oss_tape_create(&workers.tape[i], oss_net_tape_nodes(net));
    }
    if (status == OSS_OK) {
        status = warm_up(&workers);
    }
    if (status != OSS_OK) {
        oss_workers_deinit(&workers);
        return status;
    }
    *out = workers;
    return OSS_OK;
}

void oss_workers_deinit(oss_workers *workers) {
    for (int32_t i = 0; i < workers->threads && workers->tape != NULL; i++) {
        oss_tape_free(workers->tape[i]);
    }
    oss_free((void *)workers->tape);
    *workers = (oss_workers){0};
}

oss_status oss_workers_measure(const oss_workers *workers, const oss_net_input *input, bool backward,
                               size_t *out_bytes) {
    size_t bytes = oss_net_measure(workers->net, workers->tape[0], input, backward);
    if (bytes == SIZE_MAX) {
        oss_status status = oss_tape_status(oss_tape_measurer(workers->tape[0]));
        return oss_fail_prefix(status == OSS_OK ? OSS_EBUG : status, "an input could not be measured");
    }
    *out_bytes = bytes;
    return OSS_OK;
}

oss_status oss_workers_reserve(oss_workers *workers, size_t bytes) {
    if (bytes <= workers->arena_bytes) {
        return OSS_OK;
    }
    size_t size_bytes = add_headroom(bytes);
    for (int32_t i = 0; i < workers->threads; i++) {
        oss_tape_reset(workers->tape[i], true); /* nothing points into the old arena */
        oss_status status = oss_arena_reserve(oss_tape_arena(workers->tape[i]), size_bytes);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "%zu MiB of step memory for each of %d threads", size_bytes >> 20,
                                   workers->threads);
        }
    }
    workers->arena_bytes = size_bytes;
    return OSS_OK;
}
