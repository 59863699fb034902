/* The table of keys, from which docs/configuration.md is made: what it says of a key is so. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/config_internal.h"
#include "support/suite.h"

static int32_t keys;

static void count_keys(void) {
    keys = oss_config_key_count();
}

START_TEST(test_a_row_of_the_document_can_be_made) {
    oss_config_key key = oss_config_key_get(_i);
    ck_assert_str_eq(key.name, oss_config_field[_i].name);
    const char *const cells[] = {key.name, key.section, key.type, key.default_text, key.range, key.help};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        ck_assert_msg(strpbrk(cells[i], "|\n`") == NULL, "%s: %s", key.name, cells[i]);
    }
    size_t length = strlen(key.help);
    ck_assert_msg(length > 10 && key.help[length - 1] == '.', "%s: not a sentence: %s", key.name, key.help);
}
END_TEST

START_TEST(test_sections_come_one_after_the_other) {
    static const char *const section[] = {"front end", "network", "text", "data", "training", "augmentation"};
    size_t at = 0;
    for (int32_t i = 0; i < keys; i++) {
        oss_config_key key = oss_config_key_get(i);
        at += strcmp(key.section, section[at]) != 0;
        ck_assert_msg(at < 6 && strcmp(key.section, section[at]) == 0, "%s is in \"%s\"", key.name,
                      key.section);
    }
    ck_assert_int_eq((int)at, 5);
}
END_TEST

/* Setting a key to the default that the document names changes nothing. */
START_TEST(test_the_default_is_the_default) {
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_create(&config), OSS_OK);
    char *before = oss_config_print(config);
    oss_config_key key = oss_config_key_get(_i);
    char assignment[256];
    ck_assert_int_lt(snprintf(assignment, sizeof assignment, "%s=%s", key.name, key.default_text), 256);
    ck_assert_msg(oss_config_set(config, assignment) == OSS_OK, "%s: %s", assignment, oss_last_error());
    ck_assert_msg(oss_config_check(config) == OSS_OK, "%s: %s", assignment, oss_last_error());
    char *after = oss_config_print(config);
    ck_assert_str_eq(before, after);
    oss_free(before);
    oss_free(after);
    oss_config_free(config);
}
END_TEST

START_TEST(test_resume_is_what_resuming_allows) {
    oss_config_key key = oss_config_key_get(_i);
    ck_assert(oss_config_may_change_on_resume(key.name) == key.resume);
    if (key.alias != NULL) {
        ck_assert(oss_config_may_change_on_resume(key.alias) == key.resume);
        ck_assert_int_eq(oss_config_find(key.alias, strlen(key.alias)), _i);
    }
}
END_TEST

START_TEST(test_foreign_keys) {
    const char *name, *instead;
    int32_t count = 0;
    for (; (name = oss_config_foreign_get(count, &instead)) != NULL; count++) {
        ck_assert_msg(oss_config_find(name, strlen(name)) < 0, "%s is a key", name);
        ck_assert_msg(instead == NULL || oss_config_find(instead, strlen(instead)) >= 0, "%s: %s is no key",
                      name, instead);
    }
    ck_assert_int_eq(count, oss_config_foreign_keys);
}
END_TEST

Suite *oss_test_suite(void) {
    count_keys();
    Suite *suite = suite_create("config/keys");
    TCase *table = tcase_create("table");
    tcase_add_loop_test(table, test_a_row_of_the_document_can_be_made, 0, keys);
    tcase_add_loop_test(table, test_the_default_is_the_default, 0, keys);
    tcase_add_loop_test(table, test_resume_is_what_resuming_allows, 0, keys);
    tcase_add_test(table, test_sections_come_one_after_the_other);
    tcase_add_test(table, test_foreign_keys);
    suite_add_tcase(suite, table);
    return suite;
}
