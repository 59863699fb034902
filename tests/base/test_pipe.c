/* Bytes that come once: looked at, taken, dropped, kept; every read short, interrupted or failing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pipe.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { BYTES = 200000 };

static char *folder, *path, *content;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "bytes");
    content = malloc(BYTES);
    for (int i = 0; i < BYTES; i++) {
        content[i] = (char)(i * 7 + i / 251);
    }
    oss_tempdir_write(path, content, BYTES);
}

static void tear_down(void) {
    free(content);
    free(path);
    oss_tempdir_remove(folder);
}

static oss_pipe open_pipe(void) {
    oss_pipe pipe;
    ck_assert_int_eq(oss_pipe_open(&pipe, path), OSS_OK);
    return pipe;
}

static void check_look(oss_pipe *pipe, size_t bytes, size_t at, size_t want) {
    const char *got = NULL;
    size_t count = 0;
    ck_assert_int_eq(oss_pipe_look(pipe, bytes, &got, &count), OSS_OK);
    ck_assert_uint_eq(count, want);
    ck_assert_mem_eq(got, content + at, count);
}

static void check_read(oss_pipe *pipe, size_t bytes, size_t at, size_t want) {
    char *into = malloc(bytes + 1);
    size_t count = 0;
    ck_assert_int_eq(oss_pipe_read(pipe, into, bytes, &count), OSS_OK);
    ck_assert_uint_eq(count, want);
    ck_assert_mem_eq(into, content + at, count);
    free(into);
}

/* However few bytes the system gives at a time, and however often it is interrupted. */
START_TEST(test_looks_and_reads) {
    static const size_t portions[] = {0, 1000, 65536, 7};
    size_t dropped = 0;
    oss_faults_install();
    oss_faults_short(portions[_i]);
    oss_pipe pipe = open_pipe();
    check_look(&pipe, 10, 0, 10);
    check_look(&pipe, 3, 0, 3);
    check_read(&pipe, 4, 0, 4);
    check_look(&pipe, 100000, 4, 100000);
    check_read(&pipe, 50000, 4, 50000);
    check_look(&pipe, 70000, 50004, 70000);
    check_read(&pipe, 80000, 50004, 80000);
    ck_assert_int_eq(oss_pipe_read(&pipe, NULL, 30000, &dropped), OSS_OK);
    ck_assert_uint_eq(dropped, 30000);
    check_look(&pipe, BYTES, 160004, BYTES - 160004);
    check_read(&pipe, BYTES, 160004, BYTES - 160004);
    check_look(&pipe, 1, 0, 0);
    check_read(&pipe, 1, 0, 0);
    oss_pipe_close(&pipe);
    oss_pipe_close(&pipe);
    oss_faults_remove();
    ck_assert_int_eq(oss_faults_blocks(), 0);
}
END_TEST

START_TEST(test_all_of_it) {
    static const size_t most[] = {BYTES, BYTES + 1, (size_t)1 << 40};
    for (size_t i = 0; i < 3; i++) {
        oss_source source;
        oss_pipe pipe = open_pipe();
        check_look(&pipe, 5000, 0, 5000);
        ck_assert_int_eq(oss_pipe_load(&pipe, most[i], &source), OSS_OK);
        ck_assert_int_eq(source.size_bytes, BYTES);
        ck_assert_mem_eq(source.bytes, content, BYTES);
        ck_assert_int_eq(pipe.fd, -1);
        oss_source_close(&source);
    }
    oss_source source = {.fd = 77};
    oss_pipe pipe = open_pipe();
    ck_assert_int_eq(oss_pipe_load(&pipe, BYTES - 1, &source), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "gives more than 199999 bytes"));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_int_eq(source.fd, 77);
    oss_pipe_close(&pipe);
}
END_TEST

START_TEST(test_nothing_and_none) {
    oss_pipe pipe = {.fd = 77};
    oss_source source;
    ck_assert_int_eq(oss_pipe_open(&pipe, "/nowhere/pipe"), OSS_EIO);
    ck_assert_int_eq(pipe.fd, 77);
    oss_pipe_init(&pipe, open("/dev/null", O_RDONLY), "nothing");
    check_look(&pipe, 10, 0, 0);
    ck_assert_int_eq(oss_pipe_load(&pipe, 10, &source), OSS_OK);
    ck_assert_int_eq(source.size_bytes, 0);
    oss_source_close(&source);
}
END_TEST

/* Looks, reads and takes the rest; every call fails once. */
static oss_status use(void) {
    char into[100];
    const char *bytes = NULL;
    size_t count = 0;
    oss_source source;
    oss_pipe pipe;
    oss_status status = oss_pipe_open(&pipe, path);
    if (status != OSS_OK) {
        return status;
    }
    status = oss_pipe_look(&pipe, 70000, &bytes, &count);
    if (status == OSS_OK) {
        status = oss_pipe_read(&pipe, into, sizeof into, &count);
    }
    if (status == OSS_OK) {
        status = oss_pipe_load(&pipe, BYTES, &source);
    }
    if (status == OSS_OK) {
        ck_assert_mem_eq(source.bytes, content + sizeof into, BYTES - sizeof into);
        oss_source_close(&source);
    }
    oss_pipe_close(&pipe);
    return status;
}

START_TEST(test_failures) {
    static const struct {
        oss_call kind;
        int error_number;
        oss_status want;
    } cases[] = {{OSS_CALL_ANY_HEAP, ENOMEM, OSS_ENOMEM},
                 {OSS_CALL_READ, EIO, OSS_EIO},
                 {OSS_CALL_OPEN, EACCES, OSS_EIO}};
    oss_faults_install();
    bool fired = true;
    for (int64_t nth = 1; fired; nth++) {
        oss_faults_fail(cases[_i].kind, nth, cases[_i].error_number);
        oss_status status = use();
        fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? cases[_i].want : OSS_OK);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert(fired || nth > 1);
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/pipe");
    TCase *tests = tcase_create("pipe");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_looks_and_reads, 0, 4);
    tcase_add_test(tests, test_all_of_it);
    tcase_add_test(tests, test_nothing_and_none);
    tcase_add_loop_test(tests, test_failures, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
