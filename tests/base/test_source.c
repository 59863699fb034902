#include "base/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void make_folder(void) {
    folder = oss_tempdir_make();
}

static void remove_folder(void) {
    oss_tempdir_remove(folder);
}

static char *write_digits(void) {
    char *path = oss_tempdir_path(folder, "digits");
    oss_tempdir_write(path, "0123456789", 10);
    return path;
}

/* Reads of all kinds, whatever the bytes come from. */
static void assert_digits(oss_source *source) {
    char got[16] = {0};
    ck_assert_int_eq(source->size_bytes, 10);
    ck_assert_uint_eq(oss_source_read(source, 0, got, 4), 4);
    ck_assert_mem_eq(got, "0123", 4);
    ck_assert_uint_eq(oss_source_read(source, 4, got, 2), 2);
    ck_assert_mem_eq(got, "45", 2);
    ck_assert_uint_eq(oss_source_read(source, 8, got, 16), 2);
    ck_assert_mem_eq(got, "89", 2);
    ck_assert_uint_eq(oss_source_read(source, 10, got, 16), 0);
    ck_assert_uint_eq(oss_source_read(source, 100, got, 1), 0);
    ck_assert_uint_eq(oss_source_read(source, 0, got, 1), 1);
    ck_assert_int_eq(got[0], '0');
    ck_assert_int_eq(oss_source_status(source, "digits"), OSS_OK);
}

START_TEST(test_reads_anywhere) {
    char *path = write_digits();
    oss_source source;
    ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
    assert_digits(&source);
    oss_source_close(&source);
    ck_assert_uint_eq(oss_source_read(&source, 0, path, 1), 0);
    oss_source_close(&source);                                       /* closed already: nothing */
    ck_assert_int_eq(oss_source_open_any(&source, path, 1), OSS_OK); /* the limit is for pipes */
    assert_digits(&source);
    oss_source_close(&source);
    oss_source_memory(&source, "0123456789", 10);
    assert_digits(&source);
    oss_source_close(&source);
    oss_source_memory(&source, NULL, 0);
    ck_assert_int_eq(source.size_bytes, 0);
    ck_assert_uint_eq(oss_source_read(&source, 0, path, 1), 0);
    oss_source_close(&source);
    free(path);
}
END_TEST

START_TEST(test_all_at_once) {
    char *path = write_digits();
    for (int memory = 0; memory < 2; memory++) {
        oss_source source;
        const char *bytes = NULL;
        size_t count = 77;
        if (memory) {
            oss_source_memory(&source, "0123456789", 10);
        } else {
            ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
        }
        ck_assert_int_eq(oss_source_load(&source, path, 9, &bytes, &count), OSS_EINPUT);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "is larger than the 9 bytes"));
        ck_assert_ptr_null(bytes);
        ck_assert_uint_eq(count, 77);
        assert_digits(&source); /* and it goes on */
        ck_assert_int_eq(oss_source_load(&source, path, 10, &bytes, &count), OSS_OK);
        ck_assert_uint_eq(count, 10);
        ck_assert_mem_eq(bytes, "0123456789", 10);
        assert_digits(&source);
        const char *again = NULL;
        ck_assert_int_eq(oss_source_load(&source, path, 10, &again, &count), OSS_OK);
        ck_assert_ptr_eq(again, bytes);
        oss_source_close(&source);
    }
    free(path);
}
END_TEST

/* Bytes that come one after the other, from a pipe under its name. */
static oss_status open_pipe(oss_source *source, const char *bytes, size_t count, size_t max_bytes) {
    int end[2];
    char name[32];
    ck_assert_int_eq(pipe(end), 0);
    ck_assert_int_eq(write(end[1], bytes, count), (ssize_t)count);
    ck_assert_int_eq(close(end[1]), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", end[0]);
    oss_status status = oss_source_open_any(source, name, max_bytes);
    ck_assert_msg(status == OSS_OK || strstr(oss_last_error(), name) != NULL, "%s", oss_last_error());
    ck_assert_int_eq(close(end[0]), 0);
    return status;
}

START_TEST(test_pipes_are_read_to_their_end) {
    oss_source source = {.fd = 77};
    ck_assert_int_eq(open_pipe(&source, "0123456789", 10, 9), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "gives more than 9 bytes"));
    ck_assert_int_eq(source.fd, 77);
    ck_assert_int_eq(open_pipe(&source, "0123456789", 10, 10), OSS_OK);
    assert_digits(&source);
    oss_source_close(&source);
    ck_assert_int_eq(open_pipe(&source, "", 0, 10), OSS_OK);
    ck_assert_int_eq(source.size_bytes, 0);
    oss_source_close(&source);
    ck_assert_int_eq(oss_source_open_any(&source, folder, 10), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "is a folder"));
    ck_assert_int_eq(oss_source_open_any(&source, "/nonexistent", 10), OSS_EIO);
}
END_TEST

