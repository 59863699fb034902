/* Every call that a durable write makes is made to fail, one after the other, in the ways that disks fail.
 * Afterwards the old or the new content is there, whole; no temporary stays; the message names the path. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/npy.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { NEW_BYTES = 200000 }; /* more than the writer's buffer: several writes */

static char *folder;
static char *path;
static char old_content[1000];
static char new_content[NEW_BYTES];

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "kept");
    memset(old_content, 'o', sizeof old_content);
    for (size_t i = 0; i < NEW_BYTES; i++) {
        new_content[i] = (char)('a' + i % 26);
    }
    oss_tempdir_write(path, old_content, sizeof old_content);
    oss_faults_install();
}

static void tear_down(void) {
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    free(path);
    oss_tempdir_remove(folder);
}

static oss_status write_new(void) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    oss_writer_put(&writer, new_content, 10);
    oss_writer_put(&writer, new_content + 10, 100000);
    oss_writer_put(&writer, new_content + 100010, NEW_BYTES - 100010);
    return oss_writer_commit(&writer);
}

typedef enum content { OLD, NEW, THIRD } content;

static content look(void) {
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    content found = THIRD;
    if (text != NULL && bytes == sizeof old_content && memcmp(text, old_content, sizeof old_content) == 0) {
        found = OLD;
    } else if (text != NULL && bytes == NEW_BYTES && memcmp(text, new_content, NEW_BYTES) == 0) {
        found = NEW;
    }
    free(text);
    return found;
}

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void expect_clean(int64_t k, oss_status status, oss_status wanted, int descriptors) {
    ck_assert_msg(status == wanted, "call %d: %s, not %s (%s)", (int)k, oss_status_name(status),
                  oss_status_name(wanted), oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), folder) != NULL, "call %d: no path in \"%s\"", (int)k,
                  oss_last_error());
    ck_assert_msg(!oss_tempdir_has(folder, ".tmp-"), "call %d: a temporary stayed", (int)k);
    ck_assert_msg(count_descriptors() == descriptors, "call %d: a descriptor stayed open", (int)k);
}

/* Fails call k of a kind until k is past the last one; returns how many calls there were. */
static int64_t fail_each(oss_call kind, int error_number, oss_status wanted) {
    int descriptors = count_descriptors();
    for (int64_t k = 1;; k++) {
        oss_tempdir_write(path, old_content, sizeof old_content);
        oss_faults_fail(kind, k, error_number);
        oss_status status = write_new();
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            ck_assert_int_eq(look(), NEW);
            return k - 1;
        }
        ck_assert_msg(look() != THIRD, "call %d: neither the old nor the new content", (int)k);
        if (status == OSS_OK) {
            ck_assert_int_eq(look(), NEW); /* a call whose failure does no harm, such as closing a folder */
            ck_assert(!oss_tempdir_has(folder, ".tmp-"));
        } else {
            expect_clean(k, status, wanted, descriptors);
        }
    }
}

START_TEST(test_each_call_fails_once) {
    /* stat, open, writes, fsync, close, rename, and of the folder open, fsync, close */
    ck_assert_int_ge(fail_each(OSS_CALL_ANY_FILE, EIO, OSS_EIO), 11);
    ck_assert_int_ge(fail_each(OSS_CALL_ANY_CHANGE, ENOSPC, OSS_ENOSPC), 6);
    ck_assert_int_ge(fail_each(OSS_CALL_WRITE, EDQUOT, OSS_ENOSPC), 2);
}
END_TEST

/* Failures that must be reported, each with what must be there afterwards. */
START_TEST(test_failures_that_count) {
    static const struct {
        oss_call kind;
        int64_t nth;
        content wanted;
    } row[] = {{OSS_CALL_OPEN, 1, OLD},  {OSS_CALL_WRITE, 1, OLD}, {OSS_CALL_WRITE, 3, OLD},
               {OSS_CALL_FSYNC, 1, OLD}, {OSS_CALL_CLOSE, 1, OLD}, {OSS_CALL_RENAME, 1, OLD},
               {OSS_CALL_OPEN, 2, NEW},  {OSS_CALL_FSYNC, 2, NEW}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        oss_tempdir_write(path, old_content, sizeof old_content);
        oss_faults_fail(row[i].kind, row[i].nth, EIO);
        ck_assert_msg(write_new() == OSS_EIO, "row %zu was not reported", i);
        ck_assert(oss_faults_clear());
        ck_assert_msg(look() == row[i].wanted, "row %zu", i);
        ck_assert(strstr(oss_last_error(), "Input/output error") != NULL);
    }
}
END_TEST

