#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/thread.h"

/* A worker claims a task by raising `ticket`, which holds the run's number in its upper and the next task in
 * its lower 32 bits. So a worker that wakes late, when its run is over, cannot claim a task of the next run
 * with the old run's function; and a run need not wait for workers that never woke. */
enum { SPIN_ROUNDS = 4096 /* 50 to 200 us: waking a thread that sleeps takes as long */ };

typedef struct pool_worker {
    oss_pool *pool;
    int32_t index;
    pthread_t thread;
} pool_worker;

struct oss_pool {
    _Alignas(64) _Atomic uint64_t ticket;
    _Alignas(64) _Atomic int32_t pending;    /* tasks of this run that are not finished */
    atomic_bool sleeping;                    /* the caller waits for `finished`, or is about to */
    _Alignas(64) _Atomic uint32_t announced; /* `run`, a moment later: spinning workers watch it, and find
                                                the lock free */
    pthread_mutex_t lock;
    pthread_cond_t begun;
    pthread_cond_t finished;
    uint32_t run;   /* number of runs begun; this and the next four: under the lock */
    oss_pool_fn fn; /* of this run, as are the next two */
    void *context;
    int32_t tasks;
    bool stopping;
    int32_t threads;
    int32_t started; /* worker threads alive: threads - 1 */
    int32_t spin_rounds;
    pool_worker *worker; /* [threads - 1] */
};

static void relax_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Claims and does tasks of run `run` until none is left. */
static void work_on_run(oss_pool *pool, uint32_t run, int32_t tasks, oss_pool_fn fn, void *context,
                        int32_t worker) {
    for (;;) {
        uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_relaxed);
        do {
            if ((uint32_t)(ticket >> 32) != run || (uint32_t)ticket >= (uint32_t)tasks) {
                return;
            }
        } while (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket + 1,
                                                        memory_order_acq_rel, memory_order_relaxed));
        fn(context, (int32_t)(uint32_t)ticket, worker);
        /* Either the caller sees that nothing is pending, or this sees that the caller sleeps: both orders
         * are sequential. */
        if (atomic_fetch_sub(&pool->pending, 1) == 1 && atomic_load(&pool->sleeping)) {
            (void)pthread_mutex_lock(&pool->lock);
            (void)pthread_cond_signal(&pool->finished);
            (void)pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void *serve_runs(void *argument) {
    pool_worker *self = argument;
    oss_pool *pool = self->pool;
    uint32_t seen = 0;
    for (;;) {
        for (int32_t round = 0; round < pool->spin_rounds; round++) {
            if (atomic_load_explicit(&pool->announced, memory_order_relaxed) != seen) {
                break;
            }
            relax_cpu();
        }
        (void)pthread_mutex_lock(&pool->lock);
        while (!pool->stopping && pool->run == seen) {
            (void)pthread_cond_wait(&pool->begun, &pool->lock);
        }
        bool stopping = pool->stopping;
        seen = pool->run;
        oss_pool_fn fn = pool->fn;
        void *context = pool->context;
        int32_t tasks = pool->tasks;
        (void)pthread_mutex_unlock(&pool->lock);
        if (stopping) {
            return NULL;
        }
        work_on_run(pool, seen, tasks, fn, context, self->index);
    }
}

static uint32_t begin_run(oss_pool *pool, int32_t tasks, oss_pool_fn fn, void *context) {
    (void)pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store_explicit(&pool->pending, tasks, memory_order_relaxed);
    uint32_t run = ++pool->run;
    atomic_store_explicit(&pool->ticket, (uint64_t)run << 32, memory_order_release);
    (void)pthread_cond_broadcast(&pool->begun);
    (void)pthread_mutex_unlock(&pool->lock);
    atomic_store_explicit(&pool->announced, run, memory_order_relaxed);
    return run;
}

static void wait_for_end(oss_pool *pool) {
    for (int32_t round = 0; round < pool->spin_rounds; round++) {
        if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0) {
            return;
        }
        relax_cpu();
    }
    (void)pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->sleeping, true);
    while (atomic_load(&pool->pending) != 0) {
        (void)pthread_cond_wait(&pool->finished, &pool->lock);
    }
    atomic_store(&pool->sleeping, false);
    (void)pthread_mutex_unlock(&pool->lock);
}

