/* Pairing by ids, names, times and lines. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "score/score_pairs.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_transcripts load(const char *name, const char *text, const oss_score_pairs_options *options) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "file");
    oss_transcripts t = {0};
    oss_transcripts_options o = {
        .is_reference = true, .by_line = options->by_line, .letters = options->letters};
    ck_assert_int_eq(oss_transcripts_form_of(name, &o.form), OSS_OK);
    oss_tempdir_write(path, text, (long)strlen(text));
    ck_assert_msg(oss_transcripts_load(&t, path, name, &o) == OSS_OK, "%s", oss_last_error());
    free(path);
    oss_tempdir_remove(folder);
    return t;
}

typedef struct pairing_case {
    const char *reference, *reference_text, *hypothesis, *hypothesis_text;
    oss_score_pairs_options options;
    const char *want; /* "id:text;" of all, or what the message says */
    oss_status status;
} pairing_case;

static void expect_pairs(const pairing_case *c) {
    oss_transcripts a = load(c->reference, c->reference_text, &c->options);
    oss_transcripts b = load(c->hypothesis, c->hypothesis_text, &c->options);
    oss_score_pairs pairs = {0};
    oss_strbuf got = {0};
    oss_status status = oss_score_pairs_init(&pairs, &a, &b, 1, &c->options);
    ck_assert_msg(status == c->status, "%s: %s", c->want, status == OSS_OK ? "paired" : oss_last_error());
    for (int32_t i = 0; i < pairs.pairs && status == OSS_OK; i++) {
        oss_strbuf_printf(&got, "%s:%s;", pairs.pair[i].reference->id, pairs.pair[i].hypothesis[0]);
    }
    if (status == OSS_OK) {
        ck_assert_str_eq(got.data, c->want);
    } else {
        ck_assert_msg(strstr(oss_last_error(), c->want) != NULL, "%s", oss_last_error());
    }
    oss_strbuf_deinit(&got);
    oss_score_pairs_deinit(&pairs);
    oss_transcripts_deinit(&a);
    oss_transcripts_deinit(&b);
}

static const oss_score_pairs_options by_line = {.by_line = true},
                                     empty = {.missing = OSS_SCORE_MISSING_EMPTY},
                                     skip = {.missing = OSS_SCORE_MISSING_SKIP},
                                     keep = {.letters = OSS_SCORE_CASE_KEEP};

