#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    (void)data;
    return oss_op_flatten(tape, in[0]);
}

START_TEST(test_flatten) {
    oss_golden *golden = oss_golden_load("ops");
    oss_gradcheck check = oss_gradcheck_from_golden(golden, "flatten", forward, NULL);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_flatten");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_flatten);
    suite_add_tcase(suite, tcase);
    return suite;
}
