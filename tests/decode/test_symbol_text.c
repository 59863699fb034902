/* Symbols as text: one line, normalised, whatever the vocabulary holds. */
#include "decode/symbol_text.h"

#include "base/mem.h"
#include "support/faults.h"
#include "support/suite.h"

enum { V = 6 };
static const char *const symbols[V] = {"<blank>", "<UNK>", " ", "A", "e", "\xcc\x81" /* acute accent */};

static oss_vocab *make_vocab(void) {
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_from_symbols(&vocab, symbols, V) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

/* logits[T,V] whose best symbols are best[T]. */
static void fill_logits(float *logits, const int32_t *best, int32_t t) {
    for (int32_t i = 0; i < t * V; i++) {
        logits[i] = i % V == best[i / V] ? 1.0F : 0.0F;
    }
}

START_TEST(test_text_is_normalised) {
    static const struct {
        int32_t id[6], count;
        oss_case policy;
        const char *text;
    } cases[] = {{{0}, 0, OSS_CASE_LOWER, ""},
                 {{2, 3, 2, 2, 4, 2}, 6, OSS_CASE_LOWER, "a e"},
                 {{2, 3, 2, 2, 4, 2}, 6, OSS_CASE_UPPER, "A E"},
                 {{3, 4, 5}, 3, OSS_CASE_KEEP, "A\xc3\xa9"}, /* NFC */
                 {{3, 1, 4}, 3, OSS_CASE_KEEP, "A\xef\xbf\xbd\x65"},
                 {{2, 2}, 2, OSS_CASE_KEEP, ""}};
    oss_vocab *vocab = make_vocab();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        ck_assert_int_eq(oss_symbol_text(&text, vocab, cases[i].policy, cases[i].id, cases[i].count), OSS_OK);
        ck_assert_str_eq(text, cases[i].text);
        oss_free(text);
    }
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_logits_go_by_the_best_path) {
    const int32_t best[] = {0, 3, 3, 0, 3, 2, 2, 4, 5};
    enum { T = sizeof best / sizeof *best };
    float logits[T * V];
    oss_vocab *vocab = make_vocab();
    char *text = NULL;
    fill_logits(logits, best, T);
    ck_assert_int_eq(oss_logits_text(&text, vocab, OSS_CASE_LOWER, logits, T), OSS_OK);
    ck_assert_str_eq(text, "aa \xc3\xa9");
    oss_free(text);
    ck_assert_int_eq(oss_logits_text(&text, vocab, OSS_CASE_LOWER, logits, 0), OSS_OK);
    ck_assert_str_eq(text, "");
    oss_free(text);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_refusals_leave_the_output) {
    char untouched[] = "untouched";
    char *text = untouched;
    oss_vocab *vocab = make_vocab();
    ck_assert_int_eq(oss_symbol_text(&text, vocab, OSS_CASE_LOWER, (const int32_t[]){V}, 1), OSS_EUSAGE);
    ck_assert_int_eq(oss_symbol_text(&text, vocab, OSS_CASE_LOWER, (const int32_t[]){0}, 1), OSS_EUSAGE);
    ck_assert_ptr_eq(text, untouched);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_memory_runs_out) {
    const int32_t best[] = {3, 4, 5};
    float logits[3 * V];
    char *text = NULL;
    oss_vocab *vocab = make_vocab();
    fill_logits(logits, best, 3);
    bool fired = true;
    int64_t failures = 0;
    oss_faults_install();
    for (int64_t nth = 1; fired; nth++) {
        text = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, 12);
        oss_status status = oss_logits_text(&text, vocab, OSS_CASE_LOWER, logits, 3);
        fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert(fired == (text == NULL));
        oss_free(text);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        failures += fired;
    }
    oss_faults_remove();
    ck_assert_int_gt(failures, 2);
    oss_vocab_free(vocab);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/symbol_text");
    TCase *tests = tcase_create("transcript");
    tcase_add_test(tests, test_text_is_normalised);
    tcase_add_test(tests, test_logits_go_by_the_best_path);
    tcase_add_test(tests, test_refusals_leave_the_output);
    tcase_add_test(tests, test_memory_runs_out);
    suite_add_tcase(suite, tests);
    return suite;
}
