/* The forms that NIST's scorer sclite reads: time-marked words (ctm), time-marked segments (stm) and plain transcripts
 * (trn). https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "output/printers.h"
#include "output/swap.h"
#include "text/unicode.h"

/* sclite takes brackets for alternatives, for words that may be left out and for labels; a word ends for it at a
 * semicolon, and of a backslash and what follows one is left. */
static const oss_swap word_swaps[] = {{"(", "["}, {")", "]"}, {"{", "["},  {"}", "]"}, {"<", "["},
                                      {">", "]"}, {";", ","}, {"\\", "/"}, {" ", "_"}, {0}};

static void append_word(oss_strbuf *out, const char *text) {
    bool is_null = strcmp(text, "@") == 0; /* the word that is not there */
    oss_append_swapped(out, is_null ? "[@]" : text, is_null ? 3 : strlen(text), word_swaps);
}

/* A name in one piece: blanks, control characters and brackets become '_', a byte that is not UTF-8 '%' and its digits. */
static void append_id(oss_strbuf *out, const char *name, size_t bytes) {
    const char *end = name + bytes;
    while (name < end) {
        const char *next = name;
        uint32_t c = oss_text_next(&next);
        if (oss_utf8_valid_length(name, (size_t)(next - name)) == 0) {
            oss_strbuf_printf(out, "%%%02X", (unsigned)(unsigned char)*name);
            name++;
            continue;
        }
        bool plain = c > 0x20 && (c < 0x7f || c > 0x9f) && !oss_text_is_space(c) &&
                     (c > 0x7f || strchr("(){}<>;", (int)c) == NULL);
        oss_strbuf_append_bytes(out, plain ? name : "_", plain ? (size_t)(next - name) : 1);
        name = next;
    }
}

/* Options are names or NULL. */
static void append_recording(oss_strbuf *out, const oss_format_options *options) {
    if (options->id != NULL && options->id[0] != '\0') {
        append_id(out, options->id, strlen(options->id));
        return;
    }
    const char *name = options->name == NULL ? "" : options->name;
    const char *slash = strrchr(name, '/');
    name = slash == NULL ? name : slash + 1;
    const char *dot = strrchr(name, '.');
    size_t bytes = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    append_id(out, bytes > 0 ? name : "recording", bytes > 0 ? bytes : strlen("recording"));
}

static void append_channel(oss_strbuf *out, const oss_format_options *options) {
    const char *channel = options->channel == NULL || options->channel[0] == '\0' ? "1" : options->channel;
    append_id(out, channel, strlen(channel));
}

static bool has_speaker(const oss_format_options *options) {
    return options->speaker != NULL && options->speaker[0] != '\0';
}

static void append_speaker(oss_strbuf *out, const oss_format_options *options) {
    if (has_speaker(options)) {
        append_id(out, options->speaker, strlen(options->speaker));
    } else {
        append_recording(out, options);
    }
}

