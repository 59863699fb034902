#include "tape/tape.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "support/faults.h"
#include "tape/mix_op.h"

enum { NODES = 64 };

static void forgetful_backward(oss_tape *tape, const oss_node *node) {
    (void)tape;
    (void)node;
}

static const oss_op forgetful_op = {"forgetful", forgetful_backward};

START_TEST(test_creation_survives_any_failed_allocation) {
    oss_faults_install();
    for (int64_t nth = 1;; nth++) {
        oss_tape *tape = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
        oss_status status = oss_tape_create(&tape, NODES);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            oss_tape_free(tape);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_ptr_null(tape);
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    oss_tape *tape = NULL;
    ck_assert_int_eq(oss_tape_create(&tape, 0), OSS_EUSAGE);
}
END_TEST

/* ---- tensors ---- */

static int32_t length_of(const void *context, int32_t b) {
    return ((const int32_t *)context)[b];
}

START_TEST(test_sequences_are_real_while_measuring) {
    const int32_t length[] = {4, 1, 7};
    for (int measuring = 0; measuring < 2; measuring++) {
        oss_tape *tape = make_tape(1, 1 << 12);
        oss_tape *used = measuring ? oss_tape_measurer(tape) : tape;
        oss_tape_reset(used, true);
        oss_seq seq = oss_tape_seq(used, 3, length_of, length);
        const int32_t want[] = {0, 4, 5, 12};
        ck_assert_int_eq(seq.count, 3);
        ck_assert_mem_eq(seq.start, want, sizeof want);
        oss_tape_free(tape);
    }
}
END_TEST

START_TEST(test_reshape_shares_data_and_gradient) {
    float value[6] = {1, 2, 3, 4, 5, 6}, grad[6] = {0}, seed[4] = {1, 2, 3, 4};
    oss_tape *tape = make_tape(4, 1 << 14);
    spoil_arena(tape);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){6}, true);
    oss_tensor *y = mix(tape, x, NULL, 2, 0, 4);
    oss_tensor *view = oss_tape_reshape(tape, y, 2, (const int32_t[]){2, 2});
    ck_assert_ptr_eq(view->data, y->data);
    oss_tape_backward(tape, view, seed);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    ck_assert(grad[0] == 2.0f * (1 + 4 + 9 + 16) && grad[5] == grad[0]);

    oss_tape_reset(tape, true);
    y = oss_tape_input(tape, value, 1, (const int32_t[]){6});
    oss_tape_reshape(tape, y, 2, (const int32_t[]){4, 2});
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "[6] and [4,2]") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

/* A gradient that is stored ignores what was there; one that is added keeps it; a second reader adds. */
START_TEST(test_first_writer_stores_later_writers_add) {
    float value[2] = {1, 2}, grad[2] = {NAN, NAN}, one = 1;
    oss_tape *tape = make_tape(4, 1 << 14);
    for (int written = 0; written < 2; written++) {
        oss_tape_reset(tape, true);
        grad[0] = grad[1] = written ? 10.0f : NAN;
        oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){2}, true);
        x->grad_written = written;
        oss_tape_backward(tape, mix(tape, x, x, 2, 3, 1), &one);
        ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
        ck_assert_float_eq(grad[0], written ? 15.0f : 5.0f);
        ck_assert_float_eq(grad[1], grad[0]);
    }
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_nothing_is_recorded_without_need) {
    float value[2] = {1, 2}, grad[2] = {7, 7}, one = 1;
    oss_tape *tape = make_tape(4, 1 << 14);
    for (int record = 0; record < 2; record++) { /* not recording; recording, but nothing needs a gradient */
        oss_tape_reset(tape, record);
        oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){2}, !record);
        oss_tensor *y = mix(tape, x, NULL, 2, 0, 1);
        ck_assert_int_eq(oss_tape_nodes(tape), 0);
        ck_assert(!y->needs_grad); /* or ops would save what only backward needs */
        ck_assert_float_eq(y->data[0], 6.0f);
        oss_tape_backward(tape, y, &one);
        ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
        ck_assert(grad[0] == 7.0f && grad[1] == 7.0f);
    }
    oss_tape_free(tape);
}
END_TEST

/* ---- failures ---- */

START_TEST(test_full_tables_are_named) {
    float value[1] = {1}, grad[1] = {0};
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, true);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){1}, true);
    for (int i = 0; i < 3; i++) {
        x = mix(tape, x, NULL, 1, 0, 1);
    }
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "2 nodes") != NULL, "%s", oss_last_error());
    oss_tape_reset(tape, false);
    for (int i = 0; i < 9; i++) {
        x = oss_tape_input(tape, value, 1, (const int32_t[]){1});
        ck_assert_ptr_nonnull(x);
    }
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "8 tensors") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_first_shape_failure_is_kept) {
    float value[6] = {0};
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, false);
    oss_tensor *a = oss_tape_input(tape, value, 2, (const int32_t[]){2, 3});
    oss_tensor *b = oss_tape_input(tape, value, 1, (const int32_t[]){6});
    ck_assert(oss_tape_live(tape));
    oss_tape_fail_shape(tape, "first", a, b, "rule one");
    oss_tape_fail_shape(tape, "second", b, NULL, "rule two");
    ck_assert(!oss_tape_live(tape));
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_str_eq(oss_last_error(), "first: shapes [2,3] and [6] do not fit: rule one");
    oss_tape_reset(tape, false);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_backward_that_forgets_an_input_is_named) {
    float value[1] = {1}, grad[1] = {0}, one = 1;
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, true);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){1}, true);
    oss_tensor *y = mix(tape, x, NULL, 1, 0, 1);
    oss_tensor *z = oss_tape_tensor(tape, 1, (const int32_t[]){1}, true);
    oss_tape_record(tape, &(oss_node){.op = &forgetful_op, .in = {y}, .out = z});
    oss_tape_backward(tape, z, &one);
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "forgetful") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("tape");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_creation_survives_any_failed_allocation);
    tcase_add_test(tcase, test_sequences_are_real_while_measuring);
    tcase_add_test(tcase, test_reshape_shares_data_and_gradient);
    tcase_add_test(tcase, test_first_writer_stores_later_writers_add);
    tcase_add_test(tcase, test_nothing_is_recorded_without_need);
    tcase_add_test(tcase, test_full_tables_are_named);
    tcase_add_test(tcase, test_first_shape_failure_is_kept);
    tcase_add_test(tcase, test_backward_that_forgets_an_input_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
