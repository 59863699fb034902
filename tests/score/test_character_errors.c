/* The distance by bits is that of the matrix. */
#include <check.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "score/character_errors.h"
#include "support/fill.h"
#include "support/suite.h"
#include "text/edit_distance.h"

static void expect_same(const char *a, const char *b) {
    oss_edits edits = {0};
    int64_t characters = -1, errors = -1;
    ck_assert(oss_edits_characters(&edits, a, b) == OSS_OK);
    ck_assert(oss_character_errors(a, b, &characters, &errors) == OSS_OK);
    int64_t want = edits.substitutions + edits.deletions + edits.insertions;
    if (characters != edits.reference || errors != want) {
        ck_abort_msg("%s | %s: %lld in %lld, want %lld in %lld", a, b, (long long)errors,
                     (long long)characters, (long long)want, (long long)edits.reference);
    }
}

START_TEST(test_known) {
    expect_same("", "");
    expect_same("abc", "");
    expect_same("", "abc");
    expect_same("kitten", "sitting");
    expect_same("na\xc3\xafve \xf0\x9f\x98\x80", "naive \xf0\x9f\x98\x81");
}
END_TEST

/* `length` characters of `letters`, some of two and four bytes. */
static void draw(oss_strbuf *out, uint64_t seed, int length, int letters) {
    static const char *const letter[] = {"a", "b", "\xc3\xa4", " ", "\xf0\x9f\x98\x80", "c", "d", "e"};
    oss_strbuf_append(out, "");
    for (int i = 0; i < length; i++) {
        oss_strbuf_append(out, letter[oss_fill_bits(seed, (uint64_t)i) % (uint64_t)letters]);
    }
}

/* Around the ends of blocks of 64. */
START_TEST(test_random) {
    static const int lengths[] = {1, 2, 31, 63, 64, 65, 100, 127, 128, 129, 200, 320};
    enum { LENGTHS = sizeof lengths / sizeof *lengths };
    for (int i = 0; i < LENGTHS * LENGTHS * 4; i++) {
        oss_strbuf a = {0}, b = {0};
        draw(&a, (uint64_t)(2 * i), lengths[i % LENGTHS], 1 + i % 8);
        draw(&b, (uint64_t)(2 * i + 1), lengths[i / LENGTHS % LENGTHS], 1 + i % 8);
        expect_same(a.data, b.data);
        oss_strbuf_deinit(&a);
        oss_strbuf_deinit(&b);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/character_errors");
    TCase *all = tcase_create("character_errors");
    tcase_add_test(all, test_known);
    tcase_add_test(all, test_random);
    suite_add_tcase(suite, all);
    return suite;
}
