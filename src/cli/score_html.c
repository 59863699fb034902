/* A page on which errors are coloured. Everything is in it, and whatever comes from a file is escaped. */
#include <stdarg.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "cli/score_report.h"

static const char head[] =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Word errors</title>\n<style>\n"
    "body{font:16px/1.5 sans-serif;margin:2em;color:#111;background:#fff}\n"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.1em .7em;text-align:right;border-bottom:1px solid #ccc}\n"
    "td:first-child,th:first-child{text-align:left}\n"
    ".u{margin:.8em 0;padding-left:.6em;border-left:3px solid #ccc}.u h3{font-size:.8em;font-weight:normal;color:#555;margin:0}\n"
    ".w{display:inline-block;vertical-align:top;margin-right:.35em}.w b,.w i{display:block;font:inherit}.w i{color:#999}\n"
    ".s b{background:#ffe0b0}.s i{background:#ffb347;color:#111}.d b{background:#ffb3b3;text-decoration:line-through}\n"
    ".i i{background:#b3d4ff;color:#111}.w b:empty:before,.w i:empty:before{content:\"\\00a0\"}\n"
    ".right:not(:checked)~.ok{display:none}\n"
    "</style></head><body>\n<h1>Word errors</h1>\n";

/* ---- Text ---- */

static void put(oss_writer *writer, const char *text) {
    oss_writer_put(writer, text, strlen(text));
}

static void put_escaped(oss_writer *writer, const char *text) {
    static const char *const entity[][2] = {
        {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}};
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        oss_writer_put(writer, text, plain);
        text += plain;
        for (int32_t i = 0; i < 5 && *text != '\0'; i++) {
            if (*text == entity[i][0][0]) {
                put(writer, entity[i][1]);
                text++;
                break;
            }
        }
    }
}

__attribute__((format(printf, 2, 3))) static void put_format(oss_writer *writer, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)oss_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    put(writer, text);
}

/* ---- Sums ---- */

static double per_cent(int64_t count, int64_t of) {
    return of == 0 ? 0.0 : 100.0 * (double)count / (double)of;
}

static void put_row(oss_writer *writer, const char *name, const oss_score_sums *sums) {
    const oss_word_counts *c = &sums->counts;
    int64_t words = oss_word_counts_words(c);
    put(writer, "<tr><td>");
    put_escaped(writer, name);
    put_format(writer, "<td>%lld<td>%lld<td>%.1f<td>%.1f<td>%.1f<td>%.1f<td>%.1f<td>%.1f<td>%.1f</tr>\n",
               (long long)sums->utterances, (long long)words, per_cent(c->correct, words),
               per_cent(c->substituted, words), per_cent(c->deleted, words), per_cent(c->inserted, words),
               100.0 * oss_word_counts_rate(c), per_cent(sums->wrong_utterances, sums->utterances),
               100.0 * oss_score_sums_cer(sums));
}

static void put_table(oss_writer *writer, const oss_score_report *report, int32_t system) {
    const oss_scoreboard *board = report->board;
    put(writer, "<h2>");
    put_escaped(writer, report->hypothesis[system].name);
    put(writer, "</h2>\n<p>Reference: ");
    put_escaped(writer, report->reference->name);
    put_format(writer, "; %s.", oss_score_rule_name(report, false));
    if (report->bootstrap != NULL) {
        put_format(writer, " WER %.2f %% (95 %%: %.2f to %.2f).",
                   100.0 * oss_word_counts_rate(&board->sum[system].counts),
                   100.0 * report->bootstrap->wer_low[system], 100.0 * report->bootstrap->wer_high[system]);
    }
    put(writer, "</p>\n<table><tr><th>Speaker<th>Sentences<th>Words<th>Correct %<th>Substituted %<th>Deleted "
                "%<th>Inserted %<th>WER %<th>Sentences wrong %<th>CER %</tr>\n");
    for (int32_t i = 0; i < board->speakers; i++) {
        put_row(writer, board->speaker[i], &board->by_speaker[system * board->speakers + i]);
    }
    put_row(writer, "All", &board->sum[system]);
    put(writer, "</table>\n");
}

/* ---- Utterances ---- */

static void put_word(oss_writer *writer, const oss_word_edit *edit, const char *said, const char *heard) {
    static const char *const kind[] = {"", " s", " d", " i"};
    put_format(writer, "<span class=\"w%s\"><b>", kind[edit->kind]);
    put_escaped(writer, said);
    put(writer, "</b><i>");
    put_escaped(writer, heard);
    put(writer, "</i></span>\n");
}

static void put_utterance(oss_writer *writer, const oss_score_report *report,
                          const oss_scored_utterance *utterance, int32_t system) {
    const oss_scored_text *text = &utterance->text[system];
    const oss_word_counts *c = &text->counts;
    oss_strbuf one = {0}, other = {0};
    put_format(writer, "<div class=\"u%s\"><h3>", oss_word_counts_errors(c) == 0 ? " ok" : "");
    put_escaped(writer, utterance->reference->id);
    put_format(writer, ": %lld correct, %lld substituted, %lld deleted, %lld inserted</h3>\n",
               (long long)c->correct, (long long)c->substituted, (long long)c->deleted,
               (long long)c->inserted);
    for (int32_t i = 0; i < text->path.edits; i++) {
        const oss_word_edit *edit = &text->path.edit[i];
        put_word(writer, edit, oss_scored_word(report->board, &utterance->net, edit->reference, &one),
                 oss_scored_word(report->board, &text->net, edit->hypothesis, &other));
    }
    put(writer, "</div>\n");
    oss_strbuf_deinit(&one);
    oss_strbuf_deinit(&other);
}

oss_status oss_score_write_html(const oss_score_report *report, const char *path) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    put(&writer, head);
    for (int32_t k = 0; k < report->board->systems; k++) {
        put(&writer, "<section>\n");
        put_table(&writer, report, k);
        put_format(
            &writer,
            "<p>Above what was said, below what was heard: <span class=\"w s\"><i>substituted</i></span> "
            "<span class=\"w d\"><b>deleted</b></span> <span class=\"w i\"><i>inserted</i></span></p>\n"
            "<input type=\"checkbox\" id=\"right%d\" class=\"right\" checked><label for=\"right%d\"> show "
            "sentences without errors</label>\n",
            (int)k, (int)k);
        for (int32_t i = 0; i < report->board->utterances; i++) {
            put_utterance(&writer, report, &report->board->utterance[i], k);
        }
        put(&writer, "</section>\n");
    }
    put(&writer, "</body></html>\n");
    status = oss_writer_commit(&writer);
    oss_writer_abort(&writer);
    return status;
}
