#include "cli/align_findings.h"

#include "base/logger.h"
#include "base/tsv.h"

typedef struct finding {
    const char *kind;
    double start, end;
    int32_t line; /* from 1; 0: behind the text */
    const char *text;
} finding;

static void add_row(oss_strbuf *table, const char *name, const finding *f) {
    if (table == NULL) {
        return;
    }
    oss_tsv_append(table, name);
    oss_strbuf_printf(table, "\t%s\t%.3f\t%.3f\t%d\t", f->kind, f->start, f->end, (int)f->line);
    oss_tsv_append(table, f->text);
    oss_strbuf_append(table, "\n");
}

/* Words of one line that were not said one after the other; returns how many. */
static int32_t tell_missing(const oss_alignment *alignment, int32_t first, const char *name,
                            const char *line_name, oss_strbuf *table) {
    const oss_alignment_word *word = &alignment->word[first];
    oss_strbuf text = {0};
    int32_t count = 0;
    for (; first + count < alignment->words && word[count].how == OSS_ALIGNED_MISSING &&
           word[count].line == word[0].line;
         count++) {
        oss_strbuf_append(&text, count > 0 ? " " : "");
        oss_strbuf_append(&text, word[count].text);
    }
    const finding f = {"missing", word->start_seconds, word->end_seconds, word->line + 1,
                       oss_strbuf_ok(&text) ? text.data : ""};
    oss_log_warn("%s: %s %d: not heard, near %.2f s: %s", name, line_name, (int)f.line, f.start, f.text);
    add_row(table, name, &f);
    oss_strbuf_deinit(&text);
    return count;
}

static void tell_unknown(const oss_alignment_word *word, const char *name, const char *line_name,
                         oss_strbuf *table) {
    bool guessed = word->how == OSS_ALIGNED_GUESSED;
    const finding f = {guessed ? "guessed" : "unknown", word->start_seconds, word->end_seconds,
                       word->line + 1, word->text};
    oss_log_warn("%s: %s %d: \"%s\": the vocabulary does not have \"%s\": %s", name, line_name, (int)f.line,
                 word->text, word->unknown, guessed ? "its times are guessed" : "aligned without");
    add_row(table, name, &f);
}

static void tell_sound(const oss_alignment *alignment, const oss_alignment_sound *sound, const char *name,
                       oss_strbuf *table) {
    bool at_end = sound->before == alignment->words;
    const oss_alignment_word *behind = at_end ? NULL : &alignment->word[sound->before];
    const finding f = {"sound", sound->start_seconds, sound->end_seconds, at_end ? 0 : behind->line + 1,
                       at_end ? "" : behind->text};
    oss_log_warn("%s: %.2f to %.2f s: speech that is not in the text, %s%s", name, f.start, f.end,
                 at_end ? "behind its end" : "before ", f.text);
    add_row(table, name, &f);
}

int64_t oss_align_findings(const oss_alignment *alignment, const char *name, const char *line_name,
                           oss_strbuf *table) {
    int64_t findings = alignment->sounds;
    for (int32_t i = 0; i < alignment->words;) {
        const oss_alignment_word *word = &alignment->word[i];
        if (word->how == OSS_ALIGNED_MISSING) {
            i += tell_missing(alignment, i, name, line_name, table);
            findings++;
            continue;
        }
        if (word->unknown[0] != '\0') {
            tell_unknown(word, name, line_name, table);
        }
        i++;
    }
    if (alignment->transcript->words == 0) {
        oss_log_warn(
            "%s: nothing of the text was heard: is it that of another recording? (--exact aligns it all)",
            name);
    }
    for (int32_t i = 0; i < alignment->sounds; i++) {
        tell_sound(alignment, &alignment->sound[i], name, table);
    }
    return findings;
}
