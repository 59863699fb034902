#include <math.h>

#include "base/mem.h"
#include "cli/cli_common.h"
#include "cli/score_report.h"

static const char *short_rule(const oss_score_report *report, bool other) {
    return report->by_levenshtein != other ? "levenshtein" : "sclite";
}

static void add_counts(oss_json *object, const oss_word_counts *counts) {
    oss_json_add_number(object, "wer", oss_word_counts_rate(counts));
    oss_json_add_integer(object, "words", oss_word_counts_words(counts));
    oss_json_add_integer(object, "correct", counts->correct);
    oss_json_add_integer(object, "substitutions", counts->substituted);
    oss_json_add_integer(object, "deletions", counts->deleted);
    oss_json_add_integer(object, "insertions", counts->inserted);
}

static void add_sums(oss_json *object, const oss_score_report *report, const oss_score_sums *sums) {
    oss_json_add_integer(object, "utterances", sums->utterances);
    oss_json_add_integer(object, "wrong_utterances", sums->wrong_utterances);
    add_counts(object, &sums->counts);
    oss_json_add_integer(object, "characters", sums->characters);
    oss_json_add_integer(object, "character_errors", sums->character_errors);
    oss_json_add_number(object, "cer", oss_score_sums_cer(sums));
    add_counts(oss_json_add_object(object, short_rule(report, true)), &sums->other);
}

static void add_interval(oss_json *object, const char *key, double low, double high) {
    oss_json *interval = oss_json_add_array(object, key);
    oss_json_add_number(interval, NULL, low);
    oss_json_add_number(interval, NULL, high);
}

static void add_maybe(oss_json *object, const char *key, double value) {
    if (isnan(value)) {
        oss_json_add_null(object, key);
    } else {
        oss_json_add_number(object, key, value);
    }
}

static void add_speakers(oss_json *system, const oss_score_report *report, int32_t k) {
    const oss_scoreboard *board = report->board;
    oss_json *list = oss_json_add_array(system, "speakers");
    for (int32_t i = 0; i < board->speakers; i++) {
        oss_json *speaker = oss_json_add_object(list, NULL);
        oss_json_add_string(speaker, "speaker", board->speaker[i]);
        add_sums(speaker, report, &board->by_speaker[k * board->speakers + i]);
    }
}

static oss_status add_confusions(oss_json *system, const oss_score_report *report, int32_t k) {
    static const struct {
        const char *key;
        oss_word_edit_kind kind;
    } kinds[] = {{"substituted", OSS_WORD_SUBSTITUTED},
                 {"deleted", OSS_WORD_DELETED},
                 {"inserted", OSS_WORD_INSERTED}};
    oss_json *object = oss_json_add_object(system, "confusions");
    for (int32_t i = 0; i < 3; i++) {
        oss_confusions found = {0};
        oss_json *list = oss_json_add_array(object, kinds[i].key);
        oss_status status = oss_confusions_count(&found, report->board, k, kinds[i].kind);
        if (status != OSS_OK) {
            return status;
        }
        for (int32_t n = 0; n < found.count && n < report->confusions; n++) {
            oss_json *item = oss_json_add_object(list, NULL);
            if (found.item[n].reference != NULL) {
                oss_json_add_string(item, "ref", found.item[n].reference);
            }
            if (found.item[n].hypothesis != NULL) {
                oss_json_add_string(item, "hyp", found.item[n].hypothesis);
            }
            oss_json_add_integer(item, "count", found.item[n].count);
        }
        oss_free(found.item);
    }
    return OSS_OK;
}

