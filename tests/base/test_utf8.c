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

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/utf8");
    TCase *tests = tcase_create("letters");
    tcase_add_test(tests, test_same_letters);
    suite_add_tcase(suite, tests);
    return suite;
}
