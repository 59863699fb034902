/* Models and recordings for the tests of commands that search. */
#ifndef OSS_TESTS_CLI_SEARCH_CASES_H
#define OSS_TESTS_CLI_SEARCH_CASES_H

#include "cli/cli_cases.h"
#include "ngram/pack.h"
#include "support/suite.h"

static const char search_arpa[] =
    "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-3\ta\n-0.1\tb\n\n\\end\\\n";
static const char search_capitals[] =
    "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-3\tA\n-0.1\tB\n\n\\end\\\n";

typedef struct search_case {
    oss_cli_case c;
    char *lm, *words, *csv, *packed;
} search_case;

/* The model says "a", or nearly as likely "b", and a space at every frame. */
static inline search_case make_search_case(void) {
    search_case s = {.c = oss_cli_case_make()};
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    oss_models_value(model, "head.bias", NULL)[oss_vocab_find(model->vocab, "b")] = 5.5F;
    oss_cli_case_save(model, s.c.model);
    oss_model_free(model);
    oss_cli_case_write(&s.c, "b.arpa", search_arpa);
    oss_cli_case_write(&s.c, "capitals.arpa", search_capitals);
    oss_cli_case_write(&s.c, "words.txt", "# said often\nb\n");
    oss_cli_case_write(&s.c, "set.csv",
                       "wav,text\nthree.wav,b b b\nfive.wav,b b a b b b\nthree.wav,b\nfive.wav,b b b b b\n");
    s.lm = oss_tempdir_path(s.c.folder, "b.arpa");
    s.words = oss_tempdir_path(s.c.folder, "words.txt");
    s.csv = oss_tempdir_path(s.c.folder, "set.csv");
    s.packed = oss_tempdir_path(s.c.folder, "b.lm");
    return s;
}

static inline void discard_search_case(search_case *s) {
    free(s->lm);
    free(s->words);
    free(s->csv);
    free(s->packed);
    oss_cli_case_free(&s->c);
}

static inline void pack_search_case(const search_case *s) {
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_load(&ngram, s->lm) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_ngram_save(ngram, s->packed) == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
}

#define transcribe(...) oss_run_ossicle("transcribe", "--model", s.c.model, s.c.three, __VA_ARGS__)

#define expect_text(wanted, ...)                                                                             \
    do {                                                                                                     \
        oss_program_run run_ = transcribe(__VA_ARGS__);                                                      \
        oss_program_expect(&run_, 0);                                                                        \
        ck_assert_str_eq(run_.out, wanted "\n");                                                             \
        oss_program_run_deinit(&run_);                                                                       \
    } while (0)

#endif