static void append_seconds(oss_strbuf *out, int64_t ms) {
    oss_strbuf_printf(out, " %lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

/* Words [first, first + words) that can be seen, with `before` in front of the first and a space in front of the others. */
static void append_words(oss_strbuf *out, const oss_timeline *timeline, int32_t first, int32_t words,
                         const char *before) {
    for (int32_t i = first; i < first + words; i++) {
        const char *text = oss_timeline_text(timeline, i);
        if (*text != '\0') {
            oss_strbuf_append(out, before);
            append_word(out, text);
            before = " ";
        }
    }
}

/* ---- ctm: recording channel start duration text confidence ---- */

static void begin_ctm_line(oss_strbuf *out, const oss_printing *printing, int64_t start_ms, int64_t end_ms) {
    append_recording(out, printing->options);
    oss_strbuf_append(out, " ");
    append_channel(out, printing->options);
    append_seconds(out, start_ms);
    append_seconds(out, end_ms - start_ms);
    oss_strbuf_append(out, " ");
}

static void append_ctm_word(oss_strbuf *out, const oss_printing *printing, int32_t i) {
    const oss_timeline *timeline = printing->timeline;
    begin_ctm_line(out, printing, timeline->word[i].start_ms, timeline->word[i].end_ms);
    append_word(out, oss_timeline_text(timeline, i));
    oss_strbuf_printf(out, " %.4f\n", (double)timeline->transcript->word[i].confidence);
}

static int64_t within(double seconds, int64_t low, int64_t high) {
    int64_t ms = llround(seconds * 1000.0);
    return ms < low ? low : ms > high ? high : ms;
}

/* The symbols share the milliseconds of their word: each has one where there are as many. */
static void append_ctm_tokens(oss_strbuf *out, const oss_printing *printing, int32_t i) {
    const oss_transcript_word *word = &printing->timeline->transcript->word[i];
    int64_t from = printing->timeline->word[i].start_ms, to = printing->timeline->word[i].end_ms;
    for (int32_t k = 0; k < word->symbols; k++) {
        const oss_transcript_symbol *symbol = &word->symbol[k];
        bool last = k + 1 == word->symbols;
        int64_t end = last ? to : within(symbol->end_seconds, from + 1, to - (word->symbols - k - 1));
        end = end < from ? from : end > to ? to : end;
        begin_ctm_line(out, printing, from, end);
        append_word(out, symbol->text[0] == ' ' && symbol->text[1] != '\0' ? symbol->text + 1 : symbol->text);
        oss_strbuf_printf(out, " %.4f\n", (double)symbol->confidence);
        from = end;
    }
}

static void append_ctm_segment(oss_strbuf *out, const oss_printing *printing, int32_t i) {
    const oss_timeline *timeline = printing->timeline;
    oss_timeline_segment segment = oss_timeline_get_segment(timeline, i);
    bool seen = false;
    for (int32_t w = segment.first; w < segment.first + segment.words; w++) {
        const char *text = oss_timeline_text(timeline, w);
        if (*text == '\0') {
            continue;
        }
        if (seen) {
            oss_strbuf_append(out, "<space>");
        } else {
            begin_ctm_line(out, printing, segment.start_ms, segment.end_ms);
        }
        append_word(out, text);
        seen = true;
    }
    if (seen) {
        oss_strbuf_printf(out, " %.4f\n", (double)segment.shown->confidence);
    }
}

oss_status oss_print_ctm(oss_strbuf *out, const oss_printing *printing) {
    const oss_transcript *transcript = printing->timeline->transcript;
    oss_ctm_level level = printing->options->ctm_level;
    for (int32_t i = 0; level == OSS_CTM_SEGMENT && i < transcript->segments; i++) {
        append_ctm_segment(out, printing, i);
    }
    for (int32_t i = 0; level != OSS_CTM_SEGMENT && i < transcript->words; i++) {
        if (*oss_timeline_text(printing->timeline, i) == '\0') {
            continue;
        }
        if (level == OSS_CTM_TOKEN) {
            append_ctm_tokens(out, printing, i);
        } else {
            append_ctm_word(out, printing, i);
        }
    }
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}

/* ---- stm, trn ---- */

/* recording channel speaker start end [labels] words */
static void append_stm_line(oss_strbuf *out, const oss_printing *printing,
                            const oss_timeline_segment *segment) {
    const char *labels = printing->options->labels;
    append_recording(out, printing->options);
    oss_strbuf_append(out, " ");
    append_channel(out, printing->options);
    oss_strbuf_append(out, " ");
    append_speaker(out, printing->options);
    append_seconds(out, segment->start_ms);
    append_seconds(out, segment->end_ms);
    oss_strbuf_append(out, labels == NULL ? "" : " ");
    oss_strbuf_append(out, labels == NULL ? "" : labels);
    append_words(out, printing->timeline, segment->first, segment->words, " ");
    oss_strbuf_append(out, "\n");
}

oss_status oss_print_stm(oss_strbuf *out, const oss_printing *printing) {
    for (int32_t i = 0; i < printing->timeline->transcript->segments; i++) {
        oss_timeline_segment segment = oss_timeline_get_segment(printing->timeline, i);
        append_stm_line(out, printing, &segment);
    }
    /* Where nothing was said whatever a recognizer hears is wrong; without the line a scorer would not count it. */
    if (printing->timeline->transcript->segments == 0 && printing->timeline->end_ms > 0) {
        append_stm_line(out, printing, &(oss_timeline_segment){.end_ms = printing->timeline->end_ms});
    }
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}

/* words (speaker-recording) */
oss_status oss_print_trn(oss_strbuf *out, const oss_printing *printing) {
    append_words(out, printing->timeline, 0, printing->timeline->transcript->words, "");
    oss_strbuf_append(out, " (");
    if (has_speaker(printing->options)) {
        append_speaker(out, printing->options);
        oss_strbuf_append(out, "-");
    }
    append_recording(out, printing->options);
    oss_strbuf_append(out, ")\n");
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}
