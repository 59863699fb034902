/* --sandbox: what a program in ffmpeg's place, which is bound as the command is, can do to files. */
#include "base/confine.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

/* Makes the folder ready: a film, and the program that would read it, which changes files first. */
#define STANDS_IN                                                                                            \
    "cd \"$DIR\" && mkdir -p bin elsewhere results && "                                                      \
    "printf '#!/bin/sh\\nexec 2>&-\\n(: > elsewhere/made)\\n(: > results/made)\\nexec cat \"$THREE\"\\n' "   \
    "> bin/ffmpeg && chmod +x bin/ffmpeg && "                                                                \
    "printf '\\0\\0\\0 ftypisom of a film, and more of it' > film.mp4 && PATH=\"$DIR/bin:$PATH\" && "

static bool is_there(const oss_cli_case *c, const char *folder) {
    char *path = oss_tempdir_path(c->folder, folder);
    bool there = oss_tempdir_has(path, "made");
    free(path);
    return there;
}

typedef struct attempt {
    const char *command;
    bool bound, writes_results;
} attempt;

static const attempt attempts[] = {
    {STANDS_IN "\"$OSSICLE\" transcribe --model \"$MODEL\" film.mp4", true, false},
    {STANDS_IN "\"$OSSICLE\" transcribe --sandbox on --model \"$MODEL\" film.mp4", true, false},
    {STANDS_IN "\"$OSSICLE\" transcribe --sandbox off --model \"$MODEL\" film.mp4", false, true},
    {STANDS_IN "\"$OSSICLE\" transcribe --model \"$MODEL\" -o results/a.txt film.mp4", true, true},
    {STANDS_IN "\"$OSSICLE\" transcribe --model \"$MODEL\" --output-dir results/new film.mp4", true, false},
    {STANDS_IN "\"$OSSICLE\" embed --model \"$MODEL\" -o results/a.npy film.mp4", true, true},
    {STANDS_IN "\"$OSSICLE\" align --model \"$MODEL\" --text 'a a' -o results/a.ctm film.mp4", true, true},
};

START_TEST(files_change_only_where_results_go) {
    const attempt *one = &attempts[_i];
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_cli_case_shell(&c, one->command);
    bool bound = one->bound && oss_confine_is_possible();
    if (strstr(one->command, "--sandbox on") != NULL && !bound) {
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, "--sandbox on: ");
    } else {
        oss_program_expect(&run, 0);
        ck_assert_int_eq(is_there(&c, "elsewhere"), !bound);
        ck_assert_int_eq(is_there(&c, "results"), !bound || one->writes_results);
    }
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(another_word_is_refused) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run =
        oss_cli_case_shell(&c, STANDS_IN "\"$OSSICLE\" transcribe --sandbox yes --model \"$MODEL\" film.mp4");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--sandbox yes");
    ck_assert(!is_there(&c, "elsewhere"));
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* The other commands that decode run bound as they do free. */
START_TEST(results_are_the_same) {
    static const char *const commands[] = {
        STANDS_IN "\"$OSSICLE\" features --sandbox $WHEN -o results/$WHEN \"$THREE\"",
        STANDS_IN "\"$OSSICLE\" augment --sandbox $WHEN --set speed_prob=1 -o results/$WHEN \"$THREE\"",
        STANDS_IN "printf 'wav,text\\n%s,a a a\\n' \"$THREE\" > rows.csv && "
                  "\"$OSSICLE\" eval --sandbox $WHEN --model \"$MODEL\" --csv rows.csv --hyp results/$WHEN",
        STANDS_IN "printf 'wav,text\\n%s,a a a\\n' \"$THREE\" > rows.csv && "
                  "\"$OSSICLE\" check --sandbox $WHEN --model \"$MODEL\" --csv rows.csv --fix results/$WHEN",
    };
    oss_cli_case c = oss_cli_case_make();
    const char *when[] = {"off", "auto"};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(setenv("WHEN", when[i], 1), 0);
        oss_program_run run = oss_cli_case_shell(&c, commands[_i]);
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
    }
    oss_program_run run = oss_cli_case_shell(&c, "cd \"$DIR\" && cmp results/off results/auto");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("sandbox");
    TCase *tcase = tcase_create("sandbox");
    tcase_add_loop_test(tcase, files_change_only_where_results_go, 0, sizeof attempts / sizeof *attempts);
    tcase_add_test(tcase, another_word_is_refused);
    tcase_add_loop_test(tcase, results_are_the_same, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
