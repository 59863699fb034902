/* What names, texts and vocabularies hold does nothing to a terminal: it is spelled out there, and in every message. Results
 * that go elsewhere stay as they are. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "text/vocab.h"

static oss_cli_case c;

/* A model whose "a" is an escape character; a recording whose name clears the screen; a row of its own kind. */
static void set_up(void) {
    static const char *const symbols[] = {"<blank>", "<UNK>", " ", "\x1b", "\n", "\xc2\x9b",
                                          "d",       "e",     "f", "g",    "h"};
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_vocab_free(model->vocab);
    model->vocab = NULL;
    ck_assert_msg(oss_vocab_from_symbols(&model->vocab, symbols, 11) == OSS_OK, "%s", oss_last_error());
    oss_models_say(model, (const char *const[]){"\x1b", " "}, 2);
    oss_cli_case_save(model, "hostile.safetensors");
    oss_model_free(model);
    oss_cli_case_write(
        &c, "set.csv",
        "wav,text\nthree.wav,a\nthree.wav,a\n\x1b[2J.wav,a\n\"b\nad\xc2\x9b.wav\",a\n\"x\n\x1b.wav\",\n");
    oss_cli_case_write(&c, "ref.trn", "a \x1b[31m b (\x1b[2J)\n");
    oss_cli_case_write(&c, "hyp.trn", "a c b (\x1b[2J)\n");
    oss_cli_case_write(&c, "\x1b[2J\xff.wav", "no recording");
}

static void tear_down(void) {
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

static char *run_on_terminal(const char *const word[], int code) {
    const char *argument[10] = {oss_program_path("ossicle")};
    for (int i = 0; word[i] != NULL; i++) {
        argument[i + 1] = word[i];
    }
    char *text = oss_terminal_run(argument, 100, true, true, code);
    free((char *)argument[0]);
    for (char *drawn = strstr(text, "\r\033[K"); drawn != NULL; drawn = strstr(drawn, "\r\033[K")) {
        memset(drawn, ' ', 4); /* a line of ours that was drawn again */
    }
    return text;
}

static const struct {
    const char *word[8];
    int code;
    const char *says[3];
} cases[] = {
    {{"check", "--csv", "set.csv"}, 1, {"row 3: \\x1b[2J.wav: ", "row 4: b\\nad\\u009b.wav: "}},
    {{"transcribe", "--model", "hostile.safetensors", "--greedy", "three.wav"}, 0, {"\\x1b \\x1b"}},
    {{"transcribe", "--model", "hostile.safetensors", "--json", "three.wav"}, 0, {"\\u001b \\u001b"}},
    {{"transcribe", "--model", "hostile.safetensors", "--format", "srt", "three.wav"}, 0, {NULL}},
    {{"transcribe", "--model", "model.safetensors", "\x1b[2J\xff.wav"},
     3,
     {"ossicle transcribe: \\x1b[2J\\xff.wav: "}},
    {{"eval", "--model", "model.safetensors", "--csv", "set.csv"}, 1, {"\\x1b[2J.wav", "b\\nad\\u009b.wav"}},
    {{"info", "hostile.safetensors"}, 0, {" (space) \\x1b \\n \\u009b d"}},
    {{"info", "--json", "hostile.safetensors"}, 0, {"\"\\u001b\"", "\"\\u009b\""}},
    {{"score", "--ref", "ref.trn", "--hyp", "hyp.trn", "--alignments", "--confusions", "3"},
     0,
     {"id: (\\x1b[2j)", "REF:  a \\x1b[31M", "\\x1b[31m -> c"}},
    {{"\x1b[2J"}, 2, {"ossicle: there is no command \"\\x1b[2J\""}},
    {{"info", "no\x1b\nsuch"}, 3, {"no\\x1b\\nsuch"}},
};

START_TEST(test_terminal) {
    char *text = run_on_terminal(cases[_i].word, cases[_i].code);
    for (int i = 0; i < 3 && cases[_i].says[i] != NULL; i++) {
        ck_assert_msg(strstr(text, cases[_i].says[i]) != NULL, "\"%s\" is not in: %s", cases[_i].says[i],
                      text);
    }
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        ck_assert_msg((*at >= 0x20 || strchr("\r\n\t", *at) != NULL) && *at != 0x7f && *at != 0x9b &&
                          *at != 0xff,
                      "byte %02x is in: %s", *at, text);
    }
    free(text);
}
END_TEST

/* What reads a pipe or a file gets the text, messages are spelled out there too. */
START_TEST(test_elsewhere) {
    oss_program_run run =
        oss_run_ossicle("transcribe", "--model", "hostile.safetensors", "--greedy", "three.wav");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\x1b \x1b");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("eval", "--model", "model.safetensors", "--csv", "set.csv");
    oss_program_expect_err(&run, "b\\nad\\u009b.wav");
    ck_assert_ptr_null(strchr(run.err, '\x1b'));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("info", "--json", "hostile.safetensors");
    oss_program_expect_out(&run, "\"\\u001b\"");
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/terminal text");
    TCase *tests = tcase_create("terminal");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_terminal, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, test_elsewhere);
    suite_add_tcase(suite, tests);
    return suite;
}
