/* The public options of decoding: what is refused, what they change, and that what they changed can be undone. */
#include "ossicle/decoding.h"

#include <math.h>
#include <string.h>

#include "infer/decoding_cases.h"
#include "support/faults.h"
#include "support/suite.h"

#define AS "a a a a"
#define BS "b b b b"

static oss_decoding_options with_lm(const char *lm) {
    oss_decoding_options options = oss_decoding_options_init();
    options.lm = lm;
    return options;
}

/* ---- What is refused ---- */

static void refuse(oss_recognizer *recognizer, const oss_decoding_options *options, oss_status wanted,
                   const char *message) {
    ck_assert_int_eq(oss_recognizer_set_decoding(recognizer, options), wanted);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
}

START_TEST(wrong_options_are_refused) {
    static const struct {
        oss_decoding_options options;
        const char *message;
    } wrong[] = {{{.beam_width = -1}, "a beam of -1"},
                 {{.beam_width = 4097}, "from 1 to 4096"},
                 {{.n_best = 1001}, "choose 1 to 1000"},
                 {{.n_best = -1}, "choose 1 to 1000"},
                 {{.lm_weight = -0.5}, "lm_weight is -0.5"},
                 {{.word_bonus = (double)NAN}, "word_bonus is"},
                 {{.unknown_penalty = (double)INFINITY}, "unknown_penalty is"},
                 {{.prior_weight = -0.5}, "prior_weight is -0.5"},
                 {{.prior_weight = (double)NAN}, "prior_weight is"},
                 {{.beam_prune_logp = 1}, "beam_prune_logp is 1"},
                 {{.token_min_logp = 0.5}, "token_min_logp is 0.5"},
                 {{.rescore_weight = -1}, "rescore_weight is -1"},
                 {{.zeros = 64}, "zeros is 0x40"}};
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        oss_decoding_options options = wrong[i].options;
        options.size = sizeof options;
        refuse(recognizer, &options, OSS_EUSAGE, wrong[i].message);
    }
    refuse(recognizer, &(oss_decoding_options){.lm = "x"}, OSS_EUSAGE, "the size of the options is 0");
    oss_case_expect_text(recognizer, &p, AS); /* as it was */
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(a_model_that_spells_otherwise_is_refused_with_the_count) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *good = oss_case_write(&p, "good.arpa", OSS_CASE_ARPA_PREFERS_B);
    char *capitals = oss_case_write(&p, "capitals.arpa", OSS_CASE_ARPA_IN_CAPITALS);
    char *none = oss_tempdir_path(p.folder, "none.arpa");
    oss_decoding_options options = with_lm(good);
    ok(oss_recognizer_set_decoding(recognizer, &options));
    options.lm = capitals;
    refuse(recognizer, &options, OSS_EINPUT, "0 of 3 words");
    ck_assert_ptr_nonnull(strstr(oss_last_error(), capitals));
    options.lm = none;
    ck_assert_int_lt(oss_recognizer_set_decoding(recognizer, &options), 0);
    options.lm = p.wav;
    ck_assert_int_eq(oss_recognizer_set_decoding(recognizer, &options), OSS_EINPUT);
    oss_case_expect_text(recognizer, &p, BS); /* the one that was loaded */
    free(good);
    free(capitals);
    free(none);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(a_model_without_symbols_decodes_nothing) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = 0;
    sizes.projector_dim = 20;
    place p = make_place(&sizes);
    oss_recognizer *recognizer = oss_case_open(&p);
    const oss_decoding_options options = oss_decoding_options_init();
    const oss_hotword_entry entry = {"a", 1};
    ck_assert_int_eq(oss_recognizer_set_decoding(recognizer, &options), OSS_EUSAGE);
    ck_assert_int_eq(oss_recognizer_set_hotwords(recognizer, &entry, 1), OSS_EUSAGE);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

/* ---- What they change ---- */

