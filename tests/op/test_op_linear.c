#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    (void)data;
    return oss_op_linear(tape, in[0], in[1], in[2]); /* in[2] is NULL without a bias */
}

static oss_tensor *forward_gelu(oss_tape *tape, oss_tensor *const *in, const void *data) {
    (void)data;
    return oss_op_linear_gelu(tape, in[0], in[1], in[2]);
}

static const char *const CASE[] = {"linear.bias", "linear.plain", "linear.one", "linear.odd"};

START_TEST(test_linear) {
    oss_golden *golden = oss_golden_load("ops");
    oss_gradcheck check = oss_gradcheck_from_golden(golden, CASE[_i], forward, NULL);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

static const char *const GELU_CASE[] = {"linear_gelu.bias", "linear_gelu.odd"};

START_TEST(test_linear_gelu) {
    oss_golden *golden = oss_golden_load("ops");
    oss_gradcheck check = oss_gradcheck_from_golden(golden, GELU_CASE[_i], forward_gelu, NULL);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_linear");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_linear, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_loop_test(tcase, test_linear_gelu, 0, sizeof GELU_CASE / sizeof GELU_CASE[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
