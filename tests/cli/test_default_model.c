/* Which model a command takes that was told none: of an installed program, of one in the folder it was built
 * in, of the environment; and what is said when there is none. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

#define SHIPPED_INSTALLED "share/ossicle/ossicle-en.safetensors"
#define SHIPPED_BUILT     "checkpoints/ossicle-en.safetensors"

static const long SHIPPED_MAX_BYTES = 17L << 19; /* 8.5 MiB */

/* A folder (`root`) with a copy of the program and a model that says "a"; `other` says "b". */
typedef struct shipped_case {
    oss_cli_case cli;
    char *root, *program, *model, *other;
    char *path_before, *variable_before;
} shipped_case;

static char *join(const char *folder, const char *name) {
    return oss_tempdir_path(folder, name);
}

static char *copy_variable(const char *name) {
    const char *value = getenv(name);
    return value == NULL ? NULL : strdup(value);
}

/* Tests may share a process: what one changes it puts back. */
static void set_variable(const char *name, const char *value) {
    ck_assert_int_eq(value == NULL ? unsetenv(name) : setenv(name, value, 1), 0);
}

static shipped_case make_case(const char *program, const char *model) {
    shipped_case c = {.cli = oss_cli_case_make(),
                      .path_before = copy_variable("PATH"),
                      .variable_before = copy_variable("OSSICLE_MODEL")};
    set_variable("OSSICLE_MODEL", NULL);
    c.root = realpath(c.cli.folder, NULL); /* as the program is told where it is */
    ck_assert_ptr_nonnull(c.root);
    c.program = join(c.root, program);
    c.model = join(c.root, model);
    c.other = join(c.root, "other.safetensors");
    oss_tempdir_make_folders(c.model);
    oss_program_copy("ossicle", c.program);
    oss_cli_case_say(c.model, "a");
    oss_cli_case_say(c.other, "b");
    return c;
}

static shipped_case make_installed(void) {
    return make_case("bin/ossicle", SHIPPED_INSTALLED);
}

static void free_case(shipped_case *c) {
    set_variable("PATH", c->path_before);
    set_variable("OSSICLE_MODEL", c->variable_before);
    free(c->path_before);
    free(c->variable_before);
    free(c->program);
    free(c->model);
    free(c->other);
    free(c->root);
    oss_cli_case_free(&c->cli);
}

/* `program` with these words prints `out`, says `err` and nothing else. */
#define EXPECT(program, code, want_out, want_err, ...)                                                       \
    expect_run((const char *const[]){program, __VA_ARGS__, NULL}, code, want_out, want_err)

static void expect_run(const char *const word[], int code, const char *out, const char *err) {
    oss_program_run run = oss_program_start(word, OSS_STDOUT_KEEP);
    oss_program_expect(&run, code);
    ck_assert_str_eq(run.out, out);
    ck_assert_str_eq(run.err, err);
    oss_program_run_deinit(&run);
}

static char *model_line(const char *path, const char *source) {
    char *line = NULL;
    ck_assert_int_gt(asprintf(&line, "model: %s%s\n", path, source), 0);
    return line;
}

static void expect_shipped(const shipped_case *c, const char *program) {
    char *line = model_line(c->model, "");
    EXPECT(program, 0, "a a a\n", line, "transcribe", c->cli.three);
    free(line);
}

START_TEST(test_installed) {
    shipped_case c = make_installed();
    expect_shipped(&c, c.program);
    EXPECT(c.program, 0, "b b b\n", "", "transcribe", "--model", c.other, c.cli.three);
    free_case(&c);
}
END_TEST

/* PREFIX is where the program is now, not where it was put first. */
START_TEST(test_installed_and_moved) {
    shipped_case c = make_installed();
    char *old_bin = join(c.root, "bin"), *old_share = join(c.root, "share");
    char *moved = join(c.root, "moved"), *bin = join(c.root, "moved/sbin"),
         *share = join(c.root, "moved/share");
    ck_assert_int_eq(mkdir(moved, 0755), 0);
    ck_assert_int_eq(rename(old_bin, bin), 0);
    ck_assert_int_eq(rename(old_share, share), 0);
    free(c.model);
    c.model = join(moved, SHIPPED_INSTALLED);
    char *program = join(bin, "ossicle");
    expect_shipped(&c, program);
    free(program);
    free(share);
    free(bin);
    free(moved);
    free(old_share);
    free(old_bin);
    free_case(&c);
}
END_TEST

