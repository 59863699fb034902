/* JSON: one object for a recording, over many lines (json) or in one (jsonl). Written piece by piece: a tree of ten hours
 * of words would take more memory than the words. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/number.h"
#include "output/printers.h"

typedef struct json_writer {
    oss_strbuf *out;
    const oss_printing *printing;
    bool lines; /* over many lines */
    bool comma; /* something stands before, in the same object or list */
} json_writer;

static void begin_item(json_writer *w) {
    oss_strbuf_append(w->out, !w->comma ? "" : w->lines ? ", " : ",");
    w->comma = true;
}

/* On a line of its own when there are lines. */
static void begin_line(json_writer *w, const char *indent) {
    oss_strbuf_append(w->out, w->comma ? "," : "");
    oss_strbuf_append(w->out, w->lines ? "\n" : "");
    oss_strbuf_append(w->out, w->lines ? indent : "");
    w->comma = false;
}

static void put_key(json_writer *w, const char *key) {
    begin_item(w);
    oss_json_append_string(w->out, key);
    oss_strbuf_append(w->out, w->lines ? ": " : ":");
}

static void put_text(json_writer *w, const char *key, const char *text) {
    put_key(w, key);
    oss_json_append_string(w->out, text);
}

static void put_number(json_writer *w, const char *key, double value) {
    char digits[OSS_NUMBER_CHARS];
    put_key(w, key);
    oss_strbuf_append_bytes(w->out, digits, oss_number_print(digits, value));
}

/* value / unit, unit a power of ten, in its shortest digits. */
static void put_decimal(json_writer *w, const char *key, int64_t value, int64_t unit) {
    char digits[OSS_NUMBER_CHARS];
    size_t length = 0;
    put_key(w, key);
    oss_strbuf_printf(w->out, "%lld", (long long)(value / unit));
    for (int64_t rest = value % unit; rest > 0; rest = rest * 10 % unit) {
        digits[length++] = (char)('0' + rest * 10 / unit);
    }
    oss_strbuf_append(w->out, length > 0 ? "." : "");
    oss_strbuf_append_bytes(w->out, digits, length);
}

static void put_ms(json_writer *w, const char *key, int64_t ms) {
    put_decimal(w, key, ms, 1000);
}

/* Four digits behind the point say more than is known. */
static void put_confidence(json_writer *w, const char *key, float confidence) {
    put_decimal(w, key, llround(fmin(fmax((double)confidence, 0.0), 1.0) * 1e4), 10000);
}

static void open_list(json_writer *w, const char *key) {
    put_key(w, key);
    oss_strbuf_append(w->out, "[");
    w->comma = false;
}

static void close_part(json_writer *w, const char *bracket) {
    oss_strbuf_append(w->out, bracket);
    w->comma = true;
}

/* Times of symbols are the word's, cut into pieces: rounded, in order, none outside of the word. */
static void put_symbols(json_writer *w, const oss_transcript_word *word, const oss_timeline_word *place) {
    int64_t before = place->start_ms;
    open_list(w, "symbols");
    for (int32_t i = 0; i < word->symbols; i++) {
        const oss_transcript_symbol *symbol = &word->symbol[i];
        int64_t start =
            llround(fmin(fmax(symbol->start_seconds * 1000.0, (double)before), (double)place->end_ms));
        int64_t end = llround(fmin(fmax(symbol->end_seconds * 1000.0, (double)start), (double)place->end_ms));
        begin_item(w);
        oss_strbuf_append(w->out, "{");
        w->comma = false;
        put_text(w, "text", symbol->text);
        put_number(w, "id", symbol->id);
        put_ms(w, "start", start);
        put_ms(w, "end", end);
        put_confidence(w, "probability", symbol->confidence);
        close_part(w, "}");
        before = end;
    }
    close_part(w, "]");
}

static void put_word(json_writer *w, int32_t i) {
    const oss_transcript_word *word = &w->printing->timeline->transcript->word[i];
    const oss_timeline_word *place = &w->printing->timeline->word[i];
    begin_line(w, "      ");
    oss_strbuf_append(w->out, "{");
    put_text(w, "word", word->text);
    put_ms(w, "start", place->start_ms);
    put_ms(w, "end", place->end_ms);
    put_confidence(w, "probability", word->confidence);
    if (w->printing->options->symbols != 0) {
        put_symbols(w, word, place);
    }
    close_part(w, "}");
}

