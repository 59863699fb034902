/* Reading JSON: what is taken, what is refused and with which words, typed getters. */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "support/comma_locale.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_json *parse(const char *text) {
    oss_json *value = NULL;
    ck_assert_msg(oss_json_parse(&value, text, strlen(text), "t.json") == OSS_OK, "%s", oss_last_error());
    return value;
}

static void expect_refused(const char *text, size_t bytes, const char *where, const char *what) {
    /* A block of exactly this length: reading past the end is an address sanitizer's finding. */
    char *block = malloc(bytes > 0 ? bytes : 1);
    ck_assert_ptr_nonnull(block);
    memcpy(block, text, bytes);
    oss_json *value = NULL;
    oss_status status = oss_json_parse(&value, block, bytes, "t.json");
    free(block);
    ck_assert_msg(status == OSS_EINPUT, "\"%s\" was taken", text);
    ck_assert_ptr_null(value);
    ck_assert_msg(strncmp(oss_last_error(), "t.json: ", 8) == 0 && strstr(oss_last_error(), where) != NULL &&
                      strstr(oss_last_error(), what) != NULL,
                  "for %s: \"%s\" or \"%s\" is not in: %s", text, where, what, oss_last_error());
}

static void expect_bad(const char *text, const char *what) {
    expect_refused(text, strlen(text), "", what);
}

/* ---- Text ---- */

START_TEST(test_every_kind_of_value) {
    oss_json *root =
        parse(" \t\r\n{\"a\": 1.5e1, \"b\": [true, false, null, \"x\"], \"c\": {}, \"d\": []}\n");
    ck_assert_int_eq(oss_json_type_of(root), OSS_JSON_OBJECT);
    ck_assert_uint_eq(oss_json_count(root), 4);
    ck_assert_double_eq(oss_json_number(oss_json_get(root, "a")), 15.0);
    const oss_json *b = oss_json_get(root, "b");
    static const oss_json_type types[] = {OSS_JSON_BOOL, OSS_JSON_BOOL, OSS_JSON_NULL, OSS_JSON_STRING};
    size_t at = 0;
    for (const oss_json *element = oss_json_first(b); element != NULL; element = oss_json_next(element)) {
        ck_assert_int_eq(oss_json_type_of(element), types[at++]);
        ck_assert_ptr_null(oss_json_key(element));
    }
    ck_assert_uint_eq(at, 4);
    ck_assert(oss_json_bool(oss_json_first(b)));
    ck_assert_str_eq(oss_json_key(oss_json_first(root)), "a");
    ck_assert(oss_json_is(oss_json_get(root, "c"), OSS_JSON_OBJECT));
    ck_assert_uint_eq(oss_json_count(oss_json_get(root, "d")), 0);
    ck_assert_ptr_null(oss_json_get(root, "A"));
    ck_assert_ptr_null(oss_json_get(b, "a"));
    ck_assert_ptr_null(oss_json_get(NULL, "a"));
    ck_assert(!oss_json_is(NULL, OSS_JSON_NULL));
    ck_assert_ptr_null(oss_json_first(NULL));
    ck_assert_str_eq(oss_json_string(root), "");
    ck_assert_double_eq(oss_json_number(b), 0.0);
    ck_assert(!oss_json_bool(NULL));
    oss_json_free(root);
    oss_json_free(NULL);
}
END_TEST

