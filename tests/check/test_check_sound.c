/* Pace, level and rates. */
#include "check/check_rows.h"

START_TEST(test_pace) {
    begin();
    for (int i = 0; i < 24; i++) {
        add(i == 7 ? "a" : "ten letters", 1.0 + 0.01 * i);
    }
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_PACE], 1);
    ck_assert_int_eq(oss_check_count(report), 0);
    ck_assert_int_eq(report->finding[0].row, 7);
    oss_check_free(report);
    count = OSS_CHECK_PACE_ROWS - 1; /* too few to say what is usual */
    report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_PACE], 0);
    oss_check_free(report);
}
END_TEST

START_TEST(test_levels_and_rates) {
    begin();
    add("a", 1)->sound.measure.clipped_samples = 15;
    add("b", 1)->sound.measure.clipped_samples = 16;
    add("c", 1)->sound.measure.mean = -0.03;
    add("d", 1)->sound.source_rate_hz = 8000;
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->findings, 3);
    ck_assert_int_eq(report->finding[0].kind, OSS_CHECK_CLIPPED);
    ck_assert_int_eq(report->finding[0].row, 1);
    ck_assert_int_eq(report->finding[1].kind, OSS_CHECK_OFFSET);
    ck_assert_int_eq(report->finding[1].row, 2);
    ck_assert_str_eq(report->finding[2].message, "8000 Hz in 1 row, 16000 Hz in 3");
    ck_assert_int_eq(oss_check_count(report), 0);
    oss_check_free(report);
}
END_TEST

/* A row that was not measured has no level, and one without text no pace. */
START_TEST(test_what_is_not_known) {
    begin();
    add("a", 1)->sound.measure = (oss_audio_measure){.clipped_samples = 100, .mean = 1};
    add("", 1)->sound.source_rate_hz = 0;
    add("a", 1);
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_CLIPPED] + report->by_kind[OSS_CHECK_OFFSET] +
                         report->by_kind[OSS_CHECK_RATES],
                     0);
    ck_assert_int_eq(report->pace.count, 2);
    ck_assert_int_eq(report->duration.count, 3);
    oss_check_free(report);
}
END_TEST

/* The rarer rates are named, each once, beside the commonest. */
START_TEST(test_three_rates) {
    begin();
    static const int32_t rates[] = {8000, 16000, 16000, 44100, 8000, 16000};
    for (int i = 0; i < 6; i++) {
        add("a", 1)->sound.source_rate_hz = rates[i];
    }
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_RATES], 2);
    const oss_check_finding *finding = find(report, OSS_CHECK_RATES);
    ck_assert_str_eq(finding[0].message, "8000 Hz in 2 rows, 16000 Hz in 3");
    ck_assert_int_eq(finding[0].row, 0);
    ck_assert_int_eq(finding[0].other, 1);
    ck_assert_str_eq(finding[1].message, "44100 Hz in 1 row, 16000 Hz in 3");
    ck_assert_int_eq(finding[1].row, 3);
    oss_check_free(report);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_sound");
    TCase *tests = tcase_create("sound");
    tcase_add_test(tests, test_pace);
    tcase_add_test(tests, test_levels_and_rates);
    tcase_add_test(tests, test_what_is_not_known);
    tcase_add_test(tests, test_three_rates);
    suite_add_tcase(suite, tests);
    return suite;
}
