#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

typedef struct lengths {
    const int32_t *length;
    int32_t count;
} lengths;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const lengths *l = data;
    return oss_op_sinusoidal(tape, in[0], oss_gradcheck_seq(tape, l->length, l->count), 10000.0);
}

START_TEST(test_sinusoidal) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, "sinusoidal", "lengths", &count);
    lengths l = {length, (int32_t)count};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, "sinusoidal", forward, &l);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_sinusoidal");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_sinusoidal);
    suite_add_tcase(suite, tcase);
    return suite;
}
