/* Every command whose results go to standard output fails when that is closed or full, and says so: --help, --version and
 * the commands themselves. One that is not in the table below fails the test. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static oss_cli_case c;

static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
    oss_cli_case_write_texts(&c);
    char many[1000] = "wav,text\n";
    for (int i = 0; i < 7;
         i++) { /* 20 words that are right and 20 that are not: calibrate asks for as many */
        strcat(many, "three.wav,a a a\nfive.wav,a a\n");
    }
    oss_cli_case_write(&c, "many.csv", many);
    oss_cli_case_write(&c, "text.txt", "a\n");
    ck_assert_int_eq(mkdir("run", 0700), 0);
    oss_cli_case_write(&c, "run/config.json", "{\"train_csv\": \"set.csv\"}");
    oss_program_run run = oss_run_ossicle("lm", "convert", "-o", "tiny.lm", "tiny.arpa");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    ck_assert_int_eq(setenv("OSSICLE_MODEL", "model.safetensors", 1), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(unsetenv("OSSICLE_MODEL"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

/* "-": the results of the command are files, or are tested elsewhere. */
static const char *const commands[][9] = {
    {"--help"},
    {"--version"},
    {"help", "train"},
    {"help", "lm build"},
    {"train", "-"},
    {"bench", "--only", "mel", "--runs", "7"},
    {"eval", "--csv", "set.csv"},
    {"transcribe", "three.wav"},
    {"align", "--text", "a", "five.wav"},
    {"listen", "-"}, /* of standard input: tests/cli/test_listen.c */
    {"embed", "-"},
    {"features", "-"},
    {"info"},
    {"import", "-"},
    {"average", "-"},
    {"quantize", "-"},
    {"calibrate", "--csv", "many.csv", "-o", "out", "model.safetensors"},
    {"tune", "--csv", "set.csv", "--lm", "tiny.lm", "--dry-run"},
    {"check", "--csv", "set.csv"},
    {"vocab", "--units", "char", "--csv", "set.csv"},
    {"augment", "--json", "-o", "out.wav", "three.wav"},
    {"report", "run"},
    {"fsck", "run"},
    {"score", "--ref", "set.csv", "--hyp", "set.csv"},
    {"lm info", "tiny.lm"},
    {"lm score", "--lm", "tiny.lm", "text.txt"},
    {"lm convert", "-"},
    {"lm build", "--order", "2", "-o", "out.lm", "text.txt"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static oss_program_run run_command(int i, oss_program_stdout where) {
    const char *word[11] = {NULL};
    char first[20];
    int words = 0;
    snprintf(first, sizeof first, "%s", commands[i][0]);
    for (char *part = strtok(first, " "); part != NULL; part = strtok(NULL, " ")) {
        word[words++] = part;
    }
    for (int k = 1; k < 9 && commands[i][k] != NULL; k++) {
        word[words++] = commands[i][k];
    }
    return oss_program_run_words(where, word);
}

static void expect_loss(oss_program_run run, int code) {
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, "the results could not be written to standard output");
    oss_program_run_deinit(&run);
}

START_TEST(test_results_are_lost) {
    const char *const *command = commands[_i];
    if (command[1] == NULL || strcmp(command[1], "-") != 0) {
        oss_program_run run = run_command(_i, OSS_STDOUT_KEEP);
        ck_assert_msg(run.code <= 1 && run.out[0] != '\0', "%s: exit %d: %s", command[0], run.code, run.err);
        oss_program_run_deinit(&run);
        expect_loss(run_command(_i, OSS_STDOUT_CLOSED), 3);
        expect_loss(run_command(_i, OSS_STDOUT_FULL), 4);
    }
    if (command[0][0] != '-' && strcmp(command[0], "help") != 0) {
        char name[20], *second = NULL;
        snprintf(name, sizeof name, "%s", command[0]);
        if (strchr(name, ' ') != NULL) {
            second = strchr(name, ' ') + 1;
            second[-1] = '\0';
        }
        const char *word[] = {name, second == NULL ? "--help" : second, second == NULL ? NULL : "--help",
                              NULL};
        expect_loss(oss_program_run_words(OSS_STDOUT_CLOSED, word), 3);
        expect_loss(oss_program_run_words(OSS_STDOUT_FULL, word), 4);
    }
}
END_TEST

START_TEST(test_every_command_is_in_the_table) {
    oss_program_run run = oss_run_ossicle("--help");
    int count = 0;
    for (char *line = strstr(run.out, "\n  "); line != NULL; line = strstr(line + 1, "\n  ")) {
        char name[32] = "";
        bool found = false;
        ck_assert_int_eq(sscanf(line, " %31s", name), 1);
        if (strcmp(name, "lm") == 0) { /* a group, whose commands have two words */
            ck_assert_int_eq(sscanf(line, " lm %28s", name + 3), 1);
            name[2] = ' ';
        }
        for (int i = 0; i < COMMANDS; i++) {
            found = found || strcmp(commands[i][0], name) == 0;
        }
        ck_assert_msg(found, "%s is not in the table of this test", name);
        count++;
    }
    ck_assert_int_ge(count, 24);
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/standard output");
    TCase *tests = tcase_create("standard output");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_results_are_lost, 0, COMMANDS);
    tcase_add_test(tests, test_every_command_is_in_the_table);
    suite_add_tcase(suite, tests);
    return suite;
}