void oss_pool_run(oss_pool *pool, int32_t tasks, oss_pool_fn fn, void *context) {
    if (pool == NULL || pool->threads == 1 || tasks <= 1) {
        for (int32_t task = 0; task < tasks; task++) {
            fn(context, task, 0);
        }
        return;
    }
    uint32_t run = begin_run(pool, tasks, fn, context);
    work_on_run(pool, run, tasks, fn, context, 0);
    wait_for_end(pool);
}

static void stop_workers(oss_pool *pool) {
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->begun);
    (void)pthread_mutex_unlock(&pool->lock);
    atomic_fetch_add_explicit(&pool->announced, 1, memory_order_relaxed); /* ends the spinning */
    for (int32_t index = 0; index < pool->started; index++) {
        (void)pthread_join(pool->worker[index].thread, NULL);
    }
}

/* 0, or the errno of the first that could not be started. */
static int start_workers(oss_pool *pool) {
    while (pool->started < pool->threads - 1) {
        pool_worker *worker = &pool->worker[pool->started];
        *worker = (pool_worker){.pool = pool, .index = pool->started + 1};
        int error_number = oss_thread_start(&worker->thread, serve_runs, worker);
        if (error_number != 0) {
            return error_number;
        }
        pool->started++;
    }
    return 0;
}

static void init_pool(oss_pool *pool, int32_t threads, pool_worker *worker) {
    *pool = (oss_pool){.threads = threads, .worker = worker};
    /* With more threads than processors a spinning worker holds the processor that another one needs. */
    pool->spin_rounds = threads <= oss_cpu_count() ? SPIN_ROUNDS : 0;
    (void)pthread_mutex_init(&pool->lock, NULL); /* default attributes: cannot fail on Linux */
    (void)pthread_cond_init(&pool->begun, NULL);
    (void)pthread_cond_init(&pool->finished, NULL);
}

oss_status oss_pool_create(oss_pool **out, int32_t threads) {
    if (threads < 1 || threads > 1024) {
        return oss_fail(OSS_EUSAGE, "a pool of %d threads: choose 1 to 1024", threads);
    }
    oss_pool *pool = oss_alloc_aligned(1, sizeof *pool);
    pool_worker *worker = oss_alloc_zero((size_t)threads - 1, sizeof *worker);
    if (pool == NULL || worker == NULL) {
        oss_free(pool);
        oss_free(worker);
        return OSS_ENOMEM;
    }
    init_pool(pool, threads, worker);
    int error_number = start_workers(pool);
    if (error_number != 0) {
        (void)oss_fail_errno(error_number, "thread %d of %d could not be started", pool->started + 2,
                             threads);
        pool->threads = pool->started + 1; /* workers look at none of this */
        oss_log_warn("%s: goes on with %d (ulimit -u and -v, and the container, limit them)",
                     oss_last_error(), pool->threads);
    }
    *out = pool;
    return OSS_OK;
}

void oss_pool_free(oss_pool *pool) {
    if (pool == NULL) {
        return;
    }
    stop_workers(pool);
    (void)pthread_cond_destroy(&pool->finished);
    (void)pthread_cond_destroy(&pool->begun);
    (void)pthread_mutex_destroy(&pool->lock);
    oss_free(pool->worker);
    oss_free(pool);
}

int32_t oss_pool_threads(const oss_pool *pool) {
    return pool == NULL ? 1 : pool->threads;
}

int32_t oss_cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (int32_t)CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* a machine with more processors than cpu_set_t has bits */
    return online < 1 ? 1 : (int32_t)online;
}
