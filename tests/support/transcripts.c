#include "support/transcripts.h"

#include <stdlib.h>
#include <string.h>

#include "text/unicode.h"

static char *join(const oss_transcript_word *word, int32_t words) {
    size_t bytes = 1;
    for (int32_t i = 0; i < words; i++) {
        bytes += strlen(word[i].text) + 1;
    }
    char *text = calloc(bytes, 1);
    char *at = text;
    for (int32_t i = 0; i < words; i++) {
        size_t length = strlen(word[i].text);
        at[0] = ' ';
        at += i > 0;
        memcpy(at, word[i].text, length);
        at += length;
    }
    return text;
}

/* A symbol a character, each as long as the others. */
static const oss_transcript_symbol *spell(const oss_test_word *from, int32_t *out_symbols) {
    int32_t count = (int32_t)oss_text_length(from->text);
    oss_transcript_symbol *symbol = calloc((size_t)count + 1, sizeof *symbol);
    const char *next = from->text;
    double step = (from->end - from->start) / (count > 0 ? count : 1);
    for (int32_t i = 0; i < count; i++) {
        const char *start = next;
        int32_t id = 2 + (int32_t)(oss_text_next(&next) % 1000);
        symbol[i] = (oss_transcript_symbol){.text = strndup(start, (size_t)(next - start)),
                                            .id = id,
                                            .confidence = 0.5F,
                                            .start_seconds = from->start + step * i,
                                            .end_seconds = from->start + step * (i + 1)};
    }
    *out_symbols = count;
    return symbol;
}

static float mean_confidence(const oss_transcript_word *word, int32_t words) {
    double sum = 0.0;
    for (int32_t i = 0; i < words; i++) {
        sum += (double)word[i].confidence;
    }
    return words > 0 ? (float)(sum / words) : 1.0F;
}

oss_transcript *oss_test_transcript(const oss_test_word *from, int32_t words, double seconds) {
    oss_transcript *made = calloc(1, sizeof *made);
    oss_transcript_word *word = calloc((size_t)words + 1, sizeof *word);
    oss_transcript_segment *segment = calloc((size_t)words + 1, sizeof *segment);
    int32_t segments = 0, first = 0;
    for (int32_t i = 0; i < words; i++) {
        word[i] = (oss_transcript_word){.text = strdup(from[i].text),
                                        .start_seconds = from[i].start,
                                        .end_seconds = from[i].end,
                                        .confidence = from[i].confidence > 0.0F ? from[i].confidence : 0.9F};
        word[i].symbol = spell(&from[i], &word[i].symbols);
        if (from[i].ends_segment != 0 || i + 1 == words) {
            segment[segments++] =
                (oss_transcript_segment){.text = join(word + first, i + 1 - first),
                                         .start_seconds = word[first].start_seconds,
                                         .end_seconds = word[i].end_seconds,
                                         .confidence = mean_confidence(word + first, i + 1 - first),
                                         .words = i + 1 - first,
                                         .word = word + first};
            first = i + 1;
        }
    }
    *made = (oss_transcript){.text = join(word, words),
                             .audio_seconds = seconds,
                             .confidence = mean_confidence(word, words),
                             .segments = segments,
                             .words = words,
                             .segment = segment,
                             .word = word};
    return made;
}

void oss_test_transcript_free(oss_transcript *transcript) {
    for (int32_t i = 0; i < transcript->words; i++) {
        const oss_transcript_word *word = &transcript->word[i];
        for (int32_t k = 0; k < word->symbols; k++) {
            free((void *)(uintptr_t)word->symbol[k].text);
        }
        free((void *)(uintptr_t)word->symbol);
        free((void *)(uintptr_t)word->text);
    }
    for (int32_t i = 0; i < transcript->segments; i++) {
        free((void *)(uintptr_t)transcript->segment[i].text);
    }
    free((void *)(uintptr_t)transcript->segment);
    free((void *)(uintptr_t)transcript->word);
    free((void *)(uintptr_t)transcript->text);
    free(transcript);
}
