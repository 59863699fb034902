#include "infer/transcript_build.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "decode/symbol_text.h"

/* A transcript and all that it points to. */
typedef struct transcript_block {
    oss_transcript shown; /* first: what the caller has is the block */
    oss_transcript_segment *segment;
    oss_transcript_word *word;
    oss_transcript_symbol *symbol;
    char **owned; /* [owned_count] texts of words and segments, and the whole one */
    int64_t owned_count;
} transcript_block;

void oss_transcript_free(oss_transcript *transcript) {
    transcript_block *block = (transcript_block *)transcript;
    if (block == NULL) {
        return;
    }
    for (int64_t i = 0; i < block->owned_count; i++) {
        oss_free(block->owned[i]);
    }
    oss_free(block->owned);
    oss_free(block->segment);
    oss_free(block->word);
    oss_free(block->symbol);
    oss_free(block);
}

typedef struct builder {
    transcript_block *block;
    const oss_timed_symbol *from;
    int64_t count;
    const oss_model *model;
    int64_t symbols; /* made */
} builder;

static bool begins_with_space(const builder *b, int64_t i) {
    return oss_vocab_symbol(b->model->vocab, b->from[i].id)[0] == ' ';
}

static bool is_space(const builder *b, int64_t i) {
    return strcmp(oss_vocab_symbol(b->model->vocab, b->from[i].id), " ") == 0;
}

static const char *keep(builder *b, char *text) {
    b->block->owned[b->block->owned_count++] = text;
    return text;
}

static void add_symbol(builder *b, int64_t i) {
    const oss_timed_symbol *from = &b->from[i];
    b->block->symbol[b->symbols++] =
        (oss_transcript_symbol){.text = oss_vocab_symbol(b->model->vocab, from->id),
                                .id = from->id,
                                .confidence = from->confidence,
                                .start_seconds = from->start_seconds,
                                .end_seconds = from->end_seconds};
}

/* The word of symbols [begin, end), unless nothing of it can be seen. */
static oss_status add_word(builder *b, int64_t begin, int64_t end) {
    int32_t count = (int32_t)(end - begin);
    int32_t *ids = oss_alloc((size_t)count, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < count; i++) {
        ids[i] = b->from[begin + i].id;
    }
    char *text = NULL;
    oss_status status = oss_symbol_text(&text, b->model->vocab, b->model->config.text_case, ids, count);
    oss_free(ids);
    if (status != OSS_OK || text[0] == '\0') {
        oss_free(text);
        return status;
    }
    const oss_transcript_symbol *first = &b->block->symbol[b->symbols];
    float confidence = 1.0F;
    for (int64_t i = begin; i < end; i++) {
        confidence = b->from[i].confidence < confidence ? b->from[i].confidence : confidence;
        add_symbol(b, i);
    }
    b->block->word[b->block->shown.words++] =
        (oss_transcript_word){.text = keep(b, text),
                              .start_seconds = b->from[begin].start_seconds,
                              .end_seconds = b->from[end - 1].end_seconds,
                              .confidence = confidence,
                              .symbols = count,
                              .symbol = first};
    return OSS_OK;
}

static oss_status add_words(builder *b) {
    oss_status status = OSS_OK;
    for (int64_t i = 0, end = 0; i < b->count && status == OSS_OK; i = end) {
        end = i + 1;
        if (is_space(b, i)) {
            continue;
        }
        while (end < b->count && !begins_with_space(b, end)) {
            end++;
        }
        status = add_word(b, i, end);
    }
    return status;
}

static oss_status join_words(builder *b, const char **out, const oss_transcript_word *word, int32_t words) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    for (int32_t i = 0; i < words; i++) {
        oss_strbuf_append(&text, i > 0 ? " " : "");
        oss_strbuf_append(&text, word[i].text);
    }
    char *joined = oss_strbuf_take(&text);
    if (joined == NULL) {
        return OSS_ENOMEM;
    }
    *out = keep(b, joined);
    return OSS_OK;
}

static oss_status add_segment(builder *b, int32_t first, int32_t words) {
    oss_transcript_segment segment = {.word = &b->block->word[first], .words = words};
    oss_status status = join_words(b, &segment.text, segment.word, words);
    if (status != OSS_OK) {
        return status;
    }
    segment.start_seconds = segment.word[0].start_seconds;
    segment.end_seconds = segment.word[words - 1].end_seconds;
    double sum = 0.0;
    for (int32_t i = 0; i < words; i++) {
        sum += (double)segment.word[i].confidence;
    }
    segment.confidence = (float)(sum / words);
    b->block->segment[b->block->shown.segments++] = segment;
    return OSS_OK;
}

static oss_status add_segments(builder *b) {
    int32_t words = b->block->shown.words;
    return words > 0 ? add_segment(b, 0, words) : OSS_OK;
}

static oss_status make_room(transcript_block *block, int64_t count) {
    size_t most = (size_t)count + 1;
    block->segment = oss_alloc(most, sizeof *block->segment);
    block->word = oss_alloc(most, sizeof *block->word);
    block->symbol = oss_alloc(most, sizeof *block->symbol);
    block->owned = oss_alloc(2 * most + 1, sizeof *block->owned);
    bool made =
        block->segment != NULL && block->word != NULL && block->symbol != NULL && block->owned != NULL;
    return made ? OSS_OK : OSS_ENOMEM;
}

static oss_status fill(builder *b, double seconds) {
    oss_transcript *shown = &b->block->shown;
    oss_status status = add_words(b);
    if (status == OSS_OK) {
        status = add_segments(b);
    }
    if (status == OSS_OK) {
        status = join_words(b, &shown->text, b->block->word, shown->words);
    }
    double sum = 0.0;
    for (int32_t i = 0; i < shown->words; i++) {
        sum += (double)b->block->word[i].confidence;
    }
    shown->confidence = shown->words > 0 ? (float)(sum / shown->words) : 1.0F;
    shown->audio_seconds = seconds;
    shown->segment = b->block->segment;
    shown->word = b->block->word;
    return status;
}

oss_status oss_transcript_build(oss_transcript **out, const oss_timed_symbol *symbol, int64_t count,
                                const oss_model *model, double audio_seconds) {
    transcript_block *block = oss_alloc_zero(1, sizeof *block);
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    builder b = {.block = block, .from = symbol, .count = count, .model = model};
    oss_status status = make_room(block, count);
    if (status == OSS_OK) {
        status = fill(&b, audio_seconds);
    }
    if (status != OSS_OK) {
        oss_transcript_free(&block->shown);
        return status;
    }
    *out = &block->shown;
    return OSS_OK;
}
