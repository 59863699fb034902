
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/golden.h"
#include "support/suite.h"
#include "text/unicode.h"

enum { SIGMA = 0x3a3, SMALL_SIGMA = 0x3c3, FINAL_SIGMA = 0x3c2, ALPHA = 0x3b1 };

static oss_golden *golden;

static void open_golden(void) {
    golden = oss_golden_load("casing");
}

static void close_golden(void) {
    oss_golden_free(golden);
}

/* Code points up to the first zero. */
static char *encode(const int32_t *points, int64_t most) {
    char *text = malloc((size_t)most * 4 + 1);
    char *at = text;
    *at = '\0';
    for (int64_t i = 0; i < most && points[i] != 0; i++) {
        at += oss_text_encode(at, (uint32_t)points[i]);
    }
    return text;
}

static void assert_case(const char *text, oss_case policy, const char *want) {
    char *got = NULL;
    ck_assert_int_eq(oss_text_normalize(&got, text, policy), OSS_OK);
    if (strcmp(got, want) != 0) {
        ck_abort_msg("\"%s\" gives \"%s\", not \"%s\" (U+%04X)", text, got, want,
                     (unsigned)oss_text_next(&(const char *){text}));
    }
    oss_free(got);
}

/* Every row of a tensor: a code point and what it becomes. */
static int64_t assert_mappings(const char *tensor, oss_case policy) {
    const int32_t *row = oss_golden_i32(golden, tensor, NULL);
    int64_t rows = oss_golden_dim(golden, tensor, 0);
    int64_t width = oss_golden_dim(golden, tensor, 1);
    for (int64_t i = 0; i < rows; i++, row += width) {
        char *from = encode(row, 1);
        char *to = encode(row + 1, width - 1);
        assert_case(from, policy, to);
        assert_case(to, policy, to);
        free(from);
        free(to);
    }
    return rows;
}

/* SpecialCasing.txt's lines without a condition: 102 of upper case, and U+0130 in lower case. */
START_TEST(test_every_unconditional_special_casing) {
    ck_assert_int_eq(assert_mappings("lower.special", OSS_CASE_LOWER), 1);
    ck_assert_int_eq(assert_mappings("upper.special", OSS_CASE_UPPER), 102);
}
END_TEST

START_TEST(test_every_simple_casing) {
    ck_assert_int_ge(assert_mappings("lower.simple", OSS_CASE_LOWER), 1300);
    ck_assert_int_ge(assert_mappings("upper.simple", OSS_CASE_UPPER), 1300);
}
END_TEST

START_TEST(test_words_with_a_sigma_at_their_end) {
    assert_case("\xce\x9f\xce\x94\xce\x9f\xce\xa3", OSS_CASE_LOWER, "\xce\xbf\xce\xb4\xce\xbf\xcf\x82");
    assert_case("\xce\xa3\xce\xa4\xce\x9f\xce\xa5\xce\xa3 \xce\xa3.", OSS_CASE_LOWER,
                "\xcf\x83\xcf\x84\xce\xbf\xcf\x85\xcf\x82 \xcf\x83.");
    assert_case("\xce\xbf\xce\xb4\xce\xbf\xcf\x82", OSS_CASE_UPPER, "\xce\x9f\xce\x94\xce\x9f\xce\xa3");
    const int32_t *word = oss_golden_i32(golden, "words", NULL);
    const int32_t *lower = oss_golden_i32(golden, "words.lower", NULL);
    int64_t words = oss_golden_dim(golden, "words", 0), width = oss_golden_dim(golden, "words", 1);
    ck_assert_int_ge(words, 100);
    for (int64_t i = 0; i < words; i++, word += width, lower += width) {
        char *from = encode(word, width);
        char *to = encode(lower, width);
        assert_case(from, OSS_CASE_LOWER, to);
        free(from);
        free(to);
    }
}
END_TEST

/* What each code point is to a sigma beside it. */
enum { UNKNOWN, NEITHER, LETTER, PASSED_OVER, CODE_POINTS = 0x110000 };

static void mark(unsigned char *kind, const char *tensor, unsigned char value) {
    const int32_t *range = oss_golden_i32(golden, tensor, NULL);
    int64_t ranges = oss_golden_dim(golden, tensor, 0);
    for (int64_t i = 0; i < ranges; i++) {
        memset(kind + range[2 * i], value, (size_t)(range[2 * i + 1] - range[2 * i] + 1));
    }
}

/* `left`, c, `right`, with 0 for nothing; true when the sigma of the word became a final one. */
static bool becomes_final(uint32_t left, uint32_t c, uint32_t right) {
    const int32_t points[] = {left == 0 ? (int32_t)c : (int32_t)left, left == 0 ? (int32_t)right : (int32_t)c,
                              left == 0 ? 0 : (int32_t)right};
    char *word = encode(points, 3);
    char *lower = NULL;
    ck_assert_int_eq(oss_text_normalize(&lower, word, OSS_CASE_LOWER), OSS_OK);
    bool final = strstr(lower, "\xcf\x82") != NULL;
    free(word);
    oss_free(lower);
    return final;
}

START_TEST(test_what_stands_beside_a_sigma) {
    unsigned char *kind = calloc(CODE_POINTS, 1);
    mark(kind, "known", NEITHER);
    mark(kind, "sigma.letters", LETTER);
    mark(kind, "sigma.passed", PASSED_OVER);
    for (uint32_t c = 1; c < CODE_POINTS; c++) {
        if (kind[c] == UNKNOWN || oss_text_is_space(c) || c == SIGMA || c == SMALL_SIGMA ||
            c == FINAL_SIGMA) {
            continue;
        }
        bool before = becomes_final(0, c, SIGMA) == (kind[c] == LETTER);
        bool between = becomes_final(ALPHA, c, SIGMA) == (kind[c] != NEITHER);
        if (!before || !between) {
            ck_abort_msg("U+%04X before a sigma", c);
        }
    }
    free(kind);
}
END_TEST

/* A letter after the sigma, with and without something between. */
START_TEST(test_a_letter_after_a_sigma) {
    assert_case("\xce\x91\xce\xa3\xce\x91", OSS_CASE_LOWER, "\xce\xb1\xcf\x83\xce\xb1");
    assert_case("\xce\x91\xce\xa3'\xce\x91", OSS_CASE_LOWER, "\xce\xb1\xcf\x83'\xce\xb1");
    assert_case("\xce\x91\xce\xa3-\xce\x91", OSS_CASE_LOWER, "\xce\xb1\xcf\x82-\xce\xb1");
    assert_case("\xce\x91\xce\xa3\xd7\x90", OSS_CASE_LOWER,
                "\xce\xb1\xcf\x82\xd7\x90"); /* Hebrew has no case */
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/casing");
    TCase *mapping = tcase_create("mapping");
    tcase_add_unchecked_fixture(mapping, open_golden, close_golden);
    tcase_set_timeout(mapping, 60);
    tcase_add_test(mapping, test_every_unconditional_special_casing);
    tcase_add_test(mapping, test_every_simple_casing);
    tcase_add_test(mapping, test_words_with_a_sigma_at_their_end);
    tcase_add_test(mapping, test_what_stands_beside_a_sigma);
    tcase_add_test(mapping, test_a_letter_after_a_sigma);
    suite_add_tcase(suite, mapping);
    return suite;
}
