#include "op/ops.h"
#include "support/gradcheck.h"
#include "support/suite.h"

typedef struct lengths {
    const int32_t *length;
    int32_t count;
} lengths;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const lengths *l = data;
    oss_seq out_seq;
    oss_tensor *y = oss_op_conv2d_gelu(tape, in[0], in[1], in[2],
                                       oss_gradcheck_seq(tape, l->length, l->count), &out_seq, false);
    for (int32_t b = 0; b < l->count; b++) {
        ck_assert_int_eq(out_seq.start[b + 1] - out_seq.start[b], (l->length[b] + 1) / 2);
    }
    return y;
}

static const char *const CASE[] = {"conv2d.kept", "conv2d.one_channel", "conv2d.tiles", "conv2d.narrow"};

START_TEST(test_conv2d) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, CASE[_i], "lengths", &count);
    lengths l = {length, (int32_t)count};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, CASE[_i], forward, &l);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

/* What the first convolution is fed: [sum T, F] without a channel axis gives what [sum T, F, 1] gives. */
START_TEST(test_conv2d_of_rank_2) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, "conv2d.one_channel", "lengths", &count);
    lengths l = {length, (int32_t)count};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, "conv2d.one_channel", forward, &l);
    ck_assert_int_eq(check.input[0].dim[2], 1);
    check.input[0].rank = 2;
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_conv2d");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_conv2d, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_conv2d_of_rank_2);
    suite_add_tcase(suite, tcase);
    return suite;
}
