/* How often symbols are written, by models of words and of symbols. */
#include "decode/symbol_priors.h"

#include "decode/beam_cases.h"

/* p of the words a, ab, b, and of the symbols _, a, b (decode/beam_cases.h). */
#define P1 exp(-1.0)
#define P2 exp(-2.0)
#define P3 exp(-2.5)

/* want[symbols]: parts of their sum; 0: never written. */
static void expect(const oss_ngram *ngram, oss_vocab *vocab, const double *want) {
    float got[8];
    double sum = 0.0;
    const int32_t symbols = oss_vocab_size(vocab);
    ck_assert_int_le(symbols, 8);
    ck_assert_int_eq(oss_symbol_priors_find(got, ngram, vocab), OSS_OK);
    for (int32_t id = 0; id < symbols; id++) {
        sum += want[id];
    }
    for (int32_t id = 0; id < symbols; id++) {
        ck_assert_double_eq_tol((double)got[id], want[id] == 0.0 ? 0.0 : log(want[id] / sum), 1e-6);
    }
    oss_vocab_free(vocab);
}

START_TEST(of_words) {
    static const char *const with_c[] = {"<blank>", "<UNK>", " ", "c", "a", "b"};
    static const char *const without_a[] = {"<blank>", "<UNK>", "b"};
    oss_ngram *words = oss_beam_ngram(false);
    oss_vocab *other = NULL;
    expect(words, oss_beam_characters(), (const double[]){0, 0, P1 + P2 + P3, P1 + P2, P2 + P3});
    ck_assert_int_eq(oss_vocab_from_symbols(&other, with_c, 6), OSS_OK);
    expect(words, other, (const double[]){0, 0, P1 + P2 + P3, 0, P1 + P2, P2 + P3});
    ck_assert_int_eq(oss_vocab_from_symbols(&other, without_a, 3), OSS_OK);
    expect(words, other, (const double[]){0, 0, P2 + P3});
    /* " a" is merged before "ab". */
    expect(words, oss_beam_pieces(), (const double[]){0, 0, P3, 0, P2 + P3, P1 + P2, 0});
    oss_ngram_free(words);
}
END_TEST

START_TEST(of_symbols) {
    oss_ngram *symbols = oss_beam_ngram(true);
    expect(symbols, oss_beam_characters(), (const double[]){0, 0, P1, P2, P3});
    oss_ngram_free(symbols);
}
END_TEST

/* A letter of one word in a million is no reason to write it. */
START_TEST(the_rare_is_not_too_dear) {
    static const char *const word[] = {"<unk>", "<s>", "</s>", "a", "b"};
    static const float p[] = {-9.0F, -20.0F, -1.0F, -0.5F, -14.0F};
    oss_ngram_parts parts = {.order = 1, .token = word, .list = {{5, NULL, p, NULL}}};
    oss_ngram *ngram = NULL;
    oss_vocab *vocab = oss_beam_characters();
    float got[5];
    ck_assert_int_eq(oss_ngram_pack(&ngram, &parts), OSS_OK);
    ck_assert_int_eq(oss_symbol_priors_find(got, ngram, vocab), OSS_OK);
    ck_assert_double_eq_tol((double)got[3], log(0.5), 1e-5);
    ck_assert_double_eq_tol((double)got[4], log(OSS_SYMBOL_PRIOR_LEAST), 1e-6);
    oss_vocab_free(vocab);
    oss_ngram_free(ngram);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("symbol_priors");
    TCase *all = tcase_create("symbol_priors");
    tcase_add_test(all, of_words);
    tcase_add_test(all, of_symbols);
    tcase_add_test(all, the_rare_is_not_too_dear);
    suite_add_tcase(suite, all);
    return suite;
}
