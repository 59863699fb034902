/* No command writes over what it reads, however the name is written. The commands and their outputs are those of
 * --help: one that is not in the table below fails the test, so that a new one cannot forget. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static const char same[] = "is the same file as ";

/* ---- Files to attack ---- */

typedef struct place {
    oss_cli_case base;
    char *run; /* a run folder whose best checkpoint is a copy of the model */
} place;

static void copy_file(const char *from, const char *to) {
    long bytes = 0;
    char *text = oss_tempdir_read(from, &bytes);
    ck_assert_ptr_nonnull(text);
    oss_tempdir_make_folders(to);
    oss_tempdir_write(to, text, bytes);
    free(text);
}

static void write_formatted(const place *p, const char *name, const char *format) {
    char text[2000];
    snprintf(text, sizeof text, format, p->base.folder, p->base.folder, p->base.folder);
    oss_cli_case_write(&p->base, name, text);
}

#define TWO_ROWS "three.wav,a a a\nfive.wav,a a\n"

static place make_place(void) {
    place p = {.base = oss_cli_case_make()};
    p.run = oss_tempdir_path(p.base.folder, "run");
    static const char *const copies[] = {"run/best/model.safetensors",
                                         "run/checkpoints/step-00000004/model.safetensors",
                                         "second.safetensors"};
    for (int i = 0; i < 3; i++) {
        char *path = oss_tempdir_path(p.base.folder, copies[i]);
        copy_file(p.base.model, path);
        free(path);
    }
    static const char *const sounds[] = {"noise/hum.wav", "rooms/hall.wav"};
    for (int i = 0; i < 2; i++) {
        char *path = oss_tempdir_path(p.base.folder, sounds[i]);
        copy_file(p.base.five, path);
        free(path);
    }
    oss_cli_case_write(&p.base, "set.csv", "wav,text\n" TWO_ROWS);
    oss_cli_case_write(
        &p.base, "many.csv",
        "wav,text\n" TWO_ROWS TWO_ROWS TWO_ROWS TWO_ROWS TWO_ROWS TWO_ROWS TWO_ROWS); /* for calibrate */
    oss_cli_case_write(&p.base, "dev.csv", "wav,text\nfive.wav,a b\n");
    oss_cli_case_write(&p.base, "text.txt", "a\n");
    oss_cli_case_write(&p.base, "heard.txt", "a b\n");
    oss_cli_case_write(&p.base, "text.srt", "1\n00:00:00,000 --> 00:00:01,000\na\n");
    oss_cli_case_write(&p.base, "tiny.arpa",
                       "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.1\t</s>\n\n\\end\\\n");
    write_formatted(&p, "list.txt", "%s/three.wav\n%s/noise\n");
    write_formatted(
        &p, "config.json",
        "{\"train_csv\": \"%s/set.csv\", \"noise_dir\": \"%s/noise\", \"reverb_dir\": \"%s/rooms\"}");
    write_formatted(&p, "named.json", /* what augment and features have no use for */
                    "{\"train_csv\": [{\"csv\": \"%s/set.csv\"}], \"dev_csv\": \"%s/dev.csv\", "
                    "\"vocab_json\": \"%s/vocab.json\"}");
    static const char *const kept[] = {"run/config.json", "run/metrics.jsonl", "run/skipped.jsonl",
                                       "run/best/state.json",
                                       "run/checkpoints/step-00000004/optimizer.safetensors"};
    for (int i = 0; i < 5; i++) {
        oss_cli_case_write(&p.base, kept[i], "{}");
    }
    oss_cli_case_write(
        &p.base, "network.json",
        "{\"d_model\": 32, \"n_heads\": 2, \"d_ff\": 64, \"n_layers\": 2, \"conv_channels\": 8, "
        "\"position\": \"rope\", \"ctc_subframes\": 2, \"projector_dim\": 20}");
    oss_cli_case_write(&p.base, "vocab.json",
                       "[\"<blank>\",\"<UNK>\",\" \",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]");
    return p;
}

static void free_place(place *p) {
    free(p->run);
    oss_cli_case_free(&p->base);
}

/* ---- Commands ---- */

enum { MOST_WORDS = 16, MOST_INPUTS = 8 };

/* A word that begins with '/' is a file of the place; OUT is the output. */
typedef struct attack {
    const char *command, *output;
    const char *word[MOST_WORDS];
    const char *input[MOST_INPUTS];
} attack;

