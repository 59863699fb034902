/* The CSV reader when reading or memory fails, and how much memory it takes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/logger.h"
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

/* ---- Files without an end ---- */

START_TEST(test_devices_end) {
    oss_csv *csv = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, "/dev/zero"), OSS_EINPUT);
    ck_assert_str_eq(
        oss_last_error(),
        "/dev/zero:1: there is a NUL byte at byte 0 of the file; is it UTF-16? save it as UTF-8");
    ck_assert_int_eq(oss_csv_open(&csv, folder), OSS_EIO);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), folder));
}
END_TEST

/* A header, and then what is repeated for ever; all of it is of one row, or of none. */
START_TEST(test_rows_end) {
    static const char *const repeated[] = {"x", ",", "\n", "\"\"", "\"x\","};
    enum { BYTES = 5 << 20 };
    char *text = malloc(BYTES);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "a,b\n1,2\n3,", 10);
    for (size_t i = 10, turn = 0, length = strlen(repeated[_i]); i < BYTES; i++, turn++) {
        text[i] = repeated[_i][turn % length];
    }
    oss_tempdir_write(path, text, BYTES);
    free(text);
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
    oss_status status = OSS_EINPUT;
    for (int rows = 0; rows < 4 && (status == OSS_OK || status == OSS_EINPUT); rows++) {
        status = oss_csv_next(csv, &row);
    }
    ck_assert_int_eq(status, OSS_EIO);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EIO);
    oss_csv_free(csv);
}
END_TEST

/* ---- How many rows and lines there were ---- */

static char told[1000];

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    ck_assert_str_eq(told, ""); /* once */
    strncpy(told, line, sizeof told - 1);
}

START_TEST(test_counts_are_told) {
    static const struct {
        const char *text, *counts;
    } cases[] = {
        {"a,b\n1,2\n3,4\n", "2 rows on 3 lines"},
        {"a,b\n1,2\n3,4", "2 rows on 3 lines"},
        {"a,b\r\n1,2\r\n\r\n3,4\r\n", "2 rows on 4 lines"},
        {"a,b\r1,2\r", "1 row on 2 lines"},
        {"a,b", "0 rows on 1 line"},
        {"a,b\n1,\"2\n\n3\"\n4,5\n", "2 rows on 5 lines"},
        {"a,b\n1\n\xff,2\n3,4\n", "3 rows on 4 lines"},      /* bad rows are rows */
        {"a,b\n1,\"2\n3,4\n5,6\n", "3 rows on 4 lines"},     /* a quote that is never closed */
        {"a,b\n1,\"2\n3,4\n5,\"6\"\n", "3 rows on 4 lines"}, /* one that text follows on */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_csv *csv = NULL;
        const oss_csv_row *row = NULL;
        oss_status status = OSS_OK;
        char want[1000];
        snprintf(want, sizeof want, "%s: %s", path, cases[i].counts);
        oss_tempdir_write(path, cases[i].text, (long)strlen(cases[i].text));
        told[0] = '\0';
        oss_log_set(hear, NULL);
        ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
        do {
            row = NULL;
            status = oss_csv_next(csv, &row);
        } while (status == OSS_EINPUT || row != NULL);
        ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
        ck_assert_str_eq(told, "");
        oss_csv_free(csv);
        oss_log_set(NULL, NULL);
        ck_assert_str_eq(told, want);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/csv under failures");
    TCase *csv = tcase_create("faults");
    tcase_add_checked_fixture(csv, set_up, tear_down);
    tcase_add_test(csv, test_failures_while_reading);
    tcase_add_test(csv, test_memory_is_bounded);
    tcase_add_test(csv, test_devices_end);
    tcase_add_loop_test(csv, test_rows_end, 0, 5);
    tcase_add_test(csv, test_counts_are_told);
    suite_add_tcase(suite, csv);
    return suite;
}
