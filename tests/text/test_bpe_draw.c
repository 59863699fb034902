/* BPE-dropout, and vocabularies of byte-pair units restored from their list. */
#include <math.h>
#include <string.h>

#include "text/bpe_cases.h"
#include "support/suite.h"
#include "text/unicode.h"

/* ---- Dropout ---- */

START_TEST(test_no_dropout_is_encoding_and_all_is_spelling) {
    static char text[MAX_TEXTS][TEXT_BYTES];
    const char *list[MAX_TEXTS];
    make_texts(text, list, 5, MAX_TEXTS, 4);
    oss_vocab *vocab = learn(list, MAX_TEXTS, 90);
    for (int32_t t = 0; t < MAX_TEXTS; t++) {
        int32_t *encoded = NULL, *spelt = NULL, *drawn = NULL, count = 0, length = 0;
        ck_assert_int_eq(oss_vocab_encode(vocab, &encoded, &count, NULL, list[t]), OSS_OK);
        ck_assert_int_eq(oss_vocab_spell(vocab, &spelt, &length, list[t]), OSS_OK);
        ck_assert_int_eq(length, list[t][0] == '\0' ? 0 : oss_text_length(list[t]) + 1);
        ck_assert_int_eq(oss_vocab_spell(vocab, &drawn, &length, list[t]), OSS_OK);
        ck_assert_int_eq(oss_vocab_draw(vocab, drawn, length, 1.0, 1, 2), length);
        ck_assert_mem_eq(drawn, spelt, (size_t)length * sizeof *drawn);
        ck_assert_int_eq(oss_vocab_draw(vocab, drawn, length, 0.0, 1, 2), count);
        ck_assert_mem_eq(drawn, encoded, (size_t)count * sizeof *drawn);
        oss_free(encoded);
        oss_free(spelt);
        oss_free(drawn);
    }
    oss_vocab_free(vocab);
}
END_TEST

/* A word in which one merge is possible stays unmerged with probability p: that share, within 4 deviations.
 * With two merges, one after the other, (1-p)^2 of the words come out whole. */
START_TEST(test_merges_are_passed_over_at_the_stated_rate) {
    enum { DRAWS = 20000 };
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", " a", " ab"};
    oss_vocab *vocab = NULL;
    const double p = 0.1 + 0.3 * _i;
    ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, symbol, 7), OSS_OK);
    double apart = 0, whole = 0;
    for (uint32_t key = 0; key < DRAWS; key++) {
        int32_t id[3] = {2, 3, 4};
        apart += oss_vocab_draw(vocab, id, 2, p, 11, key) == 2;
        memcpy(id, (const int32_t[]){2, 3, 4}, sizeof id);
        whole += oss_vocab_draw(vocab, id, 3, p, 11, key) == 1;
    }
    double q = (1 - p) * (1 - p);
    ck_assert_double_le(fabs(apart / (double)DRAWS - p), 4 * sqrt(p * (1 - p) / (double)DRAWS));
    ck_assert_double_le(fabs(whole / (double)DRAWS - q), 4 * sqrt(q * (1 - q) / (double)DRAWS));
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_draws_are_a_function_of_seed_and_key) {
    static char text[MAX_TEXTS][TEXT_BYTES];
    const char *list[MAX_TEXTS];
    make_texts(text, list, 6, MAX_TEXTS, 3);
    oss_vocab *vocab = learn(list, MAX_TEXTS, 90);
    int32_t *spelt = NULL, length = 0, differ_key = 0, differ_seed = 0;
    ck_assert_int_eq(oss_vocab_spell(vocab, &spelt, &length, "abcab bcaab ccab abab abc"), OSS_OK);
    for (uint32_t key = 0; key < 20; key++) {
        int32_t id[4][40], count[4];
        for (int32_t i = 0; i < 4; i++) {
            memcpy(id[i], spelt, (size_t)length * sizeof *spelt);
            count[i] = oss_vocab_draw(vocab, id[i], length, 0.3, i == 2 ? 8 : 7, key + (i == 3));
        }
        ck_assert_int_eq(count[0], count[1]);
        ck_assert_mem_eq(id[0], id[1], (size_t)count[0] * sizeof *spelt);
        differ_seed += count[0] != count[2] || memcmp(id[0], id[2], (size_t)count[0] * sizeof *spelt) != 0;
        differ_key += count[0] != count[3] || memcmp(id[0], id[3], (size_t)count[0] * sizeof *spelt) != 0;
    }
    ck_assert_int_ge(differ_seed, 15);
    ck_assert_int_ge(differ_key, 15);
    oss_free(spelt);
    oss_vocab_free(vocab);
}
END_TEST

