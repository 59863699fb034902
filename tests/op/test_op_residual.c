#include <math.h>
#include <string.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/suite.h"

typedef struct layout {
    const int32_t *length;
    int32_t count;
    oss_dropout dropout;
} layout;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const layout *l = data;
    return oss_op_residual(tape, in[0], in[1], oss_gradcheck_seq(tape, l->length, l->count), &l->dropout);
}

START_TEST(test_residual) {
    oss_golden *golden = oss_golden_load("ops");
    size_t count;
    const int32_t *length = oss_golden_ints(golden, "residual", "lengths", &count);
    layout l = {length, (int32_t)count, {.p = 0}};
    oss_gradcheck check = oss_gradcheck_from_golden(golden, "residual", forward, &l);
    oss_gradcheck_run(&check);
    oss_golden_free(golden);
}
END_TEST

enum { ROWS = 40, WIDTH = 13 };
static const int32_t LENGTH[] = {7, 1, 32};
static const uint32_t ID[] = {3, 4, 0xFFFFFFFFu};

START_TEST(test_dropout_gradient) {
    float x[ROWS * WIDTH], h[ROWS * WIDTH], cotangent[ROWS * WIDTH];
    oss_fill_f32(x, ROWS * WIDTH, 1, 1.0);
    oss_fill_f32(h, ROWS * WIDTH, 2, 1.0);
    oss_fill_f32(cotangent, ROWS * WIDTH, 3, 1.0);
    layout l = {LENGTH, 3, {.p = 0.3f, .seed = 1, .step = 2, .site = 3, .utterance_id = ID}};
    oss_gradcheck check = {.name = "residual with dropout",
                           .forward = forward,
                           .data = &l,
                           .inputs = 2,
                           .input = {{.rank = 2, .dim = {ROWS, WIDTH}, .value = x},
                                     {.rank = 2, .dim = {ROWS, WIDTH}, .value = h}},
                           .cotangent = cotangent};
    oss_gradcheck_run(&check);
}
END_TEST

/* y[count * WIDTH] of x = 0, h = 1: the mask itself */
static void run_mask(float *mask, const int32_t *length, int32_t utterances, int32_t rows,
                     const oss_dropout *dropout) {
    float x[ROWS * WIDTH] = {0}, h[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        h[i] = 1.0f;
    }
    layout l = {length, utterances, *dropout};
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 16), OSS_OK);
    oss_tape_reset(tape, false);
    const int32_t dim[] = {rows, WIDTH};
    oss_tensor *in[] = {oss_tape_input(tape, x, 2, dim), oss_tape_input(tape, h, 2, dim)};
    memcpy(mask, forward(tape, in, &l)->data, (size_t)rows * WIDTH * sizeof *mask);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}

/* Kept elements are scaled so that the mean stays; about p of them fall; an utterance's mask is the same
 * alone. */
START_TEST(test_dropout_mask) {
    oss_dropout dropout = {.p = 0.25f, .seed = 1, .step = 2, .site = 3, .utterance_id = ID};
    float mask[ROWS * WIDTH], alone[32 * WIDTH];
    run_mask(mask, LENGTH, 3, ROWS, &dropout);
    int dropped = 0;
    for (int i = 0; i < ROWS * WIDTH; i++) {
        ck_assert(mask[i] == 0.0f || fabsf(mask[i] - 1.0f / 0.75f) < 1e-6f);
        dropped += mask[i] == 0.0f;
    }
    /* 520 draws: 5 standard deviations are 49 */
    ck_assert_int_ge(dropped, 130 - 49);
    ck_assert_int_le(dropped, 130 + 49);
    oss_dropout last = dropout;
    last.utterance_id = &ID[2];
    run_mask(alone, &LENGTH[2], 1, 32, &last);
    ck_assert_mem_eq(alone, mask + 8 * WIDTH, sizeof alone);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_residual");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_residual);
    tcase_add_test(tcase, test_dropout_gradient);
    tcase_add_test(tcase, test_dropout_mask);
    suite_add_tcase(suite, tcase);
    return suite;
}
