#include "text/edit_distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/suite.h"

/* No ck_assert when all is well: it is called thousands of times, and Check writes to a pipe for each. */
static void assert_counts(const oss_edits *got, int64_t reference, int64_t s, int64_t d, int64_t i,
                          const char *what) {
    if (got->reference != reference || got->substitutions != s || got->deletions != d ||
        got->insertions != i) {
        ck_abort_msg("%s: got N %lld S %lld D %lld I %lld, want N %lld S %lld D %lld I %lld", what,
                     (long long)got->reference, (long long)got->substitutions, (long long)got->deletions,
                     (long long)got->insertions, (long long)reference, (long long)s, (long long)d,
                     (long long)i);
    }
}

static void assert_words(const char *reference, const char *hypothesis, int64_t n, int64_t s, int64_t d,
                         int64_t i) {
    oss_edits edits = {0};
    ck_assert_int_eq(oss_edits_words(&edits, reference, hypothesis), OSS_OK);
    assert_counts(&edits, n, s, d, i, hypothesis);
}

static void assert_characters(const char *reference, const char *hypothesis, int64_t n, int64_t s, int64_t d,
                              int64_t i) {
    oss_edits edits = {0};
    ck_assert_int_eq(oss_edits_characters(&edits, reference, hypothesis), OSS_OK);
    assert_counts(&edits, n, s, d, i, hypothesis);
}

START_TEST(test_words) {
    assert_words("the cat sat on the mat", "the cat sat on the mat", 6, 0, 0, 0);
    assert_words("the cat sat on the mat", "the cat on a mat", 6, 1, 1, 0);
    assert_words("a b c", "", 3, 0, 3, 0);
    assert_words("", "a b c", 0, 0, 0, 3);
    assert_words("", "", 0, 0, 0, 0);
    assert_words("one", "two words", 1, 1, 0, 1);
    assert_words("a a a a", "a a", 4, 0, 2, 0);
    assert_words("ab a", "a ab", 2, 2, 0, 0); /* words, not prefixes */
}
END_TEST

START_TEST(test_characters) {
    assert_characters("kitten", "sitting", 6, 2, 0, 1);
    assert_characters("abc", "", 3, 0, 3, 0);
    assert_characters("", "abc", 0, 0, 0, 3);
    assert_characters("a b", "ab", 3, 0, 1, 0);             /* spaces count */
    assert_characters("na\xc3\xafve", "naive", 5, 1, 0, 0); /* code points, not bytes */
    assert_characters("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81", 1, 1, 0, 0);
}
END_TEST

/* Of alignments of equal cost, from the end: substitution, then deletion, then insertion. */
START_TEST(test_ties) {
    assert_characters("ab", "ba", 2, 2, 0, 0);     /* not D + I */
    assert_characters("abc", "cab", 3, 0, 1, 1);   /* D + I is cheaper than three S */
    assert_characters("abcd", "bxyd", 4, 3, 0, 0); /* D, match, S, I costs 3 as well */
}
END_TEST

START_TEST(test_results_add_up) {
    oss_edits edits = {0};
    ck_assert_int_eq(oss_edits_words(&edits, "a b", "a c"), OSS_OK);
    ck_assert_int_eq(oss_edits_words(&edits, "a b c", "b c d"), OSS_OK);
    assert_counts(&edits, 5, 1, 1, 1, "sum");
    ck_assert_double_eq(oss_edits_rate(&edits), 3.0 / 5.0);
}
END_TEST

START_TEST(test_rate_of_empty_references) {
    oss_edits edits = {0};
    ck_assert_double_eq(oss_edits_rate(&edits), 0.0);
    edits.insertions = 7;
    ck_assert_double_eq(oss_edits_rate(&edits), 1.0);
    edits.reference = 2;
    ck_assert_double_eq(oss_edits_rate(&edits), 3.5);
}
END_TEST

/* ---- Against the whole matrix with a walk back ---- */

enum { LONGEST = 24 };

static oss_edits align_naive(const char *a, const char *b) {
    int n = (int)strlen(a);
    int m = (int)strlen(b);
    int cost[LONGEST + 1][LONGEST + 1];
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            int best = i == 0 ? j : j == 0 ? i : cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (i > 0 && j > 0) {
                best = cost[i - 1][j] + 1 < best ? cost[i - 1][j] + 1 : best;
                best = cost[i][j - 1] + 1 < best ? cost[i][j - 1] + 1 : best;
            }
            cost[i][j] = best;
        }
    }
    oss_edits edits = {.reference = n};
    for (int i = n, j = m; i > 0 || j > 0;) {
        if (i > 0 && j > 0 && cost[i][j] == cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])) {
            edits.substitutions += a[--i] != b[--j];
        } else if (i > 0 && cost[i][j] == cost[i - 1][j] + 1) {
            edits.deletions++;
            i--;
        } else {
            edits.insertions++;
            j--;
        }
    }
    return edits;
}

/* Letters a, b, c...: `letters` of them; few letters make many ties. */
static void draw_text(char *out, uint64_t seed, uint64_t letters) {
    uint64_t length = oss_fill_bits(seed, 1000) % (LONGEST + 1);
    for (uint64_t i = 0; i < length; i++) {
        out[i] = (char)('a' + oss_fill_bits(seed, i) % letters);
    }
    out[length] = '\0';
}

