#include "support/transcript_samples.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"

/* Words of a line with spaces between, one after the other; a '|' between them is a pause of a second and the end of a
 * segment. */
typedef struct sample {
    const char *name, *text;
    int32_t start_ms, word_ms, gap_ms;
} sample;

static const sample samples[OSS_TEST_SAMPLES] = {
    {"plain",
     "the committee met on tuesday morning to talk about the harbour | nobody had expected that the plans would be "
     "ready in time but they were and so the mayor who had come by train from the capital opened the meeting | yes",
     240, 310, 40},
    {"signs",
     "a{b} {\\an8} <i>no</i> < > & &amp; &lt; --> a-->b (uh) { one / two } / @ a@b ;; ;x a;b c;;d \\N \\a c:\\d \"quoted\" "
     "\"\" \" = == = x=y * % # [note] [01:02.03] 'tis <b | <o,f0,male> said | = first | NOTE this | STYLE | WEBVTT",
     0, 250, 10},
    {"digits", "the year was | 1984 | and | 2001 | 7", 500, 400, 0},
    {"touching", "one two three four five six seven eight nine ten", 0, 1, 0},
    {"hours", "after a hundred hours | somebody speaks", 359999500, 300, 200},
    {"wide",
     "今日は天気がとても良いので、友達と一緒に公園へ散歩に行って、それから新しい図書館で本を読みました。とても楽しかった！ | "
     "모두 함께 공원에 갔다 | สวัสดีครับ",
     100, 9000, 30},
    {"right-to-left", "שלום עולם זה מבחן | السلام عليكم ورحمة الله وبركاته 2024 abc", 50, 350, 20},
    {"unknown", "an \xef\xbf\xbd word and naïve café 👩‍👩‍👧‍👦 🇩🇪 e\xcc\x81t\xc3\xa9",
     30, 300, 15},
    {"nothing", "", 0, 0, 0},
};

const char *oss_test_sample_name(int32_t sample_number) {
    return sample_number < OSS_TEST_SAMPLES ? samples[sample_number].name : NULL;
}

oss_transcript *oss_test_sample(int32_t sample_number) {
    const sample *from = &samples[sample_number];
    oss_test_word *word = calloc(strlen(from->text) + 1, sizeof *word);
    char *text = strdup(from->text);
    char *rest = NULL;
    int32_t words = 0;
    int64_t at = from->start_ms;
    for (char *part = strtok_r(text, " ", &rest); part != NULL; part = strtok_r(NULL, " ", &rest)) {
        if (strcmp(part, "|") == 0) {
            word[words - 1].ends_segment = 1;
            at += 1000;
            continue;
        }
        word[words] = (oss_test_word){.text = part,
                                      .start = (double)at / 1000.0,
                                      .end = (double)(at + from->word_ms) / 1000.0,
                                      .confidence = 1.0F - 0.01F * (float)(words % 100)};
        words++;
        at += from->word_ms + from->gap_ms;
    }
    oss_transcript *made = oss_test_transcript(word, words, (double)(at + 500) / 1000.0);
    free(text);
    free(word);
    return made;
}

/* ---- At random ---- */

/* A whole number in [0, most]. */
static int64_t draw(uint64_t seed, uint64_t index, int64_t most) {
    return (int64_t)(oss_fill_bits(seed, index) % (uint64_t)(most + 1));
}

static char *draw_text(uint64_t seed, uint64_t index) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    int64_t length = 1 + draw(seed, index, 11);
    char *text = calloc((size_t)length + 1, 1);
    for (int64_t i = 0; i < length; i++) {
        text[i] = letters[draw(seed + 1, index * 16 + (uint64_t)i, (int64_t)sizeof letters - 2)];
    }
    return text;
}

oss_transcript *oss_test_random_transcript(uint64_t seed, int32_t words) {
    oss_test_word *word = calloc((size_t)words + 1, sizeof *word);
    /* sclite computes with 32-bit floats: a hundred hours late segments that touch would get each other's words. */
    bool is_late = draw(seed, 0, 3) == 0;
    int64_t at = draw(seed, 1, is_late ? 432000000 : 2000);
    for (int32_t i = 0; i < words; i++) {
        uint64_t index = 2 + (uint64_t)i * 8;
        static const int64_t most_gap[] = {0, 0, 3, 60, 300, 2500};
        int64_t gap = draw(seed, index, most_gap[draw(seed, index + 1, 5)]);
        int64_t length = 1 + draw(seed, index + 2, draw(seed, index + 3, 3) == 0 ? 4 : 600);
        word[i] = (oss_test_word){.text = draw_text(seed, index + 4),
                                  .start = (double)(at + gap) / 1000.0,
                                  .end = (double)(at + gap + length) / 1000.0,
                                  .confidence = (float)(1 + draw(seed, index + 5, 9999)) / 10000.0F};
        if (i > 0 && draw(seed, index + 6, 11) == 0 && (gap >= 100 || !is_late)) {
            word[i - 1].ends_segment = 1;
        }
        at += gap + length;
    }
    oss_transcript *made = oss_test_transcript(word, words, (double)(at + draw(seed, 1, 500) + 1) / 1000.0);
    for (int32_t i = 0; i < words; i++) {
        free((void *)(uintptr_t)word[i].text);
    }
    free(word);
    return made;
}
