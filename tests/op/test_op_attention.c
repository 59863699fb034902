#include <string.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/suite.h"

typedef struct layout {
    const int32_t *length;
    int32_t count;
    int32_t heads;
    oss_dropout dropout;
    const oss_attention_reach *reach;
    bool twice; /* qkv has a second use: its gradient must be added to */
} layout;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const layout *l = data;
    oss_seq seq = oss_gradcheck_seq(tape, l->length, l->count);
    oss_tensor *y = oss_op_attention(tape, in[0], seq, l->heads, l->reach, &l->dropout);
    if (l->twice) {
        y = oss_op_residual(tape, y, oss_op_attention(tape, in[0], seq, l->heads, l->reach, &l->dropout), seq,
                            &(oss_dropout){.p = 0});
    }
    return y;
}

static const char *const CASE[] = {"attention.small", "attention.wide"};

START_TEST(test_attention) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, CASE[_i], "lengths", &count);
    layout l = {length,   (int32_t)count, oss_golden_ints(golden, CASE[_i], "heads", NULL)[0],
                {.p = 0}, NULL,           false};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, CASE[_i], forward, &l);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

/* Against differences only: with dropout, and with two uses of qkv. */
enum { HEADS = 2, WIDTH = 8, ROWS = 14 };
static const int32_t LENGTH[] = {6, 1, 7};
static const uint32_t ID[] = {11, 5, 902};

static oss_gradcheck make_check(const layout *l, const char *name) {
    static float qkv[ROWS * 3 * WIDTH], cotangent[ROWS * WIDTH];
    oss_fill_f32(qkv, ROWS * 3 * WIDTH, 1, 1.5);
    oss_fill_f32(cotangent, ROWS * WIDTH, 2, 1.0);
    return (oss_gradcheck){.name = name,
                           .forward = forward,
                           .data = l,
                           .inputs = 1,
                           .input = {{.rank = 2, .dim = {ROWS, 3 * WIDTH}, .value = qkv}},
                           .cotangent = cotangent};
}

START_TEST(test_dropout_gradient) {
    layout l = {LENGTH, 3,    HEADS, {.p = 0.4f, .seed = 9, .step = 3, .site = 2, .utterance_id = ID},
                NULL,   false};
    oss_gradcheck check = make_check(&l, "attention with dropout");
    oss_gradcheck_run(&check);
}
END_TEST

static const oss_attention_reach REACH[] = {{2, 1}, {0, 0}, {3, 5}};

START_TEST(test_limited_gradient) {
    layout l = {LENGTH, 3,
                HEADS,  {.p = _i == 0 ? 0 : 0.4f, .seed = 9, .step = 3, .site = 2, .utterance_id = ID},
                REACH,  false};
    oss_gradcheck check = make_check(&l, "attention of limited reach");
    oss_gradcheck_run(&check);
}
END_TEST

START_TEST(test_two_uses_of_qkv) {
    layout l = {LENGTH, 3, HEADS, {.p = 0}, NULL, true};
    oss_gradcheck check = make_check(&l, "attention used twice");
    oss_gradcheck_run(&check);
}
END_TEST

/* out[ROWS,WIDTH] of a forward that does not record */
static void run_once(float *out, const layout *l) {
    oss_gradcheck check = make_check(l, "");
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 24), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *in = oss_tape_input(tape, check.input[0].value, 2, check.input[0].dim);
    memcpy(out, forward(tape, &in, l)->data, ROWS * WIDTH * sizeof *out);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}

/* Each utterance has its own limit: a chunk of one frame and nothing before it gives v; no limit is what it
 * was. */
START_TEST(test_each_its_own_reach) {
    const oss_attention_reach reach[] = {{1, 0}, {1, 0}, {0, 0}};
    layout l = {LENGTH, 3, HEADS, {.p = 0}, NULL, false};
    float whole[ROWS * WIDTH], limited[ROWS * WIDTH];
    run_once(whole, &l);
    l.reach = reach;
    run_once(limited, &l);
    oss_gradcheck check = make_check(&l, "");
    for (int32_t r = 0; r < 7; r++) {
        for (int32_t i = 0; i < WIDTH; i++) {
            ck_assert(limited[r * WIDTH + i] == check.input[0].value[(r * 3 + 2) * WIDTH + i]);
        }
    }
    ck_assert_mem_ne(whole, limited, 6 * WIDTH * sizeof *whole);
    ck_assert_mem_eq(whole + 7 * WIDTH, limited + 7 * WIDTH, 7 * WIDTH * sizeof *whole);
}
END_TEST

/* Each of seed, step, site and the utterance's own key changes the mask; an utterance's key changes no
 * other's rows. */
START_TEST(test_dropout_keys) {
    const uint32_t other_id[] = {11, 5, 903};
    layout l = {LENGTH, 3,    HEADS, {.p = 0.4f, .seed = 9, .step = 3, .site = 2, .utterance_id = ID},
                NULL,   false};
    float base[ROWS * WIDTH], again[ROWS * WIDTH];
    run_once(base, &l);
    run_once(again, &l);
    ck_assert_mem_eq(base, again, sizeof base);
    layout changed[] = {l, l, l, l};
    changed[0].dropout.seed++;
    changed[1].dropout.step++;
    changed[2].dropout.site++;
    changed[3].dropout.utterance_id = other_id;
    for (int i = 0; i < 4; i++) {
        run_once(again, &changed[i]);
        ck_assert_mem_ne(base, again, sizeof base);
    }
    ck_assert_mem_eq(base, again, 7 * WIDTH * sizeof *base);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_attention");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_attention, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_dropout_gradient);
    tcase_add_loop_test(tcase, test_limited_gradient, 0, 2);
    tcase_add_test(tcase, test_two_uses_of_qkv);
    tcase_add_test(tcase, test_each_its_own_reach);
    tcase_add_test(tcase, test_dropout_keys);
    suite_add_tcase(suite, tcase);
    return suite;
}
