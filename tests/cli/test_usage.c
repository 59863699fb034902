/* The command line: help, options, what is refused and with which words; standard output that cannot be
 * written; `ossicle train`. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ossicle/version.h"
#include "support/program.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char *const commands[] = {
    "bench", "eval",    "transcribe", "embed",    "features",  "info",   "import", "average",
    "vocab", "augment", "report",     "quantize", "calibrate", "listen", "score",  "fsck"};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* Tests may share a process: what one changes it puts back. */
static char *change_environment(const char *name, const char *value) {
    const char *before = getenv(name);
    char *copy = before == NULL ? NULL : strdup(before);
    ck_assert_int_eq(setenv(name, value, 1), 0);
    return copy;
}

static void restore_environment(const char *name, char *before) {
    ck_assert_int_eq(before == NULL ? unsetenv(name) : setenv(name, before, 1), 0);
    free(before);
}

START_TEST(test_no_command) {
    oss_program_run run = oss_run_ossicle(NULL);
    oss_program_expect(&run, 2);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, "ossicle --help");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_help_lists_the_commands) {
    oss_program_run run = oss_run_ossicle("--help");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    oss_program_expect_out(&run, "\n  train ");
    for (int i = 0; i < COMMANDS; i++) {
        oss_program_expect_out(&run, commands[i]);
    }
    oss_program_run again = oss_run_ossicle("help");
    oss_program_expect(&again, 0);
    ck_assert_str_eq(again.out, run.out);
    oss_program_run_deinit(&again);
    again = oss_run_ossicle("help", "help");
    oss_program_expect(&again, 0);
    ck_assert_str_eq(again.out, run.out);
    oss_program_run_deinit(&again);
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_help_of_a_command) {
    oss_program_run run = oss_run_ossicle(commands[_i], "--help");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    oss_program_expect_out(&run, "usage: ossicle ");
    oss_program_expect_out(&run, commands[_i]);
    for (const char *line = run.out; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        ck_assert_msg(strcspn(line, "\n") <= 100, "a line of more than 100 columns: %s", line);
    }
    oss_program_run other = oss_run_ossicle("help", commands[_i]);
    oss_program_expect(&other, 0);
    ck_assert_str_eq(other.out, run.out);
    oss_program_run_deinit(&other);
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_version) {
    oss_program_run run = oss_run_ossicle("--version");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "ossicle " OSS_VERSION "\n");
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- What is refused ---- */

typedef struct refusal {
    const char *word[12];
    const char *says;
} refusal;

