#include "lm/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lm/smoothing.h"
#include "support/kneser_ney.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum {
    T = OSS_TABLE_TOKENS,
    BEGIN = 1,
    END = 2,
    SENTENCES = OSS_KN_SENTENCES,
    SMALL_MEMORY = OSS_ESTIMATE_LEAST_MEMORY
};

static char *folder, *file;
static unsigned state;
static oss_arpa_table table, before;

static oss_kn_text text;
static int cut[OSS_TABLE_ORDERS];

static void setup(void) {
    folder = oss_tempdir_make();
    file = oss_tempdir_path(folder, "model.arpa");
    state = 1;
}

static void teardown(void) {
    free(file);
    oss_tempdir_remove(folder);
}

static int draw(int below) {
    state = state * 1103515245u + 12345u;
    return (int)((state >> 16) % (unsigned)below);
}

/* Words that like to follow on each other; some come seldom. */
static void draw_text(int count) {
    text.sentences = count;
    for (int i = 0; i < count; i++) {
        int words = 1 + draw(8);
        text.token[i][0] = BEGIN;
        for (int k = 1; k <= words; k++) {
            int kind = draw(10);
            text.token[i][k] = 3 + (kind < 4 ? (text.token[i][k - 1] + 1) % 5 : kind < 9 ? draw(3) : draw(5));
        }
        text.token[i][words + 1] = END;
        text.length[i] = words + 2;
    }
}

static oss_estimate_options options_of(int order) {
    return (oss_estimate_options){.text = {.min_count = 1, .folder = folder},
                                  .order = order,
                                  .is_arpa = true,
                                  .memory_bytes = SMALL_MEMORY};
}

static oss_status add_text(oss_estimate *e) {
    oss_status status = OSS_OK;
    for (int i = 0; i < text.sentences && status == OSS_OK; i++) {
        char line[64];
        size_t bytes = 0;
        for (int k = 1; k < text.length[i] - 1; k++) {
            bytes += (size_t)snprintf(line + bytes, sizeof line - bytes, "%c ", 'a' + text.token[i][k] - 3);
        }
        status = oss_corpus_add(oss_estimate_corpus(e), line, bytes);
    }
    return status;
}

static oss_status make(const oss_estimate_options *options, const char *path, oss_estimate_report *report) {
    oss_estimate *e = NULL;
    oss_status status = oss_estimate_open(&e, options);
    if (status == OSS_OK) {
        status = add_text(e);
    }
    if (status == OSS_OK) {
        status = oss_estimate_write(e, path, report);
    }
    oss_estimate_free(e);
    return status;
}

static oss_estimate_report build(const oss_estimate_options *options) {
    oss_estimate_report report;
    ck_assert_int_eq(make(options, file, &report), OSS_OK);
    oss_arpa_table_read(&table, file);
    return report;
}

static bool is_context(const int *token, int n) {
    for (int i = 0; i < n; i++) {
        if (token[i] == END || (i > 0 && token[i] == BEGIN)) {
            return false;
        }
    }
    return true;
}

static void expect_sums(int n, int tokens) {
    for (int cell = 0; cell < oss_kn_power(n - 1); cell++) {
        int token[OSS_TABLE_ORDERS] = {0};
        double sum = 0.0;
        for (int i = n - 2, rest = cell; i >= 0; i--, rest /= T) {
            token[i] = rest % T;
        }
        for (int w = 0; w < T && is_context(token, n - 1); w++) {
            token[n - 1] = w;
            if (w != BEGIN && table.has[0][w]) {
                double p = oss_arpa_table_p(&table, token, n);
                sum += p;
                if (tokens > 0) {
                    ck_assert_double_eq_tol(p, oss_kn_p(token, n, tokens), 3e-6);
                }
            }
        }
        if (is_context(token, n - 1)) {
            ck_assert_double_eq_tol(sum, 1.0, 2e-5);
        }
    }
}

START_TEST(probabilities_are_those_of_the_formulas) {
    for (int n = 2; n <= OSS_TABLE_ORDERS; n++) {
        oss_estimate_options options = options_of(n);
        draw_text(SENTENCES);
        oss_estimate_report report = build(&options);
        oss_kn_count(&text, n, cut);
        ck_assert_int_eq(report.order, n);
        ck_assert_int_eq(table.count[0], 8);
        expect_sums(n, 7);
        for (int i = 0; i < 3; i++) {
            ck_assert_double_eq_tol(report.discount[n - 1][i], oss_kn_discount(n, i + 1), 1e-12);
        }
    }
}
END_TEST

START_TEST(a_text_of_few_words_has_fallback_discounts) {
    oss_estimate_options options = options_of(3);
    draw_text(5);
    oss_estimate_report report = build(&options);
    oss_kn_count(&text, 3, cut);
    ck_assert(report.is_fallback[0]);
    ck_assert_double_eq(report.discount[0][2], 1.5);
    expect_sums(3, table.count[0] - 1);
}
END_TEST

