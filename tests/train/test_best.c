#include "train/best.h"

#include <math.h>

#include "support/suite.h"

static const oss_train_state none = {.best_cer = -1.0, .best_wer = -1.0, .best_loss = -1.0, .step = 100};

static oss_best note(oss_train_state *state, double cer, double wer, double loss) {
    const oss_eval eval = {.cer = cer, .wer = wer, .loss = loss};
    state->step += 100;
    return oss_best_note(state, &eval);
}

static void assert_best(const oss_train_state *state, int64_t step, double cer, double wer, double loss) {
    ck_assert_int_eq(state->best_step, step);
    ck_assert(state->best_cer == cer && state->best_wer == wer && state->best_loss == loss);
}

START_TEST(test_cer_then_wer_then_loss) {
    oss_train_state state = none;
    ck_assert_int_eq(note(&state, 0.5, 0.75, 2.0), OSS_BEST_BY_CER);
    assert_best(&state, 200, 0.5, 0.75, 2.0);
    ck_assert_int_eq(note(&state, 0.25, 1.0, 3.0), OSS_BEST_BY_CER);
    assert_best(&state, 300, 0.25, 1.0, 3.0);
    ck_assert_int_eq(note(&state, 0.25, 0.5, 4.0), OSS_BEST_BY_WER);
    assert_best(&state, 400, 0.25, 0.5, 4.0);
    ck_assert_int_eq(note(&state, 0.25, 0.5, 1.0), OSS_BEST_BY_LOSS);
    assert_best(&state, 500, 0.25, 0.5, 1.0);
    ck_assert_int_eq(note(&state, 0.25, 0.75, 0.1), OSS_BEST_NOT);
    ck_assert_int_eq(note(&state, 0.375, 0.25, 0.1), OSS_BEST_NOT);
    assert_best(&state, 500, 0.25, 0.5, 1.0);
}
END_TEST

START_TEST(test_the_earlier_of_equals) {
    oss_train_state state = none;
    (void)note(&state, 0.0, 0.0, 0.5);
    ck_assert_int_eq(note(&state, 0.0, 0.0, 0.5), OSS_BEST_NOT);
    assert_best(&state, 200, 0.0, 0.0, 0.5);
}
END_TEST

START_TEST(test_patience_counts_scores_only) {
    oss_train_state state = none;
    (void)note(&state, 0.5, 0.5, 0.5);
    ck_assert_int_eq(state.evals_without_gain, 0);
    ck_assert_int_eq(note(&state, 0.5, 0.5, 0.4), OSS_BEST_BY_LOSS);
    ck_assert_int_eq(state.evals_without_gain, 1);
    ck_assert_int_eq(note(&state, 0.6, 0.6, 0.3), OSS_BEST_NOT);
    ck_assert_int_eq(state.evals_without_gain, 2);
    ck_assert_int_eq(note(&state, 0.5, 0.4, 0.9), OSS_BEST_BY_WER);
    ck_assert_int_eq(state.evals_without_gain, 0);
}
END_TEST

/* A state that knows no loss, and losses that no JSON can hold. */
START_TEST(test_unknown_losses) {
    oss_train_state state = none;
    state.best_cer = state.best_wer = 0.25;
    state.best_step = 50;
    ck_assert_int_eq(note(&state, 0.25, 0.25, NAN), OSS_BEST_NOT);
    ck_assert_int_eq(note(&state, 0.25, 0.25, 9.0), OSS_BEST_LOSS_UNKNOWN);
    assert_best(&state, 300, 0.25, 0.25, 9.0);
    ck_assert_int_eq(note(&state, 0.25, 0.25, NAN), OSS_BEST_NOT);
    ck_assert_int_eq(note(&state, 0.125, 0.25, NAN), OSS_BEST_BY_CER);
    assert_best(&state, 500, 0.125, 0.25, -1.0);
    ck_assert_int_eq(note(&state, 0.125, 0.25, 8.0), OSS_BEST_LOSS_UNKNOWN);
    ck_assert_int_eq(note(&state, 0.0625, 0.25, INFINITY), OSS_BEST_BY_CER);
    assert_best(&state, 700, 0.0625, 0.25, -1.0);
}
END_TEST

START_TEST(test_words) {
    ck_assert_str_eq(oss_best_describe(OSS_BEST_NOT), "");
    ck_assert_str_eq(oss_best_describe(OSS_BEST_BY_CER), "best so far");
    ck_assert_str_eq(oss_best_describe(OSS_BEST_BY_LOSS), "best so far (CER and WER equal, loss lower)");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("best");
    TCase *all = tcase_create("best");
    tcase_add_test(all, test_cer_then_wer_then_loss);
    tcase_add_test(all, test_the_earlier_of_equals);
    tcase_add_test(all, test_patience_counts_scores_only);
    tcase_add_test(all, test_unknown_losses);
    tcase_add_test(all, test_words);
    suite_add_tcase(suite, all);
    return suite;
}
