#include <math.h>
#include <string.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/suite.h"

enum { WIDTH = 9, ROWS = 15, MOST_TAPS = 7 };
static const int32_t LENGTH[] = {6, 1, 8};
static const oss_attention_reach REACH[] = {{2, 1}, {0, 0}, {3, 5}};
static const oss_attention_reach NARROW[] = {{1, 0}, {1, 0}, {2, 0}};
static const oss_attention_reach *const REACHES[] = {NULL, REACH, NARROW};

typedef struct layout {
    const oss_attention_reach *reach;
    bool twice; /* qkv has a second use that comes first going back */
} layout;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const layout *l = data;
    oss_seq seq = oss_gradcheck_seq(tape, LENGTH, 3);
    oss_tensor *y = oss_op_value_conv(tape, in[0], in[1], seq, l->reach);
    if (l->twice) {
        oss_tensor *z = oss_op_attention(tape, in[0], seq, 1, l->reach, &(oss_dropout){0});
        y = oss_op_residual(tape, z, y, seq, &(oss_dropout){0});
    }
    return y;
}

static oss_gradcheck make_check(const layout *l, int32_t taps) {
    static float qkv[ROWS * 3 * WIDTH], w[WIDTH * MOST_TAPS], cotangent[ROWS * WIDTH];
    oss_fill_f32(qkv, ROWS * 3 * WIDTH, 1, 1.5);
    oss_fill_f32(w, WIDTH * MOST_TAPS, 3, 1.0);
    oss_fill_f32(cotangent, ROWS * WIDTH, 2, 1.0);
    return (oss_gradcheck){.name = "value_conv",
                           .forward = forward,
                           .data = l,
                           .inputs = 2,
                           .input = {{.rank = 2, .dim = {ROWS, 3 * WIDTH}, .value = qkv},
                                     {.rank = 3, .dim = {WIDTH, 1, taps}, .value = w}},
                           .cotangent = cotangent};
}

/* 3 reaches, 1 to 7 taps. */
START_TEST(test_gradient) {
    layout l = {REACHES[_i % 3], false};
    oss_gradcheck check = make_check(&l, 2 * (_i / 3) + 1);
    oss_gradcheck_run(&check);
}
END_TEST

START_TEST(test_gradient_of_two_uses) {
    layout l = {REACHES[_i], true};
    oss_gradcheck check = make_check(&l, 5);
    oss_gradcheck_run(&check);
}
END_TEST

static bool sees(int32_t t, int32_t key, int32_t s, const oss_attention_reach *reach) {
    if (key < 0 || key >= s || reach == NULL || reach->chunk == 0) {
        return key >= 0 && key < s;
    }
    int32_t own = t / reach->chunk * reach->chunk;
    return key >= own - reach->left && key < own + reach->chunk;
}

/* What the definition says, in double. */
static double define(const oss_gradcheck *check, int32_t start, int32_t t, int32_t s, int32_t i,
                     const oss_attention_reach *reach) {
    int32_t taps = check->input[1].dim[2];
    double sum = 0;
    for (int32_t o = 0; o < taps; o++) {
        int32_t key = t + o - taps / 2;
        if (sees(t, key, s, reach)) {
            sum += (double)check->input[1].value[i * taps + o] *
                   (double)check->input[0].value[((start + key) * 3 + 2) * WIDTH + i];
        }
    }
    return sum;
}

START_TEST(test_definition) {
    layout l = {REACHES[_i % 3], false};
    oss_gradcheck check = make_check(&l, 2 * (_i / 3) + 1);
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 20), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *in[2];
    for (int k = 0; k < 2; k++) {
        in[k] = oss_tape_input(tape, check.input[k].value, check.input[k].rank, check.input[k].dim);
    }
    const float *y = forward(tape, in, &l)->data;
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    for (int32_t b = 0, start = 0; b < 3; start += LENGTH[b++]) {
        for (int32_t t = 0; t < LENGTH[b]; t++) {
            for (int32_t i = 0; i < WIDTH; i++) {
                double wanted = define(&check, start, t, LENGTH[b], i, l.reach == NULL ? NULL : &l.reach[b]);
                ck_assert_double_eq_tol((double)y[(start + t) * WIDTH + i], wanted, 1e-5);
            }
        }
    }
    oss_tape_free(tape);
}
END_TEST

static oss_status run_with(int32_t width, int32_t rank, int32_t taps) {
    static float value[ROWS * 3 * WIDTH];
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 20), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *qkv = oss_tape_input(tape, value, 2, (int32_t[]){ROWS, 3 * WIDTH});
    oss_tensor *w = oss_tape_input(tape, value, rank, (int32_t[]){width, 1, taps});
    oss_op_value_conv(tape, qkv, w, oss_gradcheck_seq(tape, LENGTH, 3), NULL);
    oss_status status = oss_tape_status(tape);
    oss_tape_free(tape);
    return status;
}

START_TEST(test_wrong_shapes) {
    ck_assert_int_eq(run_with(WIDTH, 3, 3), OSS_OK);
    ck_assert_int_ne(run_with(WIDTH + 1, 3, 3), OSS_OK);
    ck_assert_int_ne(run_with(WIDTH, 3, 4), OSS_OK);
    ck_assert_int_ne(run_with(WIDTH, 2, 3), OSS_OK);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_value_conv");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_gradient, 0, 12);
    tcase_add_loop_test(tcase, test_gradient_of_two_uses, 0, 3);
    tcase_add_loop_test(tcase, test_definition, 0, 12);
    tcase_add_test(tcase, test_wrong_shapes);
    suite_add_tcase(suite, tcase);
    return suite;
}
