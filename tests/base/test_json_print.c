/* Building and writing JSON. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/faults.h"
#include "support/suite.h"

static void expect_print(const oss_json *value, unsigned style, const char *want) {
    char *text = NULL;
    ck_assert_msg(oss_json_print(&text, value, style) == OSS_OK, "%s", oss_last_error());
    ck_assert_str_eq(text, want);
    oss_free(text);
}

static oss_json *build(void) {
    oss_json *root = oss_json_object();
    oss_json_add_string(root, "name", "caf\xc3\xa9");
    oss_json_add_number(root, "lr", 0.0003);
    oss_json_add_integer(root, "step", 1234567890123);
    oss_json_add_bool(root, "done", false);
    oss_json_add_null(root, "best");
    oss_json *betas = oss_json_add_array(root, "betas");
    oss_json_add_number(betas, NULL, 0.9);
    oss_json_add_number(betas, NULL, 0.999);
    oss_json *files = oss_json_add_array(root, "files");
    oss_json *file = oss_json_add_object(files, NULL);
    oss_json_add_string(file, "csv", "a.csv");
    oss_json_add_number(file, "Weight", 2);
    (void)oss_json_add_object(root, "empty");
    return root;
}

START_TEST(test_print) {
    oss_json *root = build();
    expect_print(
        root, OSS_JSON_LINE,
        "{\"name\":\"caf\xc3\xa9\",\"lr\":0.0003,\"step\":1234567890123,\"done\":false,\"best\":null,"
        "\"betas\":[0.9,0.999],\"files\":[{\"csv\":\"a.csv\",\"Weight\":2}],\"empty\":{}}");
    expect_print(root, OSS_JSON_LINE | OSS_JSON_SORTED,
                 "{\"best\":null,\"betas\":[0.9,0.999],\"done\":false,\"empty\":{},\"files\":[{\"Weight\":2,"
                 "\"csv\":\"a.csv\"}],\"lr\":0.0003,\"name\":\"caf\xc3\xa9\",\"step\":1234567890123}");
    expect_print(root, OSS_JSON_PRETTY | OSS_JSON_SORTED,
                 "{\n  \"best\": null,\n  \"betas\": [0.9, 0.999],\n  \"done\": false,\n  \"empty\": {},\n  "
                 "\"files\": [\n"
                 "    {\n      \"Weight\": 2,\n      \"csv\": \"a.csv\"\n    }\n  ],\n  \"lr\": 0.0003,\n"
                 "  \"name\": \"caf\xc3\xa9\",\n  \"step\": 1234567890123\n}\n");
    oss_json_free(root);
}
END_TEST

START_TEST(test_print_reads_back) {
    oss_json *root = build();
    for (unsigned style = 0; style < 4; style++) {
        char *text = NULL;
        char *again = NULL;
        oss_json *copy = NULL;
        ck_assert_int_eq(oss_json_print(&text, root, style), OSS_OK);
        ck_assert_msg(oss_json_parse(&copy, text, strlen(text), "t") == OSS_OK, "%s", oss_last_error());
        ck_assert_int_eq(oss_json_print(&again, copy, style), OSS_OK);
        ck_assert_str_eq(again, text);
        oss_json_free(copy);
        oss_free(again);
        oss_free(text);
    }
    oss_json_free(root);
}
END_TEST

START_TEST(test_strings_are_escaped) {
    oss_json *root = oss_json_array();
    oss_json_add_string(root, NULL, "\"\\/\b\f\n\r\t\x01\x1f\x7f");
    oss_json_add_string(root, NULL, "");
    oss_json_add_string(root, NULL, "\xf0\x9f\x91\x82");
    oss_json_add_string(root, NULL, "bad \xff name \xe2\x82"); /* a file's name may hold any bytes */
    expect_print(root, OSS_JSON_LINE,
                 "[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\",\"\",\"\xf0\x9f\x91\x82\","
                 "\"bad \xef\xbf\xbd name \xef\xbf\xbd\xef\xbf\xbd\"]");
    oss_json_free(root);
}
END_TEST

START_TEST(test_plain_values) {
    oss_json *root = NULL;
    ck_assert_int_eq(oss_json_parse(&root, "[-0,1e22,0.1,true,\"\\u0041\"]", 27, "t"), OSS_OK);
    expect_print(root, OSS_JSON_LINE, "[-0,1e+22,0.1,true,\"A\"]");
    expect_print(oss_json_first(root), OSS_JSON_LINE, "-0");
    oss_json_free(root);
    root = oss_json_array();
    expect_print(root, OSS_JSON_PRETTY, "[]\n");
    oss_json_free(root);
}
END_TEST

