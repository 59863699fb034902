#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    (void)data;
    return oss_op_rmsnorm(tape, in[0], in[1], 1e-5f);
}

START_TEST(test_rmsnorm) {
    oss_golden *golden = oss_golden_load("ops");
    oss_gradcheck check = oss_gradcheck_from_golden(golden, "rmsnorm", forward, NULL);
    check.step = 0x1p-9; /* one row is a thousandth of the others */
    check.difference_l2 = 5e-3;
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_rmsnorm");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_rmsnorm);
    suite_add_tcase(suite, tcase);
    return suite;
}
