#include "text/unicode.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/fill.h"
#include "support/suite.h"

/* ---- Code points ---- */

/* One check for all of them: Check writes to a pipe for each. */
static bool survives_encoding(uint32_t c) {
    char text[5];
    int32_t bytes = oss_text_encode(text, c);
    const char *cursor = text;
    bool same = oss_text_next(&cursor) == c && cursor - text == bytes && (int32_t)strlen(text) == bytes;
    return same && oss_text_invalid_offset(text, (size_t)bytes) == -1 && oss_text_next(&cursor) == 0 &&
           cursor - text == bytes;
}

START_TEST(test_every_code_point_survives_encoding) {
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        if (survives_encoding(c) == surrogate) {
            ck_abort_msg("U+%04X", c);
        }
    }
}
END_TEST

START_TEST(test_clusters_have_the_columns_of_a_screen) {
    static const struct {
        const char *text;
        int32_t clusters, columns;
    } cases[] = {{"", 0, 0},
                 {"a b", 3, 3},
                 {"e\xcc\x81t\xc3\xa9", 3, 3},
                 {"日本", 2, 4},
                 {"한국", 2, 4},
                 {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 1, 2}, /* the syllable han in three letters */
                 {"👩‍👩‍👧‍👦", 1, 2},
                 {"🇩🇪🇫🇷", 2, 4},
                 {"❤️", 1, 2},
                 {"สวัสดี", 4, 4},
                 {"\xcc\x81", 1, 0},
                 {"\xff\xfe", 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *cursor = cases[i].text;
        int32_t clusters = 0;
        while (*cursor != '\0') {
            (void)oss_text_next_cluster(&cursor);
            clusters++;
        }
        ck_assert_msg(clusters == cases[i].clusters, "%s: %d clusters", cases[i].text, clusters);
        ck_assert_int_eq(oss_text_columns(cases[i].text), cases[i].columns);
        ck_assert_int_eq(oss_text_next_cluster(&cursor), 0);
    }
}
END_TEST

START_TEST(test_no_code_point_becomes_replacement) {
    const uint32_t bad[] = {0xd800, 0xdfff, 0x110000, 0xffffffff};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[5];
        ck_assert_int_eq(oss_text_encode(text, bad[i]), 3);
        ck_assert_str_eq(text, "\xef\xbf\xbd");
    }
}
END_TEST

/* What is no character of Unicode is so many bad bytes: overlong forms, of which one is 0, surrogates, what is too large. */
START_TEST(test_what_is_no_character) {
    static const char *const none[] = {"\xe0\x80\x80", "\xf0\x80\x80\x80", "\xe0\x80\xaf",
                                       "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s!", none[i]);
        const char *cursor = text;
        for (size_t k = 0; k < strlen(none[i]); k++) {
            ck_assert_uint_eq(oss_text_next(&cursor), 0xfffd);
        }
        ck_assert_uint_eq(oss_text_next(&cursor), '!');
        ck_assert_int_eq(oss_text_length(text), (int64_t)strlen(text));
    }
}
END_TEST

START_TEST(test_next_never_passes_the_end) {
    const char *broken[] = {"\xc3",     "a\xe2\x82", "\xf0\x9f\x98", "\x80",
                            "\xff\xfe", "\xc0\xaf",  "\xe2",         "\xf0\x9f"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char *text = strdup(broken[i]); /* a heap block, so that the address sanitizer sees its end */
        const char *end = text + strlen(text);
        const char *cursor = text;
        int steps = 0;
        while (oss_text_next(&cursor) != 0) {
            ck_assert(cursor <= end && ++steps <= 4);
        }
        ck_assert_ptr_eq(cursor, end);
        free(text);
    }
}
END_TEST

START_TEST(test_length_counts_code_points) {
    ck_assert_int_eq(oss_text_length(""), 0);
    ck_assert_int_eq(oss_text_length("abc"), 3);
    ck_assert_int_eq(oss_text_length("na\xc3\xafve \xf0\x9f\x98\x80"), 7);
}
END_TEST

START_TEST(test_invalid_offset) {
    const struct {
        const char *text;
        int64_t offset;
    } cases[] = {
        {"", -1},
        {"plain", -1},
        {"\xc3\xa9\xe2\x82\xac\xf4\x8f\xbf\xbf", -1},
        {"abc\xff", 3},
        {"\x80", 0},
        {"12345678\xc0\xaf", 8},     /* overlong / */
        {"\xe0\x9f\xbf", 0},         /* overlong */
        {"\xed\xa0\x80", 0},         /* surrogate */
        {"\xf0\x8f\xbf\xbf", 0},     /* overlong */
        {"\xf4\x90\x80\x80", 0},     /* past U+10FFFF */
        {"ok \xe2\x82", 3},          /* cut short */
        {"\xc3\xa9 caf\xe9 noir", 6} /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(oss_text_invalid_offset(cases[i].text, strlen(cases[i].text)), cases[i].offset);
    }
}
END_TEST

