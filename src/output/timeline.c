#include "output/timeline.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"
#include "text/unicode.h"

/* ---- Texts ---- */

static bool is_blank(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || oss_text_is_space(c);
}

/* Appends the text in one line, and a NUL of its own. */
static void append_clean(oss_strbuf *out, const char *text) {
    bool begun = false, blank = false;
    while (*text != '\0') {
        char bytes[5];
        uint32_t c = oss_text_next(&text);
        if (is_blank(c)) {
            blank = begun;
            continue;
        }
        oss_strbuf_append(out, blank ? " " : "");
        oss_strbuf_append_bytes(out, bytes, (size_t)oss_text_encode(bytes, c));
        begun = true;
        blank = false;
    }
    oss_strbuf_append_bytes(out, "", 1);
}

const char *oss_timeline_text(const oss_timeline *timeline, int32_t word) {
    return timeline->texts.data + timeline->word[word].offset;
}

/* ---- Times ---- */

/* A century of milliseconds keeps everything that is computed with them in range. */
static int64_t to_ms(double seconds) {
    const double most = 100.0 * 366.0 * 24.0 * 3600.0;
    return llround(fmin(fmax(seconds, 0.0), most) * 1000.0);
}

static int64_t largest(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smallest(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Rounded, each word after the one before it and at least a millisecond long: words that are shorter move those after
 * them. */
static void place_words(oss_timeline *timeline) {
    int64_t before = 0;
    for (int32_t i = 0; i < timeline->transcript->words; i++) {
        const oss_transcript_word *from = &timeline->transcript->word[i];
        oss_timeline_word *word = &timeline->word[i];
        word->start_ms = largest(to_ms(from->start_seconds), before);
        word->end_ms = largest(to_ms(from->end_seconds), word->start_ms + 1);
        before = word->end_ms;
    }
}

/* What was moved beyond the end of the recording moves back, where there is a millisecond for every word. */
static void keep_inside(oss_timeline *timeline) {
    int32_t words = timeline->transcript->words;
    int64_t limit = timeline->end_ms;
    for (int32_t i = words - 1; i >= 0 && words <= timeline->end_ms; i--) {
        oss_timeline_word *word = &timeline->word[i];
        word->end_ms = smallest(word->end_ms, limit);
        word->start_ms = smallest(word->start_ms, word->end_ms - 1);
        limit = word->start_ms;
    }
    if (words > 0) {
        timeline->end_ms = largest(timeline->end_ms, timeline->word[words - 1].end_ms);
    }
}

oss_status oss_timeline_init(oss_timeline *timeline, const oss_transcript *transcript) {
    timeline->transcript = transcript;
    timeline->end_ms = largest(to_ms(transcript->audio_seconds), 1);
    timeline->word = oss_alloc((size_t)transcript->words, sizeof *timeline->word);
    if (timeline->word == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < transcript->words; i++) {
        timeline->word[i].offset = timeline->texts.length;
        append_clean(&timeline->texts, transcript->word[i].text);
    }
    place_words(timeline);
    keep_inside(timeline);
    return oss_strbuf_ok(&timeline->texts) ? OSS_OK : OSS_ENOMEM;
}

void oss_timeline_deinit(oss_timeline *timeline) {
    oss_strbuf_deinit(&timeline->texts);
    oss_free(timeline->word);
    *timeline = (oss_timeline){0};
}

/* ---- Segments ---- */

oss_timeline_segment oss_timeline_get_segment(const oss_timeline *timeline, int32_t segment) {
    const oss_transcript_segment *shown = &timeline->transcript->segment[segment];
    int32_t first = (int32_t)(shown->word - timeline->transcript->word);
    return (oss_timeline_segment){.shown = shown,
                                  .first = first,
                                  .words = shown->words,
                                  .start_ms = timeline->word[first].start_ms,
                                  .end_ms = timeline->word[first + shown->words - 1].end_ms};
}

int32_t oss_timeline_append_segment(oss_strbuf *out, const oss_timeline *timeline,
                                    const oss_timeline_segment *segment) {
    int32_t seen = 0;
    for (int32_t i = segment->first; i < segment->first + segment->words; i++) {
        const char *text = oss_timeline_text(timeline, i);
        if (*text != '\0') {
            oss_strbuf_append(out, seen > 0 ? " " : "");
            oss_strbuf_append(out, text);
            seen++;
        }
    }
    return seen;
}
