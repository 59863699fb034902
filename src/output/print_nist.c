/* The forms that NIST's scorer sclite reads: time-marked words (ctm), time-marked segments (stm) and plain transcripts
 * (trn). https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm */
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

/* recording channel start duration word confidence */
oss_status oss_print_ctm(oss_strbuf *out, const oss_printing *printing) {
    const oss_timeline *timeline = printing->timeline;
    for (int32_t i = 0; i < timeline->transcript->words; i++) {
        const char *text = oss_timeline_text(timeline, i);
        if (*text == '\0') {
            continue;
        }
        append_recording(out, printing->options);
        oss_strbuf_append(out, " ");
        append_channel(out, printing->options);
        append_seconds(out, timeline->word[i].start_ms);
        append_seconds(out, timeline->word[i].end_ms - timeline->word[i].start_ms);
        oss_strbuf_append(out, " ");
        append_word(out, text);
        oss_strbuf_printf(out, " %.4f\n", (double)timeline->transcript->word[i].confidence);
    }
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}

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
