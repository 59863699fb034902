/* Prices of stretches by how well a recording is heard: the formula, costs of a path, and what a badly heard text gets. */
#include "infer/align_price.h"

#include <math.h>
#include <stdlib.h>

#include "infer/align_make.h"
#include "infer/recognizer_cases.h"
#include "support/suite.h"

enum { V = 4, SYMBOLS = 20 };

static const int64_t cut[] = {0, 4, 20};

START_TEST(grow_with_symbols_and_hearing) {
    const oss_align_text text = {.symbols = SYMBOLS, .cut = cut, .cuts = 3};
    float price[3] = {-1.0F};
    oss_align_price(price, &text, 0.3);
    ck_assert_float_eq_tol(price[1], 4.0F + 8.0F, 1e-5F);
    ck_assert_float_eq_tol(price[2], 16.0F + 16.0F, 1e-5F);
    ck_assert_float_eq(price[0], -1.0F);
    oss_align_price(price, &text, oss_align_worst_hearing());
    ck_assert_float_eq_tol(price[1], 4.0F * 2.7F + 8.0F, 1e-5F);
}
END_TEST

/* Symbols 1 2 1 2 ... a frame each and a blank frame between them; symbols lie `below` under the best one (3). */
static void fill(float *logits, int32_t *id, oss_aligned *aligned, float below) {
    for (int32_t i = 0; i < SYMBOLS; i++) {
        float *said = logits + 2 * i * V, *blank = said + V;
        id[i] = 1 + i % 2;
        aligned[i] = (oss_aligned){.begin = 2 * i, .end = 2 * i + 1};
        for (int32_t k = 0; k < V; k++) {
            said[k] = k == id[i] ? 9.0F - below : k == 3 ? 9.0F : -9.0F;
            blank[k] = k == 0 ? 9.0F : -9.0F;
        }
    }
}

START_TEST(are_by_what_the_text_costs) {
    float logits[2 * SYMBOLS * V], price[3] = {0};
    int32_t id[SYMBOLS];
    oss_aligned aligned[SYMBOLS];
    double cost[3];
    const oss_align_text text = {.id = id, .symbols = SYMBOLS, .cut = cut, .cuts = 3};
    oss_align_fit fit = {.text = &text, .cost = cost};
    fill(logits, id, aligned, 0.0F);
    oss_align_fit_measure(&fit, aligned, logits, V);
    ck_assert_double_eq_tol(fit.hearing, 2.0 * 15.0 / 35.0, 1e-9);
    ck_assert_double_eq(cost[1] + cost[2], 0.0);
    oss_align_price(price, &text, fit.hearing);
    ck_assert(!oss_align_fit_doubts(&fit, price));
    fill(logits, id, aligned, 1.0F);
    oss_align_fit_measure(&fit, aligned, logits, V);
    ck_assert_double_eq_tol(fit.hearing, (2.0 * 15.0 + 20.0) / 35.0, 1e-6);
    ck_assert_double_eq_tol(cost[1], 4.0, 1e-5);
    ck_assert_double_eq_tol(cost[2], 16.0, 1e-5);
    fill(logits, id, aligned, 6.0F);
    aligned[3].end = aligned[3].begin; /* not said: costs nothing, nor does the gap behind it */
    oss_align_fit_measure(&fit, aligned, logits, V);
    ck_assert_double_eq(fit.hearing, oss_align_worst_hearing());
    ck_assert_double_eq_tol(cost[1], 18.0, 1e-4);
    oss_align_price(price, &text, fit.hearing);
    ck_assert(oss_align_fit_doubts(&fit, price));
    ck_assert_int_eq(oss_align_fit_fewest(&fit), 10);
}
END_TEST

/* Twenty letters of a line 2 nats below another letter each, as of a voice that is badly heard: said. 6 nats below, as of
 * another text: not said. */
START_TEST(a_text_that_is_badly_heard_was_said) {
    enum { ROWS = 60 };
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    int32_t v = oss_vocab_size(model->vocab), a = oss_vocab_find(model->vocab, "a");
    int32_t b = oss_vocab_find(model->vocab, "b"), c = oss_vocab_find(model->vocab, "c");
    float *logits = malloc((size_t)(ROWS * v) * sizeof *logits);
    for (int32_t below = 2; below <= 6; below += 4) {
        for (int32_t t = 0; t < ROWS; t++) {
            bool said = t % 2 == 1 && t < 40;
            for (int32_t k = 0; k < v; k++) {
                logits[t * v + k] = k == (said ? c : OSS_VOCAB_BLANK) ? 0.0F : -12.0F;
            }
            if (said) {
                logits[t * v + (t / 2 % 2 == 0 ? a : b)] = -(float)below;
            }
        }
        oss_envelope envelope;
        float silence[16] = {0};
        ok(oss_envelope_init(&envelope, 16000));
        ok(oss_envelope_add(&envelope, silence, 16));
        const oss_align_heard heard = {.model = model,
                                       .logits = logits,
                                       .rows = ROWS,
                                       .envelope = &envelope,
                                       .frames_a_second = 25.0,
                                       .audio_seconds = 2.4};
        oss_align_options options;
        ok(oss_align_read_options(&options, NULL));
        oss_alignment *alignment = NULL;
        ok(oss_alignment_make(&alignment, &heard, "abababababababababab", &options));
        ck_assert_int_eq(alignment->words, 1);
        ck_assert_int_eq(alignment->word[0].how, below == 2 ? OSS_ALIGNED_HEARD : OSS_ALIGNED_MISSING);
        ck_assert_int_eq(alignment->sounds, below == 2 ? 0 : 1);
        oss_alignment_free(alignment);
        oss_envelope_deinit(&envelope);
    }
    oss_model_free(model);
    free(logits);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/align_price");
    TCase *tests = tcase_create("prices");
    tcase_add_test(tests, grow_with_symbols_and_hearing);
    tcase_add_test(tests, are_by_what_the_text_costs);
    tcase_add_test(tests, a_text_that_is_badly_heard_was_said);
    suite_add_tcase(suite, tests);
    return suite;
}
