#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"
#include "support/faults.h"
#include "support/suite.h"

enum { MAX_TASKS = 1000, MAX_WORKERS = 8 };

typedef struct pool_record {
    atomic_int done[MAX_TASKS];
    atomic_int worker_busy[MAX_WORKERS]; /* a worker does one task at a time */
    atomic_int wrong;
    int plain[MAX_TASKS]; /* not atomic: the pool must order these accesses (thread sanitizer looks) */
    int32_t threads;
} pool_record;

static void record_task(void *context, int32_t task, int32_t worker) {
    pool_record *record = context;
    atomic_fetch_add(&record->done[task], 1);
    int bad =
        worker < 0 || worker >= record->threads || atomic_fetch_add(&record->worker_busy[worker], 1) != 0;
    record->plain[task]++;
    atomic_fetch_sub(&record->worker_busy[worker], 1);
    atomic_fetch_add(&record->wrong, bad);
}

static void check_runs(int32_t threads, int runs, int32_t tasks) {
    static pool_record record;
    memset(&record, 0, sizeof record);
    record.threads = threads;
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, threads), OSS_OK);
    ck_assert_int_eq(oss_pool_threads(pool), threads);
    for (int run = 1; run <= runs; run++) {
        oss_pool_run(pool, tasks, record_task, &record);
        for (int32_t task = 0; task < tasks; task++) {
            record.wrong += record.done[task] != run || record.plain[task] != run;
        }
    }
    oss_pool_free(pool);
    ck_assert_int_eq(record.wrong, 0);
}

START_TEST(test_all_tasks_once) {
    static const int32_t threads[] = {1, 2, 3, 5};
    static const int32_t tasks[] = {0, 1, 2, 3, 7, 16, 100};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        for (size_t j = 0; j < sizeof tasks / sizeof tasks[0]; j++) {
            check_runs(threads[i], 20, tasks[j]);
        }
    }
    check_runs(2, 3, MAX_TASKS);
}
END_TEST

/* Runs so short that workers come late, again and again. */
START_TEST(test_many_short_runs) {
    check_runs(2, 5000, 2);
    check_runs(5, 2000, 3);
}
END_TEST

START_TEST(test_no_pool_is_one_thread) {
    static pool_record record;
    record.threads = 1;
    ck_assert_int_eq(oss_pool_threads(NULL), 1);
    oss_pool_run(NULL, 10, record_task, &record);
    for (int32_t task = 0; task < 10; task++) {
        ck_assert_int_eq(record.done[task], 1);
    }
    ck_assert_int_eq(record.wrong, 0);
    oss_pool_free(NULL);
}
END_TEST

typedef struct order_record {
    pthread_t caller;
    atomic_int next;
    int wrong;
} order_record;

static void check_order(void *context, int32_t task, int32_t worker) {
    order_record *record = context;
    int is_caller = pthread_equal(pthread_self(), record->caller) != 0;
    record->wrong += atomic_fetch_add(&record->next, 1) != task || worker != 0 || !is_caller;
}

START_TEST(test_one_thread_goes_in_order_in_the_caller) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 1), OSS_OK);
    order_record record = {.caller = pthread_self()};
    oss_pool_run(pool, 50, check_order, &record);
    ck_assert_int_eq(record.wrong, 0);
    ck_assert_int_eq(record.next, 50);
    oss_pool_free(pool);
}
END_TEST

typedef struct turn_record {
    atomic_int active;
    atomic_int wrong;
} turn_record;

static void check_turn(void *context, int32_t task, int32_t worker) {
    (void)worker;
    turn_record *record = context;
    atomic_fetch_add(&record->wrong, record->active == 0 || task >= 2);
}

/* A worker that read what run 1 does and wakes in run 2 must do nothing of run 1. More threads than
 * processors make that happen. */
START_TEST(test_late_workers_do_nothing_of_an_old_run) {
    static turn_record turn[2];
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 5), OSS_OK);
    for (int run = 0; run < 5000; run++) {
        turn_record *record = &turn[run % 2];
        record->active = 1;
        oss_pool_run(pool, 2, check_turn, record);
        record->active = 0;
    }
    oss_pool_free(pool);
    ck_assert_int_eq(turn[0].wrong + turn[1].wrong, 0);
}
END_TEST

