#include "base/reader.h"

#include <errno.h>
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

START_TEST(test_reads_and_seeks) {
    char *path = write_digits();
    oss_reader reader;
    ck_assert_int_eq(oss_reader_open(&reader, path), OSS_OK);
    ck_assert_int_eq(reader.size_bytes, 10);
    char got[16] = {0};
    ck_assert_uint_eq(oss_reader_read(&reader, got, 4), 4);
    ck_assert_mem_eq(got, "0123", 4);
    ck_assert_int_eq(reader.position_bytes, 4);
    ck_assert(oss_reader_seek(&reader, 8));
    ck_assert_uint_eq(oss_reader_read(&reader, got, 16), 2);
    ck_assert_mem_eq(got, "89", 2);
    ck_assert_uint_eq(oss_reader_read(&reader, got, 16), 0);
    ck_assert(oss_reader_seek(&reader, 100));
    ck_assert_uint_eq(oss_reader_read(&reader, got, 1), 0);
    ck_assert(!oss_reader_seek(&reader, -1));
    ck_assert(oss_reader_seek(&reader, 0));
    ck_assert_uint_eq(oss_reader_read(&reader, got, 1), 1);
    ck_assert_int_eq(oss_reader_status(&reader, path), OSS_OK);
    oss_reader_close(&reader);
    oss_reader_close(&reader); /* closed already: nothing */
    free(path);
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
        oss_reader reader = {.fd = 77};
        ck_assert_int_eq(oss_reader_open(&reader, cases[i].path), cases[i].status);
        ck_assert_int_eq(reader.fd, 77);
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
    oss_reader reader;
    ck_assert_int_eq(oss_reader_open(&reader, fifo), OSS_EIO);
    free(fifo);
}
END_TEST

START_TEST(test_short_reads_and_interrupts_do_not_show) {
    char *path = write_digits();
    oss_faults_install();
    oss_faults_short(3);
    oss_faults_interrupt();
    oss_reader reader;
    char got[16] = {0};
    ck_assert_int_eq(oss_reader_open(&reader, path), OSS_OK);
    ck_assert_uint_eq(oss_reader_read(&reader, got, 16), 10);
    ck_assert_str_eq(got, "0123456789");
    oss_reader_close(&reader);
    oss_faults_remove();
    free(path);
}
END_TEST

START_TEST(test_a_failure_stays) {
    char *path = write_digits();
    const oss_call kinds[] = {OSS_CALL_READ, OSS_CALL_LSEEK};
    for (size_t i = 0; i < 2; i++) {
        oss_reader reader;
        char got[4];
        ck_assert_int_eq(oss_reader_open(&reader, path), OSS_OK);
        oss_faults_install();
        oss_faults_fail(kinds[i], 1, EIO);
        bool moved = oss_reader_seek(&reader, 2);
        ck_assert(moved == (kinds[i] == OSS_CALL_READ));
        ck_assert_uint_eq(oss_reader_read(&reader, got, 4), 0);
        ck_assert(oss_faults_clear());
        ck_assert(!oss_reader_seek(&reader, 0));
        ck_assert_uint_eq(oss_reader_read(&reader, got, 4), 0);
        ck_assert_int_eq(oss_reader_status(&reader, path), OSS_EIO);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
        oss_reader_close(&reader);
        oss_faults_remove();
    }
    free(path);
}
END_TEST

START_TEST(test_failures_while_opening_leave_nothing_open) {
    char *path = write_digits();
    oss_faults_install();
    for (int64_t nth = 1;; nth++) {
        oss_reader reader = {.fd = -1};
        oss_faults_fail(OSS_CALL_ANY_FILE, nth, EIO);
        oss_status status = oss_reader_open(&reader, path);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            ck_assert_int_gt(nth, 4); /* stat, open and two lseek at least */
            oss_reader_close(&reader);
            break;
        }
        ck_assert_int_eq(status, OSS_EIO);
        ck_assert_int_eq(reader.fd, -1);
    }
    /* The last one opened was open and was closed; after the refused open, every later failure closed what it
     * had. */
    ck_assert_int_eq(oss_faults_count(OSS_CALL_OPEN) - 1, oss_faults_count(OSS_CALL_CLOSE));
    oss_faults_remove();
    free(path);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/reader");
    TCase *tests = tcase_create("reader");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, test_reads_and_seeks);
    tcase_add_test(tests, test_refuses_what_is_no_file_at_once);
    tcase_add_test(tests, test_never_waits_for_a_fifo);
    tcase_add_test(tests, test_short_reads_and_interrupts_do_not_show);
    tcase_add_test(tests, test_a_failure_stays);
    tcase_add_test(tests, test_failures_while_opening_leave_nothing_open);
    suite_add_tcase(suite, tests);
    return suite;
}
