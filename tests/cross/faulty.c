/* Tests that fail in every way a test can, and two that pass: what a runner of tests must tell apart.
 * scripts/check_neon.sh wants "Checks: 9, Failures: 4, Errors: 3" of it. (Check 0.15 lets the test that
 * leaves early pass, and agrees on the others.) */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/suite.h"

static int prepared;

static void prepare(void) {
    prepared++;
}

static void clean_up(void) {
    ck_assert_int_eq(prepared, 1); /* each test has a process of its own: 2 would be another's */
}

START_TEST(passes) {
    ck_assert_int_eq(prepared, 1);
    ck_assert_str_eq("same", "same");
}
END_TEST

/* Index 1 passes, index 2 does not. */
START_TEST(fails_at_one_index) {
    ck_assert_int_lt(_i, 2);
}
END_TEST

START_TEST(fails_by_value) {
    ck_assert_double_eq(0.1 + 0.2, 0.3);
}
END_TEST

/* NaN is not equal, not less and not within a tolerance. */
START_TEST(fails_by_nan) {
    ck_assert_double_eq_tol((double)NAN, 0.0, 1e30);
}
END_TEST

START_TEST(fails_in_clean_up) {
    prepared++;
}
END_TEST

START_TEST(crashes) {
    raise(SIGSEGV);
}
END_TEST

START_TEST(leaves_early) {
    exit(EXIT_SUCCESS);
}
END_TEST

START_TEST(hangs) {
    for (;;) {
        pause();
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("faulty");
    TCase *tcase = tcase_create("faulty");
    tcase_set_timeout(tcase, 1);
    tcase_add_checked_fixture(tcase, prepare, clean_up);
    tcase_add_test(tcase, passes);
    tcase_add_loop_test(tcase, fails_at_one_index, 1, 3);
    tcase_add_test(tcase, fails_by_value);
    tcase_add_test(tcase, fails_by_nan);
    tcase_add_test(tcase, fails_in_clean_up);
    tcase_add_test(tcase, crashes);
    tcase_add_test(tcase, leaves_early);
    tcase_add_test(tcase, hangs);
    suite_add_tcase(suite, tcase);
    return suite;
}