static const refusal refusals[] = {
    {{"transcibe"}, "did you mean transcribe?"},
    {{"zzzzzzzz"}, "`ossicle --help` lists the commands"},
    {{"help", "evla"}, "did you mean eval?"},
    {{"--verison"}, "\"--verison\""},
    {{"eval", "--modle", "m", "--csv", "c"}, "unknown option --modle: did you mean --model?"},
    {{"eval", "--modle=m"}, "did you mean --model?"},
    {{"eval", "--frobnicate"}, "`ossicle eval --help` lists the options"},
    {{"eval", "--model", "m"}, "--csv DATA is missing"},
    {{"eval", "--model"}, "--model needs a value"},
    {{"eval", "--model", "--csv", "c"}, "--model needs a value"},
    {{"eval", "--model", "--csv=c"}, "--model needs a value"},
    {{"eval", "--model="}, "--model has an empty value"},
    {{"eval", "--model", ""}, "--model has an empty value"},
    {{"transcribe", ""}, "an argument is empty (\"\"): write a path"},
    {{"info", "--", ""}, "an argument is empty (\"\"): write a path"},
    {{"eval", "--model", "m", "--model", "n"}, "--model is given more than once"},
    {{"eval", "--json=yes"}, "--json takes no value"},
    {{"eval", "--model", "m", "--csv", "c", "extra"}, "\"extra\" is one argument too many"},
    {{"transcribe", "--model", "m"}, "FILE... is missing"},
    {{"embed", "--model", "m", "-o", "x.npy", "a", "b"}, "\"b\" is one argument too many"},
    {{"embed", "--model", "m", "-o=x.npy", "a"}, "write -o OUT.npy"},
    {{"embed", "--model", "m", "a"}, "-o OUT.npy is missing"},
    {{"info", "m", "n"}, "\"n\" is one argument too many"},
    {{"import", "--config", "c", "-o", "x"}, "IN is missing"},
    {{"embed", "--model", "m", "-x", "a"}, "unknown option -x"},
    {{"embed", "--model", "m", "-o", "x", "--what", "sounds", "a"}, "choose embeddings, projected or logits"},
    {{"features", "--model", "m", "--config", "c", "-o", "x", "a"}, "give one of them"},
    {{"transcribe", "--model", "m", "--threads", "0", "a"},
     "--threads 0: choose a whole number from 1 to 1024"},
    {{"transcribe", "--model", "m", "--threads=-1", "a"}, "--threads -1"},
    {{"transcribe", "--model", "m", "--threads", "two", "a"}, "--threads two"},
    {{"transcribe", "--model", "m", "--threads", "1025", "a"}, "--threads 1025"},
    {{"transcribe", "--model", "m", "--threads", "2.5", "a"}, "--threads 2.5"},
    {{"eval", "--model", "m", "--csv", "c", "--threads", "0"}, "--threads 0"},
    {{"eval", "--csv", "c", "--chunk-seconds", "0"}, "--chunk-seconds 0: choose seconds above 0"},
    {{"eval", "--csv", "c", "--chunk-seconds", "two"}, "--chunk-seconds two: choose seconds"},
    {{"eval", "--csv", "c", "--chunk-seconds", "1", "--left-seconds=-1"},
     "--left-seconds -1: choose seconds"},
    {{"transcribe", "--left-seconds", "1", "a"}, "--left-seconds goes with --chunk-seconds"},
    {{"transcribe", "--chunk-seconds", "3601", "a"}, "at most 3600"},
    {{"transcribe", "--chunk-seconds", "0,5", "a"}, "--chunk-seconds 0,5: write 0.5, with a point"},
    {{"eval", "--csv", "c", "--threads", "1,5"}, "--threads 1,5: choose a whole number"},
    {{"check", "set.csv"}, "\"set.csv\" is one argument too many: did you mean --csv set.csv?"},
    {{"check", "--csv", "a.csv", "set.csv"}, "did you mean --csv set.csv?"},
    {{"eval", "set.csv"}, "\"set.csv\" is one argument too many: did you mean --csv set.csv?"},
    {{"vocab", "set.csv"}, "did you mean --csv set.csv?"},
    {{"eval", "--csv", "a.csv", "set.csv"}, "\"set.csv\" is one argument too many: `ossicle eval --help`"},
    {{"features", "-o", "x", "--config", "c.json", "a", "b.json"},
     "\"b.json\" is one argument too many: `ossicle"},
    {{"augment", "--noise_prob", "1", "-o", "x.wav", "a.wav"}, "did you mean --set noise_prob=1?"},
    {{"augment", "--noise-prob=1", "-o", "x.wav", "a.wav"}, "did you mean --set noise_prob=1?"},
    {{"augment", "--noise-prob", "-o", "x.wav", "a.wav"}, "did you mean --set noise_prob=VALUE?"},
    {{"augment", "--set", "noise_prob=0,5", "-o", "x.wav", "a.wav"},
     "--set: noise_prob=0,5: \"noise_prob\": write 0.5, with a point"},
    {{"check", "a.wav"}, "recordings are listed in a CSV: give --csv DATA"},
    {{"check", "."}, "recordings are listed in a CSV: give --csv DATA"},
    {{"check", "-"}, "recordings are listed in a CSV: give --csv DATA"},
    {{"eval", "a.wav"}, "recordings are listed in a CSV: give --csv DATA"},
    {{"embed", "-o", "-", "a.wav"}, "-o -: write a file's name (./- for a file that is called -)"},
    {{"check", "--csv", "c.csv", "--fix", "-"}, "--fix -: write a file's name"},
    {{"eval", "--csv", "c.csv", "--hyp=-"}, "--hyp -: write a file's name"},
    {{"train", "--epochs", "3"}, "did you mean --set max_steps=VALUE?"},
    {{"train", "--num-epochs", "3"}, "did you mean --set max_steps=VALUE?"},
    {{"train", "--steps", "30"}, "did you mean --set max_steps=30?"},
    {{"train", "--max-epochs=3"}, "did you mean --set max_steps=VALUE?"},
    {{"augment", "--set", "max_steps=1,000", "-o", "x.wav", "a.wav"},
     "there is text after the value (a number has no comma; a list is written [0.9, 0.99])"},
    {{"augment", "--set", "lr=0.001,", "-o", "x.wav", "a.wav"}, "(a number has no comma; a list"},
    {{"augment", "--set", "betas=0.9,0.99", "-o", "x.wav", "a.wav"}, "(a number has no comma; a list"},
    {{"embed", "--lr", "1", "-o", "x", "a"}, "`ossicle embed --help` lists the options"}, /* has no --set */
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

START_TEST(test_refused) {
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, refusals[_i].word);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, refusals[_i].says);
    ck_assert_str_eq(run.out, "");
    ck_assert_msg(strchr(run.err, '\n') == run.err + strlen(run.err) - 1, "not one line: %s", run.err);
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_after_two_dashes_all_are_operands) {
    oss_program_run run = oss_run_ossicle("info", "--", "--json");
    oss_program_expect(&run, 3); /* a model that is not there, not an option */
    oss_program_expect_err(&run, "--json");
    oss_program_run_deinit(&run);
}
END_TEST

