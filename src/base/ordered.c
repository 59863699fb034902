#include "base/ordered.h"

#include <pthread.h>

#include "base/contract.h"

typedef struct ordered_run {
    const oss_ordered *job;
    int32_t slots;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* `next` or `ended` */
    int32_t next; /* the lowest task whose result was not taken; this and the rest: under the lock */
    bool taking;  /* a thread takes results, with the lock open */
    bool ended;
    bool *done; /* [slots] */
} ordered_run;

/* Whether the task may begin: pools hand tasks out in rising order, so those before it are done or being done. */
static bool wait_for_slot(ordered_run *run, int32_t task) {
    (void)pthread_mutex_lock(&run->lock);
    while (!run->ended && task - run->next >= run->slots) {
        (void)pthread_cond_wait(&run->changed, &run->lock);
    }
    bool ended = run->ended;
    (void)pthread_mutex_unlock(&run->lock);
    return !ended;
}

/* Under the lock, but for the time in which a result is taken: others go on working. */
static void take_results(ordered_run *run) {
    while (!run->ended && run->done[run->next % run->slots]) {
        int32_t task = run->next, slot = task % run->slots;
        (void)pthread_mutex_unlock(&run->lock);
        bool more = run->job->take(run->job->context, task, slot);
        (void)pthread_mutex_lock(&run->lock);
        run->done[slot] = false;
        run->next++;
        run->ended = !more;
        (void)pthread_cond_broadcast(&run->changed);
    }
}

static void run_task(void *context, int32_t task, int32_t worker) {
    ordered_run *run = context;
    int32_t slot = task % run->slots;
    if (!wait_for_slot(run, task)) {
        return;
    }
    run->job->work(run->job->context, task, slot, worker);
    (void)pthread_mutex_lock(&run->lock);
    run->done[slot] = true;
    if (!run->taking) {
        run->taking = true;
        take_results(run);
        run->taking = false;
    }
    (void)pthread_mutex_unlock(&run->lock);
}

void oss_ordered_run(oss_pool *pool, int32_t tasks, int32_t slots, const oss_ordered *job) {
    bool done[OSS_ORDERED_MOST_SLOTS] = {false};
    OSS_CONTRACT(slots >= 1 && slots <= OSS_ORDERED_MOST_SLOTS);
    ordered_run run = {.job = job, .slots = slots, .done = done};
    (void)pthread_mutex_init(&run.lock, NULL); /* default attributes: cannot fail on Linux */
    (void)pthread_cond_init(&run.changed, NULL);
    oss_pool_run(pool, tasks, run_task, &run);
    (void)pthread_cond_destroy(&run.changed);
    (void)pthread_mutex_destroy(&run.lock);
}
