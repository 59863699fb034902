/* ossicle report on a run as the trainer leaves it, and on what is left of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "support/suite.h"
#include "support/train_program.h"

static const oss_tones usual = {.rows = 12, .seed = 5, .min_letters = 2, .max_letters = 5};
static const char short_run[] =
    "\"batch_seconds\": 4, \"max_steps\": 8, \"eval_every\": 4, \"dev_fraction\": 0.25";

typedef struct oss_report_case {
    oss_train_place place;
    char *run;
} oss_report_case;

static oss_report_case make_case(void) {
    oss_report_case c;
    oss_train_place_make(&c.place, &usual, short_run);
    c.run = oss_train_place_path(&c.place, "run");
    oss_program_run run = oss_run_train("--config", c.place.config, "--run", c.run);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    return c;
}

static void free_case(oss_report_case *c) {
    free(c->run);
    oss_train_place_remove(&c->place);
}

/* What --field says, without the newline; free(). */
static char *get_field(const oss_report_case *c, const char *name) {
    oss_program_run run = oss_run_ossicle("report", "--field", name, c->run);
    oss_program_expect(&run, 0);
    size_t length = strcspn(run.out, "\n");
    ck_assert_msg(run.out[length] == '\n' && run.out[length + 1] == '\0', "not one line: %s", run.out);
    char *value = strndup(run.out, length);
    oss_program_run_deinit(&run);
    return value;
}

static void expect_field(const oss_report_case *c, const char *name, const char *want) {
    char *value = get_field(c, name);
    ck_assert_msg(strcmp(value, want) == 0, "%s is %s, not %s", name, value, want);
    free(value);
}

static void append(const oss_report_case *c, const char *name, const char *text) {
    char *path = oss_train_place_path(&c->place, name);
    FILE *file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    free(path);
}

static void remove_file(const oss_report_case *c, const char *name) {
    char *path = oss_train_place_path(&c->place, name);
    ck_assert_int_eq(unlink(path), 0);
    free(path);
}

START_TEST(test_a_whole_run) {
    oss_report_case c = make_case();
    oss_program_run run = oss_run_ossicle("report", c.run);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    static const char *const lines[] = {"steps       8 of 8, epoch ",
                                        "\nscorings    2, ",
                                        "\nbest        CER ",
                                        " at step 8\n",
                                        "\nparameters  ",
                                        "\ncheckpoint  checkpoints/step-00000008\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        oss_program_expect_out(&run, lines[i]);
    }
    oss_program_run_deinit(&run);

    run = oss_run_ossicle("report", "--json", c.run);
    oss_program_expect(&run, 0);
    oss_json *object = NULL;
    ck_assert_int_eq(oss_json_parse(&object, run.out, strlen(run.out), "report"), OSS_OK);
    ck_assert_double_eq(oss_json_number(oss_json_get(object, "steps")), 8);
    ck_assert_double_eq(oss_json_number(oss_json_get(object, "evals")), 2);
    ck_assert_double_gt(oss_json_number(oss_json_get(object, "audio_seconds")), 1);
    double train = oss_json_number(oss_json_get(object, "train_seconds"));
    double eval = oss_json_number(oss_json_get(object, "eval_seconds"));
    ck_assert_double_gt(train, 0);
    ck_assert_double_eq(oss_json_number(oss_json_get(object, "wall_seconds")), train + eval);
    oss_program_run_deinit(&run);

    /* Every member is a field, in the words that the help lists. */
    oss_program_run help = oss_run_ossicle("help", "report");
    for (const oss_json *at = oss_json_first(object); at != NULL; at = oss_json_next(at)) {
        oss_program_expect_out(&help, oss_json_key(at));
        free(get_field(&c, oss_json_key(at)));
    }
    oss_program_run_deinit(&help);
    oss_json_free(object);

    run = oss_run_ossicle("report", "--field", "steps", "--field", "best_checkpoint", "--field", "max_steps",
                          c.run);
    oss_program_expect(&run, 0);
    ck_assert_ptr_eq(strstr(run.out, "8\tcheckpoints/step-0000000"), run.out);
    ck_assert_ptr_nonnull(strstr(run.out, "\t8\n"));
    oss_program_run_deinit(&run);
    free_case(&c);
}
END_TEST

START_TEST(test_it_says_what_the_trainer_and_info_say) {
    oss_report_case c = make_case();
    char *cer = get_field(&c, "best_cer"), *parameters = get_field(&c, "parameters");
    char *state_path = oss_train_place_path(&c.place, "run/latest/state.json");
    oss_json *state = NULL;
    ck_assert_int_eq(oss_json_load(&state, state_path, 1 << 20), OSS_OK);
    ck_assert_double_eq(oss_json_number(oss_json_get(state, "best_cer")), strtod(cer, NULL));
    oss_json_free(state);
    oss_program_run info = oss_run_ossicle("info", "--json", c.run);
    char want[64];
    snprintf(want, sizeof want, "\"parameters\":%s,", parameters);
    oss_program_expect_out(&info, want);
    oss_program_run_deinit(&info);
    free(state_path);
    free(cer);
    free(parameters);
    free_case(&c);
}
END_TEST

