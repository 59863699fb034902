/* Numbers of decoding that a language model's file holds. */
#include "infer/decoding_cases.h"
#include "ngram/pack.h"
#include "ossicle/decoding.h"
#include "support/suite.h"

/* What `ossicle tune` stored in the model's file holds, but for what is given. */
START_TEST(stored_numbers_are_defaults) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *arpa = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B), *lm = oss_case_write(&p, "b.olm", "");
    oss_ngram *ngram = NULL;
    oss_ngram_tuning tuning = {
        .tuned = true, .lm_weight = 0.75, .word_bonus = 2.25, .unknown_penalty = -3.5, .prior_weight = 0.5};
    ok(oss_ngram_load(&ngram, arpa));
    ok(oss_ngram_save(ngram, lm));
    oss_ngram_free(ngram);
    for (int with = 0; with < 2; with++) { /* a file of before has no penalty */
        oss_decoding_options options = oss_decoding_options_init(), used = oss_decoding_options_init();
        options.lm = lm;
        tuning.has_penalty = with;
        ok(oss_ngram_save_tuning(lm, &tuning));
        ok(oss_recognizer_set_decoding(recognizer, &options));
        ok(oss_recognizer_get_decoding(recognizer, &used));
        ck_assert(used.lm_weight == 0.75 && used.unknown_penalty == (with ? -3.5 : -10.0));
        options.unknown_penalty = -2.0;
        ok(oss_recognizer_set_decoding(recognizer, &options));
        ok(oss_recognizer_get_decoding(recognizer, &used));
        ck_assert(used.unknown_penalty == -2.0 && used.prior_weight == 0.5);
        options.zeros = OSS_DECODING_PRIOR_WEIGHT;
        ok(oss_recognizer_set_decoding(recognizer, &options));
        ok(oss_recognizer_get_decoding(recognizer, &used));
        ck_assert(used.prior_weight == 0.0 && (used.zeros & OSS_DECODING_PRIOR_WEIGHT) != 0);
    }
    free(arpa);
    free(lm);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/decoding_stored");
    TCase *tests = tcase_create("stored");
    tcase_add_test(tests, stored_numbers_are_defaults);
    suite_add_tcase(suite, tests);
    return suite;
}
