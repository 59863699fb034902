#include "base/file_sample.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { SMALL = 512 << 10, LARGE = 3 << 20, PART = 32 << 10 };

static char *folder, *path, *bytes;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "a.wav");
    bytes = calloc(LARGE, 1);
    for (long i = 0; i < LARGE; i++) {
        bytes[i] = (char)(i * 7 + i / 251);
    }
}

static void tear_down(void) {
    free(bytes);
    free(path);
    oss_tempdir_remove(folder);
}

static uint64_t hash_of(long count) {
    uint64_t hash = 0;
    oss_tempdir_write(path, bytes, count);
    ck_assert_msg(oss_file_sample_hash(&hash, path) == OSS_OK, "%s", oss_last_error());
    return hash;
}

static void assert_seen(long count, long at) {
    uint64_t before = hash_of(count);
    bytes[at] ^= 1;
    ck_assert_msg(hash_of(count) != before, "byte %ld of %ld", at, count);
    bytes[at] ^= 1;
    ck_assert_uint_eq(hash_of(count), before);
}

START_TEST(test_every_byte_of_a_small_file_counts) {
    for (long at = 0; at < SMALL; at += 40009) {
        assert_seen(SMALL, at);
    }
    assert_seen(SMALL, SMALL - 1);
    assert_seen(1, 0);
    assert_seen(PART + 1, PART);
}
END_TEST

START_TEST(test_parts_of_a_large_file_count) {
    assert_seen(LARGE, 0);
    for (long part = 0; part < 16; part++) {
        assert_seen(LARGE, (LARGE - PART) / 15 * part + PART / 2);
    }
    assert_seen(LARGE, LARGE - 16); /* the last part may begin up to 14 bytes early */
}
END_TEST

START_TEST(test_length_counts) {
    memset(bytes, 0, LARGE);
    ck_assert_uint_ne(hash_of(LARGE), hash_of(LARGE - 1));
    ck_assert_uint_ne(hash_of(SMALL), hash_of(SMALL - 1));
    ck_assert_uint_ne(hash_of(0), hash_of(1));
}
END_TEST

START_TEST(test_failures) {
    uint64_t hash = 5;
    char *none = oss_tempdir_path(folder, "none.wav");
    ck_assert_int_ne(oss_file_sample_hash(&hash, none), OSS_OK);
    ck_assert_int_eq(oss_file_sample_hash(&hash, folder), OSS_EINPUT);
    (void)hash_of(LARGE);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_FILE, k, 5 /* EIO */);
        oss_status status = oss_file_sample_hash(&hash, path);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
        ck_assert_msg(status != OSS_OK || hash != 5, "call %d", (int)k);
    }
    oss_faults_remove();
    free(none);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file_sample");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, test_every_byte_of_a_small_file_counts);
    tcase_add_test(all, test_parts_of_a_large_file_count);
    tcase_add_test(all, test_length_counts);
    tcase_add_test(all, test_failures);
    suite_add_tcase(suite, all);
    return suite;
}