START_TEST(test_from) {
    oss_report_case c = make_case();
    char *all = get_field(&c, "audio_seconds");
    oss_program_run run = oss_run_ossicle("report", "--from", "8", "--field", "audio_seconds", "--field",
                                          "evals", "--field", "steps", c.run);
    oss_program_expect(&run, 0);
    ck_assert_double_lt(strtod(run.out, NULL), strtod(all, NULL));
    ck_assert_ptr_nonnull(strstr(run.out, "\t1\t8\n"));
    oss_program_run_deinit(&run);
    free(all);
    free_case(&c);
}
END_TEST

START_TEST(test_what_is_left_of_a_run) {
    oss_report_case c = make_case();
    append(&c, "run/metrics.jsonl", "\nthe disk was full\n{\"kind\":\"train\",\"step\":9,\"lo");
    oss_program_run run = oss_run_ossicle("report", c.run);
    oss_program_expect(&run, 0);
    oss_program_expect_err(
        &run, "metrics.jsonl: 3 lines are not the trainer's and do not count; the first is line ");
    oss_program_expect_out(&run, "steps       8 of 8");
    oss_program_run_deinit(&run);
    expect_field(&c, "lines_skipped", "3");

    /* A model that is damaged is warned of. */
    append(&c, "run/best/model.safetensors", "x");
    run = oss_run_ossicle("report", "--field", "parameters", c.run);
    oss_program_expect(&run, 0);
    oss_program_expect_err(&run, "model.safetensors");
    ck_assert_str_eq(run.out, "null\n");
    oss_program_run_deinit(&run);

    /* No checkpoint yet. */
    remove_file(&c, "run/latest");
    remove_file(&c, "run/best");
    expect_field(&c, "latest_checkpoint", "null");
    expect_field(&c, "parameters", "null");
    expect_field(&c, "steps", "8");
    /* No step yet. */
    remove_file(&c, "run/metrics.jsonl");
    expect_field(&c, "steps", "0");
    expect_field(&c, "best_cer", "null");
    expect_field(&c, "loss", "null");
    expect_field(&c, "max_steps", "8");
    run = oss_run_ossicle("report", c.run);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\nbest        none yet\n");
    oss_program_expect_out(&run, "\ncheckpoint  none yet\n");
    oss_program_run_deinit(&run);
    /* The checkpoints have the settings too. */
    remove_file(&c, "run/config.json");
    expect_field(&c, "max_steps", "8");
    /* No run. */
    char *checkpoints = oss_train_place_path(&c.place, "run/checkpoints");
    char *elsewhere = oss_train_place_path(&c.place, "elsewhere");
    ck_assert_int_eq(rename(checkpoints, elsewhere), 0);
    free(checkpoints);
    free(elsewhere);
    run = oss_run_ossicle("report", c.run);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "run: no run of `ossicle train` is there");
    oss_program_run_deinit(&run);
    free_case(&c);
}
END_TEST

/* Copied with links followed, `latest` and `best` are folders. */
START_TEST(test_a_copied_run) {
    oss_report_case c = make_case();
    char line[700];
    snprintf(line, sizeof line, "cd '%s' && cp -rL run copied && mv run old && mv copied run",
             c.place.folder);
    ck_assert_int_eq(system(line), 0);
    expect_field(&c, "latest_checkpoint", "checkpoints/step-00000008");
    free_case(&c);
}
END_TEST

static const struct {
    const char *word[6], *says;
    int code;
} refusals[] = {
    {{"report"}, "RUN is missing", 2},
    {{"report", "nowhere"}, "nowhere: no run of `ossicle train` is there", 3},
    {{"report", "--from", "0", "nowhere"}, "--from 0: choose a whole number", 2},
    {{"report", "--json", "--field", "steps", "nowhere"}, "choose one of them", 2},
};

START_TEST(test_refused) {
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, refusals[_i].word);
    oss_program_expect(&run, refusals[_i].code);
    oss_program_expect_err(&run, refusals[_i].says);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_unknown_field) {
    oss_report_case c = make_case();
    oss_program_run run = oss_run_ossicle("report", "--field", "steps", "--field", "best_crr", c.run);
    oss_program_expect(&run, 2);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, "--field best_crr: did you mean best_cer?");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("report", "--field", "temperature", c.run);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--json shows all");
    oss_program_run_deinit(&run);
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/report");
    TCase *runs = tcase_create("runs");
    tcase_add_test(runs, test_a_whole_run);
    tcase_add_test(runs, test_it_says_what_the_trainer_and_info_say);
    tcase_add_test(runs, test_from);
    tcase_add_test(runs, test_what_is_left_of_a_run);
    tcase_add_test(runs, test_a_copied_run);
    tcase_add_loop_test(runs, test_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(runs, test_unknown_field);
    suite_add_tcase(suite, runs);
    return suite;
}