/* Through links, PATH and a relative path: the file itself counts. */
START_TEST(test_ways_to_start) {
    shipped_case c = make_installed();
    char *elsewhere = join(c.root, "elsewhere"), *link = join(elsewhere, "hear"),
         *chain = join(elsewhere, "chain"), *line = model_line(c.model, ""), *bin = join(c.root, "bin");
    ck_assert_int_eq(mkdir(elsewhere, 0755), 0);
    ck_assert_int_eq(symlink("../bin/ossicle", link), 0);
    ck_assert_int_eq(symlink(link, chain), 0);
    expect_shipped(&c, link);
    expect_shipped(&c, chain);
    static const char *const script[] = {
        "cd \"$1\" && ./ossicle transcribe \"$2\"", "cd \"$1/..\" && bin/ossicle transcribe \"$2\"",
        "cd \"$1/../elsewhere\" && ./hear transcribe \"$2\"", "cd / && PATH=$1 && ossicle transcribe \"$2\"",
        "cd \"$1/..\" && PATH=elsewhere && hear transcribe \"$2\""};
    for (size_t i = 0; i < sizeof script / sizeof *script; i++) {
        EXPECT("/bin/sh", 0, "a a a\n", line, "-c", script[i], "sh", bin, c.cli.three);
    }
    free(bin);
    free(line);
    free(chain);
    free(link);
    free(elsewhere);
    free_case(&c);
}
END_TEST

START_TEST(test_source_tree) {
    static const char *const program[] = {"build/release/ossicle", "build/ossicle"};
    shipped_case c = make_case(program[_i], SHIPPED_BUILT);
    expect_shipped(&c, c.program);
    free_case(&c);
}
END_TEST

/* checkpoints/ of some other folder is nobody's shipped model. */
START_TEST(test_no_source_tree) {
    static const char *const program[] = {"release/ossicle", "rebuild/release/ossicle", "build/a/b/ossicle"};
    shipped_case c = make_case(program[_i], SHIPPED_BUILT);
    oss_program_run run = oss_program_start((const char *const[]){c.program, "info", NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    ck_assert_ptr_null(strstr(run.err, "checkpoints"));
    oss_program_run_deinit(&run);
    free_case(&c);
}
END_TEST

START_TEST(test_installed_comes_before_source_tree) {
    shipped_case c = make_case("build/release/ossicle", "build/" SHIPPED_INSTALLED);
    char *built = join(c.root, SHIPPED_BUILT);
    oss_tempdir_make_folders(built);
    oss_cli_case_say(built, "b");
    expect_shipped(&c, c.program);
    free(built);
    free_case(&c);
}
END_TEST

/* ---- The environment ---- */

START_TEST(test_environment) {
    shipped_case c = make_installed();
    char *line = model_line(c.other, " (OSSICLE_MODEL)");
    set_variable("OSSICLE_MODEL", c.other);
    EXPECT(c.program, 0, "b b b\n", line, "transcribe", c.cli.three);
    EXPECT(c.program, 0, "a a a\n", "", "transcribe", "--model", c.model, c.cli.three);
    set_variable("OSSICLE_MODEL", "");
    expect_shipped(&c, c.program);
    free(line);
    free_case(&c);
}
END_TEST

/* The shipped model is no substitute for the one that was asked for. */
START_TEST(test_environment_names_nothing) {
    shipped_case c = make_installed();
    set_variable("OSSICLE_MODEL", "/nowhere/mine");
    EXPECT(c.program, 3, "",
           "ossicle transcribe: the environment variable OSSICLE_MODEL is /nowhere/mine, where there is "
           "nothing: change or unset it, or name a model with --model M\n",
           "transcribe", c.cli.three);
    free_case(&c);
}
END_TEST

/* ---- Commands ---- */

START_TEST(test_other_commands) {
    shipped_case c = make_installed();
    char *line = model_line(c.model, ""), *csv = join(c.cli.folder, "set.csv"), *npy = join(c.root, "x.npy");
    oss_cli_case_write(&c.cli, "set.csv", "wav,text\nthree.wav,a a a\n");
    oss_program_run run = oss_program_start(
        (const char *const[]){c.program, "eval", "--csv", csv, "--json", NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"wer\":0,");
    ck_assert_int_eq(strncmp(run.err, line, strlen(line)), 0); /* and the rows of the CSV */
    oss_program_run_deinit(&run);
    run = oss_program_start((const char *const[]){c.program, "embed", "-o", npy, c.cli.three, NULL},
                            OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    ck_assert(strncmp(run.err, line, strlen(line)) == 0);
    oss_program_run_deinit(&run);
    run = oss_program_start((const char *const[]){c.program, "info", NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, c.model);
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
    free(npy);
    free(csv);
    free(line);
    free_case(&c);
}
END_TEST

/* ---- None ---- */

static void expect_none(const shipped_case *c, const char *const word[], const char *places,
                        const char *how) {
    char *want = NULL;
    ck_assert_int_gt(asprintf(&want,
                              "ossicle %s: no model is given, and the one that ships with Ossicle is %s: put "
                              "it there, or name one with %s or the environment variable OSSICLE_MODEL\n",
                              word[1], places, how),
                     0);
    expect_run(word, 3, "", want);
    free(want);
    ck_assert_int_eq(oss_tempdir_has(c->root, ".npy"), 0);
}

START_TEST(test_not_found) {
    shipped_case c = make_installed();
    ck_assert_int_eq(unlink(c.model), 0);
    char *npy = join(c.root, "x.npy"), *places = NULL;
    ck_assert_int_gt(asprintf(&places, "not at %s", c.model), 0);
    const char *const transcribe[] = {c.program, "transcribe", c.cli.three, NULL},
                      *const eval[] = {c.program, "eval", "--csv", "c", NULL},
                      *const embed[] = {c.program, "embed", "-o", npy, c.cli.three, NULL},
                      *const info[] = {c.program, "info", NULL};
    expect_none(&c, transcribe, places, "--model M");
    expect_none(&c, eval, places, "--model M");
    expect_none(&c, embed, places, "--model M");
    expect_none(&c, info, places, "M");
    free(places);
    free(npy);
    free_case(&c);
}
END_TEST

START_TEST(test_not_found_in_source_tree) {
    shipped_case c = make_case("build/release/ossicle", SHIPPED_BUILT);
    ck_assert_int_eq(unlink(c.model), 0);
    char *places = NULL;
    ck_assert_int_gt(asprintf(&places, "at neither %s/build/%s nor %s", c.root, SHIPPED_INSTALLED, c.model),
                     0);
    expect_none(&c, (const char *const[]){c.program, "transcribe", c.cli.three, NULL}, places, "--model M");
    free(places);
    free_case(&c);
}
END_TEST

/* ---- The real one ---- */

/* The shipped model of the tree that this test was built in, through the program itself; false, with a note,
 * when it has none. */
static bool has_shipped(void) {
    oss_program_run run = oss_run_ossicle("info");
    bool there = run.code == 0;
    if (!there) {
        ck_assert_msg(strstr(run.err, "no model is given") != NULL, "%s", run.err);
        fprintf(stderr, "note: not tested, for it is not there: checkpoints/ossicle-en.safetensors\n");
    }
    oss_program_run_deinit(&run);
    return there;
}

static void check_info(void) {
    oss_program_run run = oss_run_ossicle("info", "--json");
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "info"), OSS_OK);
    const char *file = oss_json_string(oss_json_get(json, "file"));
    ck_assert_msg(strstr(file, "ossicle-en.safetensors") != NULL, "%s", file);
    ck_assert_double_le(oss_json_number(oss_json_get(json, "bytes")), (double)SHIPPED_MAX_BYTES);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "projected_width")), 0);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "embedding_width")), 192);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "embedding_hz")), 12.5);
    ck_assert_double_gt(oss_json_number(oss_json_get(json, "parameters")), 2049408);
    oss_json_free(json);
    oss_program_run_deinit(&run);
}

