#include "text/lookalike.h"

#include <string.h>

#include "support/suite.h"
#include "text/unicode.h"

/* Of each kind that the header lists, every character. */
START_TEST(test_marks) {
    static const struct {
        uint32_t plain;
        uint32_t alike[16];
    } kinds[] = {
        {'\'', {0x60, 0xb4, 0x2b9, 0x2bb, 0x2bc, 0x2018, 0x2019, 0x201b, 0x2032, 0xff07}},
        {'"', {0x201c, 0x201d, 0x201e, 0x201f, 0x2033, 0xab, 0xbb}},
        {'-', {0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63}},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (int i = 0; kinds[k].alike[i] != 0; i++) {
            ck_assert_msg(oss_text_plain(kinds[k].alike[i]) == kinds[k].plain, "U+%04X", kinds[k].alike[i]);
        }
    }
}
END_TEST

/* Full-width letters, superscripts, ligatures of one letter; what has no single plain form stays. */
START_TEST(test_compatibility_forms) {
    ck_assert_uint_eq(oss_text_plain(0xff41), 'a');
    ck_assert_uint_eq(oss_text_plain(0xff0d), '-');
    ck_assert_uint_eq(oss_text_plain(0xb2), '2');
    ck_assert_uint_eq(oss_text_plain(0x2126), 0x3a9); /* the ohm sign: a Greek letter */
    ck_assert_uint_eq(oss_text_plain(0xfb01), 0xfb01);
}
END_TEST

/* ASCII is plain but for the grave accent, and what is plain stays so. */
START_TEST(test_plain_stays) {
    for (uint32_t c = 1; c < 0x80; c++) {
        ck_assert_uint_eq(oss_text_plain(c), c == 0x60 ? '\'' : c);
    }
    for (uint32_t c = 1; c < 0x30000; c++) {
        uint32_t plain = oss_text_plain(c);
        if (oss_text_plain(plain) != plain) {
            ck_abort_msg("U+%04X becomes U+%04X, which is not plain", c, plain);
        }
    }
    static const uint32_t own[] = {0xe9, 0x430, 0x3b1, 0x4e2d, 0x1f442};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        ck_assert_uint_eq(oss_text_plain(own[i]), own[i]);
    }
}
END_TEST

static void expect_mix(const char *word, uint32_t intruder) {
    uint32_t found = 77;
    ck_assert_msg(oss_text_mixes_scripts(word, &found) == (intruder != 0), "%s", word);
    ck_assert_uint_eq(found, intruder == 0 ? 77 : intruder);
}

START_TEST(test_mixed_scripts) {
    expect_mix("", 0);
    expect_mix("cat", 0);
    expect_mix("caf\xc3\xa9", 0);
    expect_mix("\xd0\xba\xd0\xbe\xd1\x82", 0); /* Cyrillic alone */
    expect_mix("c\xd0\xb0t", 0x430);           /* Cyrillic a */
    expect_mix("\xd1\x81\xd0\xb0T", 0x441);    /* the first of two */
    expect_mix("\xce\x91"
               "bc",
               0x391);           /* Greek Alpha */
    expect_mix("x\xd0\xb6", 0);  /* zhe looks like nothing in ASCII */
    expect_mix("5\xd0\xb0-", 0); /* digits and marks are no script */
    expect_mix("\xce\xbcm", 0);  /* mu is no m */
}
END_TEST

/* Each letter that is said to look like an ASCII one is found beside one, in either case, and no ASCII letter is. */
START_TEST(test_every_intruder) {
    int32_t intruders = 0;
    for (uint32_t c = 1; c < 0x600; c++) {
        char word[8] = "q";
        uint32_t found = 0;
        (void)oss_text_encode(word + 1, c);
        bool mixes = oss_text_mixes_scripts(word, &found);
        ck_assert(!mixes || (found == c && c >= 0x391));
        ck_assert(!mixes || !oss_text_mixes_scripts(word + 1, &found));
        intruders += mixes;
    }
    ck_assert_int_eq(intruders, 47);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/lookalike");
    TCase *tests = tcase_create("lookalike");
    tcase_add_test(tests, test_marks);
    tcase_add_test(tests, test_compatibility_forms);
    tcase_add_test(tests, test_plain_stays);
    tcase_add_test(tests, test_mixed_scripts);
    tcase_add_test(tests, test_every_intruder);
    suite_add_tcase(suite, tests);
    return suite;
}
