#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/ordered.h"
#include "support/suite.h"

enum { TASKS = 500, MOST_SLOTS = 16, MAX_THREADS = 5 };

typedef struct ordered_record {
    int32_t result[MOST_SLOTS]; /* not atomic: the run must order these accesses (thread sanitizer looks) */
    int32_t taken;              /* and this one */
    int32_t end_after;          /* tasks; then no more */
    int32_t slots;
    atomic_int worked, begun_ahead, wrong;
    bool slow_first;
} ordered_record;

static void pause_ms(long ms) {
    const struct timespec time = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&time, NULL);
}

static void work(void *context, int32_t task, int32_t slot, int32_t worker) {
    ordered_record *record = context;
    (void)worker;
    if (record->slow_first && task == 0) {
        pause_ms(100);
    }
    atomic_fetch_add(&record->wrong, slot < 0 || slot >= record->slots || record->result[slot] != -1);
    record->result[slot] = task;
    if (record->slow_first && task > 0) {
        atomic_fetch_add(&record->begun_ahead, 1);
    }
    atomic_fetch_add(&record->worked, 1);
}

static bool take(void *context, int32_t task, int32_t slot) {
    ordered_record *record = context;
    if (record->slow_first && task == 0) { /* all that may be done before it is */
        atomic_fetch_add(&record->wrong, atomic_load(&record->begun_ahead) > record->slots - 1);
    }
    atomic_fetch_add(&record->wrong, task != record->taken || record->result[slot] != task);
    record->result[slot] = -1;
    record->taken++;
    return record->taken < record->end_after;
}

static void init_record(ordered_record *record, int32_t slots) {
    memset(record, 0, sizeof *record);
    memset(record->result, -1, sizeof record->result);
    record->slots = slots;
    record->end_after = TASKS + 1;
}

static void run(ordered_record *record, int32_t threads, int32_t tasks) {
    static const oss_ordered job = {.work = work, .take = take};
    oss_ordered own = job;
    oss_pool *pool = NULL;
    own.context = record;
    ck_assert_int_eq(oss_pool_create(&pool, threads), OSS_OK);
    oss_ordered_run(pool, tasks, record->slots, &own);
    oss_pool_free(pool);
    ck_assert_int_eq(record->wrong, 0);
}

START_TEST(test_results_come_in_order) {
    static const int32_t slots[] = {1, 2, 3, MOST_SLOTS}, tasks[] = {0, 1, 2, TASKS};
    for (int32_t threads = 1; threads <= MAX_THREADS; threads++) {
        for (size_t i = 0; i < 4; i++) {
            for (size_t j = 0; j < 4; j++) {
                ordered_record record;
                init_record(&record, slots[i]);
                run(&record, threads, tasks[j]);
                ck_assert_int_eq(record.taken, tasks[j]);
                ck_assert_int_eq(record.worked, tasks[j]);
            }
        }
    }
}
END_TEST

START_TEST(test_nobody_runs_far_ahead) {
    ordered_record record;
    init_record(&record, 4);
    record.slow_first = true;
    run(&record, 3, TASKS);
    ck_assert_int_eq(record.taken, TASKS);
    ck_assert_int_eq(record.begun_ahead, TASKS - 1);
}
END_TEST

START_TEST(test_taking_may_end_it) {
    for (int32_t threads = 1; threads <= MAX_THREADS; threads++) {
        ordered_record record;
        init_record(&record, 8);
        record.end_after = 20;
        run(&record, threads, TASKS);
        ck_assert_int_eq(record.taken, 20);
        ck_assert_int_lt(record.worked, 20 + 8 + 1);
    }
}
END_TEST

START_TEST(test_without_a_pool) {
    static const oss_ordered job = {.work = work, .take = take};
    ordered_record record;
    oss_ordered own = job;
    init_record(&record, 1);
    own.context = &record;
    oss_ordered_run(NULL, TASKS, 1, &own);
    ck_assert_int_eq(record.wrong, 0);
    ck_assert_int_eq(record.taken, TASKS);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/ordered");
    TCase *tests = tcase_create("ordered");
    tcase_add_test(tests, test_results_come_in_order);
    tcase_add_test(tests, test_nobody_runs_far_ahead);
    tcase_add_test(tests, test_taking_may_end_it);
    tcase_add_test(tests, test_without_a_pool);
    suite_add_tcase(suite, tests);
    return suite;
}