/* From call k on nothing works any more, as after a crash or with the disk pulled out: only temporaries may
 * be left over. */
START_TEST(test_everything_fails_from_a_call_on) {
    for (int64_t k = 1;; k++) {
        oss_tempdir_write(path, old_content, sizeof old_content);
        oss_faults_fail_from(OSS_CALL_ANY_CHANGE, k, EIO);
        oss_status status = write_new();
        bool fired = oss_faults_clear();
        ck_assert_msg(look() != THIRD, "call %d", (int)k);
        ck_assert(fired == (status != OSS_OK));
        if (!fired) {
            break;
        }
    }
    ck_assert_int_eq(write_new(), OSS_OK); /* what was left over is no obstacle */
    ck_assert_int_eq(look(), NEW);
}
END_TEST

START_TEST(test_full_disk_at_every_place) {
    static const size_t room[] = {0, 1, 9, 10, 11, 65536, 100009, 100010, 150000, NEW_BYTES - 1};
    int descriptors = count_descriptors();
    for (size_t i = 0; i < sizeof room / sizeof room[0]; i++) {
        oss_faults_disk_full_after(room[i]);
        oss_status status = write_new();
        oss_faults_clear();
        ck_assert_int_eq(look(), OLD);
        expect_clean((int64_t)i, status, OSS_ENOSPC, descriptors);
        ck_assert(strstr(oss_last_error(), "No space left") != NULL);
    }
    oss_faults_disk_full_after(NEW_BYTES);
    ck_assert_int_eq(write_new(), OSS_OK);
    ck_assert_int_eq(look(), NEW);
}
END_TEST

START_TEST(test_interrupted_and_short_calls_are_gone_on_with) {
    oss_faults_interrupt();
    oss_faults_short(777);
    ck_assert_int_eq(write_new(), OSS_OK);
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(oss_file_read_all(&text, &bytes, path, NEW_BYTES), OSS_OK);
    oss_faults_clear();
    ck_assert_uint_eq(bytes, NEW_BYTES);
    ck_assert(memcmp(text, new_content, NEW_BYTES) == 0);
    oss_free(text);
    ck_assert_int_ge(oss_faults_count(OSS_CALL_WRITE), 2 * NEW_BYTES / 777);
    int fd = -1;
    char *lock = oss_tempdir_path(folder, "lock");
    oss_faults_interrupt();
    ck_assert_int_eq(oss_file_lock(&fd, lock), OSS_OK);
    ck_assert_int_eq(oss_file_append(path, "x", 1), OSS_OK);
    oss_faults_clear();
    oss_file_unlock(fd);
    free(lock);
}
END_TEST

/* Nothing is asked for once the new content is in place: who is told that it failed has the old. */
START_TEST(test_short_memory) {
    for (int64_t k = 1;; k++) {
        oss_tempdir_write(path, old_content, sizeof old_content);
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = write_new();
        bool fired = oss_faults_clear();
        ck_assert_int_eq(look(), status == OSS_OK ? NEW : OLD);
        ck_assert(!oss_tempdir_has(folder, ".tmp-"));
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            break;
        }
    }
}
END_TEST

/* The first failure is what commit reports, whatever was said on this thread in between. */
START_TEST(test_commit_reports_the_first_failure) {
    oss_writer writer = {0};
    ck_assert_int_eq(oss_writer_open(&writer, path), OSS_OK);
    oss_faults_fail(OSS_CALL_WRITE, 1, ENOSPC);
    oss_writer_put(&writer, new_content, 100000);
    ck_assert(oss_faults_clear());
    int64_t writes = oss_faults_count(OSS_CALL_WRITE);
    oss_writer_put(&writer, new_content, 100000);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_WRITE), writes); /* nothing after a failure */
    (void)oss_fail(OSS_EINPUT, "something else");
    ck_assert_int_eq(oss_writer_commit(&writer), OSS_ENOSPC);
    ck_assert(strstr(oss_last_error(), "No space left") != NULL && strstr(oss_last_error(), path) != NULL);
    ck_assert_int_eq(look(), OLD);
}
END_TEST

/* ---- symlink ---- */

