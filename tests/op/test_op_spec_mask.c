#include <string.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/suite.h"

enum { ROWS = 150, BINS = 16 };
static const int32_t LENGTH[] = {70, 1, 79};
static const uint32_t ID[] = {3, 4, 0xFFFFFFFFu};
static const oss_mask_spec SPEC = {.freq_masks = 2,
                                   .freq_mask_bins = 5,
                                   .time_masks_per_second = 3,
                                   .time_mask_frames = 12,
                                   .time_mask_max_fraction = 0.5};

typedef struct layout {
    const int32_t *length;
    int32_t count;
    oss_spec_mask mask;
} layout;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const layout *l = data;
    return oss_op_spec_mask(tape, in[0], oss_gradcheck_seq(tape, l->length, l->count), &l->mask);
}

static layout make_layout(const int32_t *length, const uint32_t *id, int32_t count) {
    return (layout){length, count, {.spec = &SPEC, .utterance_id = id, .rate_hz = 100, .seed = 1, .step = 2}};
}

START_TEST(test_gradient) {
    static float x[ROWS * BINS], cotangent[ROWS * BINS];
    oss_fill_f32(x, ROWS * BINS, 1, 1.0);
    oss_fill_f32(cotangent, ROWS * BINS, 3, 1.0);
    layout l = make_layout(LENGTH, ID, 3);
    oss_gradcheck check = {.name = "spec_mask",
                           .forward = forward,
                           .data = &l,
                           .inputs = 1,
                           .input = {{.rank = 2, .dim = {ROWS, BINS}, .value = x}},
                           .cotangent = cotangent};
    oss_gradcheck_run(&check);
}
END_TEST

static void run(float *y, const float *x, const layout *l, int32_t rows) {
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 16), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *in[] = {oss_tape_input(tape, x, 2, (const int32_t[]){rows, BINS})};
    memcpy(y, forward(tape, in, l)->data, (size_t)rows * BINS * sizeof *y);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}

/* Cells are 0 or as they were; the input stays; an utterance's masks are the same alone. */
START_TEST(test_masks) {
    static float x[ROWS * BINS], before[ROWS * BINS], y[ROWS * BINS], alone[79 * BINS];
    oss_fill_f32(x, ROWS * BINS, 1, 1.0);
    memcpy(before, x, sizeof x);
    layout l = make_layout(LENGTH, ID, 3);
    run(y, x, &l, ROWS);
    ck_assert_mem_eq(x, before, sizeof x);
    int32_t masked = 0;
    for (int i = 0; i < ROWS * BINS; i++) {
        ck_assert(y[i] == 0.0f || y[i] == x[i]);
        masked += y[i] == 0.0f;
    }
    ck_assert_int_gt(masked, ROWS * BINS / 10);
    ck_assert_int_lt(masked, ROWS * BINS * 8 / 10);
    layout last = make_layout(&LENGTH[2], &ID[2], 1);
    run(alone, x + 71 * BINS, &last, 79);
    ck_assert_mem_eq(alone, y + 71 * BINS, sizeof alone);
}
END_TEST

START_TEST(test_shapes_that_do_not_fit) {
    static float x[ROWS * BINS];
    oss_tape *tape;
    layout l = make_layout(LENGTH, ID, 2);
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *in[] = {oss_tape_input(tape, x, 2, (const int32_t[]){ROWS, BINS})};
    (void)forward(tape, in, &l);
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    oss_tape_free(tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_spec_mask");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_gradient);
    tcase_add_test(tcase, test_masks);
    tcase_add_test(tcase, test_shapes_that_do_not_fit);
    suite_add_tcase(suite, tcase);
    return suite;
}
