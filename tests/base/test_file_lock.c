/* What a run's folder needs of files: locks that are looked at, links that may be files, what is set aside. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void make_folder(void) {
    folder = oss_tempdir_make();
}

static void remove_folder(void) {
    oss_tempdir_remove(folder);
}

/* A path in the test's folder; two may be in use at a time. */
static const char *in_folder(const char *name) {
    static char path[2][512];
    static int turn;
    turn = !turn;
    ck_assert_int_lt(snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name), 512);
    return path[turn];
}

static void expect_content(const char *path, const char *want) {
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_msg(text != NULL, "%s is not there", path);
    ck_assert_int_eq(bytes, (long)strlen(want));
    ck_assert_str_eq(text, want);
    free(text);
}

static void expect_message(const char *part) {
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" is not in \"%s\"", part, oss_last_error());
}

/* Whoever removes or moves the file lets another process in; the holder can tell. */
START_TEST(test_lock_is_a_thing) {
    int fd = -1, other = -1;
    ck_assert_int_eq(oss_file_make_folders(in_folder("run")), OSS_OK);
    ck_assert_int_eq(oss_file_lock(&fd, in_folder("run/lock")), OSS_OK);
    ck_assert_int_eq(oss_file_lock_check(fd, in_folder("run/lock")), OSS_OK);
    ck_assert_int_eq(oss_file_rename(in_folder("run"), in_folder("moved")), OSS_OK);
    ck_assert_int_eq(oss_file_lock_check(fd, in_folder("run/lock")), OSS_EUSAGE);
    expect_message("run/lock is not the lock that this process holds");
    ck_assert_int_eq(oss_file_lock_check(fd, in_folder("moved/lock")), OSS_OK);
    ck_assert_int_eq(oss_file_make_folders(in_folder("run")), OSS_OK);
    ck_assert_int_eq(oss_file_lock(&other, in_folder("run/lock")), OSS_OK);
    ck_assert_int_eq(oss_file_lock_check(fd, in_folder("run/lock")), OSS_EUSAGE);
    oss_file_unlock(fd);
    ck_assert_int_eq(unlink(in_folder("run/lock")), 0);
    ck_assert_int_eq(oss_file_lock_check(other, in_folder("run/lock")), OSS_EUSAGE);
    ck_assert_int_eq(oss_file_lock_check(-1, in_folder("run/lock")), OSS_OK); /* none is held */
    oss_file_unlock(other);
}
END_TEST

/* FAT, and what is mounted from other systems. */
static int has_no_locks(int fd, int operation) {
    (void)fd;
    (void)operation;
    errno = EOPNOTSUPP;
    return -1;
}

static int has_no_links(const char *target, const char *path) {
    (void)target;
    (void)path;
    errno = EPERM;
    return -1;
}

START_TEST(test_a_poor_file_system) {
    const oss_sys_file plain = oss_file;
    int fd = -1;
    oss_file.flock = has_no_locks;
    oss_file.symlink = has_no_links;
    ck_assert_int_eq(oss_file_lock(&fd, in_folder("lock")), OSS_EUSAGE);
    expect_message("its file system has no locks (flock)");
    ck_assert_int_eq(oss_file_symlink(in_folder("link"), "a"), OSS_EUSAGE);
    expect_message("its file system has no symbolic links");
    oss_file = plain;
    ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(test_set_aside) {
    static const char *const name[] = {"a.bad", "a.bad-2", "a.bad-3"};
    ck_assert_int_eq(oss_file_symlink(in_folder("a.bad-2"), "nowhere"),
                     OSS_OK); /* a link to nothing is there too */
    for (int i = 0; i < 3; i += 2) {
        char *aside = NULL;
        oss_tempdir_write(in_folder("a"), name[i], (long)strlen(name[i]));
        ck_assert_int_eq(oss_file_set_aside(&aside, in_folder("a"), "bad"), OSS_OK);
        ck_assert_str_eq(aside, in_folder(name[i]));
        oss_free(aside);
        expect_content(in_folder(name[i]), name[i]);
    }
    char *aside = NULL;
    ck_assert_int_eq(oss_file_set_aside(&aside, in_folder("a"), "bad"), OSS_EIO);
    ck_assert_ptr_null(aside);
}
END_TEST

START_TEST(test_pointers) {
    static const struct {
        const char *text, *path; /* path NULL: refused */
    } files[] = {{"a/b", "a/b"}, {"a/b\n", "a/b"}, {"a/b\r\n", "a/b"},
                 {"", NULL},     {"\n", NULL},     {"a\nb\n", NULL}};
    char *got = NULL;
    ck_assert_int_eq(oss_file_symlink(in_folder("link"), "x/y"), OSS_OK);
    ck_assert_int_eq(oss_file_read_pointer(&got, in_folder("link")), OSS_OK);
    ck_assert_str_eq(got, "x/y");
    oss_free(got);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        oss_tempdir_write(in_folder("file"), files[i].text, (long)strlen(files[i].text));
        oss_status status = oss_file_read_pointer(&got, in_folder("file"));
        ck_assert_int_eq(status, files[i].path != NULL ? OSS_OK : OSS_EINPUT);
        if (status == OSS_OK) {
            ck_assert_str_eq(got, files[i].path);
            oss_free(got);
        }
    }
    ck_assert_int_ne(oss_file_read_pointer(&got, in_folder("none")), OSS_OK);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file_lock");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, make_folder, remove_folder);
    tcase_add_test(all, test_lock_is_a_thing);
    tcase_add_test(all, test_a_poor_file_system);
    tcase_add_test(all, test_set_aside);
    tcase_add_test(all, test_pointers);
    suite_add_tcase(suite, all);
    return suite;
}
