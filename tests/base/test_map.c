/* Files as memory. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

START_TEST(test_map) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "file");
    void *bytes = NULL;
    size_t count = 0;
    bool is_mapped = false;
    oss_tempdir_write(path, "hello", 5);
    ck_assert_int_eq(oss_map_open(&bytes, &count, &is_mapped, path), OSS_OK);
    ck_assert(is_mapped);
    ck_assert_uint_eq(count, 5);
    ck_assert(memcmp(bytes, "hello", 5) == 0);
    ck_assert_uint_eq((uintptr_t)bytes % 4096, 0);
    oss_map_close(bytes, count, is_mapped);
    oss_tempdir_write(path, "", 0);
    ck_assert_int_eq(oss_map_open(&bytes, &count, &is_mapped, path), OSS_EINPUT);
    ck_assert_int_eq(oss_map_open(&bytes, &count, &is_mapped, folder), OSS_EINPUT);
    ck_assert_int_eq(oss_map_open(&bytes, &count, &is_mapped, "/nowhere/at/all"), OSS_EIO);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_what_cannot_be_mapped_is_read) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "file");
    void *bytes = NULL;
    size_t count = 0;
    bool is_mapped = true;
    oss_tempdir_write(path, "hello", 5);
    oss_faults_install();
    oss_faults_fail(OSS_CALL_MAP, 1, ENODEV);
    ck_assert_int_eq(oss_map_open(&bytes, &count, &is_mapped, path), OSS_OK);
    ck_assert(oss_faults_clear());
    ck_assert(!is_mapped);
    ck_assert(memcmp(bytes, "hello", 5) == 0);
    oss_map_close(bytes, count, is_mapped);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/map");
    TCase *all = tcase_create("map");
    tcase_add_test(all, test_map);
    tcase_add_test(all, test_what_cannot_be_mapped_is_read);
    suite_add_tcase(suite, all);
    return suite;
}
