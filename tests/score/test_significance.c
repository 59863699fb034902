/* The bootstrap and the matched pairs test, by hand. */
#include <math.h>
#include <stdio.h>

#include "score/significance.h"
#include "score_cases.h"
#include "support/suite.h"

enum { MOST = 400 };

typedef struct made_board {
    oss_transcript_line line[MOST];
    oss_score_pair pair[MOST];
    oss_score_pairs pairs;
    oss_scoreboard board;
} made_board;

static void make_board(made_board *made, const char *const (*text)[3], int count, int systems) {
    static char id[] = "id";
    static const char *const names[] = {"r", "h", "i"};
    for (int i = 0; i < count; i++) {
        made->line[i] = (oss_transcript_line){.id = id, .text = (char *)(uintptr_t)text[i][0], .line = 1};
        made->pair[i] = (oss_score_pair){&made->line[i], {text[i][1], text[i][2]}};
    }
    made->pairs = (oss_score_pairs){.pair = made->pair, .pairs = count};
    const oss_scoreboard_options options = {.reference = nist_notation,
                                            .hypothesis = {nist_notation, nist_notation},
                                            .costs = &oss_word_costs_sclite,
                                            .other = &oss_word_costs_levenshtein};
    ck_assert_int_eq(oss_scoreboard_init(&made->board, &made->pairs, systems, names, &options), OSS_OK);
}

static void expect_segments(const char *reference, const char *one, const char *other, int segments,
                            double mean) {
    static made_board made;
    const char *const text[1][3] = {{reference, one, other}};
    oss_mapsswe test;
    made = (made_board){0};
    make_board(&made, text, 1, 2);
    ck_assert_int_eq(oss_mapsswe_run(&test, &made.board), OSS_OK);
    ck_assert_msg(test.segments == segments && fabs(test.mean - mean) < 1e-12, "%s | %s | %s: %lld, %g",
                  reference, one, other, (long long)test.segments, test.mean);
    oss_scoreboard_deinit(&made.board);
}

/* Two words that both have right end a segment. */
START_TEST(test_segments) {
    expect_segments("a b c d", "a b c d", "a b c d", 0, 0.0);
    expect_segments("a b c d", "x b c d", "a b c d", 1, 1.0);
    expect_segments("a b c d e", "x b c d y", "a b c d e", 2, 1.0);
    expect_segments("a b c", "x b y", "a b c", 1, 2.0); /* one right word does not part them */
    expect_segments("a b c d", "x b c y", "a b c d", 2, 1.0);
    expect_segments("a b c d", "a x b c d", "a b c d", 1, 1.0);       /* in front of b */
    expect_segments("a b c d e", "x b y c d e", "a b c d e", 1, 2.0); /* an insertion parts two right words */
    expect_segments("a b", "a b x", "a b", 1, 1.0);
    expect_segments("a b", "a b", "a b x", 1, -1.0);
    expect_segments("a b c d", "x b c d", "a b c y", 2, 0.0);
    expect_segments("", "x", "", 1, 1.0);
    expect_segments("", "", "", 0, 0.0);
    /* Alternatives of different lengths: one word of the reference. */
    expect_segments("{ x / y z } a b c", "x a b d", "y z a b c", 1, 1.0);
    expect_segments("{ x / y z } a b c", "q a b c", "y z a b c", 1, 1.0);
    expect_segments("{ w / y z } a b c", "y q z a b c", "w a b c", 1, 1.0);
}
END_TEST

/* Differences 1, 1, 3, -1: mean 1, deviation sqrt(8/3), z = 1/(sqrt(8/3)/2) = 1.2247. */
START_TEST(test_z) {
    static const char *const text[][3] = {{"a b c", "x b c", "a b c"},
                                          {"a b c", "a b", "a b c"},
                                          {"a b c", "", "a b c"},
                                          {"a b c", "a b c", "a b q c"},
                                          {"a b c", "a b c", "a b c"}};
    static made_board made;
    oss_mapsswe test;
    make_board(&made, text, 5, 2);
    ck_assert_int_eq(oss_mapsswe_run(&test, &made.board), OSS_OK);
    ck_assert_int_eq(test.segments, 4);
    ck_assert_double_eq_tol(test.mean, 1.0, 1e-12);
    ck_assert_double_eq_tol(test.deviation, sqrt(8.0 / 3.0), 1e-12);
    ck_assert_double_eq_tol(test.z, 1.2247448713915890, 1e-12);
    ck_assert_double_eq_tol(test.p, 0.2206713619308, 1e-9); /* 2 (1 - Phi(1.2247)) */
    oss_scoreboard_deinit(&made.board);
}
END_TEST

