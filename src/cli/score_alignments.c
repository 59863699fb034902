/* Every utterance with what was heard below what was said, as sclite prints it (-o pralign). */
#include <string.h>

#include "base/mem.h"
#include "cli/cli_common.h"
#include "cli/score_report.h"
#include "text/unicode.h"

oss_status oss_score_show_error(char **out, const oss_score_report *report, const char *word) {
    if (!report->keeps_case) {
        return oss_text_normalize(out, word, OSS_CASE_UPPER);
    }
    *out = oss_strdup(word);
    return *out == NULL ? OSS_ENOMEM : OSS_OK;
}

typedef struct three_lines {
    oss_strbuf reference, hypothesis, eval;
} three_lines;

static void fill(oss_strbuf *line, char with, int64_t columns) {
    for (int64_t i = 0; i < columns; i++) {
        oss_strbuf_append_bytes(line, &with, 1);
    }
}

static void put_cell(oss_strbuf *line, const char *text, char with, int64_t width) {
    int64_t columns = oss_text_columns(text);
    oss_strbuf_append(line, text);
    fill(line, columns == 0 ? with : ' ', width - columns);
    oss_strbuf_append(line, " ");
}

static oss_status append_edit(three_lines *lines, const oss_score_report *report, const oss_word_edit *edit,
                              const char *reference, const char *hypothesis) {
    static const char letter[] = {' ', 'S', 'D', 'I'};
    char *said = NULL, *heard = NULL;
    bool wrong = edit->kind != OSS_WORD_CORRECT;
    oss_status status;
    if (wrong) {
        status = oss_score_show_error(&said, report, reference);
        status = status == OSS_OK ? oss_score_show_error(&heard, report, hypothesis) : status;
    } else {
        said = oss_strdup(reference);
        heard = oss_strdup(hypothesis);
        status = said == NULL || heard == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        int64_t one = oss_text_columns(said), other = oss_text_columns(heard);
        int64_t width = one > other ? one : other;
        width = width > 0 ? width : 1;
        put_cell(&lines->reference, said, wrong ? '*' : ' ', width);
        put_cell(&lines->hypothesis, heard, wrong ? '*' : ' ', width);
        fill(&lines->eval, letter[edit->kind], 1);
        fill(&lines->eval, ' ', width);
    }
    oss_free(said);
    oss_free(heard);
    return status;
}

static oss_status append_path(three_lines *lines, const oss_score_report *report,
                              const oss_scored_utterance *utterance, const oss_scored_text *text) {
    oss_strbuf one = {0}, other = {0};
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < text->path.edits && status == OSS_OK; i++) {
        const oss_word_edit *edit = &text->path.edit[i];
        const char *said = oss_scored_word(report->board, &utterance->net, edit->reference, &one);
        const char *heard = oss_scored_word(report->board, &text->net, edit->hypothesis, &other);
        status = append_edit(lines, report, edit, said, heard);
    }
    oss_strbuf_deinit(&one);
    oss_strbuf_deinit(&other);
    return status;
}

/* Without blanks at its end. */
static const char *trim(oss_strbuf *line) {
    while (line->length > 0 && line->data[line->length - 1] == ' ') {
        line->data[--line->length] = '\0';
    }
    return line->data == NULL ? "" : line->data;
}

static oss_status print_utterance(const oss_score_report *report, const oss_scored_utterance *utterance,
                                  int32_t system) {
    const oss_scored_text *text = &utterance->text[system];
    const oss_word_counts *c = &text->counts;
    three_lines lines = {0};
    oss_status status = append_path(&lines, report, utterance, text);
    if (status == OSS_OK && !(oss_strbuf_ok(&lines.reference) && oss_strbuf_ok(&lines.hypothesis) &&
                              oss_strbuf_ok(&lines.eval))) {
        status = OSS_ENOMEM;
    }
    if (status == OSS_OK) {
        oss_cli_print("\n");
        oss_cli_print_line("id: (%s)", utterance->reference->id);
        oss_cli_print("Scores: (#C #S #D #I) %lld %lld %lld %lld\n", (long long)c->correct,
                      (long long)c->substituted, (long long)c->deleted, (long long)c->inserted);
        oss_cli_print_line("REF:  %s", trim(&lines.reference));
        oss_cli_print_line("HYP:  %s", trim(&lines.hypothesis));
        const char *eval = trim(&lines.eval);
        oss_cli_print("Eval:%s%s\n", *eval == '\0' ? "" : " ", eval);
    }
    oss_strbuf_deinit(&lines.reference);
    oss_strbuf_deinit(&lines.hypothesis);
    oss_strbuf_deinit(&lines.eval);
    return status;
}

oss_status oss_score_print_alignments(const oss_score_report *report, int32_t system) {
    oss_status status = OSS_OK;
    oss_cli_print("\n");
    oss_cli_print_line("alignments of %s", report->hypothesis[system].name);
    for (int32_t i = 0; i < report->board->utterances && status == OSS_OK; i++) {
        status = print_utterance(report, &report->board->utterance[i], system);
    }
    return status;
}
