/* Files that appear whole: under which name, with which permissions, through which links. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_cases.h"
#include "support/suite.h"

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

/* What a killed process left, or one with our number on another machine is writing, is not ours. */
START_TEST(test_writer_leaves_other_temporaries_alone) {
    const char *path = in_folder("out");
    enum { OTHERS = 3 };
    char other[OTHERS][600];
    oss_writer first = {0};
    unsigned next = 0;
    ck_assert_int_eq(oss_writer_open(&first, path), OSS_OK);
    ck_assert_int_eq(sscanf(strrchr(first.temporary, '-'), "-%u", &next), 1);
    for (unsigned i = 0; i < OTHERS; i++) {
        snprintf(other[i], sizeof other[i], "%s/ossicle.tmp-%ld-%u", folder, (long)getpid(), next + 1 + i);
        oss_tempdir_write(other[i], "not ours", 8);
    }
    ck_assert_int_eq(oss_file_write_all(path, "new", 3), OSS_OK);
    expect_content(path, "new");
    for (unsigned i = 0; i < OTHERS; i++) {
        expect_content(other[i], "not ours");
    }
    oss_writer_put(&first, "late", 4); /* two that write one file do not mix */
    ck_assert_int_eq(oss_writer_commit(&first), OSS_OK);
    expect_content(path, "late");
    ck_assert_int_eq(oss_tempdir_count(folder), 1 + OTHERS);
}
END_TEST

START_TEST(test_writer_takes_long_names) {
    char name[NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    for (size_t bytes = 240; bytes <= NAME_MAX; bytes++) {
        name[bytes] = '\0';
        const char *path = in_folder(name);
        ck_assert_msg(oss_file_write_all(path, "long", 4) == OSS_OK, "%s", oss_last_error());
        expect_content(path, "long");
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(oss_file_symlink(path, "target"), OSS_OK);
        ck_assert_int_eq(unlink(path), 0);
        name[bytes] = 'n';
    }
    name[NAME_MAX + 1] = '\0';
    ck_assert_int_eq(oss_file_write_all(in_folder(name), "long", 4), OSS_EIO);
    expect_message("cannot write ");
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

START_TEST(test_writer_keeps_permissions) {
    static const mode_t modes[] = {0600, 0644, 0666, 0640, 0777, 0400};
    static const mode_t masks[] = {0, 022, 077};
    const char *path = in_folder("out");
    struct stat info;
    for (int m = 0; m < 3; m++) {
        mode_t before = umask(masks[m]);
        for (int i = 0; i < 6; i++) {
            oss_tempdir_write(path, "old", 3);
            ck_assert_int_eq(chmod(path, modes[i]), 0);
            ck_assert_int_eq(oss_file_write_all(path, "new", 3), OSS_OK);
            ck_assert_int_eq(stat(path, &info), 0);
            ck_assert_msg((info.st_mode & 0777) == modes[i], "%o became %o under %o", modes[i],
                          info.st_mode & 0777, masks[m]);
            ck_assert_int_eq(unlink(path), 0);
        }
        ck_assert_int_eq(oss_file_write_all(path, "new", 3), OSS_OK);
        ck_assert(stat(path, &info) == 0 && (info.st_mode & 0777) == (0666 & ~masks[m]));
        ck_assert_int_eq(unlink(path), 0);
        (void)umask(before);
    }
}
END_TEST

static void expect_link(const char *name, const char *target) {
    char text[PATH_MAX] = "";
    ck_assert_int_gt(readlink(in_folder(name), text, sizeof text - 1), 0);
    ck_assert_str_eq(text, target);
}

START_TEST(test_writer_writes_what_a_link_names) {
    ck_assert_int_eq(mkdir(in_folder("far"), 0700), 0);
    oss_tempdir_write(in_folder("far/file"), "old", 3);
    ck_assert_int_eq(chmod(in_folder("far/file"), 0640), 0);
    ck_assert_int_eq(symlink("file", in_folder("far/near")), 0); /* is of its own folder */
    ck_assert_int_eq(symlink("far/near", in_folder("out")), 0);
    ck_assert_int_eq(oss_file_write_all(in_folder("out"), "new", 3), OSS_OK);
    expect_link("out", "far/near");
    expect_link("far/near", "file");
    expect_content(in_folder("far/file"), "new");
    struct stat info;
    ck_assert(lstat(in_folder("far/file"), &info) == 0 && S_ISREG(info.st_mode));
    ck_assert_int_eq(info.st_mode & 0777, 0640);
    ck_assert_int_eq(symlink("far/made", in_folder("dangling")), 0);
    ck_assert_int_eq(oss_file_write_all(in_folder("dangling"), "made", 4), OSS_OK);
    expect_link("dangling", "far/made");
    expect_content(in_folder("far/made"), "made");
    ck_assert_int_eq(symlink("circle", in_folder("circle")), 0);
    ck_assert_int_eq(oss_file_write_all(in_folder("circle"), "x", 1), OSS_EIO);
    expect_message("/circle: ");
    ck_assert_int_eq(symlink("far", in_folder("to-folder")), 0);
    ck_assert_int_eq(oss_file_write_all(in_folder("to-folder"), "x", 1), OSS_EUSAGE);
    ck_assert_int_eq(oss_tempdir_count(folder), 5);
    ck_assert_int_eq(oss_tempdir_count(in_folder("far")), 3);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file: writing");
    TCase *file = tcase_create("writer");
    tcase_add_checked_fixture(file, make_folder, remove_folder);
    tcase_add_test(file, test_writer);
    tcase_add_test(file, test_writer_buffers_in_order);
    tcase_add_test(file, test_writer_abort_leaves_nothing);
    tcase_add_test(file, test_writer_refuses_what_is_no_file);
    tcase_add_test(file, test_writer_leaves_other_temporaries_alone);
    tcase_add_test(file, test_writer_takes_long_names);
    tcase_add_test(file, test_writer_keeps_permissions);
    tcase_add_test(file, test_writer_writes_what_a_link_names);
    suite_add_tcase(suite, file);
    return suite;
}
