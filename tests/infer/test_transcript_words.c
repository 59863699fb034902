/* What a calibration is told of words: which are right, and where the audio shows their edges. */
#include "infer/transcript_words.h"

#include <math.h>

#include "decode/path_cases.h"
#include "infer/encoder_cases.h"
#include "support/faults.h"

typedef struct scene {
    oss_model *model;
    oss_best_path path;
    oss_envelope envelope;
    uint8_t level[200];
    oss_transcript_source source;
} scene;

/* "ab" on frames 5 to 8, "c" at frame 20, of 25 a second; loud from 0.15 to 0.40 s and from 0.70 to 0.95 s. */
static void make(scene *s) {
    *s = (scene){0};
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = 6;
    s->model = oss_models_create(&sizes);
    oss_case_say(&s->path, "-----a--b---- ------c----", 1.0 - 1e-9);
    memset(s->level, 40, sizeof s->level);
    memset(s->level + 15, 200, 25);
    memset(s->level + 70, 200, 25);
    s->envelope = (oss_envelope){.level = s->level, .frames = 100, .rate_hz = 16000};
    s->source = (oss_transcript_source){.model = s->model,
                                        .path = &s->path,
                                        .envelope = &s->envelope,
                                        .clock = {25.0, 0.0, 1.0},
                                        .audio_seconds = 1.0};
}

static void discard(scene *s) {
    oss_best_path_deinit(&s->path);
    oss_model_free(s->model);
}

START_TEST(words_are_observed) {
    scene s;
    make(&s);
    oss_observed_word *word = NULL;
    int64_t words = 0;
    ok(oss_transcript_observe(&word, &words, &s.source, "a c b"));
    ck_assert_int_eq(words, 2);
    ck_assert_str_eq(word[0].text, "ab");
    ck_assert_str_eq(word[1].text, "c");
    ck_assert(!word[0].right && word[1].right);
    ck_assert_double_eq_tol(word[0].onset_seconds, 5.5 / 25 - 0.15, 1e-6);
    ck_assert_double_eq_tol(word[0].tail_seconds, 0.40 - 8.5 / 25, 1e-6);
    ck_assert_double_eq_tol(word[1].onset_seconds, 20.5 / 25 - 0.70, 1e-6);
    ck_assert_double_eq_tol(word[1].tail_seconds, 0.95 - 20.5 / 25, 1e-6);
    ck_assert_double_eq_tol(word[1].start_seconds, 0.70, 1e-6);
    ck_assert(word[0].confidence > 0.9F);
    oss_observed_words_free(word, words);
    discard(&s);
}
END_TEST

/* Without a pause, and in noise, no edge is known well enough. */
START_TEST(edges_that_do_not_show_are_not_numbers) {
    scene s;
    for (int noise = 0; noise < 2; noise++) {
        make(&s);
        for (int k = 0; k < 100; k++) {
            s.level[k] = noise == 1 ? (s.level[k] == 40 ? 150 : s.level[k]) : 200;
        }
        oss_observed_word *word = NULL;
        int64_t words = 0;
        ok(oss_transcript_observe(&word, &words, &s.source, ""));
        ck_assert_int_eq(words, 2);
        for (int64_t i = 0; i < words; i++) {
            ck_assert(isnan(word[i].onset_seconds) && isnan(word[i].tail_seconds) && !word[i].right);
        }
        oss_observed_words_free(word, words);
        discard(&s);
    }
}
END_TEST

START_TEST(the_model_has_the_word) {
    scene s;
    make(&s);
    s.model->calibration = (oss_calibration){.has_confidence = true, .confidence = {.bias = -3.0}};
    oss_path_word *word = NULL;
    int64_t words = 0;
    ok(oss_transcript_words(&word, &words, &s.source));
    ck_assert_double_eq_tol((double)word[0].confidence, 1.0 / (1.0 + exp(3.0)), 1e-6);
    oss_path_words_free(word, words);
    memset(s.level, 200, sizeof s.level);
    s.model->calibration = (oss_calibration){.has_edges = true, .edges = {0.09, 0.05}};
    ok(oss_transcript_words(&word, &words, &s.source));
    ck_assert_double_eq_tol(word[0].start_seconds, 5.5 / 25 - 0.09, 1e-6);
    ck_assert_double_eq_tol(word[0].end_seconds, 8.5 / 25 + 0.05, 1e-6);
    oss_path_words_free(word, words);
    discard(&s);
}
END_TEST

/* Of a search: its own weights where the model has them, else the mean of both; and none of it for words that none found. */
START_TEST(a_search_has_weights_of_its_own) {
    scene s;
    make(&s);
    float posterior[64];
    for (int i = 0; i < 64; i++) {
        posterior[i] = 0.25F;
    }
    ck_assert_int_le(s.source.path->symbols, 64);
    s.model->calibration = (oss_calibration){.has_confidence = true, .confidence = {.bias = -3.0}};
    for (int weights = 0; weights < 2; weights++) {
        oss_path_word *word = NULL;
        oss_observed_word *observed = NULL;
        int64_t words = 0;
        const double plain = 1.0 / (1.0 + exp(3.0));
        s.model->calibration.has_search_confidence = weights == 1;
        s.model->calibration.search_confidence.bias = 1.0;
        s.model->calibration.search_confidence.weight[OSS_CONFIDENCE_POSTERIOR] = 0.5;
        s.source.posterior = NULL;
        ok(oss_transcript_words(&word, &words, &s.source));
        ck_assert_double_eq_tol((double)word[0].confidence, plain, 1e-6);
        oss_path_words_free(word, words);
        s.source.posterior = posterior;
        ok(oss_transcript_words(&word, &words, &s.source));
        const double logit = oss_confidence_logit(0.25);
        ck_assert_double_eq_tol((double)word[0].confidence,
                                weights == 1 ? 1.0 / (1.0 + exp(-(1.0 + 0.5 * logit))) : sqrt(0.25 * plain),
                                1e-6);
        oss_path_words_free(word, words);
        ok(oss_transcript_observe(&observed, &words, &s.source, ""));
        ck_assert_double_eq_tol(observed[0].feature[OSS_CONFIDENCE_POSTERIOR], logit, 1e-6);
        oss_observed_words_free(observed, words);
    }
    discard(&s);
}
END_TEST

START_TEST(short_memory_is_told) {
    scene s;
    make(&s);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_observed_word *word = NULL;
        int64_t words = 0;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_transcript_observe(&word, &words, &s.source, "ab b");
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        oss_observed_words_free(word, words);
        if (!fired) {
            ck_assert_int_gt(k, 8);
            break;
        }
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    discard(&s);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/transcript_words");
    TCase *tests = tcase_create("words");
    tcase_add_test(tests, words_are_observed);
    tcase_add_test(tests, edges_that_do_not_show_are_not_numbers);
    tcase_add_test(tests, the_model_has_the_word);
    tcase_add_test(tests, a_search_has_weights_of_its_own);
    tcase_add_test(tests, short_memory_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
