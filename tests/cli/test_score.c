/* ossicle score: forms, options, what is printed and written, what is refused. */
#include <stdlib.h>

#include "base/json.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

typedef struct place {
    char *folder, *ref, *hyp, *two;
} place;

static void write_file(const place *p, const char *name, const char *text) {
    char *path = oss_tempdir_path(p->folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

static place make_place(void) {
    place p = {.folder = oss_tempdir_make()};
    p.ref = oss_tempdir_path(p.folder, "ref.trn");
    p.hyp = oss_tempdir_path(p.folder, "hyp.trn");
    p.two = oss_tempdir_path(p.folder, "two.trn");
    write_file(&p, "ref.trn", "The cat sat { on / at } the mat (ann-1)\nA B (bob-2)\nyes (no) (bob-3)\n");
    write_file(&p, "hyp.trn", "b a (bob-2)\nthe cat at a mat <b>&\"'x (ann-1)\nyes (bob-3)\n");
    write_file(&p, "two.trn", "the cat sat on the mat (ann-1)\na b (bob-2)\nyes (bob-3)\n");
    return p;
}

static void free_place(place *p) {
    free(p->ref);
    free(p->hyp);
    free(p->two);
    oss_tempdir_remove(p->folder);
}

START_TEST(test_table) {
    place p = make_place();
    oss_program_run run = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--bootstrap", "0",
                                          "--optional-words", "--confusions", "1", "--alignments");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    oss_program_expect_out(&run, "SPKR             SNT      WRD   Corr    Sub    Del    Ins    Err  S.Err\n"
                                 "ann                1        6   66.7   16.7   16.7   16.7   50.0  100.0\n"
                                 "bob                2        4   75.0    0.0   25.0   25.0   50.0   50.0\n"
                                 "Sum/Avg            3       10   70.0   10.0   20.0   20.0   50.0   66.7\n"
                                 "Sum                3       10      7      1      2      2      5      2\n");
    oss_program_expect_out(&run, "\nwer  50.00 % by sclite's counts (costs 4, 3, 3)\n"
                                 "     50.00 % by Levenshtein's counts (costs 1, 1, 1): 3 sub, 1 del, 1 ins\n"
                                 "cer ");
    oss_program_expect_out(&run, "substitutions of ");
    oss_program_expect_out(&run,
                           ": 2 different\n      1  a\n"); /* two kinds of deletions, the first is shown */
    oss_program_expect_out(&run, "\nid: (ann-1)\nScores: (#C #S #D #I) 4 1 1 1\n"
                                 "REF:  the cat SAT at THE mat *******\n"
                                 "HYP:  the cat *** at A   mat <B>&\"'X\n"
                                 "Eval:         D      S       I\n");
    oss_program_expect_out(&run, "REF:  A b *\nHYP:  * b A\nEval: D   I\n");
    oss_program_expect_out(&run, "REF:  yes (no)\nHYP:  yes\nEval:\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--counts", "levenshtein", "--case",
                          "keep", "--alignments");
    oss_program_expect(&run, 0);
    oss_program_expect_err(&run, "1 words in round brackets count as they stand");
    oss_program_expect_out(&run, "by Levenshtein's counts (costs 1, 1, 1)\n");
    oss_program_expect_out(&run, "REF:  A B\nHYP:  b a\nEval: S S\n");
    oss_program_run_deinit(&run);
    free_place(&p);
}
END_TEST

static const oss_json *path(const oss_json *json, const char *a, const char *b) {
    json = oss_json_get(json, a);
    return b == NULL ? json : oss_json_get(json, b);
}

START_TEST(test_json_of_two) {
    place p = make_place();
    oss_json *json = NULL;
    oss_program_run run = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--hyp", p.two, "--json",
                                          "--optional-words", "--confusions", "9", "--alignments");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "output"), OSS_OK);
    const oss_json *one = oss_json_first(path(json, "systems", NULL)), *other = oss_json_next(one);
    ck_assert_double_eq(oss_json_number(path(one, "wer", NULL)), 0.5);
    ck_assert_double_eq(oss_json_number(path(one, "levenshtein", "substitutions")), 3);
    ck_assert_double_eq(oss_json_number(path(other, "wer", NULL)), 0.0);
    ck_assert_double_eq(oss_json_number(path(other, "cer", NULL)), 0.0);
    ck_assert_uint_eq(oss_json_count(path(one, "wer_95", NULL)), 2);
    ck_assert_uint_eq(oss_json_count(path(one, "speakers", NULL)), 2);
    ck_assert_uint_eq(oss_json_count(path(one, "alignments", NULL)), 3);
    ck_assert_uint_eq(oss_json_count(path(one, "confusions", "deleted")), 2);
    const oss_json *compared = path(json, "comparison", NULL);
    ck_assert_double_eq(oss_json_number(path(compared, "wer_difference", NULL)), -0.5);
    ck_assert_double_eq(oss_json_number(path(compared, "mapsswe", "segments")), 2);
    ck_assert_double_eq(oss_json_number(path(compared, "mapsswe", "mean")), 2.5); /* 3 and 2 errors */
    oss_json_free(json);
    oss_program_run again = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--hyp", p.two, "--json",
                                            "--optional-words", "--confusions", "9", "--alignments");
    ck_assert_str_eq(run.out, again.out);
    oss_program_run_deinit(&again);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--hyp", p.two, "--optional-words");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "difference   -50.00 (95 %: ");
    oss_program_expect_out(&run, "matched pairs of 2 segments: z 5.000, p 5.733e-07, they differ (95 %)\n");
    oss_program_run_deinit(&run);
    free_place(&p);
}
END_TEST