/* ---- Normalisation ---- */

static char *normalize(const char *text, oss_case policy) {
    char *out = NULL;
    if (oss_text_normalize(&out, text, policy) != OSS_OK) {
        ck_abort_msg("%s", oss_last_error());
    }
    return out;
}

static void assert_normal(const char *text, oss_case policy, const char *want) {
    char *got = normalize(text, policy);
    ck_assert_str_eq(got, want);
    oss_free(got);
}

START_TEST(test_case_policies) {
    assert_normal("Hello, World!", OSS_CASE_LOWER, "hello, world!");
    assert_normal("Hello, World!", OSS_CASE_UPPER, "HELLO, WORLD!");
    assert_normal("Hello, World!", OSS_CASE_KEEP, "Hello, World!");
    assert_normal("\xc3\x84rger \xce\xa3\xce\x91\xce\xa3 \xd0\x96\xd0\xa3\xd0\x9a", OSS_CASE_LOWER,
                  "\xc3\xa4rger \xcf\x83\xce\xb1\xcf\x82 \xd0\xb6\xd1\x83\xd0\xba");
    assert_normal("stra\xc3\x9f"
                  "e",
                  OSS_CASE_UPPER, "STRASSE");
    assert_normal("\xc4\xb0", OSS_CASE_LOWER, "i\xcc\x87"); /* U+0130: the dot stays */
    assert_normal("\xef\xac\x81", OSS_CASE_UPPER, "FI");    /* a ligature */
}
END_TEST

START_TEST(test_white_space) {
    assert_normal("  a \t b\r\n\r\nc  ", OSS_CASE_KEEP, "a b c");
    assert_normal("a\xc2\xa0\xe2\x80\xaf"
                  "b\xe3\x80\x80"
                  "c\xe2\x80\xa8"
                  "d\xe2\x80\xa9"
                  "e\xc2\x85"
                  "f\xe1\x9a\x80"
                  "g\xe2\x81\x9f"
                  "h\xe2\x80\x80i\v\fj",
                  OSS_CASE_KEEP, "a b c d e f g h i j");
    assert_normal("", OSS_CASE_LOWER, "");
    assert_normal(" \t\r\n \xe3\x80\x80", OSS_CASE_LOWER, "");
}
END_TEST

START_TEST(test_invisible_characters_are_dropped) {
    assert_normal("\xef\xbb\xbfhello", OSS_CASE_KEEP, "hello");
    assert_normal("he\xe2\x80\x8bl\xc2\xadl\xe2\x81\xa0o\xe2\x80\xae \xe2\x80\x8f ", OSS_CASE_KEEP, "hello");
    /* Dropped before composing: e, byte-order mark, acute. */
    assert_normal("e\xef\xbb\xbf\xcc\x81", OSS_CASE_KEEP, "\xc3\xa9");
    /* Joiners stay. */
    assert_normal("\xd9\x86\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88", OSS_CASE_LOWER,
                  "\xd9\x86\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88");
}
END_TEST

START_TEST(test_nfc) {
    const struct {
        const char *text, *want;
    } cases[] = {
        {"e\xcc\x81", "\xc3\xa9"},                                /* e + acute */
        {"\xe2\x84\xab", "\xc3\x85"},                             /* angstrom sign -> A with ring */
        {"q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87"},               /* marks in canonical order */
        {"\xe1\xba\x9b\xcc\xa3", "\xe1\xba\x9b\xcc\xa3"},         /* long s dot above, dot below: stays */
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"}, /* Hangul jamo -> one syllable */
        {"\xe0\xa4\x95\xe0\xa4\xbc",
         "\xe0\xa4\x95\xe0\xa4\xbc"},          /* Devanagari qa: excluded from composition */
        {"\xef\xac\x81", "\xef\xac\x81"},      /* ligature: NFC, not NFKC */
        {"\xcd\xbe", ";"},                     /* Greek question mark */
        {"o\xcc\x9b\xcc\xa3", "\xe1\xbb\xa3"}, /* o + horn + dot below */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"} /* emoji with joiner */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_normal(cases[i].text, OSS_CASE_KEEP, cases[i].want);
    }
    /* Composed and decomposed spellings meet whatever the case. */
    assert_normal("E\xcc\x81t\xc3\xa9", OSS_CASE_UPPER, "\xc3\x89T\xc3\x89");
    assert_normal("\xce\xb1\xcd\x85", OSS_CASE_UPPER, "\xce\x91\xce\x99"); /* alpha with iota below */
    /* The iota comes after the accent, whatever the order it was written in. */
    assert_normal("\xce\xb1\xcd\x85\xcc\x81", OSS_CASE_UPPER, "\xce\x86\xce\x99");
    assert_normal("\xce\xb1\xcc\x81\xcd\x85", OSS_CASE_UPPER, "\xce\x86\xce\x99");
}
END_TEST

