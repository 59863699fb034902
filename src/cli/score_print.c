/* The table of scores, as people know it from sclite. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli_common.h"
#include "cli/score_report.h"
#include "text/unicode.h"

const char *oss_score_rule_name(const oss_score_report *report, bool other) {
    return report->by_levenshtein != other ? "Levenshtein's counts (costs 1, 1, 1)"
                                           : "sclite's counts (costs 4, 3, 3)";
}

/* ---- The table ---- */

static void print_name(const char *name, int64_t width) {
    oss_cli_print("%s%*s", name, (int)(width - oss_text_columns(name)), "");
}

static double per_cent(int64_t count, int64_t of) {
    return of == 0 ? 0.0 : 100.0 * (double)count / (double)of;
}

static void print_row(const char *name, int64_t width, const oss_score_sums *sums) {
    const oss_word_counts *c = &sums->counts;
    int64_t words = oss_word_counts_words(c);
    print_name(name, width);
    oss_cli_print(" %7lld %8lld %6.1f %6.1f %6.1f %6.1f %6.1f %6.1f\n", (long long)sums->utterances,
                  (long long)words, per_cent(c->correct, words), per_cent(c->substituted, words),
                  per_cent(c->deleted, words), per_cent(c->inserted, words), 100.0 * oss_word_counts_rate(c),
                  per_cent(sums->wrong_utterances, sums->utterances));
}

static void print_counts(int64_t width, const oss_score_sums *sums) {
    const oss_word_counts *c = &sums->counts;
    print_name("Sum", width);
    oss_cli_print(" %7lld %8lld %6lld %6lld %6lld %6lld %6lld %6lld\n", (long long)sums->utterances,
                  (long long)oss_word_counts_words(c), (long long)c->correct, (long long)c->substituted,
                  (long long)c->deleted, (long long)c->inserted, (long long)oss_word_counts_errors(c),
                  (long long)sums->wrong_utterances);
}

static void print_table(const oss_scoreboard *board, int32_t system) {
    int64_t width = 12;
    for (int32_t i = 0; i < board->speakers; i++) {
        int64_t columns = oss_text_columns(board->speaker[i]);
        width = columns > width ? columns : width;
    }
    print_name("SPKR", width);
    oss_cli_print("     SNT      WRD   Corr    Sub    Del    Ins    Err  S.Err\n");
    for (int32_t i = 0; i < board->speakers; i++) {
        print_row(board->speaker[i], width, &board->by_speaker[system * board->speakers + i]);
    }
    print_row("Sum/Avg", width, &board->sum[system]);
    print_counts(width, &board->sum[system]);
}

/* ---- Rates ---- */

static void print_interval(const oss_bootstrap *bootstrap, double low, double high) {
    if (bootstrap != NULL) {
        oss_cli_print(" (95 %%: %.2f to %.2f)", 100.0 * low, 100.0 * high);
    }
}

static void print_rates(const oss_score_report *report, int32_t system) {
    const oss_score_sums *sums = &report->board->sum[system];
    const oss_bootstrap *b = report->bootstrap;
    oss_cli_print("wer %6.2f %%", 100.0 * oss_word_counts_rate(&sums->counts));
    print_interval(b, b == NULL ? 0.0 : b->wer_low[system], b == NULL ? 0.0 : b->wer_high[system]);
    oss_cli_print(" by %s\n", oss_score_rule_name(report, false));
    oss_cli_print("    %6.2f %% by %s: %lld sub, %lld del, %lld ins\n",
                  100.0 * oss_word_counts_rate(&sums->other), oss_score_rule_name(report, true),
                  (long long)sums->other.substituted, (long long)sums->other.deleted,
                  (long long)sums->other.inserted);
    oss_cli_print("cer %6.2f %%", 100.0 * oss_score_sums_cer(sums));
    print_interval(b, b == NULL ? 0.0 : b->cer_low[system], b == NULL ? 0.0 : b->cer_high[system]);
    oss_cli_print(" %lld errors in %lld characters\n", (long long)sums->character_errors,
                  (long long)sums->characters);
}

