#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/npy.h"
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

/* ---- Reading ---- */

START_TEST(test_read_all) {
    const char *path = in_folder("file");
    oss_tempdir_write(path, "ab\0cd", 5);
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, 5), OSS_OK);
    ck_assert_uint_eq(bytes, 5);
    ck_assert_mem_eq(text, "ab\0cd", 6);
    oss_free(text);
    text = NULL;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, 4), OSS_EINPUT);
    expect_message(path);
    expect_message("larger than the 4 bytes");
    ck_assert_ptr_null(text);
    oss_tempdir_write(path, "", 0);
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, 0), OSS_OK);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_str_eq(text, "");
    oss_free(text);
}
END_TEST

START_TEST(test_read_all_refuses_what_is_no_file) {
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, in_folder("none"), 10), OSS_EIO);
    expect_message("/none: No such file");
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, folder, 10), OSS_EINPUT);
    expect_message("is a folder");
    const char *fifo = in_folder("fifo");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, fifo, 10),
                     OSS_EINPUT); /* and does not wait for a writer */
    expect_message("not a regular file");
    ck_assert_ptr_null(text);
}
END_TEST

static int lying_stat(const char *path, struct stat *out) {
    int result = stat(path, out);
    out->st_size = 3; /* the file grew since */
    return result;
}

START_TEST(test_read_all_of_a_growing_file) {
    const char *path = in_folder("file");
    char content[5000];
    memset(content, 'x', sizeof content);
    oss_tempdir_write(path, content, sizeof content);
    oss_file.stat = lying_stat;
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, 10000), OSS_OK);
    ck_assert_uint_eq(bytes, sizeof content);
    ck_assert_mem_eq(text, content, sizeof content);
    oss_free(text);
    text = NULL;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, 4999), OSS_EINPUT);
    ck_assert_ptr_null(text);
}
END_TEST

/* ---- Writing ---- */