START_TEST(a_language_model_is_heeded_and_left_again) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    oss_decoding_options options = with_lm(lm), used = oss_decoding_options_init();
    oss_case_expect_text(recognizer, &p, AS);
    ok(oss_recognizer_get_decoding(recognizer, &used));
    ck_assert_int_eq(used.beam_width, 0);
    ok(oss_recognizer_set_decoding(recognizer, &options));
    oss_case_expect_text(recognizer, &p, BS);
    ok(oss_recognizer_get_decoding(recognizer, &used));
    ck_assert_int_eq(used.beam_width, 256);
    ck_assert_str_eq(used.lm, lm);
    ck_assert(used.lm_weight == 0.5 && used.word_bonus == 1.5 && used.unknown_penalty == -10.0);
    options.zeros = OSS_DECODING_LM_WEIGHT; /* the model counts for nothing */
    ok(oss_recognizer_set_decoding(recognizer, &options));
    oss_case_expect_text(recognizer, &p, AS);
    ok(oss_recognizer_get_decoding(recognizer, &used));
    ck_assert(used.lm_weight == 0.0 && (used.zeros & OSS_DECODING_LM_WEIGHT) != 0);
    ok(oss_recognizer_set_decoding(recognizer, NULL));
    oss_case_expect_text(recognizer, &p, AS);
    ok(oss_recognizer_get_decoding(recognizer, &used));
    ck_assert_int_eq(used.beam_width, 0);
    free(lm);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(a_model_of_symbols_stands_beside) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p), *sibling = NULL;
    char *lm = oss_case_write(
        &p, "words.arpa",
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-0.3\t<unk>\n-0.3\tb\n\n\\end\\\n");
    char *dear = oss_case_write(&p, "dear.arpa", OSS_CASE_ARPA_OF_SYMBOLS);
    oss_decoding_options options = with_lm(lm), used = oss_decoding_options_init();
    options.zeros = OSS_DECODING_UNKNOWN_PENALTY;
    ok(oss_recognizer_set_decoding(recognizer, &options));
    oss_case_expect_text(recognizer, &p, AS);
    options.symbol_lm = dear;
    ok(oss_recognizer_set_decoding(recognizer, &options));
    ok(oss_recognizer_get_decoding(recognizer, &used));
    ck_assert_str_eq(used.symbol_lm, dear);
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    oss_case_expect_text(sibling, &p, BS);
    options.size =
        offsetof(oss_decoding_options, symbol_lm); /* a program that was compiled before there was one */
    ok(oss_recognizer_set_decoding(recognizer, &options));
    oss_case_expect_text(recognizer, &p, AS);
    options = oss_decoding_options_init();
    options.symbol_lm = dear;
    refuse(recognizer, &options, OSS_EUSAGE, "give lm too");
    options.lm = options.symbol_lm = lm;
    refuse(recognizer, &options, OSS_EINPUT, "it is of words");
    oss_case_expect_text(recognizer, &p, AS); /* as it was */
    free(lm);
    free(dear);
    oss_recognizer_free(sibling);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(hotwords_come_and_go) {
    static const oss_hotword_entry b[] = {{"b", 5}}, bb[] = {{"b b", 9}}, a[] = {{"A", 30}, {"b", -30}};
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    for (int searches = 0; searches < 2; searches++) {
        oss_decoding_options options = with_lm(searches ? lm : NULL), used = oss_decoding_options_init();
        const char *without = searches ? BS : AS;
        ok(oss_recognizer_set_decoding(recognizer, &options));
        oss_case_expect_text(recognizer, &p, without);
        ok(oss_recognizer_set_hotwords(recognizer, b, 1));
        oss_case_expect_text(recognizer, &p, BS);
        ok(oss_recognizer_set_hotwords(recognizer, a, 2)); /* in the model's case */
        oss_case_expect_text(recognizer, &p, AS);
        ok(oss_recognizer_set_hotwords(recognizer, bb, 1));
        oss_case_expect_text(recognizer, &p, BS);
        ck_assert_int_eq(oss_recognizer_set_hotwords(recognizer, &(oss_hotword_entry){"", 1}, 1), OSS_EINPUT);
        ck_assert_int_eq(oss_recognizer_set_hotwords(recognizer, &(oss_hotword_entry){"x\xc3\xa4", 1}, 1),
                         OSS_EINPUT);
        ck_assert_int_eq(oss_recognizer_set_hotwords(recognizer, &(oss_hotword_entry){NULL, 1}, 1),
                         OSS_EUSAGE);
        ck_assert_int_eq(oss_recognizer_set_hotwords(recognizer, NULL, -1), OSS_EUSAGE);
        oss_case_expect_text(recognizer, &p, BS); /* as they were */
        ok(oss_recognizer_set_hotwords(recognizer, NULL, 0));
        oss_case_expect_text(recognizer, &p, without);
        ok(oss_recognizer_get_decoding(recognizer, &used));
        ck_assert_int_eq(used.beam_width, searches ? 256 : 0);
    }
    free(lm);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(hotwords_of_a_file) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *words = oss_case_write(&p, "words.txt", "# names\n\nb\nb a\t-2\n");
    char *wrong = oss_case_write(&p, "wrong.txt", "b\na\tmuch\n");
    ok(oss_recognizer_load_hotwords(recognizer, words, 6));
    oss_case_expect_text(recognizer, &p, BS);
    ok(oss_recognizer_load_hotwords(recognizer, words, 0.1));
    oss_case_expect_text(recognizer, &p, AS);
    ck_assert_int_eq(oss_recognizer_load_hotwords(recognizer, wrong, 6), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "2"));
    free(words);
    free(wrong);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(siblings_share_and_go_their_ways) {
    static const oss_hotword_entry a[] = {{"a", 40}};
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p), *sibling = NULL, *grandchild = NULL;
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    oss_decoding_options options = with_lm(lm);
    ok(oss_recognizer_set_decoding(recognizer, &options));
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    ok(oss_recognizer_set_hotwords(sibling, a, 1));
    ok(oss_recognizer_create_sibling(&grandchild, sibling));
    oss_case_expect_text(recognizer, &p, BS);
    oss_case_expect_text(sibling, &p, AS);
    ok(oss_recognizer_set_decoding(recognizer, NULL));
    oss_recognizer_free(recognizer);
    oss_case_expect_text(sibling, &p, AS);
    ok(oss_recognizer_set_hotwords(sibling, NULL, 0));
    oss_case_expect_text(sibling, &p, BS);
    oss_recognizer_free(sibling);
    oss_case_expect_text(grandchild, &p, AS);
    oss_recognizer_free(grandchild);
    free(lm);
    free_place(&p);
}
END_TEST

