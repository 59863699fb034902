/* Sums, speakers, characters, confusions; every failure of memory and files. */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "score/confusions.h"
#include "score/significance.h"
#include "score_cases.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { MOST = 8 };

typedef struct made_board {
    oss_transcript_line line[MOST];
    oss_score_pair pair[MOST];
    oss_score_pairs pairs;
    oss_scoreboard board;
} made_board;

typedef struct row {
    const char *speaker, *reference, *hypothesis, *second;
} row;

static const char *const names[] = {"r.trn", "h.trn", "i.trn"};

static oss_status make_board(made_board *made, const row *rows, int count, int systems,
                             const oss_notation *notation) {
    static char id[] = "id";
    for (int i = 0; i < count; i++) {
        made->line[i] = (oss_transcript_line){.id = id,
                                              .speaker = (char *)(uintptr_t)rows[i].speaker,
                                              .text = (char *)(uintptr_t)rows[i].reference,
                                              .line = i + 1};
        made->pair[i] = (oss_score_pair){&made->line[i], {rows[i].hypothesis, rows[i].second}};
    }
    made->pairs = (oss_score_pairs){.pair = made->pair, .pairs = count};
    const oss_scoreboard_options options = {.reference = *notation,
                                            .hypothesis = {*notation, *notation},
                                            .costs = &oss_word_costs_sclite,
                                            .other = &oss_word_costs_levenshtein};
    return oss_scoreboard_init(&made->board, &made->pairs, systems, names, &options);
}

static void expect_sums(const oss_score_sums *s, int utterances, int wrong, const int counts[4],
                        int characters, int character_errors) {
    ck_assert_int_eq(s->utterances, utterances);
    ck_assert_int_eq(s->wrong_utterances, wrong);
    ck_assert_int_eq(s->counts.correct, counts[0]);
    ck_assert_int_eq(s->counts.substituted, counts[1]);
    ck_assert_int_eq(s->counts.deleted, counts[2]);
    ck_assert_int_eq(s->counts.inserted, counts[3]);
    ck_assert_int_eq(s->characters, characters);
    ck_assert_int_eq(s->character_errors, character_errors);
}

static const row rows[] = {{"ann", "the cat sat", "the cat sat", "a cat sat"},
                           {"bob", "{ on / at } the mat", "at a mat", "at the mat"},
                           {"ann", "a b", "b a", ""},
                           {NULL, "", "x", "x y"}};
enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(test_sums) {
    made_board made = {0};
    ck_assert_int_eq(make_board(&made, rows, ROWS, 2, &nist_notation), OSS_OK);
    const oss_scoreboard *board = &made.board;
    ck_assert_int_eq(board->speakers, 2);
    ck_assert_str_eq(board->speaker[0], "ann");
    ck_assert_str_eq(board->speaker[1], "bob");
    /* "the" by "a": 3 characters; "a b" by "b a": 2 of 3; "at the mat" is the reference that was taken. */
    expect_sums(&board->sum[0], 4, 3, (const int[]){6, 1, 1, 2}, 11 + 10 + 3, 3 + 2 + 1);
    expect_sums(&board->by_speaker[0], 2, 1, (const int[]){4, 0, 1, 1}, 14, 2);
    expect_sums(&board->by_speaker[1], 1, 1, (const int[]){2, 1, 0, 0}, 10, 3);
    expect_sums(&board->sum[1], 4, 3, (const int[]){5, 1, 2, 2}, 24, 3 + 3 + 3);
    ck_assert_int_eq(board->sum[0].other.substituted, 3); /* a b by b a */
    ck_assert_int_eq(board->sum[0].other.deleted, 0);
    ck_assert_double_eq(oss_word_counts_rate(&board->sum[0].counts), 4.0 / 8.0);
    ck_assert_double_eq(oss_score_sums_cer(&board->sum[0]), 6.0 / 24.0);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* No word in the reference: as eval has it. */
START_TEST(test_empty) {
    made_board made = {0};
    ck_assert_int_eq(make_board(&made, (const row[]){{NULL, "", "", ""}}, 1, 1, &nist_notation), OSS_OK);
    ck_assert_double_eq(oss_word_counts_rate(&made.board.sum[0].counts), 0.0);
    ck_assert_double_eq(oss_score_sums_cer(&made.board.sum[0]), 0.0);
    oss_scoreboard_deinit(&made.board);
    ck_assert_int_eq(make_board(&made, &rows[3], 1, 1, &nist_notation), OSS_OK);
    ck_assert_double_eq(oss_word_counts_rate(&made.board.sum[0].counts), 1.0);
    ck_assert_double_eq(oss_score_sums_cer(&made.board.sum[0]), 1.0);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* What was left out, and may be, is no character of the reference; a word in brackets that counts as it stands is noted. */
START_TEST(test_optional_words) {
    const row left_out = {NULL, "a (bbb) c", "a c", NULL};
    made_board made = {0};
    ck_assert_int_eq(make_board(&made, &left_out, 1, 1, &full_notation), OSS_OK);
    expect_sums(&made.board.sum[0], 1, 0, (const int[]){3, 0, 0, 0}, 3, 0);
    ck_assert_int_eq(made.board.bracketed, 0);
    oss_scoreboard_deinit(&made.board);
    ck_assert_int_eq(make_board(&made, &left_out, 1, 1, &nist_notation), OSS_OK);
    expect_sums(&made.board.sum[0], 1, 1, (const int[]){2, 0, 1, 0}, 9, 6);
    ck_assert_int_eq(made.board.bracketed, 1);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

START_TEST(test_refusals) {
    made_board made = {0};
    ck_assert_int_eq(
        make_board(&made, (const row[]){{NULL, "a", "a", ""}, {NULL, "{ a", "a", ""}}, 2, 1, &nist_notation),
        OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "r.trn:2: id: a brace { is never closed");
    oss_scoreboard_deinit(&made.board);
    ck_assert_int_eq(make_board(&made, (const row[]){{NULL, "a", "a }", ""}}, 1, 1, &nist_notation),
                     OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "h.trn: id: a brace } is closed that was not opened");
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* ---- Confusions ---- */

static void expect_confusions(const oss_scoreboard *board, oss_word_edit_kind kind, const char *want) {
    oss_confusions found = {0};
    oss_strbuf got = {0};
    ck_assert_int_eq(oss_confusions_count(&found, board, 0, kind), OSS_OK);
    oss_strbuf_append(&got, "");
    for (int32_t i = 0; i < found.count; i++) {
        oss_strbuf_printf(&got, "%s>%s %lld;", found.item[i].reference == NULL ? "" : found.item[i].reference,
                          found.item[i].hypothesis == NULL ? "" : found.item[i].hypothesis,
                          (long long)found.item[i].count);
    }
    ck_assert_str_eq(got.data, want);
    oss_strbuf_deinit(&got);
    oss_free(found.item);
}

START_TEST(test_confusions) {
    const row list[] = {{NULL, "a b c", "a x c", NULL},
                        {NULL, "b b d", "x y d", NULL},
                        {NULL, "b e f", "e f", NULL},
                        {NULL, "e", "e z z q", NULL},
                        {NULL, "b g", "x g", NULL}};
    made_board made = {0};
    ck_assert_int_eq(make_board(&made, list, 5, 1, &nist_notation), OSS_OK);
    expect_confusions(&made.board, OSS_WORD_SUBSTITUTED, "b>x 3;b>y 1;");
    expect_confusions(&made.board, OSS_WORD_DELETED, "b> 1;");
    expect_confusions(&made.board, OSS_WORD_INSERTED, ">z 2;>q 1;");
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* ---- Failures ---- */

static oss_status score_files(const char *reference, const char *hypothesis) {
    oss_transcripts a = {0}, b[2] = {{0}, {0}};
    oss_score_pairs pairs = {0};
    oss_scoreboard board = {0};
    oss_bootstrap bootstrap;
    oss_mapsswe mapsswe;
    oss_confusions confusions = {0};
    oss_transcripts_options of_a = {.is_reference = true, .form = OSS_TRANSCRIPTS_STM};
    oss_transcripts_options of_b = {.form = OSS_TRANSCRIPTS_CTM};
    const oss_scoreboard_options options = {.reference = full_notation,
                                            .hypothesis = {full_notation, full_notation},
                                            .costs = &oss_word_costs_sclite,
                                            .other = &oss_word_costs_levenshtein};
    oss_status status = oss_transcripts_load(&a, reference, "r", &of_a);
    for (int i = 0; i < 2; i++) {
        status = status == OSS_OK ? oss_transcripts_load(&b[i], hypothesis, "h", &of_b) : status;
    }
    status =
        status == OSS_OK ? oss_score_pairs_init(&pairs, &a, b, 2, &(oss_score_pairs_options){0}) : status;
    status = status == OSS_OK ? oss_scoreboard_init(&board, &pairs, 2, names, &options) : status;
    status = status == OSS_OK ? oss_bootstrap_run(&bootstrap, &board, 40, 1) : status;
    status = status == OSS_OK ? oss_confusions_count(&confusions, &board, 0, OSS_WORD_SUBSTITUTED) : status;
    status = status == OSS_OK ? oss_mapsswe_run(&mapsswe, &board) : status;
    oss_free(confusions.item);
    oss_scoreboard_deinit(&board);
    oss_score_pairs_deinit(&pairs);
    oss_transcripts_deinit(&a);
    oss_transcripts_deinit(&b[0]);
    oss_transcripts_deinit(&b[1]);
    return status;
}

/* Every call of the heap and of files fails in turn: a status, and nothing is kept. */
START_TEST(test_faults) {
    char *folder = oss_tempdir_make();
    char *reference = oss_tempdir_path(folder, "r.stm"), *hypothesis = oss_tempdir_path(folder, "h.ctm");
    const char *stm = "a 1 s 0 1 x { y / z } (q)\na 1 t 1 2 y-\nb 1 s 0 1 w\n",
               *ctm = "a 1 0 .1 x\na 1 1 .2 v\nb 1 0 1 w\n";
    oss_tempdir_write(reference, stm, (long)strlen(stm));
    oss_tempdir_write(hypothesis, ctm, (long)strlen(ctm));
    static const oss_call kinds[] = {OSS_CALL_ANY_HEAP, OSS_CALL_OPEN, OSS_CALL_READ};
    oss_faults_install();
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        for (int64_t k = 1;; k++) {
            oss_faults_fail(kinds[kind], k, kind == 0 ? ENOMEM : EIO);
            oss_status status = score_files(reference, hypothesis);
            if (!oss_faults_clear()) {
                ck_assert_int_eq(status, OSS_OK);
                ck_assert_int_gt(k, 1);
                break;
            }
            ck_assert_int_ne(status, OSS_OK);
            ck_assert_int_eq(oss_faults_blocks(), 0);
        }
    }
    oss_faults_remove();
    free(reference);
    free(hypothesis);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/scoreboard");
    TCase *all = tcase_create("scoreboard");
    tcase_add_test(all, test_sums);
    tcase_add_test(all, test_empty);
    tcase_add_test(all, test_optional_words);
    tcase_add_test(all, test_refusals);
    tcase_add_test(all, test_confusions);
    tcase_add_test(all, test_faults);
    suite_add_tcase(suite, all);
    return suite;
}
