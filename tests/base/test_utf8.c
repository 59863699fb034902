/* Text as bytes: ASCII letters without their case, and text for people. UTF-8 itself: tests/text/test_unicode.c. */
#include "base/utf8.h"

#include <string.h>

#include "support/suite.h"

static void expect_pair(const char *a, const char *b, bool same) {
    ck_assert_int_eq(oss_same_letters(a, b), same);
    ck_assert_int_eq(oss_same_letters(b, a), same);
}

static void expect_pairs(void) {
    expect_pair("", "", true);
    expect_pair("TextGrid", "TEXTGRID", true);
    expect_pair("-Infinity", "-INFINITY", true);
    expect_pair(".FLAC", ".flac", true);
    expect_pair("flac", "fla", false);
    expect_pair("", "a", false);
    expect_pair("@", "`", false); /* one bit apart, as letters are */
    expect_pair("[", "{", false);
    expect_pair("\xc3\x89", "\xc3\xa9", false); /* E with an accent: no ASCII */
    ck_assert(oss_same_first_letters("WAVe", "wavs", 3));
    ck_assert(!oss_same_first_letters("WAVe", "wavs", 4));
    ck_assert(oss_same_first_letters("wav", "WAV", 30));
    ck_assert(oss_same_first_letters("a", "b", 0));
}

START_TEST(test_same_letters) {
    expect_pairs();
}
END_TEST

/* ---- For people ---- */

static const struct {
    const char *text, *keep, *want;
} spelled[] = {
    {"", "", ""},
    {"plain \\ text, \"quoted\"", "", "plain \\ text, \"quoted\""},
    {"a\nb\tc\rd", "", "a\\nb\\tc\\rd"},
    {"a\nb\tc\rd", "\n\t", "a\nb\tc\\rd"},
    {"\x1b[2J\x1b]0;title\x07\x7f\x01", "\n", "\\x1b[2J\\x1b]0;title\\x07\\x7f\\x01"},
    {"\xc2\x9b"
     "31m \xc2\x80\xc2\x9f\xc2\xa0",
     "", "\\u009b31m \\u0080\\u009f\xc2\xa0"}, /* C1; U+00A0 is none */
    {"gpj.\xe2\x80\xae"
     "exe \xe2\x80\xa8\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9",
     "", "gpj.\\u202eexe \\u2028\\u202a\\u2066\\u2069"},
    {"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "",
     "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"},
    {"\xd7\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "", "\xd7\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"\x9b"
     "31m \xff\xc3",
     "", "\\x9b31m \\xff\\xc3"}, /* no UTF-8 */
    {"\xc0\x8a \xed\xa0\x80 \xe2\x82", "", "\\xc0\\x8a \\xed\\xa0\\x80 \\xe2\\x82"},
    {"\xf4\x90\x80\x80\xf5", "", "\\xf4\\x90\\x80\\x80\\xf5"},
};
enum { SPELLED = sizeof spelled / sizeof *spelled };

START_TEST(test_escape) {
    char out[200], again[200];
    for (size_t i = 0; i < SPELLED; i++) {
        size_t length = oss_utf8_escape(out, sizeof out, spelled[i].text, spelled[i].keep);
        ck_assert_str_eq(out, spelled[i].want);
        ck_assert_uint_eq(length, strlen(out));
        ck_assert_uint_eq(oss_utf8_escape(NULL, 0, spelled[i].text, spelled[i].keep), length);
        (void)oss_utf8_escape(again, sizeof again, out, spelled[i].keep); /* what was spelled out stays */
        ck_assert_str_eq(again, out);
    }
}
END_TEST

/* In any room there are whole characters, and as many as fit: nothing behind the first that does not. */
START_TEST(test_escape_in_little_room) {
    for (size_t i = 0; i < SPELLED; i++) {
        size_t all = strlen(spelled[i].want), before = 0;
        for (size_t room = 1; room <= all + 1; room++) {
            char out[200];
            memset(out, '#', sizeof out);
            ck_assert_uint_eq(oss_utf8_escape(out, room, spelled[i].text, spelled[i].keep), all);
            size_t length = strlen(out);
            ck_assert_uint_lt(length, room);
            ck_assert_uint_ge(length, before);
            ck_assert_mem_eq(out, spelled[i].want, length);
            ck_assert_uint_eq(oss_utf8_valid_length(out, length), length);
            ck_assert(room - length <= 6);
            ck_assert_int_eq(out[room], '#');
            before = length;
        }
        ck_assert_uint_eq(before, all);
    }
}
END_TEST

START_TEST(test_show) {
    static const struct {
        const char *text;
        bool is_cut;
        const char *want;
    } cases[] = {
        {"0123456", false, "0123456"},
        {"01234567", false, "0123..."},
        {"0123456", true, "0123..."},
        {"0", true, "0..."},
        {"", true, "..."},
        {"a\xe2\x82\xac", true, "a..."}, /* may be whole, and may not */
        {"a\xe2\x82", true, "a..."},
        {"a\xe2", true, "a..."},
        {"a\x1b\x1b", false, "a..."}, /* \x1b has no room beside ... */
        {"\x1b"
         "abc",
         false, "\\x1babc"},
        {"\x1b"
         "abcd",
         false, "\\x1b..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[20], out[8];
        strcpy(text, cases[i].text);
        oss_utf8_show(out, sizeof out, text, cases[i].is_cut);
        ck_assert_str_eq(out, cases[i].want);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/utf8");
    TCase *tests = tcase_create("letters");
    tcase_add_test(tests, test_same_letters);
    tcase_add_test(tests, test_escape);
    tcase_add_test(tests, test_escape_in_little_room);
    tcase_add_test(tests, test_show);
    suite_add_tcase(suite, tests);
    return suite;
}
