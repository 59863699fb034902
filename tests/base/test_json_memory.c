/* How much memory a value may take, whatever its text is made of. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/suite.h"

enum { MOST_VALUES = 400000 };

static const struct {
    const char *begin, *piece, *end;
} texts[] = {{"[", "0,", "0]"},   {"[", "\"\",", "\"\"]"},  {"[", "\"123456789abcdef\",", "\"\"]"},
             {"[", "[],", "[]]"}, {"[", "{\"\":0},", "0]"}, {"[", "{\"123456789abcdef\":\"\"},", "0]"}};

static char *write_text(size_t kind, int values) {
    size_t begin = strlen(texts[kind].begin), length = strlen(texts[kind].piece);
    char *text = malloc(begin + length * (size_t)values + strlen(texts[kind].end) + 1), *at = text + begin;
    ck_assert_ptr_nonnull(text);
    memcpy(text, texts[kind].begin, begin);
    for (int i = 0; i < values; i++, at += length) {
        memcpy(at, texts[kind].piece, length);
    }
    strcpy(at, texts[kind].end);
    return text;
}

static bool is_taken(size_t kind, int values) {
    char *text = write_text(kind, values);
    oss_json *json = NULL;
    oss_status status = oss_json_parse(&json, text, strlen(text), "text");
    ck_assert_msg(status == OSS_OK || strstr(oss_last_error(), "all the memory") != NULL, "%s",
                  oss_last_error());
    oss_json_free(json);
    free(text);
    return status == OSS_OK;
}

static size_t count_heap(void) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* The largest that is taken has no more than is said, and not much less. */
START_TEST(test_bound) {
    const size_t kind = (size_t)_i;
    int low = 1000, high = MOST_VALUES;
    ck_assert(is_taken(kind, low) && !is_taken(kind, high));
    while (high - low > 10000) {
        int middle = (low + high) / 2;
        *(is_taken(kind, middle) ? &low : &high) = middle;
    }
    char *text = write_text(kind, low);
    oss_json *json = NULL;
    size_t before = count_heap();
    ck_assert_int_eq(oss_json_parse(&json, text, strlen(text), "text"), OSS_OK);
    size_t taken = count_heap() - before;
    ck_assert_msg(taken <= OSS_JSON_MAX_TREE_BYTES, "%zu bytes", taken);
    ck_assert_msg(taken == 0 || taken > OSS_JSON_MAX_TREE_BYTES / 2, "%zu bytes", taken);
    oss_json_free(json);
    free(text);
}
END_TEST

/* Results grow with what was heard. */
START_TEST(test_large) {
    char *text = write_text(0, MOST_VALUES);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse_large(&json, text, strlen(text), "text"), OSS_OK);
    ck_assert_uint_eq(oss_json_count(json), MOST_VALUES + 1);
    oss_json_free(json);
    free(text);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/json, memory");
    TCase *all = tcase_create("memory");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, test_bound, 0, sizeof texts / sizeof *texts);
    tcase_add_test(all, test_large);
    suite_add_tcase(suite, all);
    return suite;
}
