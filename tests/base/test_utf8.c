/* Text as bytes: ASCII letters without their case. UTF-8 itself: tests/text/test_unicode.c. */
#include "base/utf8.h"

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

static const struct {
    const char *text, *flat;
} lines[] = {
    {"a\tb\x1b[31m\x7f\n", "a b [31m  "},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"a\xc2\x9b"
     "31m\xc2\x80\xc2\x9f\xc2\xa0",
     "a  31m    \xc2\xa0"}, /* U+009B begins what a terminal obeys */
    {"caf\xe9.wav", "caf?.wav"},
    {"\xff\xfe", "??"},
    {"a\xe2\x82", "a??"}, /* cut off */
    {"\xe2\x82x\xed\xa0\x80\xc0\xaf", "??x?????"},
    {"", ""},
};

START_TEST(test_flattened) {
    char text[64];
    strcpy(text, lines[_i].text);
    oss_utf8_flatten(text);
    ck_assert_str_eq(text, lines[_i].flat);
    ck_assert_uint_eq(oss_utf8_valid_length(text, strlen(text)), strlen(text));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/utf8");
    TCase *tests = tcase_create("letters");
    tcase_add_test(tests, test_same_letters);
    tcase_add_loop_test(tests, test_flattened, 0, sizeof lines / sizeof *lines);
    suite_add_tcase(suite, tests);
    return suite;
}