static const attack attacks[] = {
    {"embed", "-o", {"--model", "/model.safetensors", "/three.wav"}, {"three.wav", "model.safetensors"}},
    {"embed", "-o", {"--model", "/run", "/three.wav"}, {"run/best/model.safetensors"}},
    {"embed", "-o", {"/three.wav"}, {"model.safetensors"}}, /* $OSSICLE_MODEL */
    {"features", "-o", {"--model", "/model.safetensors", "/three.wav"}, {"three.wav", "model.safetensors"}},
    {"features", "-o", {"--config", "/config.json", "/five.wav"}, {"five.wav", "config.json"}},
    {"augment",
     "-o",
     {"--config", "/config.json", "--set", "noise_prob=1", "--set", "reverb_prob=1", "--set",
      "noise_babble=0", "--set", "noise_pink=0", "--set", "noise_white=0", "/three.wav"},
     {"three.wav", "config.json", "noise/hum.wav", "rooms/hall.wav"}},
    {"augment",
     "-o",
     {"--config", "/config.json", "--set", "noise_prob=1", "--set", "noise_babble=1", "--set",
      "noise_recorded=0", "--set", "noise_pink=0", "--set", "noise_white=0", "/three.wav"},
     {"three.wav", "set.csv", "five.wav"}},
    {"average",
     "-o",
     {"/model.safetensors", "/second.safetensors", "/run"},
     {"model.safetensors", "second.safetensors", "run/best/model.safetensors"}},
    {"average",
     "-o",
     {"/run"},
     {"run/config.json", "run/metrics.jsonl", "run/skipped.jsonl", "run/best/state.json",
      "run/checkpoints/step-00000004/model.safetensors",
      "run/checkpoints/step-00000004/optimizer.safetensors"}},
    {"average", "-o", {"/run/best"}, {"run/best/state.json", "run/best/model.safetensors"}},
    {"average",
     "-o",
     {"/run/checkpoints/step-00000004"},
     {"run/checkpoints/step-00000004/optimizer.safetensors"}},
    {"average",
     "-o",
     {"--last", "1", "/run"},
     {"run/config.json", "run/checkpoints/step-00000004/optimizer.safetensors"}},
    {"embed", "-o", {"--model", "/run", "/three.wav"}, {"run/config.json"}},
    {"augment", "-o", {"--config", "/named.json", "/three.wav"}, {"set.csv", "dev.csv", "vocab.json"}},
    {"features", "-o", {"--config", "/named.json", "/three.wav"}, {"set.csv", "dev.csv", "vocab.json"}},
    {"check",
     "--fix",
     {"--config", "/named.json", "--csv", "/set.csv", "--dev-csv", "/set.csv"},
     {"dev.csv", "vocab.json"}},
    {"average", "-o", {"--last", "1", "/run"}, {"run/checkpoints/step-00000004/model.safetensors"}},
    {"calibrate",
     "-o",
     {"--csv", "/many.csv", "/model.safetensors"},
     {"model.safetensors", "many.csv", "three.wav", "five.wav"}},
    {"calibrate",
     "--words",
     {"--csv", "/many.csv", "/model.safetensors"},
     {"model.safetensors", "many.csv", "three.wav", "five.wav"}},
    {"quantize", "-o", {"--to", "int8", "/run"}, {"run/best/model.safetensors", "run/config.json"}},
    {"import",
     "-o",
     {"--config", "/network.json", "--vocab", "/vocab.json", "/model.safetensors"},
     {"network.json", "vocab.json", "model.safetensors"}},
    {"check",
     "--fix",
     {"--csv", "/set.csv", "--dev-csv", "/dev.csv"},
     {"set.csv", "dev.csv", "three.wav", "five.wav"}},
    {"check", "--fix", {"--config", "/config.json"}, {"config.json", "set.csv", "five.wav"}},
    {"check", "--fix", {"--csv", "/set.csv", "--model", "/model.safetensors"}, {"model.safetensors"}},
    {"eval",
     "--hyp",
     {"--model", "/model.safetensors", "--csv", "/set.csv"},
     {"set.csv", "model.safetensors", "three.wav", "five.wav"}},
    {"eval", "--hyp", {"--csv", "/set.csv"}, {"model.safetensors"}},
    {"transcribe", "-o", {"--model", "/model.safetensors", "/three.wav"}, {"three.wav", "model.safetensors"}},
    {"transcribe", "-o", {"/noise", "/five.wav"}, {"noise/hum.wav", "five.wav", "model.safetensors"}},
    {"transcribe", "-o", {"--list", "/list.txt"}, {"list.txt", "three.wav", "noise/hum.wav"}},
    {"align",
     "-o",
     {"--model", "/model.safetensors", "--text-file", "/text.txt", "/five.wav"},
     {"five.wav", "model.safetensors", "text.txt"}},
    {"align", "-o", {"--text", "a", "/five.wav"}, {"model.safetensors", "five.wav"}},
    {"align", "-o", {"--csv", "/dev.csv"}, {"dev.csv", "five.wav"}},
    {"align",
     "--findings",
     {"--model", "/model.safetensors", "--srt", "/text.srt", "/five.wav"},
     {"five.wav", "model.safetensors", "text.srt"}},
    {"align", "--findings", {"--csv", "/dev.csv"}, {"dev.csv", "five.wav"}},
    {"score", "--html", {"--ref", "/set.csv", "--hyp", "/set.csv"}, {"set.csv"}},
    {"score",
     "--html",
     {"--ref", "/dev.csv", "--hyp", "/heard.txt", "--by-line", "--hyp", "/text.txt"},
     {"dev.csv", "heard.txt", "text.txt"}},
    {"lm build", "-o", {"--order", "2", "/text.txt"}, {"text.txt"}},
    {"lm build",
     "-o",
     {"--order", "2", "--csv", "/set.csv", "--vocab", "/text.txt"},
     {"set.csv", "text.txt"}},
    {"lm build",
     "-o",
     {"--order", "2", "--csv", "/set.csv", "--model", "/run"},
     {"run/best/model.safetensors"}},
    {"lm convert", "-o", {"/tiny.arpa"}, {"tiny.arpa"}},
    {"vocab",
     "-o",
     {"--units", "char", "--csv", "/set.csv", "--csv", "/dev.csv"},
     {"set.csv", "dev.csv", "three.wav", "five.wav"}},
};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static oss_program_run run_with_output(const place *p, const attack *a, const char *output) {
    const char *word[MOST_WORDS + 4] = {a->command, a->output, output};
    char *file[MOST_WORDS] = {0};
    int words = 3;
    for (int i = 0; i < MOST_WORDS && a->word[i] != NULL; i++) {
        file[i] = a->word[i][0] == '/' ? oss_tempdir_path(p->base.folder, a->word[i] + 1) : NULL;
        word[words++] = file[i] == NULL ? a->word[i] : file[i];
    }
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    for (int i = 0; i < MOST_WORDS; i++) {
        free(file[i]);
    }
    return run;
}

