/* The CSV reader when reading or memory fails, and how much memory it takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/strbuf.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "rows.csv");
}

static void tear_down(void) {
    free(path);
    oss_tempdir_remove(folder);
}

/* Reads everything: the sum of the rows read, and the first failure. */
static oss_status read_everything(int *rows) {
    oss_csv *csv = NULL;
    *rows = 0;
    oss_status status = oss_csv_open(&csv, path);
    const oss_csv_row *row = NULL;
    while (status == OSS_OK && (status = oss_csv_next(csv, &row)) == OSS_OK && row != NULL) {
        (*rows)++;
    }
    if (csv != NULL && status != OSS_OK) {
        ck_assert_int_eq(oss_csv_next(csv, &row), status); /* for good */
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "rows.csv: reading failed before"));
    }
    oss_csv_free(csv);
    return status;
}

START_TEST(test_failures_while_reading) {
    enum { ROWS = 20000 };
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "a,b\n");
    for (int i = 0; i < ROWS; i++) {
        oss_strbuf_append(&text, "one,two\n");
    }
    oss_tempdir_write(path, text.data, (long)text.length);
    oss_strbuf_deinit(&text);
    static const oss_call kinds[] = {OSS_CALL_OPEN, OSS_CALL_READ, OSS_CALL_ANY_HEAP};
    oss_faults_install();
    for (int i = 0; i < 3; i++) {
        for (int64_t k = 1;; k++) {
            oss_faults_fail(kinds[i], k, kinds[i] == OSS_CALL_ANY_HEAP ? ENOMEM : EIO);
            int rows = 0;
            oss_status status = read_everything(&rows);
            bool fired = oss_faults_clear();
            ck_assert_int_eq(oss_faults_blocks(), 0);
            ck_assert_int_eq(status, !fired ? OSS_OK : kinds[i] == OSS_CALL_ANY_HEAP ? OSS_ENOMEM : OSS_EIO);
            if (!fired) {
                ck_assert_int_eq(rows, ROWS);
                ck_assert_int_ge(k, i == 0 ? 2 : 4);
                break;
            }
        }
    }
    oss_faults_interrupt();
    oss_faults_short(2);
    int rows = 0;
    ck_assert_int_eq(read_everything(&rows), OSS_OK);
    ck_assert_int_eq(rows, ROWS);
    oss_faults_clear();
    oss_faults_remove();
}
END_TEST

/* Memory does not grow with the file, nor with a row that has too many fields. */
START_TEST(test_memory_is_bounded) {
    enum { COMMAS = 3000000 };
    char *text = malloc(COMMAS + 64);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "a,b\n1,2\n", 8);
    memset(text + 8, ',', COMMAS);
    memcpy(text + 8 + COMMAS, "\n3,4\n", 6);
    oss_tempdir_write(path, text, COMMAS + 13);
    free(text);
    oss_faults_install();
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "has 3000001 fields"));
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
    ck_assert_str_eq(row->field[1], "4");
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), calls);
    oss_csv_free(csv);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/csv under failures");
    TCase *csv = tcase_create("faults");
    tcase_add_checked_fixture(csv, set_up, tear_down);
    tcase_add_test(csv, test_failures_while_reading);
    tcase_add_test(csv, test_memory_is_bounded);
    suite_add_tcase(suite, csv);
    return suite;
}
