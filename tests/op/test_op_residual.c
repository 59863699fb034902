#include <math.h>
#include <stdlib.h>
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

static const oss_dropout CHOICE[] = {
    {.p = 0.3f, .seed = 1, .step = 2, .site = 3, .utterance_id = ID},
    {.p = 0.3f, .seed = 1, .step = 2, .site = 3, .utterance_id = ID, .skip_p = 0.4f, .skip_site = 1},
    {.p = 0, .seed = 1, .step = 7, .site = 3, .utterance_id = ID, .skip_p = 0.4f, .skip_site = 1}};

START_TEST(test_dropout_gradient) {
    float x[ROWS * WIDTH], h[ROWS * WIDTH], cotangent[ROWS * WIDTH];
    oss_fill_f32(x, ROWS * WIDTH, 1, 1.0);
    oss_fill_f32(h, ROWS * WIDTH, 2, 1.0);
    oss_fill_f32(cotangent, ROWS * WIDTH, 3, 1.0);
    layout l = {LENGTH, 3, CHOICE[_i]};
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

/* All of an utterance or nothing, scaled; the same ones at every site of a block, others at another block's;
 * about skip_p of many. */
START_TEST(test_skip) {
    const uint32_t many = 4000;
    oss_dropout dropout = {.seed = 1, .step = 2, .skip_p = 0.25f, .skip_site = 5};
    float mask[WIDTH], twin[WIDTH], other[WIDTH];
    const int32_t one = 1;
    uint32_t skipped = 0, differ = 0;
    for (uint32_t id = 0; id < many; id++) {
        dropout.utterance_id = &id;
        oss_dropout second = dropout, next_block = dropout;
        second.site = 9;
        next_block.skip_site = 6;
        run_mask(mask, &one, 1, 1, &dropout);
        run_mask(twin, &one, 1, 1, &second);
        run_mask(other, &one, 1, 1, &next_block);
        ck_assert(mask[0] == 0.0f || fabsf(mask[0] - 1.0f / 0.75f) < 1e-6f);
        for (int i = 1; i < WIDTH; i++) {
            ck_assert(mask[i] == mask[0]);
        }
        ck_assert_mem_eq(mask, twin, sizeof mask);
        skipped += mask[0] == 0.0f;
        differ += mask[0] != other[0];
    }
    /* 5 standard deviations are 137 and 154 */
    ck_assert_uint_le((uint32_t)abs((int)skipped - 1000), 137);
    ck_assert_uint_le((uint32_t)abs((int)differ - 1500), 154);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_residual");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_residual);
    tcase_add_loop_test(tcase, test_dropout_gradient, 0, sizeof CHOICE / sizeof CHOICE[0]);
    tcase_add_test(tcase, test_dropout_mask);
    tcase_add_test(tcase, test_skip);
    suite_add_tcase(suite, tcase);
    return suite;
}
