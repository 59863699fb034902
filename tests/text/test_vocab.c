#include "text/vocab.h"

#include <string.h>

#include "base/mem.h"
#include "support/suite.h"
#include "text/unicode.h"
#include "units/learn.h"

static oss_vocab *build(const char *const *text, int64_t count, int32_t max_size) {
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_build(&vocab, text, count, max_size) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

static void assert_symbols(const oss_vocab *vocab, const char *const *want, int32_t count) {
    ck_assert_int_eq(oss_vocab_size(vocab), count);
    for (int32_t id = 0; id < count; id++) {
        ck_assert_str_eq(oss_vocab_symbol(vocab, id), want[id]);
        ck_assert_int_eq(oss_vocab_find(vocab, want[id]), id);
    }
    ck_assert_ptr_null(oss_vocab_symbol(vocab, -1));
    ck_assert_ptr_null(oss_vocab_symbol(vocab, count));
}

START_TEST(test_built_from_texts_in_code_point_order) {
    const char *const text[] = {"b\xf0\x9f\x98\x80 a", "", "bb\xc3\xa9"};
    oss_vocab *vocab = build(text, 3, 0);
    const char *const want[] = {"<blank>", "<UNK>", " ", "a", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
    assert_symbols(vocab, want, 7);
    ck_assert_int_eq(oss_vocab_find(vocab, "c"), -1);
    ck_assert_int_eq(oss_vocab_find(vocab, ""), -1);
    ck_assert_int_eq(oss_vocab_find(vocab, "ab"), -1);
    ck_assert_int_eq(oss_vocab_find(vocab, "\xc3"), -1);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_no_texts_leave_the_special_symbols) {
    const char *const none[] = {""};
    oss_vocab *vocab = build(none, 1, 0);
    const char *const want[] = {"<blank>", "<UNK>"};
    assert_symbols(vocab, want, 2);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_bound_keeps_the_most_frequent) {
    /* d 4, a 3, b 2, c 2, e 1: of b and c, equally frequent, the lower stays; the order is by code point all
     * the same. */
    const char *const text[] = {"ddddaaa", "ccbbe"};
    oss_vocab *vocab = build(text, 2, 5);
    const char *const want[] = {"<blank>", "<UNK>", "a", "b", "d"};
    assert_symbols(vocab, want, 5);
    oss_vocab_free(vocab);
    vocab = build(text, 2, 7);
    ck_assert_int_eq(oss_vocab_size(vocab), 7);
    oss_vocab_free(vocab);
    vocab = build(text, 2, 3);
    ck_assert_int_eq(oss_vocab_find(vocab, "d"), 2);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_bound_without_room_is_refused) {
    const char *const text[] = {"abc"};
    oss_vocab *vocab = NULL;
    for (int32_t size = -1; size <= 2; size += size < 0 ? 2 : 1) {
        ck_assert_int_eq(oss_vocab_build(&vocab, text, 1, size), OSS_EUSAGE);
        ck_assert_ptr_null(vocab);
    }
}
END_TEST

START_TEST(test_many_units) {
    char text[3000 * 3 + 1];
    char *at = text;
    for (uint32_t c = 0; c < 3000; c++) { /* 7 and 3000 have no common factor: each once, in no order */
        at += oss_text_encode(at, 0x4e00 + c * 7 % 3000);
    }
    const char *const texts[] = {text};
    oss_vocab *vocab = build(texts, 1, 0);
    ck_assert_int_eq(oss_vocab_size(vocab), 3002);
    for (uint32_t c = 0; c < 3000; c++) {
        char symbol[5];
        (void)oss_text_encode(symbol, 0x4e00 + c);
        ck_assert_int_eq(oss_vocab_find(vocab, symbol), (int32_t)c + 2);
    }
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_from_symbols_in_any_order) {
    const char *const symbol[] = {"<blank>", "<UNK>", "z", " ", "\xc3\xa9", "a"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 6), OSS_OK);
    assert_symbols(vocab, symbol, 6);
    oss_vocab *again = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&again, symbol, 6), OSS_OK);
    ck_assert(oss_vocab_equal(vocab, again));
    oss_vocab_free(again);
    ck_assert_int_eq(oss_vocab_from_symbols(&again, symbol, 5), OSS_OK);
    ck_assert(!oss_vocab_equal(vocab, again));
    oss_vocab_free(again);
    const char *const other[] = {"<blank>", "<UNK>", "z", " ", "\xc3\xa9", "b"};
    ck_assert_int_eq(oss_vocab_from_symbols(&again, other, 6), OSS_OK);
    ck_assert(!oss_vocab_equal(vocab, again));
    oss_vocab_free(again);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_bad_symbols_are_refused) {
    const struct {
        const char *symbol[5];
        int32_t count;
        const char *message;
    } cases[] = {
        {{""}, 0, "symbol 0"},
        {{"<blank>"}, 1, "symbol 1 must be \"<UNK>\", not missing"},
        {{"<UNK>", "<blank>"}, 2, "symbol 0 must be \"<blank>\", not \"<UNK>\""},
        {{"<blank>", "<unk>", "a"}, 3, "symbol 1"},
        {{"<blank>", "<UNK>", "a", ""}, 4, "symbol 3 is empty"},
        {{"<blank>", "<UNK>", "a", "\xc3"}, 4, "symbol 3 is not valid UTF-8"},
        {{"<blank>", "<UNK>", "a", "bc"}, 4, "\"bc\", is longer than one character"},
        {{"<blank>", "<UNK>", "a", "b", "a"}, 5, "symbols 2 and 4 are both \"a\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_vocab *vocab = NULL;
        ck_assert_int_eq(oss_vocab_from_symbols(&vocab, cases[i].symbol, cases[i].count), OSS_EINPUT);
        ck_assert_ptr_null(vocab);
        ck_assert_msg(strstr(oss_last_error(), cases[i].message) != NULL, "%s", oss_last_error());
    }
}
END_TEST

START_TEST(test_encode_and_decode) {
    const char *const text[] = {"hello w\xc3\xb6rld"};
    oss_vocab *vocab = build(text, 1, 0);
    int32_t *ids = NULL;
    int32_t count = -1;
    int32_t unknown = -1;
    ck_assert_int_eq(oss_vocab_encode(vocab, &ids, &count, &unknown, "held x \xc3\xb6!"), OSS_OK);
    ck_assert_int_eq(count, 9);
    ck_assert_int_eq(unknown, 2);
    ck_assert_int_eq(ids[5], OSS_VOCAB_UNK);
    ck_assert_str_eq(oss_vocab_symbol(vocab, ids[7]), "\xc3\xb6");
    char *back = NULL;
    ck_assert_int_eq(oss_vocab_decode(vocab, &back, ids, count), OSS_OK);
    ck_assert_str_eq(back, "held \xef\xbf\xbd \xc3\xb6\xef\xbf\xbd");
    oss_free(back);
    oss_free(ids);
    ck_assert_int_eq(oss_vocab_encode(vocab, &ids, &count, NULL, ""), OSS_OK);
    ck_assert_int_eq(count, 0);
    ck_assert_int_eq(oss_vocab_decode(vocab, &back, ids, 0), OSS_OK);
    ck_assert_str_eq(back, "");
    oss_free(back);
    oss_free(ids);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_decode_refuses_what_is_no_text) {
    const char *const text[] = {"ab"};
    oss_vocab *vocab = build(text, 1, 0);
    const int32_t bad[] = {OSS_VOCAB_BLANK, -1, 4, INT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int32_t ids[] = {2, bad[i]};
        char *out = NULL;
        ck_assert_int_eq(oss_vocab_decode(vocab, &out, ids, 2), OSS_EUSAGE);
        ck_assert_ptr_null(out);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "at place 1"));
    }
    oss_vocab_free(vocab);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/vocab");
    TCase *tests = tcase_create("vocab");
    tcase_add_test(tests, test_built_from_texts_in_code_point_order);
    tcase_add_test(tests, test_no_texts_leave_the_special_symbols);
    tcase_add_test(tests, test_bound_keeps_the_most_frequent);
    tcase_add_test(tests, test_bound_without_room_is_refused);
    tcase_add_test(tests, test_many_units);
    tcase_add_test(tests, test_from_symbols_in_any_order);
    tcase_add_test(tests, test_bad_symbols_are_refused);
    tcase_add_test(tests, test_encode_and_decode);
    tcase_add_test(tests, test_decode_refuses_what_is_no_text);
    suite_add_tcase(suite, tests);
    return suite;
}
