/* Memory, failures and wishes to stop, with more text than the least memory holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lm/estimate.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder, *file;
static unsigned state;

static void setup(void) {
    folder = oss_tempdir_make();
    file = oss_tempdir_path(folder, "model.arpa");
}

static void teardown(void) {
    free(file);
    oss_tempdir_remove(folder);
}

static int draw(int below) {
    state = state * 1103515245u + 12345u;
    return (int)((state >> 16) % (unsigned)below);
}

static oss_estimate_options options_of(int order) {
    return (oss_estimate_options){.text = {.min_count = 1, .folder = folder},
                                  .order = order,
                                  .is_arpa = true,
                                  .memory_bytes = OSS_ESTIMATE_LEAST_MEMORY};
}

/* More than the least memory holds. */
static oss_status add_numbers(oss_estimate *e, int count) {
    oss_status status = OSS_OK;
    for (int i = 0; i < count && status == OSS_OK; i++) {
        char line[64];
        int bytes = snprintf(line, sizeof line, "%d n%d %d x%d %d", draw(30), draw(300), draw(9), draw(3000),
                             draw(3));
        status = oss_corpus_add(oss_estimate_corpus(e), line, (size_t)bytes);
    }
    return status;
}

static oss_status make_large(const oss_estimate_options *options, const char *path, int count) {
    oss_estimate *e = NULL;
    oss_estimate_report report;
    state = 7;
    oss_status status = oss_estimate_open(&e, options);
    if (status == OSS_OK) {
        status = add_numbers(e, count);
    }
    if (status == OSS_OK) {
        status = oss_estimate_write(e, path, &report);
    }
    oss_estimate_free(e);
    return status;
}

START_TEST(bytes_do_not_depend_on_memory_or_threads) {
    oss_estimate_options options = options_of(3);
    char *other = oss_tempdir_path(folder, "other.arpa");
    long bytes = 0, other_bytes = 0;
    oss_faults_install();
    ck_assert_int_eq(make_large(&options, file, 60000), OSS_OK);
    ck_assert_int_gt(oss_faults_count(OSS_CALL_LSEEK), 100); /* it did not fit */
    oss_faults_remove();
    options.memory_bytes = (int64_t)512 << 20;
    ck_assert_int_eq(oss_pool_create(&options.pool, 3), OSS_OK);
    ck_assert_int_eq(make_large(&options, other, 60000), OSS_OK);
    oss_pool_free(options.pool);
    char *a = oss_tempdir_read(file, &bytes), *b = oss_tempdir_read(other, &other_bytes);
    ck_assert_int_eq(bytes, other_bytes);
    ck_assert_mem_eq(a, b, (size_t)bytes);
    free(a);
    free(b);
    free(other);
}
END_TEST

/* A file that is whole may be there: its folder could not be synced. */
static void expect_nothing_left(oss_call kind, int64_t step, int count) {
    oss_estimate_options options = options_of(3);
    oss_faults_install();
    for (int64_t k = 1;; k += step) {
        oss_faults_fail(kind, k, ENOSPC);
        oss_status status = make_large(&options, file, count);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
        ck_assert_int_ne(status, OSS_OK);
        ck_assert(!oss_tempdir_has(folder, "tmp"));
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (oss_tempdir_count(folder) > 0) {
            long bytes = 0;
            char *model = oss_tempdir_read(file, &bytes);
            ck_assert_str_eq(model + bytes - 7, "\n\\end\\\n");
            free(model);
            remove(file);
        }
    }
    oss_faults_remove();
}

START_TEST(a_failing_write_leaves_nothing) {
    expect_nothing_left(OSS_CALL_WRITE, 13, 20000);
}
END_TEST

START_TEST(a_failing_allocation_leaves_nothing) {
    expect_nothing_left(OSS_CALL_ANY_HEAP, 1, 500);
}
END_TEST

START_TEST(a_full_disk_is_said_so) {
    oss_estimate_options options = options_of(3);
    oss_faults_install();
    oss_faults_disk_full_after(1 << 20);
    ck_assert_int_eq(make_large(&options, file, 60000), OSS_ENOSPC);
    oss_faults_clear();
    oss_faults_remove();
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

START_TEST(a_wish_to_stop_leaves_nothing) {
    oss_estimate_options options = options_of(3);
    oss_stop stop = true;
    options.stop = &stop;
    ck_assert_int_eq(make_large(&options, file, 60000), OSS_ESTOPPED);
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("estimate_faults");
    TCase *tcase = tcase_create("estimate_faults");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, bytes_do_not_depend_on_memory_or_threads);
    tcase_add_test(tcase, a_failing_write_leaves_nothing);
    tcase_add_test(tcase, a_failing_allocation_leaves_nothing);
    tcase_add_test(tcase, a_full_disk_is_said_so);
    tcase_add_test(tcase, a_wish_to_stop_leaves_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
