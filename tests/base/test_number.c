#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/utf8.h"
#include "support/comma_locale.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"

START_TEST(test_parse_numbers) {
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0.0},
                {"-1.5", -1.5},
                {"+2", 2.0},
                {"1e3", 1000.0},
                {".5", 0.5},
                {"5.", 5.0},
                {"1E-3", 0.001},
                {"1e+2", 100.0},
                {"0.1", 0.1},
                {"007", 7.0},
                {"1e-400", 0.0},
                {"-0", -0.0},
                {"9007199254740993", 9007199254740992.0}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double value = 99.0;
        ck_assert_msg(oss_number_parse(good[i].text, &value), "%s was refused", good[i].text);
        ck_assert_msg(value == good[i].value && signbit(value) == signbit(good[i].value), "%s gave %g",
                      good[i].text, value);
    }
    static const char *const bad[] = {"",     " 1", "1 ",   "1,5", "abc",  "1x",   "0x10", "inf",
                                      "nan",  "1e", "1e+",  "-",   "+",    ".",    "--1",  "1e999",
                                      "1..2", "e5", "1e5.", "- 1", "-inf", "1e1e1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 99.0;
        ck_assert_msg(!oss_number_parse(bad[i], &value), "\"%s\" was taken", bad[i]);
        ck_assert_double_eq(value, 99.0);
    }
}
END_TEST

START_TEST(test_parse_integers) {
    int64_t value = 5;
    ck_assert(oss_integer_parse("-9223372036854775808", &value) && value == INT64_MIN);
    ck_assert(oss_integer_parse("9223372036854775807", &value) && value == INT64_MAX);
    ck_assert(oss_integer_parse("0042", &value) && value == 42);
    value = 5;
    static const char *const bad[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808", "--1", "1-"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!oss_integer_parse(bad[i], &value), "\"%s\" was taken", bad[i]);
    }
    ck_assert_int_eq(value, 5);
}
END_TEST

static void expect_print(double value, const char *want) {
    char text[OSS_NUMBER_CHARS];
    size_t length = oss_number_print(text, value);
    ck_assert_str_eq(text, want);
    ck_assert_uint_eq(length, strlen(want));
}

START_TEST(test_decimal_comma) {
    static const char *const commas[][2] = {
        {"0,5", "0.5"}, {"-1,25e-3", "-1.25e-3"}, {",5", ".5"}, {"3,", "3."}, {"10,000", "10.000"}};
    static const char *const others[] = {
        "", "0.5", "12", ",", "1,2,3", "1,2.3", "a,b", "0, 5", "1,0000000000000000000000000000000000000000"};
    char out[OSS_NUMBER_CHARS];
    for (size_t i = 0; i < sizeof commas / sizeof *commas; i++) {
        ck_assert_msg(oss_number_has_comma(out, commas[i][0]), "%s", commas[i][0]);
        ck_assert_str_eq(out, commas[i][1]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert_msg(!oss_number_has_comma(out, others[i]), "%s", others[i]);
    }
}
END_TEST

START_TEST(test_print_shortest) {
    expect_print(0.0, "0");
    expect_print(-0.0, "-0");
    expect_print(1.0, "1");
    expect_print(-3.0, "-3");
    expect_print(100000000.0, "100000000");
    expect_print(9007199254740991.0, "9007199254740991");
    expect_print(0.1, "0.1");
    expect_print(0.0003, "0.0003");
    expect_print(1e-8, "1e-08");
    expect_print(1.0 / 3.0, "0.3333333333333333");
    expect_print(0.1 + 0.2, "0.30000000000000004");
    expect_print(5e-324, "5e-324");
    expect_print(1.7976931348623157e308, "1.7976931348623157e+308");
    expect_print(1e22, "1e+22");
    expect_print(NAN, "nan");
    expect_print(INFINITY, "inf");
    expect_print(-INFINITY, "-inf");
}
END_TEST

/* Every bit pattern comes back, and one digit fewer would not have done. */
START_TEST(test_print_reads_back) {
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = oss_fill_bits(1, i);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        char text[OSS_NUMBER_CHARS];
        (void)oss_number_print(text, value);
        double back = 0.0;
        ck_assert_msg(oss_number_parse(text, &back) && memcmp(&back, &value, sizeof back) == 0,
                      "%a printed as %s", value, text);
        const char *first = text + strspn(text, "-0.");
        int digits = 0;
        for (const char *at = first; *at != '\0' && *at != 'e'; at++) {
            digits += *at != '.';
        }
        char shorter[64];
        (void)oss_format(shorter, sizeof shorter, "%.*e", digits - 2 < 0 ? 0 : digits - 2, value);
        ck_assert_msg(digits == 1 || value == floor(value) || strtod(shorter, NULL) != value,
                      "%s is not the shortest", text);
    }
}
END_TEST