START_TEST(test_ids) {
    const pairing_case cases[] = {
        {"r.trn", "a (x)\nb (y)\n", "h.trn", "d (y)\nc (X)\n", {0}, "x:c ;y:d ;", OSS_OK},
        {"r.csv", "id,text\nA,a\nB,b\n", "h.trn", "d (b)\nc (a)\n", {0}, "A:c ;B:d ;", OSS_OK},
        {"r.trn", "a (x)\n", "h.trn", "c (X)\n", keep,
         "1 id not in r.trn: X; 1 id missing that are in r.trn: x", OSS_EINPUT},
        {"r.csv",
         "wav,text\nclips/one.wav,a\nclips/two.wav,b\n",
         "h.jsonl",
         "{\"file\":\"/data/clips/two.wav\",\"text\":\"d\"}\n{\"file\":\"/data/clips/one.wav\",\"text\":\"c\"}\n",
         {0},
         "clips/one.wav:c;clips/two.wav:d;",
         OSS_OK},
        {"r.csv", "wav,text\nclips/one.wav,a\n", "h.trn", "c (one)\n", {0}, "clips/one.wav:c ;", OSS_OK},
        {"r.csv",
         "wav,text\na/one.wav,a\nb/one.wav,b\n",
         "h.trn",
         "c (one)\n",
         {0},
         "1 id not in r.csv: one",
         OSS_EINPUT},
        {"r.txt", "a\nb\n", "h.txt", "c\nd\n", {0}, "1:c;2:d;", OSS_OK},
        {"r.trn",
         "a (x)\n",
         "h.txt",
         "c\n",
         {0},
         "missing that are in r.trn: x (--by-line pairs",
         OSS_EINPUT},
        {"r.txt", "a\nb\n", "h.txt", "c\n", {0}, "h.txt: 1 id missing that are in r.txt: 2", OSS_EINPUT},
        {"r.trn",
         "a (x)\nb (x)\n",
         "h.trn",
         "d (x)\n",
         {0},
         "r.trn:2: the id x is there twice, first in line 1",
         OSS_EINPUT},
        {"r.trn",
         "a (x)\n",
         "h.trn",
         "d (x)\n\ne (x)\n",
         {0},
         "h.trn:3: the id x is there twice, first in line 1",
         OSS_EINPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_pairs(&cases[i]);
    }
}
END_TEST

START_TEST(test_missing) {
    const pairing_case cases[] = {
        {"r.trn", "a (x)\nb (y)\nc (z)\n", "h.trn", "d (y)\n", empty, "x:;y:d ;z:;", OSS_OK},
        {"r.trn", "a (x)\nb (y)\nc (z)\n", "h.trn", "d (y)\n", skip, "y:d ;", OSS_OK},
        {"r.trn", "b (y)\n", "h.trn", "d (y)\ne (q)\n", skip, "y:d ;", OSS_OK},
        {"r.trn", "b (y)\n", "h.trn", "d (y)\ne (q)\n", empty, "h.trn: 1 id not in r.trn: q (--missing skip",
         OSS_EINPUT},
        {"r.trn", "b (y)\n", "h.trn", "e (q)\n", skip, "no utterance is left", OSS_EINPUT},
        {"r.trn",
         "a (1)\nb (2)\nc (3)\nd (4)\ne (5)\nf (6)\ng (7)\n",
         "h.trn",
         "d (4)\n",
         {0},
         "h.trn: 6 ids missing that are in r.trn: 1, 2, 3, 5, 6 and others",
         OSS_EINPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_pairs(&cases[i]);
    }
}
END_TEST

START_TEST(test_lines) {
    const pairing_case cases[] = {
        {"r.trn", "a (x)\nb (x)\n", "h.txt", "c\nd\n", by_line, "x:c;x:d;", OSS_OK},
        {"r.trn", "a (x)\n", "h.txt", "c\nd\n", by_line, "h.txt: 2 utterances, but r.trn has 1", OSS_EINPUT},
        {"r.trn", "a (x)\n", "h.ctm", "x 1 0 1 c\n", by_line, "a line of h.ctm is a word", OSS_EUSAGE},
        /* In the order of the file, without ids too. */
        {"r.stm", "b 1 s 0 1 x\na 1 s 5 6 y\na 1 s 0 1 z\n", "h.txt", "p\nq\nr\n", by_line,
         "b 1:p;a 1:q;a 1:r;", OSS_OK},
        {"r.csv", "text\nx\ny\n", "h.jsonl", "{\"text\":\"p\"}\n{\"text\":\"q\",\"id\":\"z\"}\n", by_line,
         "2:p;3:q;", OSS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_pairs(&cases[i]);
    }
}
END_TEST

#define STM "b 1 s 0 1 x\na 1 s 1 2 y\na 1 s 0 1 x\na 1 s 2 3 IGNORE_TIME_SEGMENT_IN_SCORING\na 1 s 3 4 z\n"

START_TEST(test_times) {
    const pairing_case cases[] = {
        /* A word's middle decides; words stay in their order, and what is behind the last segment goes to it. */
        {"r.stm",
         STM,
         "h.ctm",
         "a 1 0.5 0.9 p\na 1 0.6 1 q\na 1 2.2 .1 not\na 1 9 1 r\na 1 0.9 0.1 o\nb 1 5 1 s\n",
         {0},
         "a 1:p;a 1:q o;a 1:r;b 1:s;",
         OSS_OK},
        {"r.stm", STM, "h.ctm", "a 1 1.5 0.1 p\n", {0}, "a 1:;a 1:p;a 1:;b 1:;", OSS_OK},
        {"r.stm", STM, "h.ctm", "", {0}, "a 1:;a 1:;a 1:;b 1:;", OSS_OK},
        {"r.stm",
         STM,
         "h.ctm",
         "c 1 1.5 0.1 p\na 2 1 1 q\n",
         {0},
         "h.ctm: 2 ids not in r.stm: a 2, c 1 (--missing skip",
         OSS_EINPUT},
        {"r.stm", STM, "h.ctm", "c 1 1.5 0.1 p\nb 1 1 1 q\n", skip, "a 1:;a 1:;a 1:;b 1:q;", OSS_OK},
        /* Halfway: the end of the segment in single precision is a little lower than the word's middle, and here higher. */
        {"r.stm",
         "a 1 s 7 7.95 x\na 1 s 7.95 9 y\n",
         "h.ctm",
         "a 1 7.89 0.12 p\n",
         {0},
         "a 1:;a 1:p;",
         OSS_OK},
        {"r.stm",
         "a 1 s 9 10.02 x\na 1 s 10.02 11 y\n",
         "h.ctm",
         "a 1 9.96 0.12 p\n",
         {0},
         "a 1:p;a 1:;",
         OSS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_pairs(&cases[i]);
    }
}
END_TEST

/* Where one side has no times, all of a recording is one utterance. */
START_TEST(test_recordings) {
    const char *stm = "b 1 s 0 1 x\na 1 s 1 2 y\na 1 s 0 1 x\n";
    const pairing_case cases[] = {
        {"r.stm", stm, "h.trn", "p q (a)\nr (b)\n", {0}, "a 1:p q ;b 1:r ;", OSS_OK},
        {"r.trn",
         "x (rec)\ny (other)\n",
         "h.ctm",
         "rec 1 2 1 q\nrec 1 0 1 p\n",
         {0},
         "rec:p q;other:;",
         OSS_OK},
        {"r.stm", stm, "h.stm", "b 1 s 0 9 r\na 1 s 0 9 p q\n", {0}, "a 1:p q;b 1:r;", OSS_OK},
        {"r.trn",
         "x (rec)\n",
         "h.ctm",
         "rec 1 2 1 q\nrec 2 0 1 p\n",
         {0},
         "rec 2 is there twice",
         OSS_EINPUT},
        {"r.stm", STM, "h.trn", "p (a)\nr (b)\n", {0}, "not to be scored: only a ctm", OSS_EINPUT},
        {"r.tsv",
         "file\tstart\tend\ttext\nx\t0\t1\ta\nx\t1\t2\tb\n",
         "h.trn",
         "c (x)\n",
         {0},
         "x:c ;",
         OSS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_pairs(&cases[i]);
    }
}
END_TEST

/* Two hypotheses, one of them without an utterance. */
START_TEST(test_two) {
    oss_transcripts a = load("r.trn", "a (x)\nb (y)\nc (z)\n", &skip);
    oss_transcripts b[2] = {load("one.trn", "1 (z)\n2 (x)\n", &skip),
                            load("two.trn", "3 (y)\n4 (z)\n", &skip)},
                    c = load("more.ctm", "z 1 0 1 5\nq 1 0 1 6\nr 1 0 1 7\n", &skip);
    oss_score_pairs pairs = {0};
    ck_assert_int_eq(oss_score_pairs_init(&pairs, &a, b, 2, &empty), OSS_OK);
    ck_assert_int_eq(pairs.pairs, 3);
    ck_assert_int_eq(pairs.missing[0], 1);
    ck_assert_int_eq(pairs.missing[1], 1);
    ck_assert_str_eq(pairs.pair[2].hypothesis[0], "1 ");
    ck_assert_str_eq(pairs.pair[2].hypothesis[1], "4 ");
    oss_score_pairs_deinit(&pairs);
    ck_assert_int_eq(oss_score_pairs_init(&pairs, &a, b, 2, &skip), OSS_OK);
    ck_assert_int_eq(pairs.pairs, 1);
    ck_assert_int_eq(pairs.skipped, 2);
    ck_assert_str_eq(pairs.pair[0].reference->id, "z");
    ck_assert_int_eq(pairs.unknown[0], 0);
    oss_score_pairs_deinit(&pairs);
    ck_assert_int_eq(oss_score_pairs_init(&pairs, &a, &c, 1, &skip),
                     OSS_OK); /* more than the reference has */
    ck_assert_int_eq(pairs.pairs, 3);
    ck_assert_int_eq(pairs.unknown[0], 2);
    oss_score_pairs_deinit(&pairs);
    oss_transcripts stm = load("r.stm", "z 1 s 0 1 x\n", &skip),
                    ctm = load("h.ctm", "q 1 0 1 6\nr 1 0 1 7\n", &skip);
    ck_assert_int_eq(oss_score_pairs_init(&pairs, &stm, &ctm, 1, &skip), OSS_OK); /* by times */
    ck_assert_int_eq(pairs.unknown[0], 2);
    oss_score_pairs_deinit(&pairs);
    oss_transcripts_deinit(&stm);
    oss_transcripts_deinit(&ctm);
    oss_transcripts_deinit(&c);
    for (int i = 0; i < 2; i++) {
        oss_transcripts_deinit(&b[i]);
    }
    oss_transcripts_deinit(&a);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/score_pairs");
    TCase *all = tcase_create("score_pairs");
    tcase_add_test(all, test_ids);
    tcase_add_test(all, test_missing);
    tcase_add_test(all, test_lines);
    tcase_add_test(all, test_times);
    tcase_add_test(all, test_recordings);
    tcase_add_test(all, test_two);
    suite_add_tcase(suite, all);
    return suite;
}