static void put_segment(json_writer *w, int32_t i) {
    oss_timeline_segment segment = oss_timeline_get_segment(w->printing->timeline, i);
    begin_line(w, "    ");
    oss_strbuf_append(w->out, "{");
    put_number(w, "id", i);
    put_ms(w, "start", segment.start_ms);
    put_ms(w, "end", segment.end_ms);
    put_text(w, "text", segment.shown->text);
    put_confidence(w, "confidence", segment.shown->confidence);
    open_list(w, "words");
    for (int32_t word = segment.first; word < segment.first + segment.words; word++) {
        put_word(w, word);
    }
    w->comma = false;
    begin_line(w, "    ");
    close_part(w, "]}");
}

static void put_segments(json_writer *w) {
    int32_t segments = w->printing->timeline->transcript->segments;
    open_list(w, "segments");
    for (int32_t i = 0; i < segments; i++) {
        put_segment(w, i);
    }
    w->comma = false;
    if (segments > 0) {
        begin_line(w, "  ");
    }
    close_part(w, "]");
}

static void put_alternative(json_writer *w, const oss_transcript_alternative *alternative) {
    begin_line(w, "      ");
    oss_strbuf_append(w->out, "{");
    put_text(w, "text", alternative->text);
    put_number(w, "score", alternative->score);
    put_number(w, "acoustic", alternative->acoustic);
    put_number(w, "lm", alternative->lm);
    put_number(w, "hotwords", alternative->hotwords);
    put_number(w, "rescore", alternative->rescore);
    put_number(w, "posterior", alternative->posterior);
    put_number(w, "words", alternative->words);
    put_number(w, "unknown_words", alternative->unknown_words);
    close_part(w, "}");
}

static void put_utterance(json_writer *w, const oss_transcript_utterance *utterance) {
    begin_line(w, "    ");
    oss_strbuf_append(w->out, "{");
    put_ms(w, "start", llround(utterance->start_seconds * 1000.0));
    put_ms(w, "end", llround(utterance->end_seconds * 1000.0));
    open_list(w, "alternatives");
    for (int32_t i = 0; i < utterance->alternatives; i++) {
        put_alternative(w, &utterance->alternative[i]);
    }
    w->comma = false;
    begin_line(w, "    ");
    close_part(w, "]}");
}

static void put_utterances(json_writer *w) {
    const oss_transcript *shown = w->printing->timeline->transcript;
    open_list(w, "utterances");
    for (int32_t i = 0; i < shown->utterances; i++) {
        put_utterance(w, &shown->utterance[i]);
    }
    w->comma = false;
    begin_line(w, "  ");
    close_part(w, "]");
}

static void begin_member(json_writer *w) {
    begin_line(w, "  ");
}

static oss_status print_object(json_writer *w) {
    const oss_transcript *shown = w->printing->timeline->transcript;
    oss_strbuf_append(w->out, "{");
    if (w->printing->options->name != NULL) {
        begin_member(w);
        put_text(w, "file", w->printing->options->name);
    }
    begin_member(w);
    put_text(w, "text", shown->text);
    begin_member(w);
    put_number(w, "seconds", shown->audio_seconds);
    begin_member(w);
    put_confidence(w, "confidence", shown->confidence);
    if (shown->cut_off != 0) {
        begin_member(w);
        put_key(w, "cut_off");
        oss_strbuf_append(w->out, "true");
    }
    begin_member(w);
    put_segments(w);
    if (shown->utterances > 0) {
        begin_member(w);
        put_utterances(w);
    }
    w->comma = false;
    begin_line(w, "");
    oss_strbuf_append(w->out, "}\n");
    return oss_strbuf_ok(w->out) ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_print_json(oss_strbuf *out, const oss_printing *printing) {
    return print_object(&(json_writer){.out = out, .printing = printing, .lines = true});
}

oss_status oss_print_jsonl(oss_strbuf *out, const oss_printing *printing) {
    return print_object(&(json_writer){.out = out, .printing = printing});
}