START_TEST(test_decimal_point_in_every_locale) {
    char *folder = oss_tempdir_make();
    if (oss_comma_locale_set(folder)) {
        char mine[16];
        char text[OSS_NUMBER_CHARS];
        double value = 0.0;
        (void)oss_number_print(text, 0.5);
        ck_assert_str_eq(text, "0.5");
        ck_assert(oss_number_parse("0.25", &value) && value == 0.25);
        ck_assert(!oss_number_parse("0,25", &value));
        (void)oss_fail(OSS_EINPUT, "%.1f", 1.5);
        ck_assert_str_eq(oss_last_error(), "1.5");
        (void)snprintf(mine, sizeof mine, "%.1f", 1.5);
        ck_assert_str_eq(mine, "1,5"); /* the caller's locale is untouched */
        setlocale(LC_NUMERIC, "C");
    }
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_format_cuts_like_snprintf) {
    char text[5];
    ck_assert_int_eq(oss_format(text, sizeof text, "%s", "abcdefgh"), 8);
    ck_assert_str_eq(text, "abcd");
}
END_TEST

/* ---- utf8 ---- */

typedef struct utf8_case {
    const char *text;
    size_t valid; /* bytes that are valid; all of them when equal to the length */
} utf8_case;

static const utf8_case utf8_cases[] = {
    {"", 0},
    {"plain ascii text, longer than eight bytes", 41},
    {"\x7f", 1},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x91\x82", 15},
    {"\x80", 0}, /* continuation alone */
    {"ab\xbf", 2},
    {"\xc0\xaf", 0}, /* overlong '/' */
    {"\xc1\xbf", 0},
    {"\xe0\x9f\xbf", 0},     /* overlong */
    {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
    {"\xed\xa0\x80", 0},     /* surrogate */
    {"\xed\xbf\xbf", 0},
    {"\xf4\x90\x80\x80", 0}, /* U+110000 */
    {"\xf5\x80\x80\x80", 0},
    {"\xff", 0},
    {"\xfe\xff", 0},
    {"abc\xe2\x82", 3}, /* cut */
    {"abc\xe2", 3},
    {"abc\xf0\x9f\x91", 3},
    {"abcdefg\xe2\x82x", 7}, /* a continuation byte is missing */
    {"12345678abcdefgh\xc3(", 16},
    {"12345678\xc3\xa9"
     "12345678\xc3",
     18},
};

START_TEST(test_utf8) {
    for (size_t i = 0; i < sizeof utf8_cases / sizeof utf8_cases[0]; i++) {
        const utf8_case *row = &utf8_cases[i];
        size_t valid = oss_utf8_valid_length(row->text, strlen(row->text));
        ck_assert_msg(valid == row->valid, "case %zu: %zu instead of %zu", i, valid, row->valid);
    }
}
END_TEST

/* The encoding by its definition; returns the length. */
static size_t encode(char out[4], uint32_t code) {
    size_t bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char mark[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(mark[bytes] | code >> (6 * (bytes - 1)));
    for (size_t at = 1; at < bytes; at++) {
        out[at] = (char)(0x80 | ((code >> (6 * (bytes - 1 - at))) & 0x3f));
    }
    return bytes;
}

START_TEST(test_utf8_all_code_points) {
    int wrong = 0;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char text[4];
        size_t bytes = encode(text, code);
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        wrong += oss_utf8_valid_length(text, bytes) != (surrogate ? 0 : bytes);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/number, base/utf8");
    TCase *number = tcase_create("number");
    tcase_add_test(number, test_parse_numbers);
    tcase_add_test(number, test_parse_integers);
    tcase_add_test(number, test_decimal_comma);
    tcase_add_test(number, test_print_shortest);
    tcase_add_test(number, test_print_reads_back);
    tcase_add_test(number, test_decimal_point_in_every_locale);
    tcase_add_test(number, test_format_cuts_like_snprintf);
    suite_add_tcase(suite, number);
    TCase *utf8 = tcase_create("utf8");
    tcase_add_test(utf8, test_utf8);
    tcase_add_test(utf8, test_utf8_all_code_points);
    suite_add_tcase(suite, utf8);
    return suite;
}