/* Counts elements of `text`. */
static int count(const char *text, const char *what) {
    int found = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        found++;
    }
    return found;
}

START_TEST(test_html) {
    place p = make_place();
    char *out = oss_tempdir_path(p.folder, "page.html");
    oss_program_run run = oss_run_ossicle("score", "--ref", p.ref, "--hyp", p.hyp, "--html", out);
    oss_program_expect(&run, 0);
    char *page = oss_tempdir_read(out, NULL);
    ck_assert_ptr_nonnull(
        strstr(page, "<span class=\"w i\"><b></b><i>&lt;b&gt;&amp;&quot;&#39;x</i></span>"));
    ck_assert_ptr_nonnull(strstr(page, "<span class=\"w d\"><b>sat</b><i></i></span>"));
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "http"));
    ck_assert_int_eq(count(page, "<div class=\"u"), 3);
    ck_assert_int_eq(count(page, "<div"), count(page, "</div>"));
    ck_assert_int_eq(count(page, "<span"), count(page, "</span>"));
    ck_assert_int_eq(oss_tempdir_has(p.folder, "tmp"), 0);
    free(page);
    free(out);
    oss_program_run_deinit(&run);
    free_place(&p);
}
END_TEST

/* ---- Forms ---- */

/* Files of a pair: the same score whatever form they have. */
START_TEST(test_forms) {
    static const struct {
        const char *ref, *ref_text, *hyp, *hyp_text;
        const char *word[8];
    } cases[] = {
        {"r.csv",
         "wav,text,speaker\nd/x.wav,\"a, b\",s\nd/y.wav,c,s\n",
         "h.jsonl",
         "{\"file\":\"/k/y.flac\",\"text\":\"c\"}\n{\"file\":\"/k/x.flac\",\"text\":\"a, d\"}\n",
         {NULL}},
        {"r.tsv",
         "path\tsentence\nx\ta \"b\ny\tc\n",
         "h.tsv",
         "file\tstart\tend\ttext\nx\t0\t1\ta\nx\t1\t2\td\ny\t0\t1\tc\n",
         {NULL}},
        {"r.stm",
         "x 1 s 0 1 a\nx 1 s 1 2 b c\n",
         "h.ctm",
         "x 1 0 .5 a .9\nx 1 1 .2 d\nx 1 1.5 .4 c\n",
         {NULL}},
        {"r.txt", "a b\nc\n", "h.txt", "a d\r\nc", {NULL}},
        {"r",
         "a b\nc\n",
         "h",
         "[{\"key\":1,\"heard\":\"a d\"},{\"key\":2,\"heard\":\"c\"}]",
         {"--ref-format", "txt", "--hyp-format", "json", "--hyp-column", "heard"}},
        {"both.tsv", "wav\tref\thyp\tS\nx\ta b\ta d\t1\ny\tc\tc\t0\n", "both.tsv", NULL, {NULL}},
        {"r.csv",
         "name,said\nx,a b\nx,c\n",
         "h.txt",
         "a d\nc\n",
         {"--by-line", "--id-column", "name", "--ref-column", "said"}},
        {"r.trn", "A b (x)\nc (y)\nq (z)\n", "h.trn", "a d (x)\nc (y)\nr (w)\n", {"--missing", "skip"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place p = make_place();
        char *ref = oss_tempdir_path(p.folder, cases[i].ref), *hyp = oss_tempdir_path(p.folder, cases[i].hyp);
        write_file(&p, cases[i].ref, cases[i].ref_text);
        if (cases[i].hyp_text != NULL) {
            write_file(&p, cases[i].hyp, cases[i].hyp_text);
        }
        const char *word[16] = {"score", "--ref", ref, "--hyp", hyp, "--bootstrap", "0"};
        for (int k = 0; k < 8; k++) {
            word[7 + k] = cases[i].word[k];
        }
        oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
        ck_assert_msg(run.code == 0, "%s: %s", cases[i].ref, run.err);
        oss_program_expect_out(&run, "        3      2      1      0      0      1      1\n");
        oss_program_run_deinit(&run);
        free(ref);
        free(hyp);
        free_place(&p);
    }
}
END_TEST

/* A ctm cannot say that nothing was heard: a warning tells where it has no words. */
START_TEST(test_silence) {
    static const char *const references[] = {"x (a)\ny (b)\n", "a 1 s 0 1 x\nb 1 s 0 1 y\n"};
    static const char *const says[] = {"no words for 1 of the 2 utterances of ",
                                       "no words for 1 of the channels of "};
    place p = make_place();
    write_file(&p, "h.ctm", "a 1 0 1 x\n");
    char *hyp = oss_tempdir_path(p.folder, "h.ctm"), *ref = oss_tempdir_path(p.folder, "r");
    for (int i = 0; i < 2; i++) {
        write_file(&p, "r", references[i]);
        oss_program_run run =
            oss_run_ossicle("score", "--ref", ref, "--hyp", hyp, "--ref-format", i == 0 ? "trn" : "stm");
        oss_program_expect(&run, 0);
        oss_program_expect_err(&run, says[i]);
        oss_program_expect_out(&run,
                               "Sum                2        2      1      0      1      0      1      1\n");
        oss_program_run_deinit(&run);
    }
    free(hyp);
    free(ref);
    free_place(&p);
}
END_TEST

/* What `transcribe` and `eval` write. */
START_TEST(test_transcribed) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", "wav,text\nthree.wav,a a a\nfive.wav,a b a a a a\n");
    char *csv = oss_tempdir_path(c.folder, "set.csv"), *tsv = oss_tempdir_path(c.folder, "eval.tsv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", csv, "--hyp", tsv);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("score", "--ref", tsv, "--hyp", tsv, "--case", "lower");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "Sum                2        9      8      1      0      0      1      1\n");
    oss_program_run_deinit(&run);
    static const char *const forms[] = {"jsonl", "trn", "ctm", "tsv"};
    for (int i = 0; i < 4; i++) {
        char name[20];
        snprintf(name, sizeof name, "out.%s", forms[i]);
        char *out = oss_tempdir_path(c.folder, name);
        run = oss_run_ossicle("transcribe", "--model", c.model, "--format", forms[i], "-o", out, c.three,
                              c.five);
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
        run = oss_run_ossicle("score", "--ref", csv, "--hyp", out);
        oss_program_expect(&run, 0);
        oss_program_expect_out(&run,
                               "Sum                2        9      8      1      0      0      1      1\n");
        oss_program_run_deinit(&run);
        free(out);
    }
    free(csv);
    free(tsv);
    oss_cli_case_free(&c);
}
END_TEST