/* ---- Lists ---- */

static void check_list(const oss_transcript *t, int32_t n_best) {
    ck_assert_int_eq(t->utterances, 1);
    const oss_transcript_utterance *u = &t->utterance[0];
    double sum = 0;
    ck_assert(u->start_seconds == 0.0 && u->end_seconds == t->audio_seconds);
    ck_assert(u->alternatives >= 2 && u->alternatives <= n_best);
    ck_assert_str_eq(u->alternative[0].text, t->text);
    for (int32_t i = 0; i < u->alternatives; i++) {
        const oss_transcript_alternative *x = &u->alternative[i];
        ck_assert(x->posterior > 0.0 && x->posterior <= 1.0 && x->acoustic < 0.0);
        ck_assert(i == 0 || x->score <= u->alternative[i - 1].score);
        for (int32_t k = 0; k < i; k++) {
            ck_assert_str_ne(x->text, u->alternative[k].text);
        }
        sum += x->posterior;
    }
    ck_assert_double_le(sum, 1.0 + 1e-9);
    for (int32_t i = 0; i < t->words; i++) {
        float confidence = t->word[i].confidence;
        ck_assert(confidence > 0.0F && confidence < 1.0F);
        ck_assert(t->word[i].symbol[0].end_seconds > t->word[i].symbol[0].start_seconds);
    }
}