START_TEST(test_strings) {
    static const struct {
        const char *text;
        const char *value;
    } row[] = {{"\"\"", ""},
               {"\"plain\"", "plain"},
               {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
               {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
               {"\"\\ud83d\\udc42\"", "\xf0\x9f\x91\x82"},
               {"\"\xf0\x9f\x91\x82 \xe2\x82\xac\x7f\"", "\xf0\x9f\x91\x82 \xe2\x82\xac\x7f"}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        oss_json *value = parse(row[i].text);
        ck_assert_str_eq(oss_json_string(value), row[i].value);
        oss_json_free(value);
    }
}
END_TEST

START_TEST(test_numbers) {
    static const struct {
        const char *text;
        double value;
    } row[] = {{"0", 0.0},
               {"-0", -0.0},
               {"-1", -1.0},
               {"0.5", 0.5},
               {"1E3", 1000.0},
               {"1e-3", 0.001},
               {"1.25e+2", 125.0},
               {"9007199254740991", 9007199254740991.0},
               {"5e-324", 5e-324},
               {"1e-400", 0.0},
               {"0.1", 0.1},
               {"123456789012345678901234567890123456789012345678901234567890", 1.2345678901234568e59}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        oss_json *value = parse(row[i].text);
        ck_assert_msg(oss_json_number(value) == row[i].value, "%s", row[i].text);
        oss_json_free(value);
    }
}
END_TEST

START_TEST(test_length_counts_not_nul) {
    oss_json *value = NULL;
    ck_assert_int_eq(oss_json_parse(&value, "123456", 3, "t"), OSS_OK);
    ck_assert_double_eq(oss_json_number(value), 123.0);
    oss_json_free(value);
    ck_assert_int_eq(oss_json_parse(&value, "[1,2]tail", 5, "t"), OSS_OK);
    ck_assert_uint_eq(oss_json_count(value), 2);
    oss_json_free(value);
    value = parse("\xef\xbb\xbf"
                  "1"); /* a byte-order mark, and next to nothing */
    ck_assert_double_eq(oss_json_number(value), 1.0);
    oss_json_free(value);
    value = parse("\xef\xbb\xbf{}");
    oss_json_free(value);
    expect_refused("{}\0", 3, "byte 2", "text after the value");
    expect_refused("{\"a\0b\":1}", 9, "byte 3", "control character");
    expect_refused("\0", 1, "byte 0", "expected a value");
}
END_TEST

START_TEST(test_grammar_refusals) {
    expect_bad("", "expected a value");
    expect_bad("   ", "expected a value");
    expect_bad("{} {}", "text after the value");
    expect_bad("1 2", "text after the value");
    expect_bad("{\"a\":1,}", "expected a key in double quotes");
    expect_bad("{a:1}", "expected a key in double quotes");
    expect_bad("{'a':1}", "expected a key in double quotes");
    expect_bad("{\"a\" 1}", "expected ':' after a key");
    expect_bad("{\"a\":}", "expected a value");
    expect_bad("{\"a\":1 \"b\":2}", "expected ',' or '}'");
    expect_bad("{\"a\":1]", "expected ',' or '}'");
    expect_bad("[1,]", "expected a value");
    expect_bad("[1 2]", "expected ',' or ']'");
    expect_bad("[1}", "expected ',' or ']'");
    expect_bad("[1,2", "does not end");
    expect_bad("{\"a\":[1,{\"b\":2}", "does not end");
    expect_bad("{", "expected a key");
    expect_bad("[", "expected a value");
    expect_bad("]", "expected a value");
    expect_bad("tru", "expected a value");
    expect_bad("True", "expected a value");
    expect_bad("truee", "text after the value");
    expect_bad("nan", "expected a value");
    expect_bad("Infinity", "expected a value");
    expect_bad("// comment\n1", "expected a value");
    expect_bad("[1] // comment", "text after the value");
    expect_bad("\xc2\xa0[1]", "expected a value"); /* not JSON's white space */
}
END_TEST

START_TEST(test_number_refusals) {
    static const char *const numbers[] = {"01", "-", "-a", "1.", "1.e3", "1e", "1e+", "-01", "00", "-.5"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        expect_bad(numbers[i], "not a number as JSON writes them");
    }
    expect_bad(".5", "expected a value");
    expect_bad("+1", "expected a value");
    expect_bad("0x10", "text after the value");
    expect_bad("1,5", "text after the value");
    expect_bad("1e999", "too large for a double");
    expect_bad("-1e999", "too large for a double");
    expect_bad("1234567890123456789012345678901234567890123456789012345678901234", "more than 63 characters");
}
END_TEST

START_TEST(test_string_refusals) {
    expect_bad("\"abc", "does not end");
    expect_bad("\"abc\\\"", "does not end");
    expect_bad("\"a\nb\"", "control character");
    expect_bad("\"a\tb\"", "control character");
    expect_bad("\"\\x41\"", "no such escape");
    expect_bad("\"\\", "no such escape");
    expect_bad("\"\\u12g4\"", "four hexadecimal digits");
    expect_bad("\"\\u12", "four hexadecimal digits");
    expect_bad("\"\\u0000\"", "may not hold NUL");
    expect_bad("\"\\ud83d\"", "surrogate pair");
    expect_bad("\"\\ud83dx\"", "surrogate pair");
    expect_bad("\"\\ud83d\\u0041\"", "surrogate pair");
    expect_bad("\"\\ud83d\\ud83d\"", "surrogate pair");
    expect_bad("\"\\udc42\"", "surrogate pair");
    expect_bad("\"\\ud83d\\n\"", "surrogate pair");
    expect_refused("\"a\xff\"", 4, "byte 2", "not UTF-8");
    expect_refused("\"\xed\xa0\x80\"", 5, "byte 1", "not UTF-8");
    expect_refused("\"\xe2\x82", 3, "byte 1", "not UTF-8");
}
END_TEST

START_TEST(test_place_is_named) {
    expect_refused("{\n  \"a\": 1,\n  \"b\": tru\n}", 23, "line 3, column 8 (byte 19)", "expected a value");
    expect_refused("[1, 2", 5, "line 1, column 1 (byte 0)", "does not end");
}
END_TEST

START_TEST(test_duplicate_keys) {
    expect_bad("{\"a\":1,\"b\":2,\"a\":3}", "the key \"a\" is there twice");
    expect_bad("{\"x\":[{\"k\":1,\"k\":1}]}", "the key \"k\" is there twice");
    expect_bad("{\"a\":1,\"\\u0061\":2}", "the key \"a\" is there twice");
    oss_json_free(parse("{\"a\":{\"a\":1},\"A\":2,\"\":3}"));
}
END_TEST

START_TEST(test_depth) {
    char text[2 * OSS_JSON_MAX_DEPTH + 4];
    for (int depth = OSS_JSON_MAX_DEPTH; depth <= OSS_JSON_MAX_DEPTH + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        if (depth <= OSS_JSON_MAX_DEPTH) {
            oss_json_free(parse(text));
        } else {
            expect_bad(text, "nested too deeply");
        }
    }
    oss_json_free(parse(
        "[[[]],[[],[]],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]"
        ","
        "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
        "[],[],[],[],[],[],[],[],[]]")); /* wide is not deep */
    char *deep = malloc(1000000);
    ck_assert_ptr_nonnull(deep);
    memset(deep, '[', 1000000);
    oss_json *value = NULL;
    ck_assert_int_eq(oss_json_parse(&value, deep, 1000000, "t"), OSS_EINPUT);
    free(deep);
}
END_TEST

/* A hundred thousand keys take a moment, not minutes, and the duplicate among them is found. */
START_TEST(test_many_keys) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "{");
    for (int i = 0; i < 100000; i++) {
        oss_strbuf_printf(&text, "\"k%d\":%d,", (int)((i * 7919L) % 100003), i);
    }
    oss_strbuf_append(&text, "\"k7919\":0}");
    oss_json *value = NULL;
    ck_assert_int_eq(oss_json_parse(&value, text.data, text.length, "t"), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "\"k7919\" is there twice"));
    oss_strbuf_deinit(&text);
}
END_TEST