static void assert_stable(const char *text) {
    for (int policy = OSS_CASE_LOWER; policy <= OSS_CASE_KEEP; policy++) {
        char *once = normalize(text, (oss_case)policy);
        char *twice = normalize(once, (oss_case)policy);
        if (strcmp(once, twice) != 0 || oss_text_invalid_offset(once, strlen(once)) != -1) {
            ck_abort_msg("policy %d: \"%s\" -> \"%s\" -> \"%s\"", policy, text, once, twice);
        }
        oss_free(once);
        oss_free(twice);
    }
}

/* Every code point, after a letter that takes marks, 4096 of them a text. */
START_TEST(test_normalizing_twice_changes_nothing_for_any_code_point) {
    char *text = malloc(4096 * 6 + 1);
    for (uint32_t first = 1; first <= 0x10ffff; first += 4096) {
        char *at = text;
        for (uint32_t c = first; c < first + 4096 && c <= 0x10ffff; c++) {
            *at++ = 'a';
            at += oss_text_encode(at, c);
        }
        *at = '\0';
        assert_stable(text);
    }
    free(text);
}
END_TEST

/* Random strings of what composes, reorders, changes case or disappears. */
START_TEST(test_normalizing_twice_changes_nothing_for_random_texts) {
    static const uint32_t alphabet[] = {
        'a',    'E',    ' ',    '\t',   0x130,  0x131,  0xdf,   0x1e9e, 0x149,  0x1c5,
        0x1f0,  0x300,  0x301,  0x308,  0x323,  0x327,  0x345,  0x3b1,  0x399,  0x1fb3,
        0x1fbc, 0x3c9,  0x212b, 0x2126, 0x1100, 0x1161, 0x11a8, 0xac00, 0x0ddd, 0x0dd9,
        0x0dcf, 0xfeff, 0x200b, 0x200d, 0xa0,   0x2028, 0x1e9b, 0x9bc,  0x9c7,  0x10d0,
        0x1c90, 0xab70, 0x13a0, 0x3a3,  0x3c2,  0x390,  0x1f50, 0xfb03, 0x587,  0x2bc};
    const uint64_t count = sizeof alphabet / sizeof *alphabet;
    for (uint64_t round = 0; round < 5000; round++) {
        char text[16 * 4 + 1];
        char *at = text;
        for (uint64_t i = 0; i < 16; i++) {
            at += oss_text_encode(at, alphabet[oss_fill_bits(round, i) % count]);
        }
        assert_stable(text);
    }
}
END_TEST

START_TEST(test_invalid_text_is_refused_with_its_offset) {
    char *out = (char *)"untouched";
    ck_assert_int_eq(oss_text_normalize(&out, "caf\xe9", OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_str_eq(out, "untouched");
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "byte 3 (0xe9)"));
}
END_TEST

static char *pile_marks(int marks) {
    char *text = malloc(2 + 2 * (size_t)marks + 2);
    char *at = stpcpy(text, "xa");
    for (int i = 0; i < marks; i++) {
        at = stpcpy(at, i % 2 == 0 ? "\xcc\x81" : "\xcc\xa3");
    }
    return text;
}

START_TEST(test_piles_of_marks_are_refused) {
    char *most = pile_marks(OSS_TEXT_MAX_MARKS);
    char *more = pile_marks(OSS_TEXT_MAX_MARKS + 1);
    char *out = NULL;
    ck_assert_int_eq(oss_text_normalize(&out, most, OSS_CASE_LOWER), OSS_OK);
    oss_free(out);
    out = NULL;
    ck_assert_int_eq(oss_text_normalize(&out, more, OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_ptr_null(out);
    char where[32];
    snprintf(where, sizeof where, "at byte %d", 2 + 2 * OSS_TEXT_MAX_MARKS);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), where));
    free(most);
    free(more);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/unicode");
    TCase *code_points = tcase_create("code points");
    tcase_add_test(code_points, test_clusters_have_the_columns_of_a_screen);
    tcase_add_test(code_points, test_every_code_point_survives_encoding);
    tcase_add_test(code_points, test_no_code_point_becomes_replacement);
    tcase_add_test(code_points, test_what_is_no_character);
    tcase_add_test(code_points, test_next_never_passes_the_end);
    tcase_add_test(code_points, test_length_counts_code_points);
    tcase_add_test(code_points, test_invalid_offset);
    suite_add_tcase(suite, code_points);
    TCase *normal = tcase_create("normalisation");
    tcase_set_timeout(normal, 60);
    tcase_add_test(normal, test_case_policies);
    tcase_add_test(normal, test_white_space);
    tcase_add_test(normal, test_invisible_characters_are_dropped);
    tcase_add_test(normal, test_nfc);
    tcase_add_test(normal, test_normalizing_twice_changes_nothing_for_any_code_point);
    tcase_add_test(normal, test_normalizing_twice_changes_nothing_for_random_texts);
    tcase_add_test(normal, test_invalid_text_is_refused_with_its_offset);
    tcase_add_test(normal, test_piles_of_marks_are_refused);
    suite_add_tcase(suite, normal);
    return suite;
}