START_TEST(the_best_hypotheses_are_listed) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    for (int with = 0; with < 2; with++) {
        oss_decoding_options options = with_lm(with ? lm : NULL);
        oss_transcript *t = NULL;
        options.n_best = 5;
        ok(oss_recognizer_set_decoding(recognizer, &options));
        ok(oss_recognizer_recognize_file(recognizer, p.wav, &t));
        ck_assert_str_eq(t->text, with ? BS : AS);
        check_list(t, 5);
        ck_assert_int_eq(t->utterance[0].alternative[0].words, 4);
        oss_transcript_free(t);
    }
    free(lm);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(a_second_model_ranks_anew) {
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    oss_decoding_options options = oss_decoding_options_init();
    oss_transcript *t = NULL;
    options.rescore_lm = lm;
    options.rescore_weight = 2.0;
    options.n_best = 30;
    ok(oss_recognizer_set_decoding(recognizer, &options));
    ok(oss_recognizer_recognize_file(recognizer, p.wav, &t));
    ck_assert_str_eq(t->text, BS);
    check_list(t, 30);
    /* b after <s> has no bigram; then b b three times, and </s>. */
    const oss_transcript_alternative *best = &t->utterance[0].alternative[0];
    ck_assert_double_eq_tol(best->rescore, (-0.1 - 3 * 0.05 - 1) * log(10), 0.02);
    ck_assert_double_eq_tol(best->score, best->acoustic + 2.0 * best->rescore, 1e-4);
    oss_transcript_free(t);
    free(lm);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

/* ---- Memory ---- */

START_TEST(short_memory_changes_nothing) {
    static const oss_hotword_entry a[] = {{"a", 40}};
    place p = oss_case_doubtful_place();
    oss_recognizer *recognizer = oss_case_open(&p);
    char *lm = oss_case_write(&p, "b.arpa", OSS_CASE_ARPA_PREFERS_B);
    char *symbols = oss_case_write(&p, "symbols.arpa", OSS_CASE_ARPA_OF_SYMBOLS);
    oss_decoding_options options = with_lm(lm);
    options.symbol_lm = symbols;
    options.n_best = 3;
    oss_case_expect_text(recognizer, &p, AS);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_transcript *t = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_recognizer_set_decoding(recognizer, &options);
        if (status == OSS_OK) {
            status = oss_recognizer_set_hotwords(recognizer, a, 1);
        }
        if (status == OSS_OK) {
            status = oss_recognizer_recognize_samples(recognizer, p.audio, SAMPLES, 16000, &t);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert((t != NULL) == (status == OSS_OK));
        oss_transcript_free(t);
        ok(oss_recognizer_set_decoding(recognizer, NULL));
        if (!fired) {
            ck_assert_int_gt(k, 30);
            break;
        }
    }
    oss_faults_remove();
    oss_case_expect_text(recognizer, &p, AS);
    free(lm);
    free(symbols);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/decoding");
    TCase *tests = tcase_create("decoding");
    tcase_add_test(tests, wrong_options_are_refused);
    tcase_add_test(tests, a_model_that_spells_otherwise_is_refused_with_the_count);
    tcase_add_test(tests, a_model_without_symbols_decodes_nothing);
    tcase_add_test(tests, a_language_model_is_heeded_and_left_again);
    tcase_add_test(tests, a_model_of_symbols_stands_beside);
    tcase_add_test(tests, hotwords_come_and_go);
    tcase_add_test(tests, hotwords_of_a_file);
    tcase_add_test(tests, siblings_share_and_go_their_ways);
    tcase_add_test(tests, the_best_hypotheses_are_listed);
    tcase_add_test(tests, a_second_model_ranks_anew);
    tcase_add_test(tests, short_memory_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