static void spread_words(char *out, const char *letters) {
    char *at = out;
    *at = '\0';
    for (const char *c = letters; *c != '\0'; c++) {
        at += sprintf(at, "%sw%.*s", c == letters ? "" : " ", *c - 'a' + 1, "xxxxxxxx");
    }
}

START_TEST(test_against_the_whole_matrix) {
    for (uint64_t round = 0; round < 20000; round++) {
        char a[LONGEST + 1], b[LONGEST + 1];
        uint64_t letters = 2 + round % 4;
        draw_text(a, 2 * round, letters);
        draw_text(b, 2 * round + 1, letters);
        oss_edits want = align_naive(a, b);
        char what[80];
        snprintf(what, sizeof what, "%s against %s", a, b);
        oss_edits got = {0};
        ck_assert_int_eq(oss_edits_characters(&got, a, b), OSS_OK);
        assert_counts(&got, want.reference, want.substitutions, want.deletions, want.insertions, what);
        char words_a[LONGEST * 8], words_b[LONGEST * 8];
        spread_words(words_a, a);
        spread_words(words_b, b);
        got = (oss_edits){0};
        ck_assert_int_eq(oss_edits_words(&got, words_a, words_b), OSS_OK);
        assert_counts(&got, want.reference, want.substitutions, want.deletions, want.insertions, what);
    }
}
END_TEST

/* An hour of text against itself with a word gone: memory for a matrix would be 4 GB. */
START_TEST(test_long_texts) {
    enum { WORDS = 30000 };
    char *a = malloc(WORDS * 8 + 8);
    char *b = malloc(WORDS * 8 + 8);
    char *at_a = a;
    char *at_b = b;
    for (int i = 0; i < WORDS; i++) {
        at_a += sprintf(at_a, i == 0 ? "%d" : " %d", i % 5000);
        if (i != 7) {
            at_b += sprintf(at_b, i == 0 ? "%d" : " %d", i == 2000 ? 99999 : i % 5000);
        }
    }
    assert_words(a, b, WORDS, 1, 1, 0);
    assert_words(b, a, WORDS - 1, 1, 0, 1);
    free(a);
    free(b);
}
END_TEST

/* Words of `text` in place; how many. */
static int64_t split(const char **word, char *text) {
    int64_t words = 0;
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " ")) {
        word[words++] = at;
    }
    return words;
}

START_TEST(test_matches) {
    static const struct {
        const char *reference, *hypothesis, *right; /* a digit a word */
    } table[] = {{"the cat sat on the mat", "the cat sat on the mat", "111111"},
                 {"the cat sat on the mat", "the cat on a mat", "11101"},
                 {"a b c", "", ""},
                 {"", "a b c", "000"},
                 {"one", "two one", "01"},
                 {"one", "two words", "00"},
                 {"a b", "b a", "00"},
                 {"a a a", "a", "1"},
                 {"x a", "a x a x", "0110"}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        char text[64];
        const char *word[16];
        bool right[16];
        strcpy(text, table[k].hypothesis);
        int64_t words = split(word, text);
        ck_assert_int_eq(oss_edits_match_words(right, table[k].reference, word, words), OSS_OK);
        for (int64_t i = 0; i < words; i++) {
            ck_assert_msg(right[i] == (table[k].right[i] == '1'), "%s: word %d", table[k].hypothesis, (int)i);
        }
    }
}
END_TEST

/* As many as the counts say. */
START_TEST(test_matches_agree_with_counts) {
    for (uint64_t round = 0; round < 300; round++) {
        char text[2][128] = {"", ""};
        for (uint64_t side = 0; side < 2; side++) {
            uint64_t words = oss_fill_bits(round, side) % 12;
            for (uint64_t i = 0; i < words; i++) {
                char one[3] = {(char)('a' + oss_fill_bits(round, 10 + 50 * side + i) % 3), ' ', '\0'};
                strcat(text[side], one);
            }
        }
        oss_edits edits = {0};
        ck_assert_int_eq(oss_edits_words(&edits, text[0], text[1]), OSS_OK);
        const char *word[16];
        bool right[16];
        int64_t words = split(word, text[1]), count = 0;
        ck_assert_int_eq(oss_edits_match_words(right, text[0], word, words), OSS_OK);
        for (int64_t i = 0; i < words; i++) {
            count += right[i];
        }
        ck_assert_int_eq(count, words - edits.substitutions - edits.insertions);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/edit_distance");
    TCase *tests = tcase_create("edits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_words);
    tcase_add_test(tests, test_characters);
    tcase_add_test(tests, test_ties);
    tcase_add_test(tests, test_matches);
    tcase_add_test(tests, test_matches_agree_with_counts);
    tcase_add_test(tests, test_results_add_up);
    tcase_add_test(tests, test_rate_of_empty_references);
    tcase_add_test(tests, test_against_the_whole_matrix);
    tcase_add_test(tests, test_long_texts);
    suite_add_tcase(suite, tests);
    return suite;
}
