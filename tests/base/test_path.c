#include <stddef.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/suite.h"

static void expect_text(char *got, const char *want) {
    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(got, want);
    oss_free(got);
}

START_TEST(test_join) {
    expect_text(oss_path_join("a", "b"), "a/b");
    expect_text(oss_path_join("a/", "b/c"), "a/b/c");
    expect_text(oss_path_join("/", "b"), "/b");
    expect_text(oss_path_join("a", "/b"), "/b");
    expect_text(oss_path_join("", "b"), "b");
    expect_text(oss_path_join(".", "b"), "./b");
    expect_text(oss_path_join("a", ""), "a/");
}
END_TEST

START_TEST(test_folder) {
    expect_text(oss_path_folder("a/b"), "a");
    expect_text(oss_path_folder("a/b/c"), "a/b");
    expect_text(oss_path_folder("b"), ".");
    expect_text(oss_path_folder("/b"), "/");
    expect_text(oss_path_folder("/"), "/");
    expect_text(oss_path_folder(""), ".");
    expect_text(oss_path_folder("a/b/"), "a");
    expect_text(oss_path_folder("a//b"), "a");
    expect_text(oss_path_folder("//b"), "/");
    expect_text(oss_path_folder("./b"), ".");
}
END_TEST

START_TEST(test_name_and_stem) {
    ck_assert_str_eq(oss_path_name("a/b.wav"), "b.wav");
    ck_assert_str_eq(oss_path_name("b.wav"), "b.wav");
    ck_assert_str_eq(oss_path_name("a/"), "");
    expect_text(oss_path_stem("a.b/c.tar.gz"), "c.tar");
    expect_text(oss_path_stem("a.b/c"), "c");
    expect_text(oss_path_stem(".profile"), ".profile");
    expect_text(oss_path_stem("x."), "x");
    expect_text(oss_path_stem(""), "");
    ck_assert(oss_path_is_absolute("/a"));
    ck_assert(!oss_path_is_absolute("a/b"));
    ck_assert(!oss_path_is_absolute(""));
}
END_TEST

/* ---- hash ---- */

/* XXH3-64 of the empty input with seed 0, as xxHash publishes it. */
START_TEST(test_hash_known_answers) {
    char hex[17];
    oss_hash_hex(hex, oss_hash("", 0));
    ck_assert_str_eq(hex, "2d06800538d394c2");
    oss_hash_hex(hex, 0x0123456789abcdefULL);
    ck_assert_str_eq(hex, "0123456789abcdef");
    ck_assert(oss_hash("abc", 3) != oss_hash("abd", 3));
}
END_TEST

START_TEST(test_hash_in_pieces) {
    unsigned char text[3000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (unsigned char)(i * 31 + i / 7);
    }
    for (size_t piece = 1; piece < sizeof text; piece = piece * 2 + 1) {
        oss_hasher *hasher = oss_hasher_create();
        ck_assert_ptr_nonnull(hasher);
        for (size_t at = 0; at < sizeof text; at += piece) {
            oss_hasher_update(hasher, text + at, piece < sizeof text - at ? piece : sizeof text - at);
        }
        oss_hasher_update(hasher, NULL, 0);
        ck_assert(oss_hasher_digest(hasher) == oss_hash(text, sizeof text));
        oss_hasher_free(hasher);
    }
    oss_hasher_free(NULL);
}
END_TEST

START_TEST(test_ends_in) {
    ck_assert(oss_path_ends_in("a/b.arpa", ".arpa"));
    ck_assert(oss_path_ends_in(".arpa", ".arpa"));
    ck_assert(!oss_path_ends_in("arpa", ".arpa"));
    ck_assert(!oss_path_ends_in("b.arpa.gz", ".arpa"));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/path, base/hash");
    TCase *path = tcase_create("path");
    tcase_add_test(path, test_join);
    tcase_add_test(path, test_folder);
    tcase_add_test(path, test_name_and_stem);
    tcase_add_test(path, test_ends_in);
    suite_add_tcase(suite, path);
    TCase *hash = tcase_create("hash");
    tcase_add_test(hash, test_hash_known_answers);
    tcase_add_test(hash, test_hash_in_pieces);
    suite_add_tcase(suite, hash);
    return suite;
}
