/* Log lines: one callback, one line each. */
#include "base/logger.h"

#include <string.h>

#include "support/suite.h"

typedef struct heard {
    int lines;
    oss_log_level level;
    char line[8192];
} heard;

static void hear(void *context, oss_log_level level, const char *line) {
    heard *h = context;
    h->lines++;
    h->level = level;
    strcpy(h->line, line);
}

START_TEST(test_lines_go_to_the_callback) {
    heard h = {0};
    oss_log_warn("nobody listens");
    oss_log_set(hear, &h);
    oss_log_info("%s: %d rows", "x.csv", 3);
    ck_assert_int_eq(h.level, OSS_LOG_INFO);
    ck_assert_str_eq(h.line, "x.csv: 3 rows");
    oss_log_warn("close to silence");
    ck_assert_int_eq(h.level, OSS_LOG_WARN);
    ck_assert_int_eq(h.lines, 2);
    oss_log_set(NULL, NULL);
    oss_log_warn("nobody listens any more");
    ck_assert_int_eq(h.lines, 2);
}
END_TEST

/* Whatever is in the name of a file. */
START_TEST(test_a_line_is_one_line) {
    heard h = {0};
    oss_log_set(hear, &h);
    oss_log_info("%s: read", "a\tb\nc\rd\x7f.wav");
    oss_log_set(NULL, NULL);
    ck_assert_str_eq(h.line, "a\\tb\\nc\\rd\\x7f.wav: read");
}
END_TEST

START_TEST(test_a_long_line_is_cut) {
    heard h = {0};
    char text[6000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    oss_log_set(hear, &h);
    oss_log_info("%s", text);
    oss_log_set(NULL, NULL);
    ck_assert_uint_eq(strlen(h.line), 4095);
    ck_assert_str_eq(h.line + 4092, "...");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/log");
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, test_lines_go_to_the_callback);
    tcase_add_test(tests, test_a_line_is_one_line);
    tcase_add_test(tests, test_a_long_line_is_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
