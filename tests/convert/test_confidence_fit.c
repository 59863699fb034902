#include "convert/confidence_fit.h"

#include <math.h>
#include <stdlib.h>

#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

enum { WORDS = 6000 };

static const oss_confidence_weights truth = {.bias = -3.3, .weight = {-0.9, 0.0, 0.4, 0.02, 1.5, -0.3, 0.6}};

/* Words whose rightness is drawn with the probability that `truth` says; features of very different sizes. */
static oss_judged_word *make_words(void) {
    static const double scale[OSS_CONFIDENCE_FEATURES] = {1.0, 0.5, 2.0, 50.0, 0.7, 1.0, 1.0};
    oss_judged_word *word = malloc(WORDS * sizeof *word);
    for (uint64_t i = 0; i < WORDS; i++) {
        word[i].row = (int64_t)(i / 7);
        for (uint64_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
            word[i].feature[k] = 3.0 + scale[k] * oss_fill_value(k, i);
        }
        word[i].right = 0.5 + 0.5 * oss_fill_value(99, i) < oss_confidence(&truth, word[i].feature);
    }
    return word;
}

static double mean_loss(const oss_confidence_weights *weights, const oss_judged_word *word) {
    double sum = 0.0;
    for (int64_t i = 0; i < WORDS; i++) {
        double p = oss_confidence(weights, word[i].feature);
        sum -= log(word[i].right ? p : 1.0 - p);
    }
    return sum / WORDS;
}

START_TEST(a_fit_finds_what_words_were_drawn_by) {
    oss_judged_word *word = make_words();
    oss_confidence_weights found = {0};
    ck_assert_int_eq(oss_confidence_fit(&found, word, WORDS), OSS_OK);
    ck_assert(mean_loss(&found, word) < mean_loss(&truth, word) + 1e-4);
    for (int k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        ck_assert_double_eq_tol(found.weight[k], truth.weight[k], k == 3 ? 0.01 : 0.3);
    }
    double *p = malloc(WORDS * sizeof *p), *held_out = malloc(WORDS * sizeof *held_out), auc = 0.0,
           other = 0.0;
    for (int64_t i = 0; i < WORDS; i++) {
        p[i] = oss_confidence(&found, word[i].feature);
    }
    ck_assert(oss_confidence_error(p, word, WORDS) < 0.03);
    ck_assert_int_eq(oss_confidence_cross_validate(held_out, word, WORDS), OSS_OK);
    ck_assert(oss_confidence_error(held_out, word, WORDS) < 0.03);
    ck_assert_int_eq(oss_confidence_auc(&auc, p, word, WORDS), OSS_OK);
    ck_assert_int_eq(oss_confidence_auc(&other, held_out, word, WORDS), OSS_OK);
    ck_assert(auc > 0.65 && fabs(auc - other) < 0.01);
    free(held_out);
    free(p);
    free(word);
}
END_TEST

/* Words that a row holds are not known when its probabilities are: features that name the row are worth nothing. */
START_TEST(rows_are_held_out_whole) {
    oss_judged_word *word = make_words();
    double *p = malloc(WORDS * sizeof *p), auc = 0.0;
    for (int64_t i = 0; i < WORDS; i++) {
        for (int k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
            word[i].feature[k] = 0.0;
        }
        word[i].feature[0] = (double)(word[i].row % 5);
        word[i].right = word[i].row % 5 == 2 || i % 5 == 0;
    }
    ck_assert_int_eq(oss_confidence_cross_validate(p, word, WORDS), OSS_OK);
    for (int64_t i = 0; i < WORDS; i++) {
        ck_assert(p[i] > 0.0 && p[i] < 1.0);
    }
    ck_assert_int_eq(oss_confidence_auc(&auc, p, word, WORDS), OSS_OK);
    ck_assert(auc < 0.6);
    free(p);
    free(word);
}
END_TEST

START_TEST(constant_features_and_certain_words_are_no_trouble) {
    oss_judged_word *word = make_words();
    for (int64_t i = 0; i < WORDS; i++) {
        word[i].feature[1] = 4.25;
        word[i].right = word[i].feature[0] > 3.0; /* no finite weight is the likeliest */
    }
    oss_confidence_weights found = {0};
    ck_assert_int_eq(oss_confidence_fit(&found, word, WORDS), OSS_OK);
    ck_assert(found.weight[1] == 0.0 && found.weight[0] > 1.0 && isfinite(found.weight[0]));
    free(word);
}
END_TEST

START_TEST(too_few_words_are_refused) {
    oss_judged_word *word = make_words();
    oss_confidence_weights found = {.bias = 5.0};
    for (int64_t i = 0; i < WORDS; i++) {
        word[i].right = i < OSS_CONFIDENCE_LEAST_WORDS - 1;
    }
    ck_assert_int_eq(oss_confidence_fit(&found, word, WORDS), OSS_EINPUT);
    ck_assert_int_eq(oss_confidence_fit(&found, word, 0), OSS_EINPUT);
    ck_assert(found.bias == 5.0);
    free(word);
}
END_TEST

START_TEST(the_area_is_that_of_all_pairs) {
    enum { FEW = 60 };
    oss_judged_word *word = make_words();
    double p[FEW], pairs = 0.0, ordered = 0.0, auc = 0.0;
    for (uint64_t i = 0; i < FEW; i++) {
        p[i] = (double)(oss_fill_bits(3, i) % 9) / 8.0; /* many are equal */
    }
    for (int a = 0; a < FEW; a++) {
        for (int b = 0; b < FEW; b++) {
            if (word[a].right && !word[b].right) {
                pairs += 1.0;
                ordered += p[a] > p[b] ? 1.0 : p[a] < p[b] ? 0.0 : 0.5;
            }
        }
    }
    ck_assert_int_eq(oss_confidence_auc(&auc, p, word, FEW), OSS_OK);
    ck_assert_double_eq_tol(auc, ordered / pairs, 1e-12);
    for (int i = 0; i < FEW; i++) {
        word[i].right = true;
    }
    ck_assert_int_eq(oss_confidence_auc(&auc, p, word, FEW), OSS_OK);
    ck_assert(isnan(auc));
    oss_faults_install();
    oss_faults_fail(OSS_CALL_ANY_HEAP, 1, 0);
    ck_assert_int_eq(oss_confidence_auc(&auc, p, word, FEW), OSS_ENOMEM);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    free(word);
}
END_TEST

/* Two bins by hand: 3 words at 0.9 of which 1 is right, 1 at 0.1 that is wrong; and 1, which is in the last bin. */
START_TEST(the_error_is_that_of_the_bins) {
    const oss_judged_word word[5] = {
        {.right = true}, {.right = false}, {.right = false}, {.right = false}, {.right = true}};
    const double p[5] = {0.9, 0.9, 0.9, 0.1, 1.0};
    ck_assert_double_eq_tol(oss_confidence_error(p, word, 4), (1.7 + 0.1) / 4.0, 1e-12);
    ck_assert_double_eq_tol(oss_confidence_error(p, word, 5), (1.7 + 0.1) / 5.0, 1e-12);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("convert/confidence_fit");
    TCase *tests = tcase_create("fit");
    tcase_add_test(tests, a_fit_finds_what_words_were_drawn_by);
    tcase_add_test(tests, rows_are_held_out_whole);
    tcase_add_test(tests, constant_features_and_certain_words_are_no_trouble);
    tcase_add_test(tests, too_few_words_are_refused);
    tcase_add_test(tests, the_area_is_that_of_all_pairs);
    tcase_add_test(tests, the_error_is_that_of_the_bins);
    suite_add_tcase(suite, tests);
    return suite;
}
