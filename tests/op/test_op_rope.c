#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

typedef struct layout {
    const int32_t *length;
    int32_t count;
    int32_t heads;
} layout;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const layout *l = data;
    oss_seq seq = oss_gradcheck_seq(tape, l->length, l->count);
    const float *table = oss_op_rope_table(tape, seq, in[0]->dim[1] / (3 * l->heads), 10000.0);
    return oss_op_rope(tape, in[0], seq, l->heads, table);
}

static const char *const CASE[] = {"rope.small", "rope.wide"};

START_TEST(test_rope) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, CASE[_i], "lengths", &count);
    layout l = {length, (int32_t)count, oss_golden_ints(golden, CASE[_i], "heads", NULL)[0]};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, CASE[_i], forward, &l);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_rope");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_rope, 0, sizeof CASE / sizeof CASE[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
