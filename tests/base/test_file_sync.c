/* What is synced, and in which order: a rename before the data are on the disk would be a third thing after a
 * power cut. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;
static char trace[256]; /* one letter a call */
static oss_sys_file real;

static void note(char letter) {
    size_t length = strlen(trace);
    ck_assert_uint_lt(length + 1, sizeof trace);
    trace[length] = letter;
    trace[length + 1] = '\0';
}

static int trace_open(const char *name, int flags, mode_t mode) {
    note('o');
    return real.open(name, flags, mode);
}

static ssize_t trace_write(int fd, const void *bytes, size_t count) {
    note('w');
    return real.write(fd, bytes, count);
}

static int trace_fsync(int fd) {
    note('s');
    return real.fsync(fd);
}

static int trace_close(int fd) {
    note('c');
    return real.close(fd);
}

static int trace_rename(const char *from, const char *to) {
    note('r');
    return real.rename(from, to);
}

static int trace_mkdir(const char *name, mode_t mode) {
    note('m');
    return real.mkdir(name, mode);
}

static int trace_symlink(const char *target, const char *name) {
    note('l');
    return real.symlink(target, name);
}

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "kept");
    real = oss_file;
    oss_file.open = trace_open;
    oss_file.write = trace_write;
    oss_file.fsync = trace_fsync;
    oss_file.close = trace_close;
    oss_file.rename = trace_rename;
    oss_file.mkdir = trace_mkdir;
    oss_file.symlink = trace_symlink;
}

static void tear_down(void) {
    oss_file = real;
    free(path);
    oss_tempdir_remove(folder);
}

/* The calls since the last time. */
static void expect_calls(const char *want) {
    ck_assert_str_eq(trace, want);
    trace[0] = '\0';
}

START_TEST(test_order_of_calls) {
    ck_assert_int_eq(oss_file_write_all(path, "text", 4), OSS_OK);
    expect_calls("owscr"
                 "osc"); /* the temporary; then its folder */
    ck_assert_int_eq(oss_file_append(path, "more", 4), OSS_OK);
    expect_calls("owsc");
    char *new_path = oss_tempdir_path(folder, "new");
    ck_assert_int_eq(oss_file_append(new_path, "text", 4), OSS_OK);
    expect_calls("o"
                 "osc" /* the name is new as well, and lasts before there is anything to lose */
                 "wsc");
    ck_assert_int_eq(oss_file_rename(new_path, path), OSS_OK);
    expect_calls("r"
                 "osc");
    ck_assert_int_eq(oss_file_symlink(new_path, "kept"), OSS_OK);
    expect_calls("lr"
                 "osc");
    char *deep = oss_tempdir_path(folder, "a/b");
    ck_assert_int_eq(oss_file_make_folders(deep), OSS_OK);
    expect_calls("mosc"
                 "mosc");
    ck_assert_int_eq(oss_file_make_folders(deep), OSS_OK);
    expect_calls("");
    char *way = oss_tempdir_path(folder, "a/c");
    ck_assert_int_eq(oss_file_settle_folders(way), OSS_OK);
    ck_assert_msg(strlen(trace) > 7 && strcmp(trace + strlen(trace) - 7, "oscmosc") == 0, "%s", trace);
    trace[0] = '\0';
    ck_assert_int_eq(oss_file_settle_folders(way), OSS_OK);
    ck_assert_msg(strlen(trace) > 6 && strcmp(trace + strlen(trace) - 6, "oscosc") == 0, "%s", trace);
    trace[0] = '\0';
    free(way);
    free(deep);
    free(new_path);
}
END_TEST

/* Whoever writes many small files does not wait for the disk, but a reader still never sees half of one. */
START_TEST(test_a_file_that_is_not_waited_for) {
    ck_assert_int_eq(oss_file_write_soon(path, "text", 4), OSS_OK);
    expect_calls("owcr");
    char *text = oss_tempdir_read(path, NULL);
    ck_assert_str_eq(text, "text");
    free(text);
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
}
END_TEST

/* The data are synced under the temporary's name, whole, before the kept name changes. */
static int rename_after_sync(const char *from, const char *to) {
    ck_assert_str_eq(trace, "owsc");
    char *text = oss_tempdir_read(from, NULL);
    ck_assert_str_eq(text, "text");
    free(text);
    ck_assert_str_eq(to, path);
    ck_assert_int_ne(access(path, F_OK), 0);
    return real.rename(from, to);
}

START_TEST(test_rename_comes_after_the_data) {
    oss_file.rename = rename_after_sync;
    ck_assert_int_eq(oss_file_write_all(path, "text", 4), OSS_OK);
}
END_TEST

static int calls_left;

static ssize_t write_nothing(int fd, const void *bytes, size_t count) {
    (void)fd;
    (void)bytes;
    (void)count;
    ck_assert_int_gt(calls_left--, 0);
    return 0;
}

/* A write that takes nothing and gives no reason ends in a failure, not in a loop. */
START_TEST(test_a_write_without_progress) {
    oss_file.write = write_nothing;
    calls_left = 3;
    ck_assert_int_eq(oss_file_write_all(path, "text", 4), OSS_EIO);
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file, what is synced");
    TCase *sync = tcase_create("sync");
    tcase_add_checked_fixture(sync, set_up, tear_down);
    tcase_add_test(sync, test_order_of_calls);
    tcase_add_test(sync, test_a_file_that_is_not_waited_for);
    tcase_add_test(sync, test_rename_comes_after_the_data);
    tcase_add_test(sync, test_a_write_without_progress);
    suite_add_tcase(suite, sync);
    return suite;
}