START_TEST(test_no_deviation) {
    static const char *const text[][3] = {{"a b c", "x b c", "a b c"}, {"a b c", "a b", "a b c"}};
    static made_board made;
    oss_mapsswe test;
    make_board(&made, text, 2, 2);
    ck_assert_int_eq(oss_mapsswe_run(&test, &made.board), OSS_OK);
    ck_assert(isnan(test.z) && isnan(test.p) && test.mean == 1.0 && test.deviation == 0.0);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* ---- The bootstrap ---- */

/* 10 words each; the first system has 1 error in every fourth sentence, the second in every second one. */
static void make_errors(made_board *made) {
    static const char *text[MOST][3];
    for (int i = 0; i < MOST; i++) {
        text[i][0] = "a b c d e f g h i j";
        text[i][1] = i % 4 == 0 ? "x b c d e f g h i j" : text[i][0];
        text[i][2] = i % 2 == 1 ? "a b c d e f g h i" : text[i][0];
    }
    make_board(made, (const char *const(*)[3])text, MOST, 2);
}

START_TEST(test_bootstrap) {
    static made_board made;
    oss_bootstrap b, again, other;
    make_errors(&made);
    ck_assert_int_eq(oss_bootstrap_run(&b, &made.board, 2000, 1), OSS_OK);
    /* The rate of n sentences is p/10 with a deviation of sqrt(p (1 - p)/n)/10; the interval is 1.96 of them to either side. */
    for (int k = 0; k < 2; k++) {
        double p = k == 0 ? 0.25 : 0.5, spread = 1.96 * sqrt(p * (1.0 - p) / MOST) / 10.0;
        ck_assert_double_eq_tol(b.wer_low[k], p / 10.0 - spread, 0.15 * spread);
        ck_assert_double_eq_tol(b.wer_high[k], p / 10.0 + spread, 0.15 * spread);
        ck_assert(b.cer_low[k] < oss_score_sums_cer(&made.board.sum[k]) &&
                  b.cer_high[k] > oss_score_sums_cer(&made.board.sum[k]));
    }
    ck_assert_double_eq_tol(b.difference, 0.025, 1e-12);
    /* Differences of -1, 0 and 1 errors in 1/4, 1/4, 1/2 of the sentences: variance 3/4 - 1/16. */
    double spread = 1.96 * sqrt((0.75 - 0.0625) / MOST) / 10.0;
    ck_assert_double_eq_tol(b.difference_low, 0.025 - spread, 0.15 * spread);
    ck_assert_double_eq_tol(b.difference_high, 0.025 + spread, 0.15 * spread);
    ck_assert_double_eq(b.probability_of_improvement, 0.0);
    ck_assert_int_eq(oss_bootstrap_run(&again, &made.board, 2000, 1), OSS_OK);
    ck_assert(memcmp(&b, &again, sizeof b) == 0);
    ck_assert_int_eq(oss_bootstrap_run(&other, &made.board, 2000, 2), OSS_OK);
    ck_assert(b.difference_low != other.difference_low || b.cer_low[0] != other.cer_low[0] ||
              b.cer_high[1] != other.cer_high[1]);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* Systems that are the same: no sample has fewer errors. One utterance: no spread. */
START_TEST(test_bootstrap_edges) {
    static const char *const text[][3] = {{"a b c", "x b c", "x b c"}};
    static made_board made;
    oss_bootstrap b;
    make_board(&made, text, 1, 2);
    ck_assert_int_eq(oss_bootstrap_run(&b, &made.board, 40, 1), OSS_OK);
    ck_assert_double_eq(b.wer_low[0], 1.0 / 3.0);
    ck_assert_double_eq(b.wer_high[0], 1.0 / 3.0);
    ck_assert_double_eq(b.difference_high, 0.0);
    ck_assert_double_eq(b.probability_of_improvement, 0.0);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* The second system is better in one utterance of two: in all samples but those that draw the other twice, a quarter. */
START_TEST(test_improvement) {
    static const char *const text[][3] = {{"a", "x", "a"}, {"a", "a", "a"}};
    static made_board made;
    oss_bootstrap b;
    make_board(&made, text, 2, 2);
    ck_assert_int_eq(oss_bootstrap_run(&b, &made.board, 4000, 5), OSS_OK);
    ck_assert_double_eq_tol(b.probability_of_improvement, 0.75, 0.03);
    ck_assert_double_eq(b.difference, -0.5);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

/* Samples are drawn from all utterances, each as often as the others. */
START_TEST(test_draws) {
    static made_board made;
    oss_bootstrap b;
    static const char *const text[][3] = {{"a", "a", NULL}, {"a", "x", NULL}};
    make_board(&made, text, 2, 1);
    ck_assert_int_eq(oss_bootstrap_run(&b, &made.board, 1000, 3), OSS_OK);
    ck_assert_double_eq(b.wer_low[0], 0.0);
    ck_assert_double_eq(b.wer_high[0], 1.0);
    oss_scoreboard_deinit(&made.board);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/significance");
    TCase *all = tcase_create("significance");
    tcase_add_test(all, test_segments);
    tcase_add_test(all, test_z);
    tcase_add_test(all, test_no_deviation);
    tcase_add_test(all, test_bootstrap);
    tcase_add_test(all, test_bootstrap_edges);
    tcase_add_test(all, test_improvement);
    tcase_add_test(all, test_draws);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