/* The input, named as itself, by way of "." and of another folder, by a symbolic and by a hard link. */
static char *spell(const place *p, const char *input, int way) {
    static const char *const before[] = {"", "./", "noise/../", "symbolic-", "hard-"};
    char name[300], *spelled, *file = oss_tempdir_path(p->base.folder, input);
    snprintf(name, sizeof name, "%s%s", before[way], way < 3 ? input : "link");
    spelled = oss_tempdir_path(p->base.folder, name);
    if (way >= 3) {
        (void)unlink(spelled);
        ck_assert_int_eq(way == 3 ? symlink(file, spelled) : link(file, spelled), 0);
    }
    free(file);
    return spelled;
}
enum { WAYS = 5 };

static void expect_refusal(const place *p, const attack *a, const char *input, int way) {
    long bytes = 0, bytes_after = 0;
    char *file = oss_tempdir_path(p->base.folder, input), *spelled = spell(p, input, way);
    char *before = oss_tempdir_read(file, &bytes);
    oss_program_run run = run_with_output(p, a, spelled);
    ck_assert_msg(run.code == 2, "%s %s %s: exit %d: %s", a->command, a->output, spelled, run.code, run.err);
    oss_program_expect_err(&run, same);
    oss_program_expect_err(&run, spelled);
    const char *rest = strchr(strstr(run.err, same), '\n') + 1;
    const char *counts = strstr(rest, " rows on "); /* of a CSV that was read to its end */
    ck_assert_msg(*rest == '\0' || (counts != NULL && strchr(counts, '\n')[1] == '\0'), "more lines: %s",
                  run.err);
    char *after = oss_tempdir_read(file, &bytes_after);
    ck_assert_int_eq(bytes, bytes_after);
    ck_assert_mem_eq(before, after, (size_t)bytes);
    free(after);
    free(before);
    free(spelled);
    free(file);
    oss_program_run_deinit(&run);
}