START_TEST(test_refuses_what_is_no_file_at_once) {
    char *fifo = oss_tempdir_path(folder, "fifo");
    char *missing = oss_tempdir_path(folder, "missing");
    char *loop = oss_tempdir_path(folder, "loop");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(symlink("loop", loop), 0);
    const struct {
        const char *path;
        oss_status status;
        const char *message;
    } cases[] = {
        {folder, OSS_EINPUT, "is a folder"},
        {fifo, OSS_EINPUT, "is not a regular file"},
        {"/dev/zero", OSS_EINPUT, "is not a regular file"},
        {missing, OSS_EIO, "No such file"},
        {loop, OSS_EIO, "symbolic links"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_source source = {.fd = 77};
        ck_assert_int_eq(oss_source_open(&source, cases[i].path), cases[i].status);
        ck_assert_int_eq(source.fd, 77);
        ck_assert_msg(strstr(oss_last_error(), cases[i].message) != NULL, "%s", oss_last_error());
        ck_assert_ptr_nonnull(strstr(oss_last_error(), cases[i].path));
    }
    free(fifo);
    free(missing);
    free(loop);
}
END_TEST

static int pretend_regular(const char *path, struct stat *out) {
    (void)path;
    *out = (struct stat){.st_mode = S_IFREG | 0600};
    return 0;
}

/* A FIFO that takes the file's place between stat and open. */
START_TEST(test_never_waits_for_a_fifo) {
    char *fifo = oss_tempdir_path(folder, "fifo");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    oss_file.stat = pretend_regular;
    oss_source source;
    ck_assert_int_eq(oss_source_open(&source, fifo), OSS_EIO);
    free(fifo);
}
END_TEST

START_TEST(test_short_reads_and_interrupts_do_not_show) {
    char *path = write_digits();
    oss_faults_install();
    oss_faults_short(3);
    oss_faults_interrupt();
    oss_source source;
    char got[16] = {0};
    ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
    ck_assert_uint_eq(oss_source_read(&source, 0, got, 16), 10);
    ck_assert_str_eq(got, "0123456789");
    oss_source_close(&source);
    oss_faults_remove();
    free(path);
}
END_TEST

START_TEST(test_a_failure_stays) {
    char *path = write_digits();
    const oss_call kinds[] = {OSS_CALL_READ, OSS_CALL_LSEEK};
    for (size_t i = 0; i < 2; i++) {
        oss_source source;
        char got[4];
        const char *all = NULL;
        size_t count;
        ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
        oss_faults_install();
        oss_faults_fail(kinds[i], 1, EIO);
        ck_assert_uint_eq(oss_source_read(&source, 2, got, 4), 0);
        ck_assert(oss_faults_clear());
        ck_assert_uint_eq(oss_source_read(&source, 0, got, 4), 0);
        ck_assert_int_eq(oss_source_status(&source, path), OSS_EIO);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
        ck_assert_int_eq(oss_source_load(&source, path, 10, &all, &count), OSS_EIO);
        oss_source_close(&source);
        oss_faults_remove();
    }
    free(path);
}
END_TEST

START_TEST(test_failures_while_all_is_read) {
    char *path = write_digits();
    oss_faults_install();
    for (int64_t nth = 1;; nth++) {
        oss_source source;
        const char *all = NULL;
        size_t count;
        char got[4];
        ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
        ck_assert_uint_eq(oss_source_read(&source, 2, got, 4), 4);
        oss_faults_fail(_i == 0 ? OSS_CALL_READ : _i == 1 ? OSS_CALL_LSEEK : OSS_CALL_ANY_HEAP, nth, EIO);
        oss_status status = oss_source_load(&source, path, 10, &all, &count);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, !fired ? OSS_OK : _i == 2 ? OSS_ENOMEM : OSS_EIO);
        ck_assert((status == OSS_OK) == (all != NULL));
        oss_source_close(&source);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(nth, 1);
            break;
        }
    }
    ck_assert_int_eq(oss_faults_count(OSS_CALL_OPEN), oss_faults_count(OSS_CALL_CLOSE));
    oss_faults_remove();
    free(path);
}
END_TEST

START_TEST(test_failures_while_opening_leave_nothing_open) {
    char *path = write_digits();
    oss_faults_install();
    for (int64_t nth = 1;; nth++) {
        oss_source source = {.fd = -1};
        oss_faults_fail(OSS_CALL_ANY_FILE, nth, EIO);
        oss_status status = oss_source_open(&source, path);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            ck_assert_int_gt(nth, 4); /* stat, open and two lseek at least */
            oss_source_close(&source);
            break;
        }
        ck_assert_int_eq(status, OSS_EIO);
        ck_assert_int_eq(source.fd, -1);
    }
    /* The last one opened was open and was closed; after the refused open, every later failure closed what it
     * had. */
    ck_assert_int_eq(oss_faults_count(OSS_CALL_OPEN) - 1, oss_faults_count(OSS_CALL_CLOSE));
    oss_faults_remove();
    free(path);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/source");
    TCase *tests = tcase_create("source");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, test_reads_anywhere);
    tcase_add_test(tests, test_all_at_once);
    tcase_add_test(tests, test_pipes_are_read_to_their_end);
    tcase_add_test(tests, test_refuses_what_is_no_file_at_once);
    tcase_add_test(tests, test_never_waits_for_a_fifo);
    tcase_add_test(tests, test_short_reads_and_interrupts_do_not_show);
    tcase_add_test(tests, test_a_failure_stays);
    tcase_add_loop_test(tests, test_failures_while_all_is_read, 0, 3);
    tcase_add_test(tests, test_failures_while_opening_leave_nothing_open);
    suite_add_tcase(suite, tests);
    return suite;
}
