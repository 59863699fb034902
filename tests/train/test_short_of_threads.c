/* Where the system starts no more threads the work is done by fewer, with the same outcome; where OpenBLAS could not
 * have its buffers it is not asked. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/logger.h"
#include "base/mem.h"
#include "base/pool.h"
#include "kernel/gemm_train.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { SANITIZED = 0 };
#endif

/* The C library's, while there may be threads. */
static bool no_threads;
int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
    void *found = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&real, &found, sizeof real);
    return no_threads ? EAGAIN : real(out, attributes, run, argument);
}

static char heard[4000];

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    if (level == OSS_LOG_WARN && strlen(heard) + strlen(line) < sizeof heard - 2) {
        strcat(strcat(heard, line), "\n");
    }
}

/* The address space of this process may grow by so much. */
static void limit_growth(size_t bytes) {
    char *text = oss_tempdir_read("/proc/self/statm", NULL);
    ck_assert_ptr_nonnull(text);
    rlim_t pages = (rlim_t)strtoul(text, NULL, 10);
    free(text);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

static void no_task(void *context, int32_t task, int32_t worker) {
    ((int *)context)[task]++;
    (void)worker;
}

/* Room for some stacks of 8 MiB, not for fifteen. */
START_TEST(test_fewer_workers) {
    if (SANITIZED) {
        return;
    }
    oss_log_set(hear, NULL);
    limit_growth(64 << 20);
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 16), OSS_OK);
    int threads = oss_pool_threads(pool);
    ck_assert_int_gt(threads, 1);
    ck_assert_int_lt(threads, 16);
    char words[200];
    snprintf(words, sizeof words,
             "thread %d of 16 could not be started: Resource temporarily unavailable: goes on with %d",
             threads + 1, threads);
    ck_assert_msg(strstr(heard, words) == heard, "%s", heard);
    int done[20] = {0};
    oss_pool_run(pool, 20, no_task, done);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(done[i], 1);
    }
    oss_pool_free(pool);
    oss_log_set(NULL, NULL);
}
END_TEST

static const char settings[] =
    "\"batch_seconds\": 3, \"max_steps\": 8, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"accum_steps\": 2, \"grad_shards\": 4";

START_TEST(test_batches_without_a_thread) {
    if (SANITIZED) {
        return;
    }
    const oss_tones tones = {.rows = 16, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs runs;
    oss_test_runs_make(&runs, &tones);
    oss_config *config = oss_test_runs_config(&runs, settings);
    config->training.threads = 1;
    oss_log_set(hear, NULL);
    no_threads = true;
    (void)oss_test_runs_train(&runs, "without", config, false, 3, OSS_ESTOPPED);
    no_threads = false;
    ck_assert_msg(
        strstr(heard, "the thread that loads batches could not be started: Resource temporarily unavailable: "
                      "they are loaded between the steps") == heard,
        "%s", heard);
    (void)oss_test_runs_train(&runs, "without", config, true, 0, OSS_OK);
    (void)oss_test_runs_train(&runs, "with", config, false, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "with", "without");
    oss_log_set(NULL, NULL);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_room_for_openblas) {
    if (SANITIZED) {
        return;
    }
    ck_assert_int_eq(oss_k_gemm_train_find_room(8), OSS_OK);
    limit_growth((size_t)600 << 20);
    ck_assert_int_eq(oss_k_gemm_train_find_room(4), OSS_OK);
    ck_assert_int_eq(oss_k_gemm_train_find_room(5), OSS_ENOMEM);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    char words[200];
    snprintf(
        words, sizeof words,
        "OpenBLAS needs 640 MiB of address space for 5 threads, and the process may have %llu MiB in all (ulimit -v)",
        (unsigned long long)limit.rlim_cur >> 20);
    ck_assert_msg(strstr(oss_last_error(), words) == oss_last_error(), "%s", oss_last_error());
    ck_assert_int_eq(oss_k_gemm_train_find_room(4), OSS_OK); /* all was given back */
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train: short of threads");
    TCase *all = tcase_create("short");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_fewer_workers);
    tcase_add_test(all, test_batches_without_a_thread);
    tcase_add_test(all, test_room_for_openblas);
    suite_add_tcase(suite, all);
    return suite;
}