START_TEST(test_output_is_no_input) {
    const attack *a = &attacks[_i];
    place p = make_place();
    ck_assert_int_eq(setenv("OSSICLE_MODEL", p.base.model, 1), 0);
    char *fresh = oss_tempdir_path(p.base.folder, "fresh");
    oss_program_run run = run_with_output(&p, a, fresh);
    ck_assert_msg(run.code <= 1, "%s: exit %d: %s", a->command, run.code, run.err); /* the words are right */
    ck_assert_msg(access(fresh, F_OK) == 0, "%s wrote nothing", a->command);
    oss_program_run_deinit(&run);
    run = run_with_output(&p, a, fresh); /* an output of before is written over */
    ck_assert_int_le(run.code, 1);
    oss_program_run_deinit(&run);
    for (int i = 0; i < MOST_INPUTS && a->input[i] != NULL; i++) {
        for (int way = 0; way < WAYS; way++) {
            expect_refusal(&p, a, a->input[i], way);
        }
    }
    ck_assert_int_eq(unsetenv("OSSICLE_MODEL"), 0);
    free(fresh);
    free_place(&p);
}
END_TEST

/* ---- Paths of --set ---- */

START_TEST(test_output_is_no_path_of_a_setting) {
    static const char *const format[] = {"train_csv=%s/set.csv", "dev_csv=%s/set.csv",
                                         "vocab_json=%s/set.csv",
                                         "train_csv=[{\"csv\": \"%s/set.csv\", \"weight\": 2}]"};
    place p = make_place();
    char setting[1000], *csv = oss_tempdir_path(p.base.folder, "set.csv");
    long bytes = 0;
    snprintf(setting, sizeof setting, format[_i], p.base.folder);
    oss_program_run run = oss_run_ossicle("augment", "--set", setting, "-o", csv, p.base.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, same);
    char *after = oss_tempdir_read(csv, &bytes);
    ck_assert_str_eq(after, "wav,text\n" TWO_ROWS);
    free(after);
    oss_program_run_deinit(&run);
    free(csv);
    free_place(&p);
}
END_TEST

/* ---- That none is forgotten ---- */

static bool is_attacked(const char *command, const char *output, size_t length) {
    for (int i = 0; i < ATTACKS; i++) {
        if (strcmp(attacks[i].command, command) == 0 && strlen(attacks[i].output) == length &&
            memcmp(attacks[i].output, output, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Outputs are what the usage calls OUT: "-o OUT.npy", "[--hyp OUT.tsv]". Returns how many there are. */
static int expect_attacks_of(const char *command) {
    int outputs = 0;
    oss_program_run run = oss_run_ossicle("help", command);
    oss_program_expect(&run, 0);
    char *end = strstr(run.out, "\n\n");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    for (const char *at = strstr(run.out, " OUT"); at != NULL; at = strstr(at + 1, " OUT")) {
        const char *last = at, *begin;
        while (*last == ' ' || *last == '\n') { /* the usage may be wrapped here */
            last--;
        }
        for (begin = last; begin > run.out && begin[-1] != ' ' && begin[-1] != '['; begin--) {
        }
        ck_assert_msg(is_attacked(command, begin, (size_t)(last + 1 - begin)),
                      "%s %.*s is not in the table of this test", command, (int)(last + 1 - begin), begin);
        outputs++;
    }
    oss_program_run_deinit(&run);
    return outputs;
}

START_TEST(test_every_output_is_in_the_table) {
    oss_program_run run = oss_run_ossicle("--help");
    int outputs = 0, commands = 0;
    for (char *line = strstr(run.out, "\n  "); line != NULL; line = strstr(line + 1, "\n  ")) {
        char name[32] = "";
        ck_assert_int_eq(sscanf(line, " %31s", name), 1);
        if (strcmp(name, "lm") == 0) { /* a group, whose commands have two words */
            ck_assert_int_eq(sscanf(line, " lm %28s", name + 3), 1);
            name[2] = ' ';
        }
        if (strcmp(name, "help") != 0) {
            outputs += expect_attacks_of(name);
            commands++;
        }
    }
    ck_assert_int_ge(commands, 12);
    ck_assert_int_ge(outputs, 8);
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/same_file");
    TCase *tests = tcase_create("same file");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_output_is_no_input, 0, ATTACKS);
    tcase_add_loop_test(tests, test_output_is_no_path_of_a_setting, 0, 4);
    tcase_add_test(tests, test_every_output_is_in_the_table);
    suite_add_tcase(suite, tests);
    return suite;
}
