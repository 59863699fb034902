#include "decode/confidence.h"

#include "base/mem.h"
#include "decode/path_cases.h"

static void features_of(double feature[OSS_CONFIDENCE_FEATURES], float *plain, double *frame_cost,
                        const char *said, double p) {
    oss_vocab *vocab = oss_case_vocab();
    oss_best_path path = {0};
    oss_case_say(&path, said, p);
    oss_path_word *word = NULL;
    int64_t words = 0;
    ck_assert_int_eq(oss_path_words(&word, &words, &path, vocab, OSS_CASE_LOWER), OSS_OK);
    ck_assert_int_ge(words, 1);
    oss_confidence_features(feature, &path, vocab, &word[0]);
    *plain = oss_confidence_plain(&path, &word[0]);
    *frame_cost = -log(p);
    oss_path_words_free(word, words);
    oss_best_path_deinit(&path);
    oss_vocab_free(vocab);
}

/* Known probabilities, the features by hand; the spaces beside the word are taken with it, its neighbours are not. */
START_TEST(features_are_what_they_say) {
    static const struct {
        const char *said;
        int frames, symbols, spaces;
    } table[] = {{"ab", 2, 2, 0}, {"--a-b--", 5, 2, 0}, {"- -abb- -cc", 8, 2, 2}, {"c- aaaa", 3, 1, 1}};
    const double p = 0.7, rest = 0.3 / 5.0;
    const double entropy = -(p * log(p) + 5.0 * rest * log(rest));
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        double feature[OSS_CONFIDENCE_FEATURES], cost = 0.0;
        float plain = 0.0F;
        features_of(feature, &plain, &cost, table[k].said, p);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_COST], table[k].frames * cost, 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_DOUBT], table[k].frames * entropy, 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_ENTROPY], entropy, 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_PEAKS], table[k].symbols * log(p), 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_WEAKEST], log(p), 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_SPACES], table[k].spaces > 0 ? log(p) : 0.0, 1e-5);
        ck_assert_double_eq_tol(feature[OSS_CONFIDENCE_LENGTH], log(table[k].symbols), 1e-12);
        ck_assert_double_eq_tol((double)plain, p, 1e-6);
    }
}
END_TEST

START_TEST(the_function_is_logistic) {
    oss_confidence_weights weights = {.bias = 0.5};
    double feature[OSS_CONFIDENCE_FEATURES] = {0};
    ck_assert_double_eq_tol(oss_confidence(&weights, feature), 1.0 / (1.0 + exp(-0.5)), 1e-12);
    for (int k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        weights.weight[k] = 0.1 * (k + 1);
        feature[k] = k % 2 == 0 ? 1.0 : -1.0;
    }
    double sum = 0.5 + 0.1 * (1 - 2 + 3 - 4 + 5 - 6 + 7 - 8);
    ck_assert_double_eq_tol(oss_confidence(&weights, feature), 1.0 / (1.0 + exp(-sum)), 1e-12);
    feature[0] = 1e300;
    ck_assert_double_eq(oss_confidence(&weights, feature), 1.0);
    feature[0] = -1e300;
    ck_assert_double_eq(oss_confidence(&weights, feature), 0.0);
    weights.weight[0] = weights.weight[2] = 1e300;
    feature[2] = 1e300;
    double p = oss_confidence(&weights, feature);
    ck_assert(p >= 0.0 && p <= 1.0);
}
END_TEST

START_TEST(posteriors_are_finite_and_in_order) {
    ck_assert_double_eq_tol(oss_confidence_logit(0.5), 0.0, 1e-12);
    ck_assert_double_eq_tol(oss_confidence_logit(0.25), -oss_confidence_logit(0.75), 1e-12);
    ck_assert_double_eq_tol(oss_confidence_logit(0.75), log(0.7495 / 0.2505), 1e-12);
    ck_assert_double_eq_tol(oss_confidence_logit(1.0), log(0.999 / 0.001), 1e-9);
    ck_assert_double_eq(oss_confidence_logit(1.5), oss_confidence_logit(1.0));
    ck_assert_double_eq(oss_confidence_logit(-1.0), oss_confidence_logit(0.0));
    for (int i = 0; i < 100; i++) {
        ck_assert_double_lt(oss_confidence_logit(0.01 * i), oss_confidence_logit(0.01 * (i + 1)));
    }
}
END_TEST

START_TEST(names_differ) {
    for (int a = 0; a < OSS_CONFIDENCE_FEATURES; a++) {
        for (int b = 0; b < a; b++) {
            ck_assert_str_ne(oss_confidence_feature_name((oss_confidence_feature)a),
                             oss_confidence_feature_name((oss_confidence_feature)b));
        }
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/confidence");
    TCase *tests = tcase_create("confidence");
    tcase_add_test(tests, features_are_what_they_say);
    tcase_add_test(tests, the_function_is_logistic);
    tcase_add_test(tests, posteriors_are_finite_and_in_order);
    tcase_add_test(tests, names_differ);
    suite_add_tcase(suite, tests);
    return suite;
}