static void print_comparison(const oss_score_report *report) {
    const oss_mapsswe *m = report->mapsswe;
    const oss_bootstrap *b = report->bootstrap;
    if (m == NULL) {
        return;
    }
    oss_cli_print("\n");
    oss_cli_print_line("%s after %s", report->hypothesis[1].name, report->hypothesis[0].name);
    if (b != NULL) {
        oss_cli_print("difference   %+.2f (95 %%: %+.2f to %+.2f); fewer errors in %.1f %% of %d samples\n",
                      100.0 * b->difference, 100.0 * b->difference_low, 100.0 * b->difference_high,
                      100.0 * b->probability_of_improvement, (int)b->samples);
    }
    oss_cli_print("matched pairs of %lld segments: ", (long long)m->segments);
    if (isnan(m->z)) {
        oss_cli_print("all differ by the same, so the test says nothing\n");
    } else {
        oss_cli_print("z %.3f, p %.4g%s\n", m->z, m->p,
                      m->p < 0.05 ? ", they differ (95 %)" : ", no difference is shown (95 %)");
    }
}

static void print_files(const oss_score_report *report) {
    const oss_score_pairs *pairs = report->pairs;
    oss_cli_print("reference    %s", report->reference->name);
    if (pairs->ignored > 0) {
        oss_cli_print(", %d segments of it ignored", (int)pairs->ignored);
    }
    if (pairs->skipped > 0) {
        oss_cli_print(", %d utterances skipped", (int)pairs->skipped);
    }
    oss_cli_print("\n");
}

oss_status oss_score_print_text(const oss_score_report *report) {
    print_files(report);
    for (int32_t i = 0; i < report->board->systems; i++) {
        oss_cli_print("hypothesis   %s", report->hypothesis[i].name);
        if (report->pairs->missing[i] > 0) {
            oss_cli_print(", %d utterances missing", (int)report->pairs->missing[i]);
        }
        if (report->pairs->unknown[i] > 0) {
            oss_cli_print(", %d skipped that the reference has not", (int)report->pairs->unknown[i]);
        }
        oss_cli_print("\n\n");
        print_table(report->board, i);
        oss_cli_print("\n");
        print_rates(report, i);
        oss_cli_print(i + 1 < report->board->systems ? "\n" : "");
    }
    print_comparison(report);
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < report->board->systems && status == OSS_OK; i++) {
        if (report->confusions > 0) {
            status = oss_score_print_confusions(report, i);
        }
        if (status == OSS_OK && report->alignments) {
            status = oss_score_print_alignments(report, i);
        }
    }
    return status;
}

/* ---- Confusions ---- */

static oss_status print_kind(const oss_score_report *report, int32_t system, oss_word_edit_kind kind,
                             const char *title) {
    oss_confusions found = {0};
    oss_status status = oss_confusions_count(&found, report->board, system, kind);
    if (status != OSS_OK) {
        return status;
    }
    oss_cli_print("\n");
    oss_cli_print_line("%s of %s: %d different", title, report->hypothesis[system].name, (int)found.count);
    for (int32_t i = 0; i < found.count && i < report->confusions; i++) {
        const oss_confusion *item = &found.item[i];
        const char *first = item->reference == NULL ? item->hypothesis : item->reference;
        bool pair = item->reference != NULL && item->hypothesis != NULL;
        oss_cli_print_line("%7lld  %s%s%s", (long long)item->count, first, pair ? " -> " : "",
                           pair ? item->hypothesis : "");
    }
    oss_free(found.item);
    return OSS_OK;
}

oss_status oss_score_print_confusions(const oss_score_report *report, int32_t system) {
    oss_status status = print_kind(report, system, OSS_WORD_SUBSTITUTED, "substitutions");
    if (status == OSS_OK) {
        status = print_kind(report, system, OSS_WORD_DELETED, "deletions");
    }
    return status == OSS_OK ? print_kind(report, system, OSS_WORD_INSERTED, "insertions") : status;
}
