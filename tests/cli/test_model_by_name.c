/* "ossicle-en" where a command takes a model: the one that ships with the program, wherever the command is run. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"
#include "support/tones.h"

/* A folder with programs in build/release, and the model that ships with them, which says "a". */
typedef struct named_case {
    oss_cli_case cli;
    char *root, *program, *trainer, *shipped;
} named_case;

static named_case make_case(void) {
    named_case c = {.cli = oss_cli_case_make()};
    c.root = realpath(c.cli.folder, NULL);
    ck_assert_ptr_nonnull(c.root);
    c.program = oss_tempdir_path(c.root, "build/release/ossicle");
    c.trainer = oss_tempdir_path(c.root, "build/release/ossicle-train");
    c.shipped = oss_tempdir_path(c.root, "checkpoints/ossicle-en.safetensors");
    oss_tempdir_make_folders(c.shipped);
    oss_program_copy("ossicle", c.program);
    oss_program_copy("ossicle-train", c.trainer);
    oss_cli_case_say(c.shipped, "a");
    return c;
}

static void free_case(named_case *c) {
    free(c->program);
    free(c->trainer);
    free(c->shipped);
    free(c->root);
    oss_cli_case_free(&c->cli);
}

/* `sh -c script` with the program as $1 and these as $2 and $3. */
static oss_program_run run_script(const char *script, const char *program, const char *second,
                                  const char *third) {
    return oss_program_start(
        (const char *const[]){"/bin/sh", "-c", script, "sh", program, second, third, NULL}, OSS_STDOUT_KEEP);
}

/* Unless something there is called so. */
START_TEST(test_from_any_folder) {
    named_case c = make_case();
    oss_program_run run =
        run_script("cd / && \"$1\" transcribe --model ossicle-en \"$2\"", c.program, c.cli.three, "");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_run_deinit(&run);
    char *named = oss_tempdir_path(c.root, "ossicle-en");
    oss_cli_case_say(named, "b");
    run = run_script("cd \"$3\" && \"$1\" transcribe --model ossicle-en \"$2\"", c.program, c.cli.three,
                     c.root);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "b b b\n");
    oss_program_run_deinit(&run);
    free(named);
    free_case(&c);
}
END_TEST

START_TEST(test_fine_tuned) {
    named_case c = make_case();
    const oss_tones tones = {.rows = 6, .seed = 5, .min_letters = 2, .max_letters = 4};
    char *csv = oss_tones_make(c.root, "tones", &tones), *line = NULL;
    static const char script[] =
        "cd \"$3\" && \"$1\" --init ossicle-en --set train_csv=\"$2\" --set max_steps=1 --run tuned";
    oss_program_run run = run_script(script, c.trainer, csv, c.root);
    oss_program_expect(&run, 0);
    ck_assert_int_gt(asprintf(&line, " tensors from %s\n", c.shipped), 0);
    oss_program_expect_err(&run, line);
    oss_program_run_deinit(&run);
    free(line);
    free(csv);
    free_case(&c);
}
END_TEST

START_TEST(test_not_there) {
    named_case c = make_case();
    ck_assert_int_eq(unlink(c.shipped), 0);
    oss_program_run run =
        run_script("\"$1\" transcribe --model ossicle-en \"$2\"", c.program, c.cli.three, "");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run,
                           "there is no ossicle-en in this folder, and the one that ships with Ossicle is at "
                           "neither ");
    oss_program_expect_err(&run, "name one with --model M or the environment variable OSSICLE_MODEL\n");
    oss_program_run_deinit(&run);
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/model_by_name");
    TCase *all = tcase_create("model_by_name");
    tcase_add_test(all, test_from_any_folder);
    tcase_add_test(all, test_fine_tuned);
    tcase_add_test(all, test_not_there);
    suite_add_tcase(suite, all);
    return suite;
}