/* ---- Refusals ---- */

typedef struct refusal {
    const char *word[10];
    int code;
    const char *says;
} refusal;

START_TEST(test_refused) {
    place p = make_place();
    write_file(&p, "one.trn", "a (ann-1)\nb (bob-2)\n");
    write_file(&p, "odd.trn", "a { b (ann-1)\n");
    char *one = oss_tempdir_path(p.folder, "one.trn"), *odd = oss_tempdir_path(p.folder, "odd.trn");
    char *nowhere = oss_tempdir_path(p.folder, "nowhere.trn"), *txt = oss_tempdir_path(p.folder, "a.txt");
    write_file(&p, "a.txt", "a\n");
    const refusal refusals[] = {
        {{"--hyp", p.hyp}, 2, "--ref FILE is missing"},
        {{"--ref", p.ref}, 2, "--hyp FILE is missing"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--hyp", p.hyp, "--hyp", p.hyp}, 2, "--hyp: 3 files"},
        {{"--ref", "ref", "--hyp", p.hyp}, 2, "ref: its name does not end with .trn"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--ref-format", "sgml"}, 2, "--ref-format sgml"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--bootstrap", "39"}, 2, "--bootstrap 39: fewer than 40"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--confusions", "0"}, 2, "--confusions 0"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--counts", "fewest"}, 2, "--counts fewest"},
        {{"--ref", p.ref, "--hyp", p.hyp, "--html", p.hyp}, 2, "is the same file as"},
        {{"--ref", p.ref, "--hyp", nowhere}, 3, "nowhere.trn"},
        {{"--ref", p.ref, "--hyp", one}, 3, "1 id missing that are in "},
        {{"--ref", one, "--hyp", p.hyp}, 3, "1 id not in "},
        {{"--ref", "-", "--hyp", "-", "--hyp", one, "--hyp-format", "trn"}, 2, "standard input is 2 of them"},
        {{"--ref", one, "--hyp", one, "--id-column", "id"}, 2, "--id-column goes with"},
        {{"--ref", one, "--hyp", one, "--ref-column", "text"}, 2, "--ref-column goes with"},
        {{"--ref", one, "--hyp", one, "--hyp-column", "text"}, 2, "--hyp-column goes with"},
        {{"--ref", one, "--hyp", one, "--speaker-column", "s"}, 2, "--speaker-column goes with"},
        {{"--ref", one, "--hyp", one, "--by-line", "--missing", "skip"}, 2, "--missing goes with"},
        {{"--ref", one, "--hyp", one, "--bootstrap", "0", "--seed", "2"}, 2, "--seed goes with"},
        {{"--ref", txt, "--hyp", txt, "--optional-words"}, 2, "--optional-words goes with trn, stm or ctm"},
        {{"--ref", txt, "--hyp", txt, "--fragments"}, 2, "--fragments goes with trn, stm or ctm"},
        {{"--ref", odd, "--hyp", odd}, 3, "odd.trn:1: ann-1: a brace { is never closed"},
        {{"--ref", p.ref, "--hyp", p.ref, "--hyp-format", "ctm"}, 3, "ref.trn:1: "},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *word[12] = {"score"};
        memcpy(word + 1, refusals[i].word, sizeof refusals[i].word);
        oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
        oss_program_expect(&run, refusals[i].code);
        oss_program_expect_err(&run, refusals[i].says);
        ck_assert_str_eq(run.out, "");
        ck_assert_msg(strchr(run.err, '\n') == run.err + strlen(run.err) - 1, "not one line: %s", run.err);
        oss_program_run_deinit(&run);
    }
    free(one);
    free(odd);
    free(nowhere);
    free(txt);
    free_place(&p);
}
END_TEST

