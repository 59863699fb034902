/* .npy files of which nobody knows how long they will be. All at once: test_file.c. */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/npy.h"
#include "support/exact.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

/* By and by: the bytes that all at once would give, and the first failure when the disk is full at any byte. */
START_TEST(test_npy_rows) {
    enum { COLUMNS = 70, ROWS = 1000 };
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "x.npy");
    char *other = oss_tempdir_path(folder, "y.npy"), *full = oss_tempdir_path(folder, "z.npy");
    float *x = oss_exact_filled((size_t)ROWS * COLUMNS, 5);
    ck_assert_int_eq(oss_npy_write(other, x, ROWS, COLUMNS), OSS_OK);
    oss_npy_rows rows = {0};
    oss_npy_rows_abort(&rows);
    ck_assert_int_eq(oss_npy_rows_open(&rows, path, COLUMNS), OSS_OK);
    for (int32_t at = 0, count = 1; at < ROWS;
         at += count, count = count * 3 < ROWS - at ? count * 3 : ROWS - at) {
        oss_npy_rows_add(&rows, x + (size_t)at * COLUMNS, count);
    }
    ck_assert(!oss_file_exists(path));
    ck_assert_int_eq(oss_npy_rows_commit(&rows), OSS_OK);
    oss_npy_rows_abort(&rows);
    long bytes = 0, want_bytes = 0;
    char *got = oss_tempdir_read(path, &bytes), *want = oss_tempdir_read(other, &want_bytes);
    ck_assert_int_eq(bytes, want_bytes);
    ck_assert_mem_eq(got, want, (size_t)bytes);
    free(got);
    free(want);
    oss_faults_install();
    for (size_t room = 0; room < (size_t)want_bytes + 127; room += 50000) {
        ck_assert_int_eq(oss_npy_rows_open(&rows, full, COLUMNS), OSS_OK);
        oss_faults_disk_full_after(room);
        oss_npy_rows_add(&rows, x, ROWS);
        ck_assert_int_eq(oss_npy_rows_commit(&rows), OSS_ENOSPC);
        ck_assert(oss_faults_clear());
        ck_assert_int_eq(oss_tempdir_has(folder, "z.npy"), 0);
    }
    ck_assert_int_eq(oss_npy_rows_open(&rows, path, COLUMNS), OSS_OK);
    oss_npy_rows_add(&rows, x, ROWS);
    oss_faults_fail(OSS_CALL_LSEEK, 1, EIO);
    ck_assert_int_eq(oss_npy_rows_commit(&rows), OSS_EIO);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    got = oss_tempdir_read(path, &bytes);
    ck_assert_int_eq(bytes, want_bytes);
    free(got);
    free(x);
    free(full);
    free(other);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/npy");
    TCase *tests = tcase_create("rows");
    tcase_add_test(tests, test_npy_rows);
    suite_add_tcase(suite, tests);
    return suite;
}