START_TEST(test_load) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "config.json");
    oss_json *value = NULL;
    oss_tempdir_write(path, "{\"lr\": 0.5}\n", 12);
    ck_assert_int_eq(oss_json_load(&value, path, 100), OSS_OK);
    ck_assert_double_eq(oss_json_number(oss_json_get(value, "lr")), 0.5);
    oss_json_free(value);
    value = NULL;
    ck_assert_int_eq(oss_json_load(&value, path, 5), OSS_EINPUT);
    oss_tempdir_write(path, "{\"lr\": }\n", 9);
    ck_assert_int_eq(oss_json_load(&value, path, 100), OSS_EINPUT);
    ck_assert(strncmp(oss_last_error(), path, strlen(path)) == 0);
    ck_assert_int_eq(oss_json_load(&value, folder, 100), OSS_EINPUT);
    ck_assert_ptr_null(value);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_comma_locale) {
    char *folder = oss_tempdir_make();
    if (oss_comma_locale_set(folder)) {
        oss_json *value = parse("[0.5, 1.25e-3]");
        ck_assert_double_eq(oss_json_number(oss_json_first(value)), 0.5);
        char *text = NULL;
        ck_assert_int_eq(oss_json_print(&text, value, OSS_JSON_LINE), OSS_OK);
        ck_assert_str_eq(text, "[0.5,0.00125]");
        oss_free(text);
        oss_json_free(value);
        expect_bad("0,5", "text after the value");
        setlocale(LC_NUMERIC, "C");
    }
    oss_tempdir_remove(folder);
}
END_TEST

/* ---- Typed getters ---- */