/* A file, a pipe, one that is closed, one that is the page which would be written. */
START_TEST(test_standard_input) {
    static const struct {
        const char *script;
        int code;
        const char *says;
    } cases[] = {
        {"\"$0\" score --ref \"$1\" --hyp - --hyp-format trn <\"$2\"", 0, "hypothesis   standard input\n"},
        {"cat \"$2\" | \"$0\" score --ref \"$1\" --hyp - --hyp-format trn", 0,
         "hypothesis   standard input\n"},
        {"cat \"$2\" | \"$0\" score --ref \"$1\" --hyp -", 2, "-: its name does not end with"},
        {"\"$0\" score --ref \"$1\" --hyp - --hyp-format trn <&-", 3, "standard input is closed"},
        {"\"$0\" score --ref \"$1\" --hyp - --hyp-format trn --html \"$2\" <\"$2\"", 2,
         "is the same file as standard input"},
    };
    place p = make_place();
    char *program = oss_program_path("ossicle");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const argument[] = {"/bin/sh", "-c", cases[i].script, program, p.ref, p.two, NULL};
        oss_program_run run = oss_program_start(argument, OSS_STDOUT_KEEP);
        oss_program_expect(&run, cases[i].code);
        ck_assert_ptr_nonnull(strstr(cases[i].code == 0 ? run.out : run.err, cases[i].says));
        oss_program_run_deinit(&run);
    }
    free(program);
    free_place(&p);
}
END_TEST

START_TEST(test_full_disk) {
    place p = make_place();
    const char *word[] = {"score", "--ref", p.ref, "--hyp", p.two, NULL};
    oss_program_run run = oss_program_run_words(OSS_STDOUT_FULL, word);
    oss_program_expect(&run, 4);
    oss_program_run_deinit(&run);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/score");
    TCase *all = tcase_create("score");
    tcase_add_test(all, test_table);
    tcase_add_test(all, test_json_of_two);
    tcase_add_test(all, test_html);
    tcase_add_test(all, test_forms);
    tcase_add_test(all, test_silence);
    tcase_add_test(all, test_transcribed);
    tcase_add_test(all, test_refused);
    tcase_add_test(all, test_standard_input);
    tcase_add_test(all, test_full_disk);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
