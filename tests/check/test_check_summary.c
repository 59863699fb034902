/* The line that training logs. */
#include "check/check_rows.h"
#include "base/mem.h"

START_TEST(test_summary) {
    begin();
    add("ten letters", 3.0)->csv.speaker = names[0];
    add("", 1.0);
    *add("", 1) = (oss_check_row){.csv = {.number = 3}, .fault = OSS_CHECK_CSV, .message = names[0]};
    add("d", 2.0)->source = 1;
    oss_check_report *report = check("{}");
    char *text = oss_check_summary(report);
    ck_assert_str_eq(text,
                     "check: train 2 of 3 rows usable, 0.00 h, 1 speaker; dev 1 of 1 rows usable, 0.00 h; "
                     "1.0 to 3.0 s a row, median 2.0; 2.1 characters a second, 9 symbols. char with "
                     "ctc_subframes 1: 0 of 2 train texts do not fit. Findings: csv 1, empty 1, unknown 1");
    oss_free(text);
    oss_check_free(report);
}
END_TEST

START_TEST(test_clean) {
    begin();
    add("abc", 1.0);
    add("abd", 1.0)->sound.source_rate_hz = 8000;
    oss_check_report *report = check("{}");
    char *text = oss_check_summary(report);
    ck_assert_msg(strstr(text, ". No findings; warnings: rates 1") != NULL, "%s", text);
    oss_free(text);
    oss_check_free(report);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_summary");
    TCase *tests = tcase_create("summary");
    tcase_add_test(tests, test_summary);
    tcase_add_test(tests, test_clean);
    suite_add_tcase(suite, tests);
    return suite;
}
