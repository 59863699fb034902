/* Which recordings a command line of `transcribe` names, in which order, and where their results have their place. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static oss_cli_case c;

static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

/* A recording; every file of another kind would be complained of. */
static void record(const char *name) {
    char *path = oss_tempdir_path(c.folder, name);
    oss_tempdir_make_folders(path);
    ck_assert_int_eq(link(c.three, path), 0);
    free(path);
}

/* Names that are joined by line feeds are transcribed in this order, and nothing else is said. */
static void expect_order(const oss_program_run *run, const char *names) {
    char want[2000] = "";
    size_t used = 0;
    for (const char *at = names; *at != '\0'; at += strcspn(at, "\n") + 1) {
        used +=
            (size_t)snprintf(want + used, sizeof want - used, "%.*s\ta a a\n", (int)strcspn(at, "\n"), at);
    }
    ck_assert_str_eq(run->err, "");
    ck_assert_str_eq(run->out, want);
}

START_TEST(test_a_folder_is_searched) {
    static const char *const names[] = {"r/b.wav",    "r/a-b.wav", "r/a.flac",     "r/a/x.OPUS",
                                        "r/a.txt",    "r/.c.wav",  "r/.d/e.wav",   "r/a/deep/y.Mp3",
                                        "r/._b.wav",  "r/wav",     "r/f.wav.part", "r/g.tar.m4a",
                                        "r/h/i.json", "other.wav", "r/a.wav"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        record(names[i]);
    }
    /* In the order of their names without extensions, so that a table of them is sorted. */
    static const char found[] =
        "r/a.flac\nr/a.wav\nr/a-b.wav\nr/a/deep/y.Mp3\nr/a/x.OPUS\nr/b.wav\nr/g.tar.m4a\n";
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "r");
    oss_program_expect(&run, 0);
    expect_order(&run, found);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, "r/h", "r/");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "ossicle transcribe: r/h: no recording is in this folder (");
    oss_program_expect_out(&run, "r/a.flac\ta a a\nr/a.wav\ta a a\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, "r/h");
    oss_program_expect(&run, 3);
    oss_program_run_deinit(&run);
}
END_TEST

/* A folder is many, whatever is in it; and one that is named may be hidden. */
START_TEST(test_a_folder_of_one) {
    record(".r/a.wav");
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, ".r");
    oss_program_expect(&run, 0);
    expect_order(&run, ".r/a.wav\n");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_links) {
    record("r/a.wav");
    record("elsewhere/b.wav");
    record("elsewhere/c");
    ck_assert_int_eq(symlink("../r", "r/in-itself"), 0);
    ck_assert_int_eq(symlink(".", "r/self"), 0);
    ck_assert_int_eq(symlink("../elsewhere", "r/e"), 0);
    ck_assert_int_eq(symlink("../r", "elsewhere/back"), 0);
    ck_assert_int_eq(symlink("../elsewhere/c", "r/d.wav"), 0);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "r");
    oss_program_expect(&run, 0);
    expect_order(&run, "r/a.wav\nr/d.wav\nr/e/b.wav\n");
    oss_program_run_deinit(&run);
    ck_assert_int_eq(symlink("nowhere", "r/f.wav"), 0); /* is not passed by in silence */
    run = oss_run_ossicle("transcribe", "--model", c.model, "r");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "r/f.wav");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_a_folder_that_cannot_be_read) {
    record("r/a.wav");
    record("r/no/b.wav");
    record("r/z.wav");
    ck_assert_int_eq(chmod("r/no", 0), 0);
    if (access("r/no", R_OK) != 0) { /* root may read all */
        oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "r");
        oss_program_expect(&run, 1);
        oss_program_expect_err(&run, "r/no");
        ck_assert_str_eq(run.out, "r/a.wav\ta a a\nr/z.wav\ta a a\n");
        oss_program_run_deinit(&run);
    }
    ck_assert_int_eq(chmod("r/no", 0700), 0);
}
END_TEST

/* ---- Lists ---- */

static void write_list(const void *bytes, size_t count) {
    char *path = oss_tempdir_path(c.folder, "names");
    oss_tempdir_write(path, bytes, (long)count);
    free(path);
}

START_TEST(test_lists_of_names) {
    static const char lines[] = "\xef\xbb\xbfs/b.wav\r\n\nr\n a b.wav\n./s/../s//c";
    record("r/a.wav");
    record("s/b.wav");
    record("s/c");
    record(" a b.wav");
    record("odd\nname.wav");
    write_list(lines, sizeof lines - 1);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "--list", "names", "s");
    oss_program_expect(&run, 0);
    expect_order(&run, "s/b.wav\ns/b.wav\nr/a.wav\n a b.wav\n./s/../s//c\n");
    oss_program_run_deinit(&run);
    write_list("odd\nname.wav\0r", 14);
    run = oss_run_ossicle("transcribe", "--model", c.model, "--list=names");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "odd\\nname.wav\ta a a\nr/a.wav\ta a a\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, "--list=names", "--output-dir=out");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(access("out/odd\nname.txt", F_OK), 0); /* names of a list keep their folders */
    ck_assert_int_eq(access("out/r/a.txt", F_OK), 0);
    oss_program_run_deinit(&run);
    write_list("../no/../s/./b.wav", 18);
    ck_assert_int_eq(mkdir("no", 0700), 0);
    ck_assert_int_eq(chdir("no"), 0);
    run = oss_run_ossicle("transcribe", "--model", c.model, "--list=../names", "--output-dir=../out");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(access("../out/no/s/b.txt", F_OK), 0); /* never outside of the folder */
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_lists_that_name_nothing) {
    static const char *const says[] = {"names: names no recording", "nowhere",
                                       "standard input: names no recording"};
    static const char *const list[] = {"names", "nowhere", "-"};
    write_list("\n\r\n", 3);
    for (int i = 0; i < 3; i++) {
        oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "--list", list[i]);
        oss_program_expect(&run, 3);
        oss_program_expect_err(&run, says[i]);
        oss_program_run_deinit(&run);
    }
    record("itself.wav");
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "--list", "itself.wav");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "itself.wav: a recording, where --list wants names of recordings");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "is missing: ");
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/recording_list");
    TCase *tests = tcase_create("recording list");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_a_folder_is_searched);
    tcase_add_test(tests, test_a_folder_of_one);
    tcase_add_test(tests, test_links);
    tcase_add_test(tests, test_a_folder_that_cannot_be_read);
    tcase_add_test(tests, test_lists_of_names);
    tcase_add_test(tests, test_lists_that_name_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
