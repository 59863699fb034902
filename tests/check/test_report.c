/* Findings and spreads. */
#include "check/check_rows.h"
#include "check/report_internal.h"

START_TEST(test_spread) {
    begin();
    add("a", 0.9);
    add("a", 1.0);
    add("a", 2.5);
    add("a", 7.9);
    oss_check_report *report = check("{}");
    const oss_check_spread *spread = &report->duration;
    ck_assert_int_eq(spread->count, 4);
    ck_assert_double_eq_tol(spread->min, 0.9, 1e-4);
    ck_assert_double_eq_tol(spread->median, 1.75, 1e-4);
    ck_assert_double_eq_tol(spread->mean, 12.3 / 4, 1e-4);
    ck_assert_double_eq_tol(spread->width, 1.0, 1e-12);
    ck_assert_double_eq_tol(spread->begin, 0.0, 1e-12);
    ck_assert_int_eq(spread->bins, 8);
    static const int64_t wanted[] = {1, 1, 1, 0, 0, 0, 0, 1};
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(spread->bin[i], wanted[i]);
    }
    oss_check_free(report);
}
END_TEST

static void expect_spread(const double *value, int64_t count_of, double first, double width, int32_t bins) {
    double copy[8];
    memcpy(copy, value, (size_t)count_of * sizeof *copy);
    oss_check_spread spread;
    oss_check_spread_make(&spread, copy, count_of);
    ck_assert_int_eq(spread.count, count_of);
    ck_assert_double_eq_tol(spread.begin, first, 1e-9);
    ck_assert_double_eq_tol(spread.width, width, 1e-9);
    ck_assert_int_eq(spread.bins, bins);
    int64_t sum = 0;
    for (int i = 0; i < OSS_CHECK_BINS; i++) {
        sum += spread.bin[i];
    }
    ck_assert_int_eq(sum, count_of);
    ck_assert_int_gt(spread.bin[0], 0);
    ck_assert_int_gt(spread.bin[spread.bins - 1], 0);
}

/* The width is 1, 2 or 5 times a power of ten, and twelve bins are always enough. */
START_TEST(test_bins) {
    expect_spread((double[]){3.5}, 1, 3.5, 0.001, 1);
    expect_spread((double[]){0, 11.9}, 2, 0, 1, 12);
    expect_spread((double[]){0, 12}, 2, 0, 2, 7);
    expect_spread((double[]){99, 151}, 2, 95, 5, 12);
    expect_spread((double[]){-1, 1000, 3}, 3, -100, 100, 12);
    oss_check_spread none;
    oss_check_spread_make(&none, NULL, 0);
    ck_assert_int_eq(none.count, 0);
    ck_assert_int_eq(none.bins, 0);
}
END_TEST

/* By kind, then by row, then by message; a message that could not be made is memory that is short. */
START_TEST(test_findings) {
    begin();
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->findings, 0);
    ck_assert_int_eq(oss_check_note(report, OSS_CHECK_CLIPPED, 1, -1, "%d %%", 3), OSS_OK);
    ck_assert_int_eq(oss_check_note(report, OSS_CHECK_EMPTY, 2, -1, "b"), OSS_OK);
    ck_assert_int_eq(oss_check_note(report, OSS_CHECK_EMPTY, 2, -1, "a"), OSS_OK);
    ck_assert_int_eq(oss_check_note(report, OSS_CHECK_EMPTY, 0, 1, "c"), OSS_OK);
    ck_assert_int_eq(oss_check_add(report, OSS_CHECK_EMPTY, 0, 1, NULL), OSS_ENOMEM);
    oss_check_sort(report);
    static const char *const wanted[] = {"c", "a", "b", "3 %"};
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(report->finding[i].message, wanted[i]);
    }
    ck_assert_int_eq(report->findings, 4);
    ck_assert_int_eq(report->finding[0].other, 1);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_EMPTY], 3);
    ck_assert_int_eq(oss_check_count(report), 3); /* a clipped recording is a warning */
    oss_check_free(report);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, test_spread);
    tcase_add_test(tests, test_bins);
    tcase_add_test(tests, test_findings);
    suite_add_tcase(suite, tests);
    return suite;
}