static void expect_failure(oss_json *root, oss_status wanted, const char *what) {
    char *text = NULL;
    ck_assert_int_eq(oss_json_print(&text, root, OSS_JSON_SORTED), wanted);
    ck_assert_ptr_null(text);
    ck_assert_msg(strstr(oss_last_error(), what) != NULL, "\"%s\" is not in: %s", what, oss_last_error());
    oss_json_free(root);
}

START_TEST(test_what_cannot_be_written) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        oss_json *root = oss_json_object();
        oss_json *inner = oss_json_add_array(root, "inner");
        oss_json_add_number(inner, NULL, bad[i]);
        expect_failure(root, OSS_ENUMERIC, "not finite");
    }
    oss_json *root = oss_json_object();
    oss_json_add_integer(root, "big", OSS_JSON_MAX_INTEGER + 1);
    expect_failure(root, OSS_EBUG, "2^53");
    root = oss_json_object();
    oss_json_add_integer(root, "small", INT64_MIN);
    expect_failure(root, OSS_EBUG, "2^53");
    root = oss_json_object();
    oss_json_add_bool(root, "twice", true);
    oss_json_add_bool(root, "twice", false);
    expect_failure(root, OSS_EBUG, "\"twice\" was added twice");
    root = oss_json_object();
    oss_json_add_bool(root, NULL, true);
    expect_failure(root, OSS_EBUG, "a member needs a key");
    root = oss_json_array();
    oss_json_add_bool(root, "key", true);
    expect_failure(root, OSS_EBUG, "an element must have none");
    root = oss_json_array();
    oss_json_add_copy(root, NULL, NULL);
    expect_failure(root, OSS_ENOMEM, "out of memory");
}
END_TEST

/* Building on nothing is allowed and ends in one failure. */
START_TEST(test_building_on_null) {
    oss_json *inner = oss_json_add_object(NULL, "a");
    ck_assert_ptr_null(inner);
    oss_json_add_string(inner, "b", "c");
    oss_json_add_number(inner, "d", NAN);
    oss_json_add_integer(inner, "e", INT64_MAX);
    oss_json_add_bool(inner, "f", true);
    oss_json_add_null(inner, "g");
    oss_json_add_copy(inner, "h", NULL);
    expect_failure(inner, OSS_ENOMEM, "out of memory");
}
END_TEST

START_TEST(test_copy_set_remove) {
    oss_json *root = build();
    oss_json *other = oss_json_object();
    oss_json_add_copy(other, "files", oss_json_get(root, "files"));
    oss_json_free(root);
    expect_print(other, OSS_JSON_LINE, "{\"files\":[{\"csv\":\"a.csv\",\"Weight\":2}]}");
    oss_json *value = NULL;
    ck_assert_int_eq(oss_json_parse(&value, "[1,2]", 5, "t"), OSS_OK);
    ck_assert_int_eq(oss_json_set(other, "new", value), OSS_OK);
    ck_assert_int_eq(oss_json_parse(&value, "\"x\"", 3, "t"), OSS_OK);
    ck_assert_int_eq(oss_json_set(other, "files", value), OSS_OK);
    expect_print(other, OSS_JSON_LINE, "{\"files\":\"x\",\"new\":[1,2]}");
    ck_assert_int_eq(oss_json_parse(&value, "3", 1, "t"), OSS_OK);
    ck_assert_int_eq(oss_json_set(other, "new", value), OSS_OK);
    expect_print(other, OSS_JSON_LINE, "{\"files\":\"x\",\"new\":3}");
    ck_assert(oss_json_remove(other, "files"));
    ck_assert(!oss_json_remove(other, "files"));
    expect_print(other, OSS_JSON_LINE, "{\"new\":3}");
    oss_json_free(other);
}
END_TEST

START_TEST(test_printing_without_memory) {
    oss_json *root = build();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        char *text = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_json_print(&text, root, OSS_JSON_SORTED | OSS_JSON_PRETTY);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert((text == NULL) == fired);
        oss_free(text);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_ge(k, 6);
            break;
        }
    }
    oss_faults_remove();
    oss_json_free(root);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/json, writing");
    TCase *print = tcase_create("print");
    tcase_add_test(print, test_print);
    tcase_add_test(print, test_print_reads_back);
    tcase_add_test(print, test_strings_are_escaped);
    tcase_add_test(print, test_plain_values);
    tcase_add_test(print, test_what_cannot_be_written);
    tcase_add_test(print, test_building_on_null);
    tcase_add_test(print, test_copy_set_remove);
    tcase_add_test(print, test_printing_without_memory);
    suite_add_tcase(suite, print);
    return suite;
}