START_TEST(test_shipped_model) {
    oss_cli_case c = oss_cli_case_make();
    char *before = copy_variable("OSSICLE_MODEL");
    set_variable("OSSICLE_MODEL", NULL);
    if (has_shipped()) {
        check_info();
        char *quiet = join(c.folder, "quiet.wav");
        oss_wav_write_tone(quiet, 1.0, 440.0, 0.0, 16000);
        oss_program_run run = oss_run_ossicle("transcribe", c.five, quiet);
        oss_program_expect(&run, 0);
        oss_program_expect_out(&run, "five.wav\t");
        oss_program_expect_out(&run, "quiet.wav\t");
        oss_program_run_deinit(&run);
        free(quiet);
    }
    set_variable("OSSICLE_MODEL", before);
    free(before);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/default_model");
    TCase *places = tcase_create("places");
    tcase_add_test(places, test_installed);
    tcase_add_test(places, test_installed_and_moved);
    tcase_add_test(places, test_ways_to_start);
    tcase_add_loop_test(places, test_source_tree, 0, 2);
    tcase_add_loop_test(places, test_no_source_tree, 0, 3);
    tcase_add_test(places, test_installed_comes_before_source_tree);
    TCase *others = tcase_create("others");
    tcase_add_test(others, test_environment);
    tcase_add_test(others, test_environment_names_nothing);
    tcase_add_test(others, test_other_commands);
    TCase *none = tcase_create("none");
    tcase_add_test(none, test_not_found);
    tcase_add_test(none, test_not_found_in_source_tree);
    TCase *shipped = tcase_create("shipped");
    tcase_add_test(shipped, test_shipped_model);
    suite_add_tcase(suite, places);
    suite_add_tcase(suite, others);
    suite_add_tcase(suite, none);
    suite_add_tcase(suite, shipped);
    return suite;
}
