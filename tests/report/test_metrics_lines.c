/* Which lines of metrics.jsonl stay, and where the others go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/metrics_lines.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder, *path, *aside;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "metrics.jsonl");
    aside = oss_tempdir_path(folder, "metrics.superseded.jsonl");
}

static void tear_down(void) {
    free(path);
    free(aside);
    oss_tempdir_remove(folder);
}

/* A digit is a line of that step, '?' one that cannot be read, '.' at the end a line without its newline. */
static void write(const char *steps) {
    char text[2000] = "";
    for (const char *at = steps; *at != '\0'; at++) {
        size_t length = strlen(text);
        if (*at == '.') {
            text[length - 1] = '\0';
        } else if (*at == '?') {
            snprintf(text + length, sizeof text - length, "{\"step\n");
        } else {
            snprintf(text + length, sizeof text - length, "{\"step\":%c}\n", *at);
        }
    }
    oss_tempdir_write(path, text, (long)strlen(text));
}

/* The steps of a file's lines, each of which must have its newline. */
static void expect_file(const char *file, const char *steps) {
    char *text = oss_tempdir_read(file, NULL), got[100] = "";
    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1) {
        ck_assert_msg(strchr(at, '\n') != NULL, "an open line: %s", text);
        size_t length = strlen(got);
        got[length] = strncmp(at, "{\"step\":", 8) == 0 ? at[8] : '?';
        got[length + 1] = '\0';
    }
    ck_assert_msg(text != NULL || steps[0] == '\0', "%s is not there", file);
    ck_assert_str_eq(got, steps);
    free(text);
}

static const struct {
    const char *steps;
    int unreadable, first_unreadable;
    bool is_torn, is_open;
    const char *stay, *go;
} cases[] = {
    {"", 0, 0, false, false, "", ""},
    {"0112233", 0, 0, false, false, "0112233", ""},
    {"12?3??4", 3, 3, false, false, "1234", "???"},
    {"123?.", 1, 4, true, false, "123", "?"},
    {"123.", 0, 0, false, true, "123", ""},
    {"12345345", 0, 0, false, false, "123345", "45"},
    {"129345", 0, 0, false, false, "12345", "9"}, /* one number that is too high costs one line */
    {"567089", 0, 0, false, false, "56789", "0"}, /* and one that is too low */
    {"12345123456", 0, 0, false, false, "1123456", "2345"},
    {"?", 1, 1, false, false, "", "?"},
    {"9?12.", 1, 2, false, true, "12", "9?"},
};

START_TEST(test_lines) {
    write(cases[_i].steps);
    oss_metrics_lines lines = {0};
    ck_assert_int_eq(oss_metrics_inspect(&lines, path), OSS_OK);
    ck_assert_int_eq(lines.unreadable, cases[_i].unreadable);
    ck_assert_int_eq(lines.first_unreadable, cases[_i].first_unreadable);
    ck_assert_int_eq(lines.disordered, (int)strlen(cases[_i].go) - cases[_i].unreadable);
    ck_assert(lines.is_torn == cases[_i].is_torn && lines.is_open == cases[_i].is_open);
    ck_assert_int_eq(oss_metrics_mend(path), OSS_OK);
    expect_file(path, cases[_i].stay);
    expect_file(aside, cases[_i].go);
    ck_assert_int_eq(oss_metrics_inspect(&lines, path), OSS_OK);
    ck_assert(lines.unreadable == 0 && lines.disordered == 0 && !lines.is_open);
    ck_assert_int_eq(lines.lines, (int)strlen(cases[_i].stay));
    ck_assert_int_eq(oss_tempdir_count(folder), cases[_i].go[0] == '\0' ? 1 : 2);
}
END_TEST

/* What was moved before stays before. */
START_TEST(test_moved_lines_add_up) {
    write("1?2");
    ck_assert_int_eq(oss_metrics_mend(path), OSS_OK);
    write("231");
    ck_assert_int_eq(oss_metrics_mend(path), OSS_OK);
    expect_file(aside, "?1");
    expect_file(path, "23");
}
END_TEST

/* A line too long to be looked at is moved byte for byte. */
START_TEST(test_a_long_line) {
    enum { BYTES = OSS_METRICS_LINE_BYTES + 100000 };
    char *text = malloc(BYTES + 30), *want = malloc(BYTES + 2);
    ck_assert(text != NULL && want != NULL);
    for (long i = 0; i < BYTES; i++) {
        want[i] = (char)('a' + i * 7 % 26);
    }
    want[BYTES] = '\n';
    memcpy(text, "{\"step\":1}\n", 11);
    memcpy(text + 11, want, BYTES + 1);
    memcpy(text + 12 + BYTES, "{\"step\":2}\n", 11);
    oss_tempdir_write(path, text, BYTES + 23);
    ck_assert_int_eq(oss_metrics_mend(path), OSS_OK);
    expect_file(path, "12");
    long bytes = 0;
    char *got = oss_tempdir_read(aside, &bytes);
    ck_assert_int_eq(bytes, BYTES + 1);
    ck_assert_mem_eq(got, want, BYTES + 1);
    free(got);
    free(text);
    free(want);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("lines of metrics.jsonl");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, test_lines, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, test_moved_lines_add_up);
    tcase_add_test(all, test_a_long_line);
    suite_add_tcase(suite, all);
    return suite;
}