/* ---- Lists ---- */

START_TEST(test_the_list_says_all) {
    static char text[MAX_TEXTS][TEXT_BYTES];
    const char *list[MAX_TEXTS];
    make_texts(text, list, 9, MAX_TEXTS, 7);
    oss_vocab *vocab = learn(list, MAX_TEXTS, 150), *copy = NULL;
    ck_assert_int_eq(oss_vocab_copy(&copy, vocab), OSS_OK);
    ck_assert(oss_vocab_equal(vocab, copy));
    for (int32_t t = 0; t < MAX_TEXTS; t++) {
        int32_t *a = NULL, *b = NULL, count_a = 0, count_b = 0;
        ck_assert_int_eq(oss_vocab_encode(vocab, &a, &count_a, NULL, list[t]), OSS_OK);
        ck_assert_int_eq(oss_vocab_encode(copy, &b, &count_b, NULL, list[t]), OSS_OK);
        ck_assert_int_eq(count_a, count_b);
        ck_assert_mem_eq(a, b, (size_t)count_a * sizeof *a);
        oss_free(a);
        oss_free(b);
    }
    oss_vocab_free(vocab);
    oss_vocab_free(copy);
}
END_TEST

START_TEST(test_the_kind_is_part_of_a_vocabulary) {
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "a"};
    oss_vocab *units = NULL, *characters = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&units, OSS_UNITS_BPE, symbol, 4), OSS_OK);
    ck_assert_int_eq(oss_vocab_from_units(&characters, OSS_UNITS_CHAR, symbol, 4), OSS_OK);
    ck_assert(!oss_vocab_equal(units, characters));
    assert_encoded(units, "a a", " |a| |a|");
    assert_encoded(characters, "a a", "a| |a|");
    oss_vocab_free(units);
    oss_vocab_free(characters);
}
END_TEST

START_TEST(test_bad_lists_are_refused) {
    const struct {
        const char *symbol[7];
        int32_t count;
        const char *message;
    } cases[] = {
        {{"<blank>", "<UNK>", "a", "b"}, 4, "need a symbol that is a single space"},
        {{"<blank>", "<UNK>", " ", "a", "ab"},
         5,
         "symbol 4, \"ab\", is not what two symbols before it spell"},
        {{"<blank>", "<UNK>", " ", "a", " ab", "b", "ab"}, 7, "symbol 4, \" ab\", is not what two"},
        {{"<blank>", "<UNK>", " ", "a", "a", "aa"}, 6, "symbols 3 and 4 are both \"a\""},
        {{"<blank>", "<UNK>", " ", "a", "aa", "aa"}, 6, "symbols 4 and 5 are both \"aa\""},
        {{"<blank>", "<UNK>", " ", "a", "a "}, 5, "symbol 4, \"a \", has a space after its beginning"},
        {{"<blank>", "<UNK>", " ", "a", "  "}, 5, "has a space after its beginning"},
        {{"<blank>", "<UNK>", " ", "a", "\xc3"}, 5, "symbol 4 is not valid UTF-8"},
        {{"<blank>", "<UNK>", " ", "a", ""}, 5, "symbol 4 is empty"},
        {{"<blank>", "<UNK>", " ", "a", "aaaaaaaaaaaaaaaaa"}, 5, "is longer than 16 characters"},
        {{"<blank>", "a"}, 2, "symbol 1 must be \"<UNK>\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_vocab *vocab = NULL;
        ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, cases[i].symbol, cases[i].count),
                         OSS_EINPUT);
        ck_assert_ptr_null(vocab);
        ck_assert_msg(strstr(oss_last_error(), cases[i].message) != NULL, "%s", oss_last_error());
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/bpe_draw");
    TCase *tests = tcase_create("text/bpe_draw");
    tcase_add_test(tests, test_no_dropout_is_encoding_and_all_is_spelling);
    tcase_add_loop_test(tests, test_merges_are_passed_over_at_the_stated_rate, 0, 3);
    tcase_add_test(tests, test_draws_are_a_function_of_seed_and_key);
    tcase_add_test(tests, test_the_list_says_all);
    tcase_add_test(tests, test_the_kind_is_part_of_a_vocabulary);
    tcase_add_test(tests, test_bad_lists_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