START_TEST(discounts_without_a_count_of_counts_fall_back) {
    const int64_t good[] = {100, 40, 20, 10}, none[] = {100, 0, 20, 10}, rising[] = {10, 10, 100, 1000};
    oss_discount found = oss_discount_of(good);
    ck_assert(!found.is_fallback);
    ck_assert_double_eq_tol(found.of[0], 1.0 - 2.0 * (100.0 / 180.0) * 40.0 / 100.0, 1e-15);
    ck_assert_double_eq_tol(found.of[1], 2.0 - 3.0 * (100.0 / 180.0) * 20.0 / 40.0, 1e-15);
    ck_assert_double_eq_tol(found.of[2], 3.0 - 4.0 * (100.0 / 180.0) * 10.0 / 20.0, 1e-15);
    ck_assert(oss_discount_of(none).is_fallback);
    ck_assert(oss_discount_of(rising).is_fallback);
}
END_TEST

START_TEST(cut_off_ngrams_leave_their_mass) {
    oss_estimate_options options = options_of(3);
    options.cutoff[1] = cut[1] = 1;
    options.cutoff[2] = cut[2] = 3;
    draw_text(SENTENCES);
    build(&options);
    oss_kn_count(&text, 3, cut);
    expect_sums(3, 7);
    for (int cell = 0; cell < oss_kn_power(3); cell++) {
        ck_assert_int_eq(table.has[2][cell], oss_kn_raw(3, cell) > 3.0);
    }
    memset(cut, 0, sizeof cut);
}
END_TEST

/* ---- Vocabulary ---- */

START_TEST(words_outside_the_vocabulary_are_one_unknown_word) {
    oss_estimate_options options = options_of(2);
    options.text.vocab_size = 3;
    draw_text(SENTENCES);
    oss_estimate_report report = build(&options);
    ck_assert_int_eq(table.count[0], 6);
    ck_assert_int_gt(report.unknown, 0);
    for (int i = 0; i < text.sentences; i++) {
        for (int k = 1; k < text.length[i] - 1; k++) {
            text.token[i][k] = table.has[0][text.token[i][k]] ? text.token[i][k] : 0;
        }
    }
    oss_kn_count(&text, 2, cut);
    expect_sums(2, 5);
}
END_TEST

START_TEST(known_words_that_never_come_have_a_share) {
    oss_estimate_options options = options_of(2);
    char *list = oss_tempdir_path(folder, "words");
    oss_tempdir_write(list, "E\nb\n\na\n", 7);
    options.text.vocab_path = list;
    text.sentences = 1;
    memcpy(text.token[0], (int[]){BEGIN, 3, 4, 5, END}, 5 * sizeof(int));
    text.length[0] = 5;
    oss_estimate_report report = build(&options);
    text.token[0][3] = 0; /* c is not in the list */
    ck_assert_int_eq(report.unknown, 1);
    ck_assert(table.has[0][7] && !table.has[0][5]);
    oss_kn_count(&text, 2, cut);
    expect_sums(2, 5);
    free(list);
}
END_TEST

START_TEST(only_unknown_words_are_a_model_too) {
    oss_estimate_options options = options_of(3);
    options.text.min_count = 1000000;
    draw_text(20);
    oss_estimate_report report = build(&options);
    ck_assert_int_eq(report.unknown, report.tokens);
    ck_assert_int_eq(table.count[0], 3);
    expect_sums(3, 0);
}
END_TEST

START_TEST(one_word_is_a_model_of_as_many_tokens_as_there_are) {
    oss_estimate_options options = options_of(4);
    text.sentences = 1;
    memcpy(text.token[0], (int[]){BEGIN, 3, END}, 3 * sizeof(int));
    text.length[0] = 3;
    ck_assert_int_eq(build(&options).order, 3); /* <s> a </s> */
    expect_sums(3, 0);
}
END_TEST