static void expect_message(oss_status status, const char *want) {
    ck_assert_int_eq(status, OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), want);
}

START_TEST(test_getters) {
    oss_json *root = parse("{\"n\":1.5,\"i\":3e0,\"b\":true,\"s\":\"x\",\"a\":[1],\"o\":{},\"z\":null}");
    double number = 9.0;
    int64_t integer = 9;
    bool flag = false;
    const char *text = NULL;
    const oss_json *part = NULL;
    ck_assert_int_eq(oss_json_get_number(root, "n", &number), OSS_OK);
    ck_assert_int_eq(oss_json_get_integer(root, "i", 0, 3, &integer), OSS_OK);
    ck_assert_int_eq(oss_json_get_bool(root, "b", &flag), OSS_OK);
    ck_assert_int_eq(oss_json_get_string(root, "s", &text), OSS_OK);
    ck_assert(number == 1.5 && integer == 3 && flag && strcmp(text, "x") == 0);
    ck_assert_int_eq(oss_json_get_array(root, "a", &part), OSS_OK);
    ck_assert_int_eq(oss_json_to_integer(oss_json_first(part), "a[0]", 1, 1, &integer), OSS_OK);
    ck_assert_int_eq(oss_json_get_object(root, "o", &part), OSS_OK);
    expect_message(oss_json_get_number(root, "s", &number), "\"s\" must be a number, not a string");
    expect_message(oss_json_get_bool(root, "n", &flag), "\"n\" must be true or false, not a number");
    expect_message(oss_json_get_string(root, "z", &text), "\"z\" must be a string, not null");
    expect_message(oss_json_get_array(root, "o", &part), "\"o\" must be an array, not an object");
    expect_message(oss_json_get_object(root, "a", &part), "\"a\" must be an object, not an array");
    expect_message(oss_json_get_number(root, "none", &number), "\"none\" is missing; it must be a number");
    expect_message(oss_json_get_integer(root, "n", 0, 9, &integer),
                   "\"n\" is 1.5; it must be a whole number");
    expect_message(oss_json_get_integer(root, "i", 4, 9, &integer), "\"i\" is 3; it must be from 4 to 9");
    expect_message(oss_json_get_integer(root, "i", -9, 2, &integer), "\"i\" is 3; it must be from -9 to 2");
    ck_assert(number == 1.5 && integer == 1 && flag && strcmp(text, "x") == 0);
    oss_json_free(root);
}
END_TEST

/* 2^53 and more may have been another number in the file. */
START_TEST(test_integers_are_exact) {
    oss_json *root = parse("[9007199254740991,-9007199254740991,9007199254740992,9007199254740993,1e300]");
    int64_t value = 0;
    const oss_json *at = oss_json_first(root);
    ck_assert_int_eq(oss_json_to_integer(at, "x", INT64_MIN, INT64_MAX, &value), OSS_OK);
    ck_assert(value == OSS_JSON_MAX_INTEGER);
    at = oss_json_next(at);
    ck_assert_int_eq(oss_json_to_integer(at, "x", INT64_MIN, INT64_MAX, &value), OSS_OK);
    ck_assert(value == -OSS_JSON_MAX_INTEGER);
    for (at = oss_json_next(at); at != NULL; at = oss_json_next(at)) {
        ck_assert_int_eq(oss_json_to_integer(at, "x", INT64_MIN, INT64_MAX, &value), OSS_EINPUT);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "beyond 2^53"));
    }
    oss_json_free(root);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/json, reading");
    TCase *text = tcase_create("text");
    tcase_add_test(text, test_every_kind_of_value);
    tcase_add_test(text, test_strings);
    tcase_add_test(text, test_numbers);
    tcase_add_test(text, test_length_counts_not_nul);
    tcase_add_test(text, test_grammar_refusals);
    tcase_add_test(text, test_number_refusals);
    tcase_add_test(text, test_string_refusals);
    tcase_add_test(text, test_place_is_named);
    tcase_add_test(text, test_duplicate_keys);
    tcase_add_test(text, test_depth);
    tcase_add_test(text, test_many_keys);
    tcase_add_test(text, test_load);
    tcase_add_test(text, test_comma_locale);
    suite_add_tcase(suite, text);
    TCase *typed = tcase_create("typed");
    tcase_add_test(typed, test_getters);
    tcase_add_test(typed, test_integers_are_exact);
    suite_add_tcase(suite, typed);
    return suite;
}
