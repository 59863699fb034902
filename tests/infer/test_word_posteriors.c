/* Posteriors of words out of lists that were made by hand. */
#include "infer/word_posteriors.h"

#include "infer/encoder_cases.h"
#include "support/suite.h"

enum { SPACE = 2, A, B, C, D };

typedef struct text {
    int32_t id[16];
    int32_t ids;
} text;

/* The path of these symbols: nothing else of it is looked at. */
static oss_best_path path_of(oss_best_path_symbol symbol[16], const text *t) {
    for (int32_t i = 0; i < t->ids; i++) {
        symbol[i] = (oss_best_path_symbol){.id = t->id[i], .begin = i, .end = i + 1};
    }
    return (oss_best_path){.symbol = symbol, .symbols = t->ids};
}

static void expect(const text *list, const double *posterior, int32_t count, const float *wanted) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_hypothesis hypothesis[4];
    oss_best_path_symbol symbol[16];
    float got[16];
    for (int32_t i = 0; i < count; i++) {
        int32_t *id = malloc(sizeof list[i].id);
        ck_assert_ptr_nonnull(id);
        memcpy(id, list[i].id, sizeof list[i].id);
        hypothesis[i] = (oss_hypothesis){.id = id, .ids = list[i].ids, .posterior = posterior[i]};
    }
    const oss_best_path path = path_of(symbol, &list[0]);
    ok(oss_word_posteriors(got, &path, hypothesis, count, model->vocab, model->config.text_case));
    for (int32_t i = 0; i < list[0].ids; i++) {
        ck_assert_float_eq_tol(got[i], wanted[i], 1e-6F);
    }
    for (int32_t i = 0; i < count; i++) {
        free(hypothesis[i].id);
    }
    oss_model_free(model);
}

START_TEST(words_gather_what_has_them) {
    /* "ab c d", "ab d", "a c d": the words by the alignment with the fewest edits, spaces are certain. */
    static const text list[] = {
        {{A, B, SPACE, C, SPACE, D}, 6}, {{A, B, SPACE, D}, 4}, {{A, SPACE, C, SPACE, D}, 5}};
    static const double posterior[] = {0.5, 0.3, 0.2};
    expect(list, posterior, 3, (const float[]){0.8F, 0.8F, 1.0F, 0.7F, 1.0F, 1.0F});
}
END_TEST

START_TEST(one_hypothesis_is_certain) {
    static const text list[] = {{{SPACE, A, SPACE, A, B}, 5}};
    static const double posterior[] = {1.0};
    expect(list, posterior, 1, (const float[]){1.0F, 1.0F, 1.0F, 1.0F, 1.0F});
}
END_TEST

START_TEST(nothing_has_no_words) {
    /* What says nothing has none of the words. */
    static const text list[] = {{{A, SPACE, B}, 3}, {{SPACE}, 1}};
    static const double posterior[] = {0.6, 0.4};
    expect(list, posterior, 2, (const float[]){0.6F, 1.0F, 0.6F});
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/word_posteriors");
    TCase *tests = tcase_create("word posteriors");
    tcase_add_test(tests, words_gather_what_has_them);
    tcase_add_test(tests, one_hypothesis_is_certain);
    tcase_add_test(tests, nothing_has_no_words);
    suite_add_tcase(suite, tests);
    return suite;
}