START_TEST(no_sentence_is_no_model) {
    oss_estimate_options options = options_of(3);
    oss_estimate_report report;
    text.sentences = 0;
    ck_assert_int_eq(make(&options, file, &report), OSS_EINPUT);
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

/* ---- Pruning ---- */

START_TEST(pruned_models_are_whole) {
    oss_estimate_options options = options_of(3);
    draw_text(SENTENCES);
    int all = (int)build(&options).ngrams[2];
    options.prune = 1e-4;
    oss_estimate_report report = build(&options);
    ck_assert_int_lt(report.ngrams[2], all);
    ck_assert_int_gt(report.ngrams[2], 0);
    expect_sums(3, 0);
    options.prune = 0.0;
    for (int most = 8; most < 80; most += 9) {
        options.most_ngrams = most;
        report = build(&options);
        ck_assert_int_le(report.ngrams[0] + report.ngrams[1] + report.ngrams[2], most);
        ck_assert_int_ge(report.ngrams[0] + report.ngrams[1] + report.ngrams[2], most > 20 ? most - 4 : 8);
        expect_sums(3, 0);
    }
    options.most_ngrams = 7;
    ck_assert_int_eq(make(&options, file, &report), OSS_EUSAGE);
}
END_TEST

/* Of the context token[0..n - 1): sum of p ln(p / p') when its n-gram is taken out. */
static double divergence(int *token, int n) {
    double left = 1.0, lower = 1.0, sum = 0.0, p[T], without[T];
    int gone = token[n - 1];
    for (int w = 0; w < T; w++) {
        token[n - 1] = w;
        p[w] = w == BEGIN ? 0.0 : oss_arpa_table_p(&before, token, n);
        without[w] = w == BEGIN ? 0.0 : oss_arpa_table_p(&before, token + 1, n - 1);
        if (before.has[n - 1][oss_table_cell(token, n)] && w != gone) {
            left -= p[w];
            lower -= without[w];
        }
    }
    for (int w = 0; w < T; w++) {
        token[n - 1] = w;
        bool is_there = before.has[n - 1][oss_table_cell(token, n)] && w != gone;
        sum += w == BEGIN ? 0.0 : p[w] * log(p[w] / (is_there ? p[w] : without[w] * left / lower));
    }
    token[n - 1] = gone;
    return sum;
}

/* How often the context of the trigram came before another token, of all tokens. */
static double share_of(int cell) {
    double all = 0.0, own = 0.0;
    for (int i = 0; i < T; i++) {
        all += oss_kn_raw(1, i);
        own += oss_kn_raw(3, cell / T * T + i);
    }
    return own / all;
}

START_TEST(what_is_pruned_changes_least) {
    oss_estimate_options options = options_of(3);
    draw_text(SENTENCES);
    oss_estimate_report report = build(&options);
    before = table;
    oss_kn_count(&text, 3, cut);
    options.most_ngrams = report.ngrams[0] + report.ngrams[1] + report.ngrams[2] - 40;
    build(&options);
    double most_gone = 0.0, least_kept = 1e9;
    int gone = 0;
    for (int cell = 0; cell < oss_kn_power(3); cell++) {
        int token[3] = {cell / (T * T), cell / T % T, cell % T};
        double change = before.has[2][cell] ? share_of(cell) * divergence(token, 3) : 0.0;
        bool is_gone = before.has[2][cell] && !table.has[2][cell];
        gone += is_gone;
        most_gone = is_gone && change > most_gone ? change : most_gone;
        least_kept = table.has[2][cell] && change < least_kept ? change : least_kept;
    }
    ck_assert_int_ge(gone, 30);
    ck_assert_double_le(most_gone, 1.01 * least_kept); /* the file's digits are few for the least of them */
}
END_TEST

START_TEST(a_size_is_kept) {
    oss_estimate_options options = options_of(3);
    draw_text(SENTENCES);
    int64_t bytes = build(&options).bytes;
    for (int64_t percent = 90; percent >= 30; percent -= 30) {
        options.most_bytes = bytes * percent / 100;
        oss_estimate_report report = build(&options);
        long written = 0;
        free(oss_tempdir_read(file, &written));
        ck_assert_int_eq(report.bytes, written);
        ck_assert_int_le(written, options.most_bytes);
        ck_assert_msg(written >= options.most_bytes * 98 / 100, "%ld of %lld bytes", written,
                      (long long)options.most_bytes);
        expect_sums(3, 0);
    }
}
END_TEST

/* Our own file's size is known by its counts: within an n-gram or a few that go together. */
START_TEST(a_size_of_our_own_file_is_met) {
    oss_estimate_options options = options_of(3);
    oss_estimate_report report;
    draw_text(SENTENCES);
    options.is_arpa = false;
    ck_assert_int_eq(make(&options, file, &report), OSS_OK);
    const int64_t bytes = report.bytes;
    for (int64_t percent = 99; percent >= 97; percent--) { /* tables are most of so small a file */
        options.most_bytes = bytes * percent / 100;
        ck_assert_int_eq(make(&options, file, &report), OSS_OK);
        ck_assert_int_le(report.bytes, options.most_bytes);
        ck_assert_msg(report.bytes >= options.most_bytes - 64, "%lld of %lld bytes", (long long)report.bytes,
                      (long long)options.most_bytes);
    }
    options.most_bytes = 40;
    ck_assert_int_eq(make(&options, file, &report), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "tokens of the vocabulary alone"));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("estimate");
    TCase *tcase = tcase_create("estimate");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, probabilities_are_those_of_the_formulas);
    tcase_add_test(tcase, a_text_of_few_words_has_fallback_discounts);
    tcase_add_test(tcase, discounts_without_a_count_of_counts_fall_back);
    tcase_add_test(tcase, cut_off_ngrams_leave_their_mass);
    tcase_add_test(tcase, words_outside_the_vocabulary_are_one_unknown_word);
    tcase_add_test(tcase, known_words_that_never_come_have_a_share);
    tcase_add_test(tcase, only_unknown_words_are_a_model_too);
    tcase_add_test(tcase, one_word_is_a_model_of_as_many_tokens_as_there_are);
    tcase_add_test(tcase, no_sentence_is_no_model);
    tcase_add_test(tcase, pruned_models_are_whole);
    tcase_add_test(tcase, what_is_pruned_changes_least);
    tcase_add_test(tcase, a_size_is_kept);
    tcase_add_test(tcase, a_size_of_our_own_file_is_met);
    suite_add_tcase(suite, tcase);
    return suite;
}
