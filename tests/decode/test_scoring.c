/* Rows and sums: edits, what fits, the mean loss, and that no feasible row means no loss. */
#include "decode/scoring.h"

#include <math.h>

#include "kernel/ctc.h"
#include "support/fill.h"
#include "support/suite.h"

enum { T = 5, V = 4 };

START_TEST(test_texts_of_a_row) {
    oss_row_score row = {.words = {.reference = 77}, .characters = {.insertions = 77}};
    ck_assert_int_eq(oss_row_score_texts(&row, "a b a", "a a a a"), OSS_OK);
    ck_assert_int_eq(row.words.reference, 3);
    ck_assert_int_eq(row.words.substitutions, 1);
    ck_assert_int_eq(row.words.deletions, 0);
    ck_assert_int_eq(row.words.insertions, 1);
    ck_assert_int_eq(row.characters.reference, 5);
    ck_assert_int_eq(row.characters.substitutions, 1);
    ck_assert_int_eq(row.characters.insertions, 2);
}
END_TEST

/* A blank must stand between equal neighbours: "a a" as labels 2 2 needs 3 frames. */
START_TEST(test_what_fits) {
    static const struct {
        int32_t label[3], labels, frames, needed;
        bool feasible;
    } cases[] = {{{0}, 0, 0, 0, true},     {{0}, 0, 4, 0, true},    {{2}, 1, 0, 1, false},
                 {{2, 2}, 2, 2, 3, false}, {{2, 2}, 2, 3, 3, true}, {{2, 3, 2}, 3, 3, 3, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_row_score row = {0};
        oss_row_score_lengths(&row, cases[i].label, cases[i].labels, cases[i].frames);
        ck_assert_int_eq(row.labels, cases[i].labels);
        ck_assert_int_eq(row.frames_needed, cases[i].needed);
        ck_assert_int_eq(row.frames_given, cases[i].frames);
        ck_assert_int_eq(row.feasible, cases[i].feasible);
    }
}
END_TEST

START_TEST(test_loss_of_a_row) {
    float logits[T * V];
    const int32_t label[] = {2, 2, 3};
    _Alignas(64) static unsigned char scratch[1 << 14];
    oss_fill_f32(logits, T * V, 5, 2.0);
    oss_row_score row = {0};
    ck_assert_int_eq(oss_row_score_logits(&row, label, 3, logits, T, V), OSS_OK);
    ck_assert(row.feasible);
    ck_assert_uint_le(oss_k_ctc_scratch_bytes(T, V, 3), sizeof scratch);
    ck_assert(row.nll == oss_k_ctc(NULL, logits, T, V, label, 3, 0.0, scratch).nll);
    ck_assert_int_eq(oss_row_score_logits(&row, label, 3, logits, 3, V), OSS_OK);
    ck_assert(!row.feasible);
    ck_assert(isinf(row.nll) && row.nll > 0);
}
END_TEST

START_TEST(test_sums_over_rows) {
    const oss_row_score rows[] = {
        {.words = {.reference = 4, .substitutions = 1}, .feasible = true, .labels = 10, .nll = 5},
        {.words = {.reference = 1, .insertions = 3}, .labels = 90, .nll = INFINITY},
        {.words = {.deletions = 2}, .characters = {1, 2, 3, 4}, .feasible = true, .labels = 0, .nll = 0.25}};
    oss_score score = {0};
    for (int i = 0; i < 3; i++) {
        oss_score_add(&score, &rows[i]);
    }
    ck_assert_int_eq(score.rows, 3);
    ck_assert_int_eq(score.infeasible, 1);
    ck_assert_int_eq(score.words.reference, 5);
    ck_assert_int_eq(score.words.substitutions, 1);
    ck_assert_int_eq(score.words.deletions, 2);
    ck_assert_int_eq(score.words.insertions, 3);
    ck_assert_int_eq(score.characters.reference, 1);
    ck_assert_int_eq(score.characters.insertions, 4);
    ck_assert_double_eq_tol(oss_score_loss(&score), (0.5 + 0.25) / 2, 1e-15);
}
END_TEST

/* Not 0, which would be the best of all losses. */
START_TEST(test_no_feasible_row_is_no_loss) {
    const oss_row_score infeasible = {.labels = 90, .nll = INFINITY};
    oss_score score = {0};
    ck_assert(isnan(oss_score_loss(&score)));
    oss_score_add(&score, &infeasible);
    ck_assert_int_eq(score.infeasible, 1);
    ck_assert(isnan(oss_score_loss(&score)));
}
END_TEST

/* A loss that is not finite though the row fits is no infeasible row: the mean shows it. */
START_TEST(test_a_loss_that_is_not_finite_is_seen) {
    const oss_row_score good = {.feasible = true, .labels = 2, .nll = 1};
    const oss_row_score bad = {.feasible = true, .labels = 2, .nll = INFINITY};
    oss_score score = {0};
    oss_score_add(&score, &good);
    oss_score_add(&score, &bad);
    ck_assert_int_eq(score.infeasible, 0);
    ck_assert(isinf(oss_score_loss(&score)));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/scoring");
    TCase *tests = tcase_create("scoring");
    tcase_add_test(tests, test_texts_of_a_row);
    tcase_add_test(tests, test_what_fits);
    tcase_add_test(tests, test_loss_of_a_row);
    tcase_add_test(tests, test_sums_over_rows);
    tcase_add_test(tests, test_no_feasible_row_is_no_loss);
    tcase_add_test(tests, test_a_loss_that_is_not_finite_is_seen);
    suite_add_tcase(suite, tests);
    return suite;
}
