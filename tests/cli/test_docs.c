/* ossicle-docs, which writes what the documents say of options and config keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/program.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char *const command[] = {
    "train",   "bench",    "eval",       "transcribe", "embed",  "features", "info",      "import",
    "average", "check",    "vocab",      "augment",    "report", "quantize", "calibrate", "listen",
    "lm info", "lm score", "lm convert", "lm build",   "tune",   "align",    "score",     "fsck"};
enum { COMMANDS = sizeof command / sizeof *command, TEXT_BYTES = 4096 };

static oss_program_run run_docs(const char *option, const char *path) {
    char *program = oss_program_path("ossicle-docs");
    const char *const words[] = {program, option == NULL ? path : option, option == NULL ? NULL : path, NULL};
    oss_program_run run = oss_program_start(words, OSS_STDOUT_KEEP);
    free(program);
    return run;
}

/* A document with a region for each command but `without`, in text[TEXT_BYTES]. */
static void write_regions(char *text, const char *without) {
    int length = snprintf(text, TEXT_BYTES, "# Prose before\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        if (without == NULL || strcmp(command[i], without) != 0) {
            length +=
                snprintf(text + length, (size_t)(TEXT_BYTES - length),
                         "<!-- options: %s -->\nold\n<!-- end -->\nprose of %s\n", command[i], command[i]);
        }
    }
}

START_TEST(test_regions_are_renewed_and_prose_stays) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "commands.md");
    char text[TEXT_BYTES];
    write_regions(text, NULL);
    oss_tempdir_write(path, text, (long)strlen(text));
    oss_program_run run = run_docs("--check", path);
    oss_program_expect(&run, 1);
    oss_program_expect_out(&run, "commands.md:4: not what the tables");
    oss_program_run_deinit(&run);
    char *kept = oss_tempdir_read(path, NULL);
    ck_assert_str_eq(kept, text); /* --check writes nothing */
    free(kept);
    run = run_docs(NULL, path);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    char *renewed = oss_tempdir_read(path, NULL);
    static const char begin[] = "# Prose before\n\n<!-- options: train -->\n```\nossicle train [";
    ck_assert_msg(strncmp(renewed, begin, strlen(begin)) == 0, "%s", renewed);
    ck_assert_ptr_nonnull(strstr(renewed, "\n<!-- end -->\nprose of augment\n"));
    ck_assert_ptr_nonnull(strstr(renewed, "\n| `--csv FILE` | "));
    ck_assert_ptr_null(strstr(renewed, "old\n"));
    free(renewed);
    run = run_docs("--check", path);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

static void expect_refused(const char *text, const char *says) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "bad.md");
    oss_tempdir_write(path, text, (long)strlen(text));
    oss_program_run run = run_docs(NULL, path);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, says);
    oss_program_run_deinit(&run);
    char *kept = oss_tempdir_read(path, NULL);
    ck_assert_str_eq(kept, text);
    free(kept);
    free(path);
    oss_tempdir_remove(folder);
}

START_TEST(test_a_command_that_is_not_told_is_missed) {
    char text[TEXT_BYTES];
    write_regions(text, "embed");
    expect_refused(text, "no region for the options of embed");
    expect_refused("<!-- keys: text -->\n<!-- end -->\n",
                   "no region for the keys of the section \"front end\"");
}
END_TEST

START_TEST(test_bad_marks) {
    expect_refused("a\n<!-- options: eval -->\nno end\n",
                   "bad.md: line 2: no end of the region \"options: eval\"");
    expect_refused("<!-- commands -->\n<!-- options: eval -->\n<!-- end -->\n", "line 1: no end");
    expect_refused("<!-- options: evla -->\n<!-- end -->\n", "there is no command \"evla\"");
    expect_refused("<!-- options: eval -->\n<!-- end -->\n<!-- options: eval -->\n<!-- end -->\n",
                   "line 3: options: there is no command \"eval\", or it is there twice");
    expect_refused("<!-- keys: texts -->\n<!-- end -->\n", "there is no section \"texts\"");
}
END_TEST

START_TEST(test_the_manual) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "ossicle.1");
    const char *text = ".Sh COMMANDS\n.\\\" manual\n.\\\" end\n.Sh FILES\n";
    oss_tempdir_write(path, text, (long)strlen(text));
    oss_program_run run = run_docs(NULL, path);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    char *renewed = oss_tempdir_read(path, NULL);
    for (int i = 0; i < COMMANDS; i++) {
        char section[40];
        snprintf(section, sizeof section, "\n.Ss %s\n", command[i]);
        ck_assert_msg(strstr(renewed, section) != NULL, "no %s", section);
    }
    ck_assert_ptr_nonnull(strstr(renewed, "\n.It Fl -csv Ar FILE\n"));
    ck_assert_ptr_nonnull(strstr(renewed, "\n.\\\" end\n.Sh FILES\n"));
    free(renewed);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/docs");
    TCase *regions = tcase_create("regions");
    tcase_add_test(regions, test_regions_are_renewed_and_prose_stays);
    tcase_add_test(regions, test_a_command_that_is_not_told_is_missed);
    tcase_add_test(regions, test_bad_marks);
    tcase_add_test(regions, test_the_manual);
    suite_add_tcase(suite, regions);
    return suite;
}