START_TEST(test_writer) {
    const char *path = in_folder("out");
    oss_writer writer = {0};
    ck_assert_int_eq(oss_writer_open(&writer, path), OSS_OK);
    oss_writer_put(&writer, "hello ", 6);
    oss_writer_put(&writer, "", 0);
    oss_writer_put(&writer, "world", 5);
    ck_assert(!oss_file_exists(path)); /* not before it is whole */
    ck_assert_uint_eq(writer.written_bytes, 11);
    ck_assert_int_eq(oss_writer_commit(&writer), OSS_OK);
    expect_content(path, "hello world");
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
    oss_writer_abort(&writer);
    ck_assert_int_eq(oss_writer_commit(&writer), OSS_EBUG);
    expect_content(path, "hello world");
    struct stat info;
    ck_assert_int_eq(chmod(path, 0600), 0); /* what is private stays so */
    ck_assert_int_eq(oss_file_write_all(path, "again", 5), OSS_OK);
    ck_assert(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
}
END_TEST

/* Pieces around the buffer's size, in every mixture, come out in order. */
START_TEST(test_writer_buffers_in_order) {
    enum { TOTAL = 600000 };
    static unsigned char content[TOTAL];
    for (size_t i = 0; i < TOTAL; i++) {
        content[i] = (unsigned char)(i * 7 + i / 251);
    }
    static const size_t pieces[] = {1, 65535, 65536, 65537, 3, 200000, 65536, 10};
    const char *path = in_folder("out");
    oss_writer writer = {0};
    ck_assert_int_eq(oss_writer_open(&writer, path), OSS_OK);
    size_t at = 0;
    for (size_t turn = 0; at < TOTAL; turn++) {
        size_t piece = pieces[turn % 8] < TOTAL - at ? pieces[turn % 8] : TOTAL - at;
        oss_writer_put(&writer, content + at, piece);
        at += piece;
    }
    ck_assert_int_eq(oss_writer_commit(&writer), OSS_OK);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_int_eq(bytes, TOTAL);
    ck_assert(memcmp(text, content, TOTAL) == 0);
    free(text);
}
END_TEST

START_TEST(test_writer_abort_leaves_nothing) {
    const char *path = in_folder("out");
    oss_tempdir_write(path, "old", 3);
    oss_writer writer = {0};
    oss_writer_abort(&writer);
    ck_assert_int_eq(oss_writer_open(&writer, path), OSS_OK);
    oss_writer_put(&writer, "new", 3);
    oss_writer_abort(&writer);
    oss_writer_abort(&writer);
    expect_content(path, "old");
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
}
END_TEST

START_TEST(test_writer_refuses_what_is_no_file) {
    oss_writer writer = {0};
    ck_assert_int_eq(oss_writer_open(&writer, folder), OSS_EUSAGE);
    expect_message("is a folder");
    ck_assert_int_eq(oss_writer_open(&writer, "/dev/null"), OSS_EUSAGE);
    expect_message("cannot write /dev/null");
    ck_assert_int_eq(oss_writer_open(&writer, in_folder("no/such/folder/file")), OSS_EIO);
    expect_message("no/such/folder/file");
    ck_assert(!writer.open);
}
END_TEST

START_TEST(test_write_all_takes_over_a_stale_temporary) {
    const char *path = in_folder("out");
    char stale[600];
    snprintf(stale, sizeof stale, "%s.tmp-%ld", path, (long)getpid());
    oss_tempdir_write(stale, "of a killed process that had our number", 39);
    ck_assert_int_eq(oss_file_write_all(path, "new", 3), OSS_OK);
    expect_content(path, "new");
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
}
END_TEST

START_TEST(test_append) {
    const char *path = in_folder("log");
    ck_assert_int_eq(oss_file_append(path, "one\n", 4), OSS_OK);
    ck_assert_int_eq(oss_file_append(path, "two\n", 4), OSS_OK);
    expect_content(path, "one\ntwo\n");
    ck_assert_int_eq(oss_file_append(in_folder("none/log"), "x", 1), OSS_EIO);
    expect_message("none/log");
}
END_TEST

START_TEST(test_symlink) {
    oss_tempdir_write(in_folder("a"), "A", 1);
    oss_tempdir_write(in_folder("b"), "B", 1);
    const char *path = in_folder("latest");
    char *target = NULL;
    ck_assert_int_eq(oss_file_symlink(path, "a"), OSS_OK);
    expect_content(path, "A");
    ck_assert_int_eq(oss_file_symlink(path, "b"), OSS_OK);
    expect_content(path, "B");
    ck_assert_int_eq(oss_file_read_link(&target, path), OSS_OK);
    ck_assert_str_eq(target, "b");
    oss_free(target);
    ck_assert_int_eq(oss_tempdir_count(folder), 3);
    ck_assert_int_eq(oss_file_symlink(path, "not/there"), OSS_OK); /* may dangle */
    ck_assert(!oss_file_exists(path));
    ck_assert_int_eq(oss_file_read_link(&target, in_folder("a")), OSS_EIO);
    expect_message("/a: ");
    ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
    ck_assert_int_eq(oss_file_symlink(in_folder("sub"), "a"), OSS_EIO); /* a folder is not replaced */
    ck_assert_int_eq(oss_tempdir_count(folder), 4);
}
END_TEST

/* ---- Folders ---- */

START_TEST(test_make_folders) {
    ck_assert_int_eq(oss_file_make_folders(in_folder("a/b/c")), OSS_OK);
    ck_assert(oss_file_is_folder(in_folder("a/b/c")));
    ck_assert_int_eq(oss_file_make_folders(in_folder("a/b/c")), OSS_OK);
    ck_assert_int_eq(oss_file_make_folders(in_folder("a//d/")), OSS_OK);
    ck_assert(oss_file_is_folder(in_folder("a/d")));
    ck_assert_int_eq(oss_file_make_folders("/"), OSS_OK);
    oss_tempdir_write(in_folder("file"), "x", 1);
    ck_assert_int_eq(oss_file_make_folders(in_folder("file")), OSS_EIO);
    ck_assert_int_eq(oss_file_make_folders(in_folder("file/below")), OSS_EIO);
    expect_message("/file");
    ck_assert_int_eq(oss_file_make_folders(""), OSS_EIO);
}
END_TEST

START_TEST(test_make_folders_relative) {
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(oss_file_make_folders("x/y"), OSS_OK);
    ck_assert_int_eq(oss_file_make_folders("z"), OSS_OK);
    ck_assert(oss_file_is_folder("x/y") && oss_file_is_folder("z"));
    ck_assert_int_eq(oss_file_write_all("plain", "p", 1), OSS_OK); /* a bare name: its folder is "." */
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(test_list) {
    char **names = NULL;
    size_t count = 9;
    ck_assert_int_eq(oss_file_list(&names, &count, folder), OSS_OK);
    ck_assert_uint_eq(count, 0);
    oss_file_free_names(names, count);
    static const char *const made[] = {"b", "a", ".hidden", "a.b", "Z"};
    for (size_t i = 0; i < 5; i++) {
        oss_tempdir_write(in_folder(made[i]), "", 0);
    }
    ck_assert_int_eq(oss_file_list(&names, &count, folder), OSS_OK);
    static const char *const sorted[] = {".hidden", "Z", "a", "a.b", "b"};
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(names[i], sorted[i]);
    }
    oss_file_free_names(names, count);
    ck_assert_int_eq(oss_file_list(&names, &count, in_folder("none")), OSS_EIO);
    expect_message("/none");
}
END_TEST

START_TEST(test_remove_tree) {
    ck_assert_int_eq(oss_file_make_folders(in_folder("tree/a/b")), OSS_OK);
    oss_tempdir_write(in_folder("tree/a/b/file"), "x", 1);
    oss_tempdir_write(in_folder("outside"), "keep", 4);
    ck_assert_int_eq(mkdir(in_folder("other"), 0700), 0);
    oss_tempdir_write(in_folder("other/file"), "keep", 4);
    ck_assert_int_eq(symlink("../outside", in_folder("tree/link")), 0);
    ck_assert_int_eq(symlink("../../other", in_folder("tree/a/folder-link")), 0);
    ck_assert_int_eq(oss_file_remove_tree(in_folder("tree")), OSS_OK);
    ck_assert(!oss_file_exists(in_folder("tree")));
    expect_content(in_folder("outside"), "keep");
    expect_content(in_folder("other/file"), "keep");
    ck_assert_int_eq(oss_file_remove_tree(in_folder("tree")), OSS_OK); /* missing: fine */
    ck_assert_int_eq(oss_file_remove_tree(in_folder("outside")), OSS_OK);
    ck_assert(!oss_file_exists(in_folder("outside")));
    ck_assert_int_eq(oss_file_remove_tree(in_folder("other/file/below")), OSS_EIO);
}
END_TEST

START_TEST(test_rename_and_exists) {
    oss_tempdir_write(in_folder("from"), "x", 1);
    oss_tempdir_write(in_folder("to"), "y", 1);
    ck_assert(oss_file_exists(in_folder("from")));
    ck_assert(!oss_file_is_folder(in_folder("from")));
    ck_assert_int_eq(oss_file_rename(in_folder("from"), in_folder("to")), OSS_OK);
    ck_assert(!oss_file_exists(in_folder("from")));
    expect_content(in_folder("to"), "x");
    ck_assert_int_eq(oss_file_rename(in_folder("from"), in_folder("to")), OSS_EIO);
    expect_message("/from to ");
}
END_TEST

START_TEST(test_lock) {
    const char *path = in_folder("lock");
    int fd = -1;
    ck_assert_int_eq(oss_file_lock(&fd, path), OSS_OK);
    int other = -1;
    ck_assert_int_eq(oss_file_lock(&other, path),
                     OSS_EUSAGE); /* flock counts descriptors, so this is another holder */
    expect_message("is locked: another process");
    ck_assert_int_eq(other, -1);
    pid_t child = fork();
    if (child == 0) {
        _exit(oss_file_lock(&other, path) == OSS_EUSAGE ? 0 : 1);
    }
    int result = -1;
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(result, 0);
    oss_file_unlock(fd);
    ck_assert_int_eq(oss_file_lock(&other, path), OSS_OK);
    oss_file_unlock(other);
    ck_assert_int_eq(oss_file_lock(&fd, in_folder("none/lock")), OSS_EIO);
}
END_TEST

/* A lock is not inherited by programs that are started, nor is any file of ours. */
START_TEST(test_descriptors_close_on_exec) {
    int fd = -1;
    ck_assert_int_eq(oss_file_lock(&fd, in_folder("lock")), OSS_OK);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    oss_file_unlock(fd);
    oss_writer writer = {0};
    ck_assert_int_eq(oss_writer_open(&writer, in_folder("out")), OSS_OK);
    ck_assert_int_eq(fcntl(writer.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    oss_writer_abort(&writer);
}
END_TEST

/* ---- npy ---- */

START_TEST(test_npy) {
    const char *path = in_folder("x.npy");
    const float x[6] = {1.0f, -2.0f, 0.5f, 3.25f, -0.0f, 1e30f};
    ck_assert_int_eq(oss_npy_write(path, x, 2, 3), OSS_OK);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_int_eq(bytes, 128 + 24);
    ck_assert_mem_eq(text, "\x93NUMPY\x01\x00\x76\x00", 10);
    static const char dict[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    ck_assert_mem_eq(text + 10, dict, sizeof dict - 1);
    for (size_t i = 10 + sizeof dict - 1; i < 127; i++) {
        ck_assert_int_eq(text[i], ' ');
    }
    ck_assert_int_eq(text[127], '\n');
    ck_assert_mem_eq(text + 128, x, 24);
    free(text);
    ck_assert_int_eq(oss_npy_write(path, x, 0, 3), OSS_OK);
    ck_assert_int_eq(oss_npy_write(path, x, -1, 3), OSS_EBUG);
    ck_assert_int_eq(oss_npy_write(path, x, INT64_MAX, INT64_MAX), OSS_EBUG);
    ck_assert_int_eq(oss_npy_write(in_folder("none/x.npy"), x, 2, 3), OSS_EIO);
    expect_message("none/x.npy");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file, base/npy");
    TCase *file = tcase_create("file");
    tcase_add_checked_fixture(file, make_folder, remove_folder);
    tcase_add_test(file, test_read_all);
    tcase_add_test(file, test_read_all_refuses_what_is_no_file);
    tcase_add_test(file, test_read_all_of_a_growing_file);
    tcase_add_test(file, test_writer);
    tcase_add_test(file, test_writer_buffers_in_order);
    tcase_add_test(file, test_writer_abort_leaves_nothing);
    tcase_add_test(file, test_writer_refuses_what_is_no_file);
    tcase_add_test(file, test_write_all_takes_over_a_stale_temporary);
    tcase_add_test(file, test_append);
    tcase_add_test(file, test_symlink);
    tcase_add_test(file, test_make_folders);
    tcase_add_test(file, test_make_folders_relative);
    tcase_add_test(file, test_list);
    tcase_add_test(file, test_remove_tree);
    tcase_add_test(file, test_rename_and_exists);
    tcase_add_test(file, test_lock);
    tcase_add_test(file, test_descriptors_close_on_exec);
    tcase_add_test(file, test_npy);
    suite_add_tcase(suite, file);
    return suite;
}
