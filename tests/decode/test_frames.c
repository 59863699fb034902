/* The best symbol of a frame: ties, NaN, and that counting blanks follows the same rule as decoding. */
#include "decode/frames.h"

#include <math.h>

#include "support/fill.h"
#include "support/suite.h"

enum { V = 4 };

static const struct {
    float logit[V];
    int32_t best;
} cases[] = {
    {{1, 2, 3, 0}, 2},
    {{3, 3, 3, 3}, 0},
    {{0, 5, 7, 7}, 2},
    {{-0.0F, 0, 0, 0}, 0},
    {{-INFINITY, -INFINITY, -INFINITY, -INFINITY}, 0},
    {{0, 0, INFINITY, INFINITY}, 2},
    {{NAN, NAN, NAN, NAN}, 0},
    {{NAN, -9, -8, NAN}, 2},
    {{NAN, NAN, -INFINITY, NAN}, 2},
    {{1, NAN, NAN, NAN}, 0}, /* a number beats NaN, whatever place it has */
    {{1, NAN, 2, NAN}, 2},
};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(test_best_symbol) {
    ck_assert_int_eq(oss_frame_best(cases[_i].logit, V), cases[_i].best);
    ck_assert_int_eq(oss_frames_blank(cases[_i].logit, 1, V), cases[_i].best == 0);
}
END_TEST

START_TEST(test_blanks_are_the_frames_whose_best_is_the_blank) {
    float logits[CASES * V];
    int64_t want = 0;
    for (int i = 0; i < CASES; i++) {
        for (int v = 0; v < V; v++) {
            logits[i * V + v] = cases[i].logit[v];
        }
        want += cases[i].best == 0;
    }
    ck_assert_int_eq(want, 5);
    ck_assert_int_eq(oss_frames_blank(logits, CASES, V), want);
    ck_assert_int_eq(oss_frames_blank(logits, 0, V), 0);
    ck_assert_int_eq(oss_frames_blank(logits, CASES, 1), CASES);
}
END_TEST

START_TEST(test_random_frames) {
    enum { T = 500, SYMBOLS = 7 };
    float logits[T * SYMBOLS];
    oss_fill_f32(logits, T * SYMBOLS, 11, 1.0);
    int64_t blanks = 0;
    for (int t = 0; t < T; t++) {
        blanks += oss_frame_best(logits + t * SYMBOLS, SYMBOLS) == 0;
    }
    ck_assert_int_gt(blanks, T / SYMBOLS / 2);
    ck_assert_int_eq(oss_frames_blank(logits, T, SYMBOLS), blanks);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/frames");
    TCase *tests = tcase_create("best");
    tcase_add_loop_test(tests, test_best_symbol, 0, CASES);
    tcase_add_test(tests, test_blanks_are_the_frames_whose_best_is_the_blank);
    tcase_add_test(tests, test_random_frames);
    suite_add_tcase(suite, tests);
    return suite;
}
