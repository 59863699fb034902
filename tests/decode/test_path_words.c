#include "decode/path_words.h"

#include "base/mem.h"
#include "decode/path_cases.h"
#include "support/faults.h"

typedef struct split {
    const char *said;
    int words;
    struct {
        int first, symbols;
    } word[4];
} split;

START_TEST(words_lie_between_spaces) {
    static const split table[] = {
        {"", 0, {{0, 0}}},
        {"---", 0, {{0, 0}}},
        {" - ", 0, {{0, 0}}},
        {"a", 1, {{0, 1}}},
        {"-ab-- -c-", 2, {{0, 2}, {3, 1}}},
        {" - ab - c -", 2, {{2, 2}, {6, 1}}},
        {"a-a-?- b", 2, {{0, 3}, {4, 1}}},
    };
    oss_vocab *vocab = oss_case_vocab();
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        oss_best_path path = {0};
        oss_case_say(&path, table[k].said, 0.9);
        oss_path_word *word = NULL;
        int64_t words = -1;
        ck_assert_int_eq(oss_path_words(&word, &words, &path, vocab, OSS_CASE_LOWER), OSS_OK);
        ck_assert_int_eq(words, table[k].words);
        for (int i = 0; i < table[k].words; i++) {
            ck_assert_int_eq(word[i].first, table[k].word[i].first);
            ck_assert_int_eq(word[i].symbols, table[k].word[i].symbols);
        }
        oss_path_words_free(word, words);
        oss_best_path_deinit(&path);
    }
    oss_vocab_free(vocab);
}
END_TEST

/* Units that begin with a space begin a word; a lone space is in none. */
START_TEST(byte_pair_units_begin_words) {
    static const char *const unit[] = {"<blank>", "<UNK>", " ", "a", "b", " a", " b", "ab"};
    static const int32_t id[] = {3, 4, 5, 7, 6, 2, 2, 7, 4, 5, 1};
    static const int64_t first[] = {0, 2, 4, 7, 9}, symbols[] = {2, 2, 1, 2, 2};
    enum { IDS = sizeof id / sizeof *id, V = 8 };
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, unit, V), OSS_OK);
    oss_best_path path = {0};
    for (int i = 0; i < IDS; i++) {
        float frame[2 * V] = {0};
        frame[id[i]] = 5.0F;
        frame[V] = 5.0F;
        ck_assert_int_eq(oss_best_path_add(&path, frame, 2, V), OSS_OK);
    }
    oss_path_word *word = NULL;
    int64_t words = 0;
    ck_assert_int_eq(oss_path_words(&word, &words, &path, vocab, OSS_CASE_LOWER), OSS_OK);
    ck_assert_int_eq(words, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(word[i].first, first[i]);
        ck_assert_int_eq(word[i].symbols, symbols[i]);
    }
    oss_path_words_free(word, words);
    oss_best_path_deinit(&path);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(short_memory_is_told) {
    oss_vocab *vocab = oss_case_vocab();
    oss_best_path path = {0};
    oss_case_say(&path, "a b ca", 0.9);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_path_word *word = NULL;
        int64_t words = 7;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_path_words(&word, &words, &path, vocab, OSS_CASE_LOWER);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert(fired ? word == NULL && words == 7 : words == 3);
        oss_path_words_free(word, fired ? 0 : words);
        if (!fired) {
            ck_assert_int_gt(k, 5);
            break;
        }
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    oss_best_path_deinit(&path);
    oss_vocab_free(vocab);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/path_words");
    TCase *tests = tcase_create("words");
    tcase_add_test(tests, words_lie_between_spaces);
    tcase_add_test(tests, byte_pair_units_begin_words);
    tcase_add_test(tests, short_memory_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
