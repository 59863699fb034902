#include "train/schedule.h"

#include <math.h>

#include "support/rows.h"
#include "support/suite.h"
#include "train/adamw.h"

static double rate(const char *json, int64_t step) {
    oss_config *config = oss_rows_config(json);
    double lr = oss_learning_rate(config, step);
    oss_config_free(config);
    return lr;
}

static const char usual[] =
    "{\"lr\": 0.01, \"warmup_steps\": 100, \"max_steps\": 1100, \"min_lr_ratio\": 0.1}";

START_TEST(test_warm_up_is_linear_from_the_first_step) {
    ck_assert_double_eq_tol(rate(usual, 1), 0.0001, 1e-15);
    ck_assert_double_eq_tol(rate(usual, 50), 0.005, 1e-15);
    ck_assert_double_eq_tol(rate(usual, 100), 0.01, 1e-15);
}
END_TEST

START_TEST(test_cosine) {
    ck_assert_double_eq_tol(rate(usual, 600), 0.0055, 1e-12); /* half-way: the mean of both ends */
    ck_assert_double_eq_tol(rate(usual, 350), 0.01 * (0.1 + 0.9 * (1 + sqrt(0.5)) / 2), 1e-12);
    double before = rate(usual, 100);
    for (int64_t step = 101; step <= 1100; step++) {
        double lr = rate(usual, step);
        ck_assert_double_lt(lr, before);
        before = lr;
    }
}
END_TEST

START_TEST(test_average_gain) {
    ck_assert_double_eq_tol(oss_average_gain(0.999, 1), 9.0 / 11.0, 1e-15);
    ck_assert_double_eq_tol(oss_average_gain(0.999, 90), 0.09, 1e-15);
    ck_assert_double_eq_tol(oss_average_gain(0.999, 1000000), 0.001, 1e-15);
    ck_assert_double_eq_tol(oss_average_gain(0.5, 8), 0.5, 1e-15);
}
END_TEST

START_TEST(test_constant_after_the_end) {
    ck_assert_double_eq_tol(rate(usual, 1100), 0.001, 1e-15);
    ck_assert_double_eq_tol(rate(usual, 1101), 0.001, 1e-15);
    ck_assert_double_eq_tol(rate(usual, 2200), 0.001, 1e-15); /* it must not climb back */
    ck_assert_double_eq_tol(rate(usual, INT64_C(1) << 40), 0.001, 1e-15);
}
END_TEST

START_TEST(test_edges) {
    ck_assert_double_eq_tol(
        rate("{\"lr\": 1, \"warmup_steps\": 0, \"max_steps\": 10, \"min_lr_ratio\": 0}", 10), 0, 1e-15);
    ck_assert_double_gt(rate("{\"lr\": 1, \"warmup_steps\": 0, \"max_steps\": 10}", 1), 0.9);
    /* warm-up as long as the run, or longer */
    ck_assert_double_eq_tol(rate("{\"lr\": 1, \"warmup_steps\": 10, \"max_steps\": 10}", 10), 1, 1e-15);
    ck_assert_double_eq_tol(rate("{\"lr\": 1, \"warmup_steps\": 20, \"max_steps\": 10}", 10), 0.5, 1e-15);
    ck_assert_double_eq_tol(rate("{\"lr\": 1, \"warmup_steps\": 10, \"max_steps\": 10}", 11), 0.1, 1e-15);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("schedule");
    TCase *all = tcase_create("schedule");
    tcase_add_test(all, test_warm_up_is_linear_from_the_first_step);
    tcase_add_test(all, test_cosine);
    tcase_add_test(all, test_average_gain);
    tcase_add_test(all, test_constant_after_the_end);
    tcase_add_test(all, test_edges);
    suite_add_tcase(suite, all);
    return suite;
}
