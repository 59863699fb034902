/* Between entry and return of a step no thread of the process calls the heap or maps memory, OpenBLAS and the
 * loader included. This program's own malloc and mmap stand before the C library's, for every library that it
 * loads. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/faults.h"
#include "support/runs.h"
#include "support/suite.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static _Atomic bool counting;
static _Atomic int64_t calls;

#if !defined(SANITIZED) && defined(__GLIBC__)
enum { INTERPOSED = 1 };

static void count_call(void) {
    if (atomic_load_explicit(&counting, memory_order_relaxed)) {
        atomic_fetch_add(&calls, 1);
    }
}

#define SHOWN __attribute__((visibility("default")))
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

SHOWN void *malloc(size_t bytes) {
    count_call();
    return __libc_malloc(bytes);
}

SHOWN void *calloc(size_t count, size_t bytes) {
    count_call();
    return __libc_calloc(count, bytes);
}

SHOWN void *realloc(void *block, size_t bytes) {
    count_call();
    return __libc_realloc(block, bytes);
}

SHOWN void *memalign(size_t alignment, size_t bytes);
SHOWN void *memalign(size_t alignment, size_t bytes) {
    count_call();
    return __libc_memalign(alignment, bytes);
}

SHOWN void *aligned_alloc(size_t alignment, size_t bytes) {
    count_call();
    return __libc_memalign(alignment, bytes);
}

SHOWN int posix_memalign(void **out, size_t alignment, size_t bytes) {
    count_call();
    void *block = __libc_memalign(alignment, bytes);
    if (block == NULL) {
        return ENOMEM;
    }
    *out = block;
    return 0;
}

SHOWN void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
    count_call();
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}
#else
enum { INTERPOSED = 0 }; /* a sanitizer owns malloc: our own table is still watched */
#endif

typedef struct fixture {
    oss_test_runs runs;
    oss_config *config;
    oss_train_request request;
    char run[512];
    oss_session session;
} fixture;

static void make(fixture *f, const char *json, const char *const *assignment) {
    const oss_tones tones = {.rows = 16, .seed = 2, .min_letters = 2, .max_letters = 8};
    oss_test_runs_make(&f->runs, &tones);
    f->config = oss_test_runs_config(&f->runs, json);
    for (int i = 0; assignment[i] != NULL; i++) {
        ck_assert_int_eq(oss_config_set(f->config, assignment[i]), OSS_OK);
    }
    snprintf(f->run, sizeof f->run, "%s/run", f->runs.folder);
    f->request = (oss_train_request){.config = f->config, .run = f->run};
    oss_status status = oss_session_init(&f->session, &f->request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
}

static void clear(fixture *f) {
    oss_session_deinit(&f->session);
    oss_config_free(f->config);
    oss_test_runs_remove(&f->runs);
}

/* Check itself calls the heap when it asserts: so the outcome is told at the end. */
static bool run_step(fixture *f, int64_t number) {
    oss_step_result result;
    oss_step_begin(f->session.step, number);
    for (int32_t i = 0; i < f->config->training.accum_steps; i++) {
        const oss_micro_batch *batch = NULL;
        if (oss_loader_next(f->session.loader, &batch) != OSS_OK ||
            oss_step_accumulate(f->session.step, batch) != OSS_OK) {
            return false;
        }
    }
    oss_step_finish(f->session.step, 1e-3, number, &result);
    return result.skipped == NULL;
}

START_TEST(test_counting_counts) {
    atomic_store(&calls, 0);
    atomic_store(&counting, true);
    void *volatile block = malloc(10);
    atomic_store(&counting, false);
    free(block);
    ck_assert_int_eq(atomic_load(&calls), INTERPOSED);
}
END_TEST

/* The first step too: everything was taken before. */
START_TEST(test_steps_call_no_heap) {
    static const char *const settings[] = {
        "\"threads\": 2, \"batch_seconds\": 5, \"grad_shards\": 4, \"dropout\": 0.1",
        "\"threads\": 1, \"batch_seconds\": 3, \"accum_steps\": 3, \"position\": \"rope\"",
        "\"threads\": 2, \"batch_seconds\": 20, \"grad_shards\": 2, \"mel_norm\": \"fixed\"",
        "\"threads\": 2, \"batch_seconds\": 5, \"speed_prob\": 0.8, \"gain_prob\": 0.5, \"noise_prob\": 0.9, "
        "\"noise_babble\": 2, \"reverb_prob\": 0.5, \"telephone_prob\": 0.4, \"shift_ms\": 50, \"silence_prob\": 0.5, \"silence_seconds_max\": 0.4, "
        "\"concat_prob\": 0.3, "
        "\"freq_masks\": 2, \"time_masks_per_second\": 1",
    };
    static const char *const small[] = {NULL};
    static const char *const large[] = {"d_model=96", "d_ff=192", NULL}; /* products that go to OpenBLAS */
    fixture f;
    make(&f, settings[_i], _i == 2 ? large : small);
    oss_batcher *batcher = f.session.planner;
    for (int64_t epoch = 0; epoch < 8; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(batcher, epoch);
        ck_assert_int_eq(oss_step_reserve(f.session.step, &f.session.data.train, plan), OSS_OK);
    }
    oss_faults_install();
    atomic_store(&calls, 0);
    atomic_store(&counting, true);
    bool trained = true;
    for (int64_t step = 1; step <= 6; step++) {
        trained = run_step(&f, step) && trained;
    }
    atomic_store(&counting, false);
    int64_t table_calls = oss_faults_count(OSS_CALL_ANY_HEAP) + oss_faults_count(OSS_CALL_RELEASE);
    oss_faults_remove();
    ck_assert(trained);
    ck_assert_int_eq(table_calls, 0);
    ck_assert_int_eq(atomic_load(&calls), 0);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("no heap call in a step");
    TCase *all = tcase_create("no heap");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_counting_counts);
    tcase_add_loop_test(all, test_steps_call_no_heap, 0, 4);
    suite_add_tcase(suite, all);
    return suite;
}
