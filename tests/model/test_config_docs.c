/* docs/configuration.md and the table of keys say the same, cell by cell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config_internal.h"
#include "support/golden.h"
#include "support/suite.h"
#include "support/tempdir.h"

/* The row that the document must have for a key. */
static void write_row(char *row, size_t bytes, const oss_config_key *key) {
    char alias[80] = "";
    if (key->alias != NULL) {
        snprintf(alias, sizeof alias, ", `%s`", key->alias);
    }
    int length = snprintf(row, bytes, "\n| `%s`%s | %s | `%s` | %s | %s | %s |\n", key->name, alias,
                          key->type, key->default_text, key->range, key->resume ? "yes" : "", key->help);
    ck_assert_int_lt(length, (int)bytes);
}

static char *read_document(void) {
    char *path = oss_golden_path("../docs/configuration.md");
    char *text = oss_tempdir_read(path, NULL);
    ck_assert_msg(text != NULL, "%s is missing", path);
    free(path);
    return text;
}

/* Rows of tables: lines that begin with "| `". */
static int count_rows(const char *text) {
    int rows = 0;
    for (const char *at = strstr(text, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
        rows++;
    }
    return rows;
}

/* The heading that a place is under. */
static void find_section(char *section, size_t bytes, const char *text, const char *place) {
    const char *heading = text;
    for (const char *at = strstr(text, "\n## "); at != NULL && at < place; at = strstr(at + 1, "\n## ")) {
        heading = at + 4;
    }
    snprintf(section, bytes, "%.*s", (int)strcspn(heading, "\n"), heading);
    section[0] = (char)(section[0] | 32);
}

START_TEST(test_every_key_has_its_row) {
    char *text = read_document();
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        oss_config_key key = oss_config_key_get(i);
        char row[1024];
        write_row(row, sizeof row, &key);
        const char *place = strstr(text, row);
        ck_assert_msg(place != NULL, "docs/configuration.md lacks this row:%s", row);
        char section[64];
        find_section(section, sizeof section, text, place);
        ck_assert_msg(strcmp(section, key.section) == 0, "%s is under \"%s\", not \"%s\"", key.name, section,
                      key.section);
    }
    free(text);
}
END_TEST

START_TEST(test_every_row_has_its_key) {
    char *text = read_document();
    ck_assert_int_eq(count_rows(text), oss_config_key_count());
    free(text);
}
END_TEST

START_TEST(test_foreign_keys_are_named) {
    char *text = read_document();
    for (int32_t i = 0; i < oss_config_foreign_keys; i++) {
        char name[80];
        snprintf(name, sizeof name, "`%s`", oss_config_foreign_key[i].name);
        ck_assert_msg(strstr(text, name) != NULL, "docs/configuration.md does not name %s", name);
        const char *instead = oss_config_foreign_key[i].instead;
        ck_assert_msg(instead == NULL || oss_config_find(instead, strlen(instead)) >= 0, "%s", instead);
    }
    free(text);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("config and its document");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, test_every_key_has_its_row);
    tcase_add_test(rows, test_every_row_has_its_key);
    tcase_add_test(rows, test_foreign_keys_are_named);
    suite_add_tcase(suite, rows);
    return suite;
}
