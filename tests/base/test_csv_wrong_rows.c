/* Files that are wrong from end to end, which may have been made to cost time: no more of them is read than shows it. */
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

static oss_status know_recording(void *context, const char *cell, const char *own, bool *out) {
    (void)context;
    (void)own;
    *out = strcmp(cell, "a.wav") == 0;
    return OSS_OK;
}

/* Reads until the reader gives up, or to the end; returns with what. */
static oss_status read_on(int64_t *out_rows, int64_t *out_bad) {
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    oss_status status = oss_csv_open(&csv, path);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    oss_csv_set_witness(csv, 0, know_recording, NULL);
    *out_rows = *out_bad = 0;
    do {
        status = oss_csv_next(csv, &row);
        *out_bad += status == OSS_EINPUT;
        *out_rows = oss_csv_place_of_record(csv).number;
    } while (status == OSS_EINPUT || (status == OSS_OK && row != NULL));
    if (status != OSS_OK) {
        ck_assert_int_eq(oss_csv_next(csv, &row), status); /* for good */
    }
    oss_csv_free(csv);
    return status;
}

static void write_repeated(const char *header, const char *line, int lines) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, header);
    for (int i = 0; i < lines; i++) {
        oss_strbuf_append(&text, line);
    }
    ck_assert(oss_strbuf_ok(&text));
    oss_tempdir_write(path, text.data, (long)text.length);
    oss_strbuf_deinit(&text);
}

START_TEST(test_no_end_of_wrong_rows) {
    int64_t rows, bad;
    write_repeated("w,t\n", "\"x\n", 30000);
    ck_assert_int_eq(read_on(&rows, &bad), OSS_EIO);
    ck_assert_int_eq(rows, 10000);
    ck_assert_int_eq(bad, 9999);
    write_repeated("w,t\n", "1,2\n3\n", 30000); /* as many that are right */
    ck_assert_int_eq(read_on(&rows, &bad), OSS_OK);
    ck_assert_int_eq(rows, 60000);
    ck_assert_int_eq(bad, 30000);
}
END_TEST

START_TEST(test_wrong_rows_are_told) {
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    write_repeated("w,t\n", "1\n", 10000);
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    while (oss_csv_next(csv, &row) == OSS_EINPUT) {
    }
    ck_assert_msg(strstr(oss_last_error(),
                         "10000 of the first 10000 rows are wrong, too many to read on: is it a "
                         "CSV with these columns? The last: ") != NULL &&
                      strstr(oss_last_error(), "rows.csv:10001: row 10000: has 1 field") != NULL,
                  "%s", oss_last_error());
    oss_csv_free(csv);
}
END_TEST

/* Long rows, and quotes each of which takes in thousands of lines that are then read again. */
START_TEST(test_bytes_of_wrong_rows) {
    enum { LONG = 3 << 20, LONGS = 30, COLUMNS = 4096, LINES = 200000 };
    int64_t rows, bad;
    char *line = malloc(LONG + 2);
    memset(line, 'x', LONG);
    strcpy(line + LONG, "\n");
    write_repeated("w,t\n", line, LONGS);
    ck_assert_int_eq(read_on(&rows, &bad), OSS_EIO);
    ck_assert_int_lt(rows, 13);
    free(line);
    char header[3 * COLUMNS] = "w";
    for (int i = 1; i < COLUMNS; i++) {
        strcat(header, ",");
    }
    write_repeated(strcat(header, "\n"), "a.wav\",\"z\n", LINES);
    ck_assert_int_eq(read_on(&rows, &bad), OSS_EIO);
    ck_assert_int_gt(rows, 100); /* of 40 KB each */
    ck_assert_int_lt(rows, 2000);
}
END_TEST

/* What may be read again is kept, as far as memory is there for it. */
START_TEST(test_memory_for_lines_that_are_read_again) {
    int64_t rows, bad;
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "w,t\n1,\"2\n");
    for (int i = 0; i < 40000; i++) {
        oss_strbuf_append(&text, "3,4,5\n");
    }
    oss_tempdir_write(path, text.data, (long)text.length);
    oss_strbuf_deinit(&text);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_csv *csv = NULL;
        const oss_csv_row *row = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_csv_open(&csv, path);
        status = status == OSS_OK ? oss_csv_next(csv, &row) : status;
        bool fired = oss_faults_clear();
        oss_csv_free(csv);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_EINPUT);
        if (!fired) {
            ck_assert_msg(strstr(oss_last_error(), "never closed") != NULL, "%s", oss_last_error());
            break;
        }
    }
    oss_faults_remove();
    ck_assert_int_eq(read_on(&rows, &bad), OSS_EIO); /* all of them are wrong */
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/csv with wrong rows alone");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_no_end_of_wrong_rows);
    tcase_add_test(tests, test_wrong_rows_are_told);
    tcase_add_test(tests, test_bytes_of_wrong_rows);
    tcase_add_test(tests, test_memory_for_lines_that_are_read_again);
    suite_add_tcase(suite, tests);
    return suite;
}
