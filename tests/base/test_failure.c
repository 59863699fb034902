#include <stdatomic.h>
#include <string.h>

#include "base/failure.h"
#include "base/pool.h"
#include "support/suite.h"

START_TEST(test_nothing_failed) {
    oss_failure failure = {0};
    (void)oss_fail(OSS_EBUG, "of before");
    oss_failure_note(&failure, 0, OSS_OK);
    ck_assert(!oss_failure_precedes(&failure, 0));
    ck_assert(!oss_failure_precedes(&failure, 7));
    ck_assert_int_eq(oss_failure_report(&failure), OSS_OK);
    ck_assert_str_eq(oss_last_error(), "of before");
}
END_TEST

START_TEST(test_lowest_task_is_kept) {
    oss_failure failure = {0};
    oss_failure_note(&failure, 5, oss_fail(OSS_EIO, "five"));
    oss_failure_note(&failure, 9, oss_fail(OSS_ENOMEM, "nine"));
    ck_assert_int_eq(oss_failure_report(&failure), OSS_EIO);
    ck_assert_str_eq(oss_last_error(), "five");
    oss_failure_note(&failure, 0, oss_fail(OSS_EINPUT, "zero"));
    oss_failure_note(&failure, 0, oss_fail(OSS_EBUG, "zero again"));
    oss_failure_note(&failure, 1, OSS_OK);
    ck_assert_int_eq(oss_failure_report(&failure), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "zero");
}
END_TEST

START_TEST(test_precedes) {
    oss_failure failure = {0};
    oss_failure_note(&failure, 5, oss_fail(OSS_EIO, "five"));
    ck_assert(!oss_failure_precedes(&failure, 4));
    ck_assert(!oss_failure_precedes(&failure, 5)); /* itself */
    ck_assert(oss_failure_precedes(&failure, 6));
}
END_TEST

START_TEST(test_cleared) {
    oss_failure failure = {0};
    oss_failure_note(&failure, 2, oss_fail(OSS_EIO, "two"));
    oss_failure_clear(&failure);
    ck_assert(!oss_failure_precedes(&failure, 3));
    ck_assert_int_eq(oss_failure_report(&failure), OSS_OK);
    oss_failure_note(&failure, 8, oss_fail(OSS_EINPUT, "eight"));
    ck_assert_int_eq(oss_failure_report(&failure), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "eight");
}
END_TEST

/* The longest message there is, and nothing of a longer one that was kept before it. */
START_TEST(test_whole_messages) {
    char text[OSS_MESSAGE_BYTES];
    oss_failure failure = {0};
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    oss_failure_note(&failure, 3, oss_fail(OSS_EIO, "%s", text));
    (void)oss_fail(OSS_EBUG, "another");
    ck_assert_int_eq(oss_failure_report(&failure), OSS_EIO);
    ck_assert_str_eq(oss_last_error(), text);
    oss_failure_note(&failure, 2, oss_fail(OSS_EIO, "short"));
    ck_assert_int_eq(oss_failure_report(&failure), OSS_EIO);
    ck_assert_str_eq(oss_last_error(), "short");
}
END_TEST

/* ---- Threads ---- */

enum { TASKS = 64, ROUNDS = 300, LOWEST = 11, EVERY = 4 };

typedef struct failing_run {
    oss_failure failure;
    atomic_int done_before; /* tasks below LOWEST that ran */
} failing_run;

static void fail_often(void *context, int32_t task, int32_t worker) {
    failing_run *run = context;
    (void)worker;
    if (oss_failure_precedes(&run->failure, task)) {
        return;
    }
    if (task < LOWEST) {
        atomic_fetch_add(&run->done_before, 1);
        return;
    }
    if ((task - LOWEST) % EVERY == 0) {
        oss_status status = task % 2 == 0 ? OSS_EIO : OSS_EINPUT;
        oss_failure_note(&run->failure, task, oss_fail(status, "task %d", task));
    }
}

/* Whoever is first: the lowest is reported, with its own status and message. */
START_TEST(test_same_whatever_the_threads) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, _i), OSS_OK);
    for (int round = 0; round < ROUNDS; round++) {
        static failing_run run;
        oss_failure_clear(&run.failure);
        atomic_store(&run.done_before, 0);
        oss_pool_run(pool, TASKS, fail_often, &run);
        ck_assert_int_eq(oss_failure_report(&run.failure), OSS_EINPUT);
        ck_assert_str_eq(oss_last_error(), "task 11");
        ck_assert_int_eq(atomic_load(&run.done_before), LOWEST);
    }
    oss_pool_free(pool);
}
END_TEST

/* All fail at once, highest first as far as one thread's tasks go. */
static void fail_backwards(void *context, int32_t task, int32_t worker) {
    (void)worker;
    int32_t number = TASKS - 1 - task;
    oss_failure_note(context, number, oss_fail(number == 0 ? OSS_EIO : OSS_EBUG, "number %d", number));
}

START_TEST(test_meeting_threads) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 4), OSS_OK);
    for (int round = 0; round < ROUNDS; round++) {
        oss_failure failure = {0};
        oss_pool_run(pool, TASKS, fail_backwards, &failure);
        ck_assert_int_eq(oss_failure_report(&failure), OSS_EIO);
        ck_assert_str_eq(oss_last_error(), "number 0");
    }
    oss_pool_free(pool);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("failure");
    TCase *one = tcase_create("one thread");
    tcase_add_test(one, test_nothing_failed);
    tcase_add_test(one, test_lowest_task_is_kept);
    tcase_add_test(one, test_precedes);
    tcase_add_test(one, test_cleared);
    tcase_add_test(one, test_whole_messages);
    suite_add_tcase(suite, one);
    TCase *threads = tcase_create("threads");
    tcase_set_timeout(threads, 60);
    tcase_add_loop_test(threads, test_same_whatever_the_threads, 1, 5);
    tcase_add_test(threads, test_meeting_threads);
    suite_add_tcase(suite, threads);
    return suite;
}