START_TEST(test_symlink_replacement) {
    char *link = oss_tempdir_path(folder, "latest");
    int64_t calls = 0;
    for (int64_t k = 1;; k++) {
        ck_assert_int_eq(oss_file_symlink(link, "old-target"), OSS_OK);
        oss_faults_fail(OSS_CALL_ANY_FILE, k, EIO);
        oss_status status = oss_file_symlink(link, "new-target");
        bool fired = oss_faults_clear();
        char target[64] = "";
        ck_assert_int_gt(readlink(link, target, sizeof target - 1), 0);
        bool is_new = strcmp(target, "new-target") == 0;
        ck_assert_msg(is_new || strcmp(target, "old-target") == 0, "call %d: points to %s", (int)k, target);
        ck_assert(!oss_tempdir_has(folder, ".tmp-"));
        ck_assert_msg(status != OSS_OK || is_new, "call %d: no failure and the old target", (int)k);
        ck_assert_msg(status == OSS_OK || strstr(oss_last_error(), folder) != NULL, "%s", oss_last_error());
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            calls = k - 1;
            break;
        }
    }
    ck_assert_int_ge(calls, 5); /* symlink, rename, and of the folder open, fsync, close */
    free(link);
}
END_TEST

/* ---- The others: every failure is reported, names a path, leaks nothing ---- */

static oss_status make_folders(void) {
    char *deep = oss_tempdir_path(folder, "a/b");
    oss_status status = oss_file_make_folders(deep);
    free(deep);
    return status;
}

static oss_status remove_tree(void) {
    char *tree = oss_tempdir_path(folder, "a");
    oss_status status = oss_file_remove_tree(tree);
    free(tree);
    return status;
}

static oss_status list(void) {
    char **names = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&names, &count, folder);
    oss_file_free_names(names, count);
    return status;
}

static oss_status read_all(void) {
    char *text = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&text, &bytes, path, 1 << 20);
    oss_free(text);
    return status;
}

static oss_status lock(void) {
    int fd = -1;
    oss_status status = oss_file_lock(&fd, path);
    if (status == OSS_OK) {
        oss_file_unlock(fd);
    }
    return status;
}

static oss_status write_npy(void) {
    const float x[4] = {1, 2, 3, 4};
    return oss_npy_write(path, x, 2, 2);
}

static oss_status rename_file(void) {
    oss_tempdir_write(path, "x", 1);
    char *to = oss_tempdir_path(folder, "renamed");
    oss_status status = oss_file_rename(path, to);
    free(to);
    return status;
}

/* The close or stat of something that was only read does no harm when it fails; everything else is reported. */
static bool is_harmless(oss_call kind) {
    return kind == OSS_CALL_CLOSE || kind == OSS_CALL_CLOSEDIR || kind == OSS_CALL_STAT;
}

static int64_t fail_each_call(oss_status (*act)(void), oss_call kind, int error_number, bool strict) {
    int descriptors = count_descriptors();
    for (int64_t k = 1;; k++) {
        (void)make_folders();
        oss_tempdir_write(path, "some content", 12);
        oss_faults_fail(kind, k, error_number);
        oss_status status = act();
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            return k - 1;
        }
        ck_assert_msg(!strict || status != OSS_OK, "call %d of kind %d failed and nobody said so", (int)k,
                      (int)kind);
        ck_assert_msg(status == OSS_OK || error_number == ENOMEM || strstr(oss_last_error(), folder) != NULL,
                      "%s", oss_last_error());
        ck_assert_int_eq(count_descriptors(), descriptors);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert(!oss_tempdir_has(folder, ".tmp-"));
    }
}

static oss_status make_new_folders(void) {
    oss_status status = remove_tree();
    return status == OSS_OK ? make_folders() : status;
}

START_TEST(test_other_calls_report_every_failure) {
    oss_status (*const acts[])(void) = {make_new_folders, remove_tree, list, read_all, lock,
                                        write_npy,        rename_file};
    int64_t failed = 0;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        for (int kind = OSS_CALL_OPEN; kind < OSS_CALL_KINDS; kind++) {
            failed += fail_each_call(acts[i], (oss_call)kind, EIO, !is_harmless((oss_call)kind));
        }
        failed += fail_each_call(acts[i], OSS_CALL_ANY_HEAP, ENOMEM, true);
    }
    ck_assert_int_ge(failed, 60);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file under failures");
    TCase *file = tcase_create("faults");
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_set_timeout(file, 30);
    tcase_add_test(file, test_each_call_fails_once);
    tcase_add_test(file, test_failures_that_count);
    tcase_add_test(file, test_everything_fails_from_a_call_on);
    tcase_add_test(file, test_full_disk_at_every_place);
    tcase_add_test(file, test_interrupted_and_short_calls_are_gone_on_with);
    tcase_add_test(file, test_short_memory);
    tcase_add_test(file, test_commit_reports_the_first_failure);
    tcase_add_test(file, test_symlink_replacement);
    tcase_add_test(file, test_other_calls_report_every_failure);
    suite_add_tcase(suite, file);
    return suite;
}