/* A folder where a file should be: what to give instead, not what the system calls it. */
START_TEST(test_folders) {
    static const struct {
        const char *word[10];
        const char *says;
    } cases[] = {
        {{"transcribe", "--list", "/tmp"}, "--list /tmp is a folder: give the path of a file"},
        {{"features", "-o", "/tmp/never.npy", "/tmp"},
         "/tmp is a folder: give the recordings in it, such as /tmp/*.wav"},
        {{"augment", "-o", "/tmp/never.wav", "/tmp"}, "give the recordings in it, such as /tmp/*.wav"},
        {{"features", "--config", "/tmp", "-o", "/tmp/never.npy", "a.wav"},
         "--config /tmp is a folder: give the path of a file"},
        {{"eval", "--csv", "/tmp"}, "--csv /tmp is a folder without a dataset"},
        {{"check", "--csv", "/tmp"}, "--csv /tmp is a folder without a dataset"},
        {{"check", "--dev-csv", "/tmp", "--csv", "a.csv"}, "--dev-csv /tmp is a folder"},
        {{"vocab", "--csv", "/tmp"}, "--csv /tmp is a folder"},
        {{"import", "--config", "c", "--vocab", "/tmp", "-o", "x", "in"}, "--vocab /tmp is a folder"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, cases[i].word);
        oss_program_expect(&run, 3);
        oss_program_expect_err(&run, cases[i].says);
        oss_program_run_deinit(&run);
    }
}
END_TEST

START_TEST(test_wrong_instruction_set) {
    char *before = change_environment("OSSICLE_CPU", "z80");
    oss_program_run run = oss_run_ossicle("info", "m");
    oss_program_expect(&run, 2);
    restore_environment("OSSICLE_CPU", before);
    oss_program_expect_err(&run, "z80");
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- Standard output ---- */

START_TEST(test_output_that_cannot_be_written) {
    static const struct {
        oss_program_stdout where;
        int code;
    } cases[] = {{OSS_STDOUT_FULL, 4}, {OSS_STDOUT_CLOSED, 3}, {OSS_STDOUT_BROKEN_PIPE, 3}};
    oss_program_run run = oss_program_run_words(cases[_i].where, (const char *const[]){"--help", NULL});
    oss_program_expect(&run, cases[_i].code);
    oss_program_expect_err(&run, "could not be written to standard output");
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- ossicle train ---- */

static void write_script(const char *path, const char *text) {
    oss_tempdir_write(path, text, (long)strlen(text));
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static const char trainer[] = "#!/bin/sh\necho \"$0\"\nfor word; do echo \"[$word]\"; done\nexit 7\n";

static void check_train(const char *program, const char *first, int code, const char *out) {
    const char *const words[] = {program, first, "--set", "a=b c", "", NULL};
    oss_program_run run = oss_program_start(words, OSS_STDOUT_KEEP);
    oss_program_expect(&run, code);
    oss_program_expect_out(&run, out);
    oss_program_run_deinit(&run);
}

START_TEST(test_train_is_the_program_beside) {
    char *folder = oss_tempdir_make();
    char *program = oss_tempdir_path(folder, "ossicle");
    char *beside = oss_tempdir_path(folder, "ossicle-train");
    oss_program_copy("ossicle", program);
    write_script(beside, trainer);
    check_train(program, "train", 7, "[--set]\n[a=b c]\n[]\n");
    check_train(program, "help", 2, ""); /* "--set" is no option of help */
    const char *const help[] = {program, "help", "train", NULL};
    oss_program_run run = oss_program_start(help, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 7);
    oss_program_expect_out(&run, "[--help]\n");
    oss_program_run_deinit(&run);
    free(beside);
    free(program);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_train_in_path_or_nowhere) {
    char *folder = oss_tempdir_make();
    char *elsewhere = oss_tempdir_make();
    char *program = oss_tempdir_path(folder, "ossicle");
    char *other = oss_tempdir_path(elsewhere, "ossicle-train");
    oss_program_copy("ossicle", program);
    char *before = change_environment("PATH", elsewhere);
    const char *const words[] = {program, "train", "--resume", NULL};
    oss_program_run run = oss_program_start(words, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "ossicle-train");
    oss_program_expect_err(&run, folder);
    oss_program_run_deinit(&run);
    write_script(other, trainer);
    check_train(program, "train", 7, "[--set]\n[a=b c]\n[]\n");
    restore_environment("PATH", before);
    free(other);
    free(program);
    oss_tempdir_remove(elsewhere);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/usage");
    TCase *help = tcase_create("help");
    tcase_add_test(help, test_no_command);
    tcase_add_test(help, test_help_lists_the_commands);
    tcase_add_loop_test(help, test_help_of_a_command, 0, COMMANDS);
    tcase_add_test(help, test_version);
    TCase *refused = tcase_create("refused");
    tcase_add_loop_test(refused, test_refused, 0, REFUSALS);
    tcase_add_test(refused, test_after_two_dashes_all_are_operands);
    tcase_add_test(refused, test_folders);
    tcase_add_test(refused, test_wrong_instruction_set);
    tcase_add_loop_test(refused, test_output_that_cannot_be_written, 0, 3);
    TCase *train = tcase_create("train");
    tcase_add_test(train, test_train_is_the_program_beside);
    tcase_add_test(train, test_train_in_path_or_nowhere);
    suite_add_tcase(suite, help);
    suite_add_tcase(suite, refused);
    suite_add_tcase(suite, train);
    return suite;
}
