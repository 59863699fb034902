#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *inside, *outside, *there, *made;

static void set_up(void) {
    inside = oss_tempdir_make();
    outside = oss_tempdir_make();
    there = oss_tempdir_path(outside, "there");
    made = oss_tempdir_path(outside, "made");
    oss_tempdir_write(there, "kept", 4);
}

static void tear_down(void) {
    free(made);
    free(there);
    oss_tempdir_remove(outside);
    oss_tempdir_remove(inside);
}

/* A process is never loosened again: in a child, confined to `inside`. check: 0, or which of its tries went wrong. */
static void expect_confined(int (*check)(void)) {
    if (!oss_confine_is_possible()) {
        (void)printf("this kernel cannot confine: nothing was tried\n");
        return;
    }
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *writable[] = {inside};
        _exit(oss_confine(writable, 1) == OSS_OK ? check() : 99);
    }
    int ended = 0;
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert_msg(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "try %d", WEXITSTATUS(ended));
}

static bool is_refused(int result, int error_number) {
    return result < 0 && errno == error_number;
}

static int change_what_is_outside(void) {
    int fd = open(there, O_RDONLY);
    char text[8] = "";
    return fd < 0 || read(fd, text, sizeof text) != 4                  ? 1
           : !is_refused(open(there, O_WRONLY), EACCES)                ? 2
           : !is_refused(open(made, O_WRONLY | O_CREAT, 0600), EACCES) ? 3
           : !is_refused(unlink(there), EACCES)                        ? 4
           : !is_refused(rename(there, made), EACCES)                  ? 5
           : !is_refused(mkdir(made, 0700), EACCES)                    ? 6
           : !is_refused(symlink("x", made), EACCES)                   ? 7
           : !is_refused(truncate(there, 0), EPERM)                    ? 8
           : !is_refused(chown(there, getuid(), getgid()), EPERM)      ? 9
           : !is_refused(fchmodat(AT_FDCWD, there, 0600, 0), EPERM)    ? 10
           : oss_file_write_all(made, "x", 1) == OSS_OK                ? 11
                                                                       : 0;
}

START_TEST(what_is_elsewhere_can_be_read_and_not_changed) {
    expect_confined(change_what_is_outside);
    char *text = oss_tempdir_read(there, NULL);
    ck_assert_str_eq(text, "kept");
    free(text);
    ck_assert_int_eq(oss_tempdir_count(outside), 1);
}
END_TEST

static int write_inside(void) {
    char *file = oss_tempdir_path(inside, "file"), *folder = oss_tempdir_path(inside, "a/b");
    char *below = oss_tempdir_path(folder, "file");
    int null = open("/dev/null", O_WRONLY);
    return oss_file_write_all(file, "first", 5) != OSS_OK    ? 1
           : oss_file_write_all(file, "second", 6) != OSS_OK ? 2
           : oss_file_append(file, "third", 5) != OSS_OK     ? 3
           : oss_file_make_folders(folder) != OSS_OK         ? 4
           : oss_file_write_all(below, "x", 1) != OSS_OK     ? 5
           : oss_file_symlink(file, "a/b/file") != OSS_OK    ? 6
           : unlink(below) != 0                              ? 7
           : null < 0                                        ? 8
                                                             : 0;
}

START_TEST(what_was_named_can_be_written) {
    expect_confined(write_inside);
}
END_TEST

static int open_sockets(void) {
    return !is_refused(socket(AF_INET, SOCK_STREAM, 0), EPERM)   ? 1
           : !is_refused(socket(AF_INET6, SOCK_DGRAM, 0), EPERM) ? 2
           : !is_refused(socket(AF_UNIX, SOCK_STREAM, 0), EPERM) ? 3
                                                                 : 0;
}

START_TEST(no_socket_is_opened) {
    expect_confined(open_sockets);
}
END_TEST

static int start_a_program(void) {
    (void)setenv("MADE", made, 1);
    int ended = system("exec 2>/dev/null; : >\"$MADE\"");
    int well = system("true");
    return !WIFEXITED(well) || WEXITSTATUS(well) != 0 ? 1 : WEXITSTATUS(ended) == 0 ? 2 : 0;
}

START_TEST(a_program_that_it_starts_is_bound_too) {
    expect_confined(start_a_program);
    ck_assert_int_eq(oss_tempdir_count(outside), 1);
}
END_TEST

START_TEST(what_is_not_there_cannot_be_named) {
    const char *writable[] = {made};
    ck_assert_int_ne(oss_confine(writable, 1),
                     OSS_OK); /* which binds nothing yet but to start no program with more rights */
    oss_tempdir_write(made, "x", 1);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("confine");
    TCase *tcase = tcase_create("confine");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_elsewhere_can_be_read_and_not_changed);
    tcase_add_test(tcase, what_was_named_can_be_written);
    tcase_add_test(tcase, no_socket_is_opened);
    tcase_add_test(tcase, a_program_that_it_starts_is_bound_too);
    tcase_add_test(tcase, what_is_not_there_cannot_be_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