/* Two tasks that wait for each other end only when two threads are at work. */
static void meet(void *context, int32_t task, int32_t worker) {
    (void)task;
    (void)worker;
    (void)pthread_barrier_wait(context);
}

START_TEST(test_tasks_run_at_the_same_time) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 3);
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 3), OSS_OK);
    for (int run = 0; run < 50; run++) {
        oss_pool_run(pool, 3, meet, &barrier);
    }
    oss_pool_free(pool);
    pthread_barrier_destroy(&barrier);
}
END_TEST

/* Workers sleep between runs that are far apart, and wake. */
START_TEST(test_runs_far_apart) {
    static pool_record record;
    memset(&record, 0, sizeof record);
    record.threads = 3;
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 3), OSS_OK);
    for (int run = 0; run < 20; run++) {
        const struct timespec pause = {.tv_nsec = 2000000};
        nanosleep(&pause, NULL);
        oss_pool_run(pool, 5, record_task, &record);
    }
    oss_pool_free(pool);
    ck_assert_int_eq(record.plain[4], 20);
    ck_assert_int_eq(record.wrong, 0);
}
END_TEST

START_TEST(test_run_calls_no_heap) {
    static pool_record record;
    memset(&record, 0, sizeof record);
    record.threads = 2;
    oss_faults_install();
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 2), OSS_OK);
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP);
    oss_pool_run(pool, 100, record_task, &record);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), calls);
    oss_pool_free(pool);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

START_TEST(test_bad_counts_and_short_memory) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 0), OSS_EUSAGE);
    ck_assert_int_eq(oss_pool_create(&pool, -1), OSS_EUSAGE);
    ck_assert_int_eq(oss_pool_create(&pool, 1 << 20), OSS_EUSAGE);
    oss_faults_install();
    for (int64_t k = 1; k <= 2; k++) {
        oss_faults_fail(OSS_CALL_ALLOC, k, ENOMEM);
        ck_assert_int_eq(oss_pool_create(&pool, 3), OSS_ENOMEM);
        ck_assert(oss_faults_clear());
        ck_assert_ptr_null(pool);
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_faults_remove();
}
END_TEST

/* Signals are for the program's own threads; and a worker's stack is large whatever the limit is. */
static void look_at_thread(void *context, int32_t task, int32_t worker) {
    (void)task;
    if (worker != 0) {
        sigset_t mask;
        pthread_attr_t attributes;
        size_t stack_bytes = 0;
        pthread_sigmask(SIG_SETMASK, NULL, &mask);
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstacksize(&attributes, &stack_bytes);
        pthread_attr_destroy(&attributes);
        atomic_int *good = context;
        atomic_store(good, sigismember(&mask, SIGINT) == 1 && stack_bytes >= 8u << 20 ? 1 : -1);
    }
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL); /* lets the other worker have a task */
}

START_TEST(test_worker_threads_block_signals_and_have_stack) {
    oss_pool *pool = NULL;
    atomic_int good = 0;
    ck_assert_int_eq(oss_pool_create(&pool, 2), OSS_OK);
    for (int run = 0; run < 100 && good == 0; run++) {
        oss_pool_run(pool, 4, look_at_thread, &good);
    }
    oss_pool_free(pool);
    ck_assert_int_eq(good, 1);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    ck_assert_int_eq(sigismember(&mask, SIGINT), 0); /* the creator's mask is as it was */
}
END_TEST

START_TEST(test_cpu_count) {
    ck_assert_int_ge(oss_cpu_count(), 1);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/pool");
    TCase *pool = tcase_create("pool");
    tcase_set_timeout(pool, 30);
    tcase_add_test(pool, test_all_tasks_once);
    tcase_add_test(pool, test_many_short_runs);
    tcase_add_test(pool, test_no_pool_is_one_thread);
    tcase_add_test(pool, test_one_thread_goes_in_order_in_the_caller);
    tcase_add_test(pool, test_late_workers_do_nothing_of_an_old_run);
    tcase_add_test(pool, test_tasks_run_at_the_same_time);
    tcase_add_test(pool, test_runs_far_apart);
    tcase_add_test(pool, test_run_calls_no_heap);
    tcase_add_test(pool, test_bad_counts_and_short_memory);
    tcase_add_test(pool, test_worker_threads_block_signals_and_have_stack);
    tcase_add_test(pool, test_cpu_count);
    suite_add_tcase(suite, pool);
    return suite;
}
