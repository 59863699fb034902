/* The same sound twice. */
#include "check/check_rows.h"

/* Three rows with one sound: the second text is a conflict once, its repetition a duplicate. */
START_TEST(test_twins) {
    begin();
    add("b", 1);
    add("a", 1);
    add("a", 1);
    add("b", 1);
    add("c", 1)->source = 1; /* dev */
    for (int32_t i = 0; i < count; i++) {
        rows[i].sound.measure.hash = 77;
    }
    add("b", 1)->sound.measure.hash = 0; /* not known: not compared */
    add("b", 1)->sound.measure.hash = 0;
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_DUPLICATE], 2);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_CONFLICT], 1);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_LEAK], 4);
    ck_assert_int_eq(report->finding[0].row, 2);
    ck_assert_int_eq(report->finding[0].other, 1);
    ck_assert_int_eq(report->finding[1].row, 3);
    ck_assert_int_eq(report->finding[1].other, 0);
    ck_assert_int_eq(report->finding[6].kind, OSS_CHECK_CONFLICT);
    ck_assert_int_eq(report->finding[6].row, 1);
    ck_assert_int_eq(report->finding[6].other, 0);
    oss_check_free(report);
}
END_TEST

/* Listed twice is said differently from the same sound under two names. */
START_TEST(test_words_of_twins) {
    begin();
    add("a", 1);
    add("a", 1);
    add("a", 1);
    rows[1].csv.path = rows[0].csv.path;
    rows[1].sound.measure.hash = rows[2].sound.measure.hash = rows[0].sound.measure.hash;
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_DUPLICATE], 2);
    ck_assert_str_eq(report->finding[0].message, "listed in row 1 too");
    ck_assert_str_eq(report->finding[1].message, "the same sound as in row 1 (r1.wav)");
    ck_assert(report->unfit[1] && report->unfit[2] && !report->unfit[0]);
    oss_check_free(report);
}
END_TEST

/* Dev rows are named with their CSV; a row that cannot be used is no twin. */
START_TEST(test_dev_twins) {
    begin();
    add("a", 1);
    add("b", 1)->source = 1;
    add("a", 1);
    rows[1].sound.measure.hash = rows[2].sound.measure.hash = rows[0].sound.measure.hash;
    rows[2].usable = false;
    rows[2].fault = OSS_CHECK_SHORT;
    rows[2].message = names[0];
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_LEAK], 1);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_DUPLICATE] + report->by_kind[OSS_CHECK_CONFLICT], 0);
    const oss_check_finding *leak = find(report, OSS_CHECK_LEAK);
    ck_assert_int_eq(leak->row, 0);
    ck_assert_str_eq(leak->message, "the same sound as in dev.csv, row 2 (r2.wav)");
    oss_check_free(report);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_twins");
    TCase *tests = tcase_create("twins");
    tcase_add_test(tests, test_twins);
    tcase_add_test(tests, test_words_of_twins);
    tcase_add_test(tests, test_dev_twins);
    suite_add_tcase(suite, tests);
    return suite;
}