static void add_alignment(oss_json *list, const oss_score_report *report,
                          const oss_scored_utterance *utterance, const oss_scored_text *text) {
    static const char *const name[] = {"correct", "substitution", "deletion", "insertion"};
    oss_strbuf buffer = {0};
    for (int32_t i = 0; i < text->path.edits; i++) {
        const oss_word_edit *edit = &text->path.edit[i];
        oss_json *item = oss_json_add_object(list, NULL);
        oss_json_add_string(item, "eval", name[edit->kind]);
        if (edit->reference >= 0) {
            oss_json_add_string(item, "ref",
                                oss_scored_word(report->board, &utterance->net, edit->reference, &buffer));
        }
        if (edit->hypothesis >= 0) {
            oss_json_add_string(item, "hyp",
                                oss_scored_word(report->board, &text->net, edit->hypothesis, &buffer));
        }
    }
    oss_strbuf_deinit(&buffer);
}

static void add_utterances(oss_json *system, const oss_score_report *report, int32_t k) {
    oss_json *list = oss_json_add_array(system, "alignments");
    for (int32_t i = 0; i < report->board->utterances; i++) {
        const oss_scored_utterance *utterance = &report->board->utterance[i];
        const oss_scored_text *text = &utterance->text[k];
        oss_json *object = oss_json_add_object(list, NULL);
        oss_json_add_string(object, "id", utterance->reference->id);
        if (utterance->reference->speaker != NULL) {
            oss_json_add_string(object, "speaker", utterance->reference->speaker);
        }
        const oss_score_sums sums = oss_scored_text_sums(text);
        add_sums(object, report, &sums);
        add_alignment(oss_json_add_array(object, "words_aligned"), report, utterance, text);
    }
}

static oss_status add_system(oss_json *list, const oss_score_report *report, int32_t k) {
    const oss_bootstrap *b = report->bootstrap;
    oss_json *system = oss_json_add_object(list, NULL);
    oss_json_add_string(system, "file", report->hypothesis[k].name);
    oss_json_add_integer(system, "missing", report->pairs->missing[k]);
    oss_json_add_integer(system, "unknown", report->pairs->unknown[k]);
    add_sums(system, report, &report->board->sum[k]);
    if (b != NULL) {
        add_interval(system, "wer_95", b->wer_low[k], b->wer_high[k]);
        add_interval(system, "cer_95", b->cer_low[k], b->cer_high[k]);
    }
    add_speakers(system, report, k);
    if (report->alignments) {
        add_utterances(system, report, k);
    }
    return report->confusions > 0 ? add_confusions(system, report, k) : OSS_OK;
}

static void add_comparison(oss_json *root, const oss_score_report *report) {
    const oss_mapsswe *m = report->mapsswe;
    const oss_bootstrap *b = report->bootstrap;
    oss_json *object = oss_json_add_object(root, "comparison");
    if (b != NULL) {
        oss_json_add_number(object, "wer_difference", b->difference);
        add_interval(object, "wer_difference_95", b->difference_low, b->difference_high);
        oss_json_add_number(object, "probability_of_improvement", b->probability_of_improvement);
    }
    oss_json *test = oss_json_add_object(object, "mapsswe");
    oss_json_add_integer(test, "segments", m->segments);
    oss_json_add_number(test, "mean", m->mean);
    oss_json_add_number(test, "deviation", m->deviation);
    add_maybe(test, "z", m->z);
    add_maybe(test, "p", m->p);
}

oss_status oss_score_print_json(const oss_score_report *report) {
    oss_json *root = oss_json_object();
    oss_status status = OSS_OK;
    oss_json_add_string(root, "reference", report->reference->name);
    oss_json_add_string(root, "counts", short_rule(report, false));
    oss_json_add_integer(root, "ignored", report->pairs->ignored);
    oss_json_add_integer(root, "skipped", report->pairs->skipped);
    oss_json_add_integer(root, "samples", report->bootstrap == NULL ? 0 : report->bootstrap->samples);
    oss_json *list = oss_json_add_array(root, "systems");
    for (int32_t k = 0; k < report->board->systems && status == OSS_OK; k++) {
        status = add_system(list, report, k);
    }
    if (report->mapsswe != NULL) {
        add_comparison(root, report);
    }
    if (status != OSS_OK) {
        oss_json_free(root);
        return status;
    }
    return oss_cli_print_json(root);
}
