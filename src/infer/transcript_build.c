#include "infer/transcript_build.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "decode/segments.h"
#include "decode/symbol_text.h"

/* A transcript and all that it points to. */
typedef struct transcript_block {
    oss_transcript shown; /* first: what the caller has is the block */
    oss_transcript_segment *segment;
    oss_transcript_word *word;
    oss_transcript_symbol *symbol;
    char **owned; /* [owned_count] texts: of words, of segments, and the whole one */
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
    const oss_transcript_source *from;
    transcript_block *block;
    oss_path_word *word; /* [words] */
    int64_t words;
    int32_t longest;  /* symbols of a word */
    int32_t *id;      /* [longest] */
    double *boundary; /* [longest + 1] */
} builder;

static const char *keep(builder *b, char *text) {
    b->block->owned[b->block->owned_count++] = text;
    return text;
}

/* ---- Words and their texts ---- */

static oss_status word_text(char **out, const builder *b, const oss_path_word *word) {
    for (int32_t i = 0; i < word->symbols; i++) {
        b->id[i] = b->from->path->symbol[word->first + i].id;
    }
    return oss_symbol_text(out, b->from->model->vocab, b->from->model->config.text_case, b->id,
                           word->symbols);
}

/* Text i of the block is that of word i; words without any are dropped. */
static oss_status make_texts(builder *b) {
    int64_t kept = 0;
    for (int64_t i = 0; i < b->words; i++) {
        char *text = NULL;
        oss_status status = word_text(&text, b, &b->word[i]);
        if (status != OSS_OK) {
            return status;
        }
        if (text[0] == '\0') {
            oss_free(text);
            continue;
        }
        (void)keep(b, text);
        b->word[kept++] = b->word[i];
    }
    b->words = kept;
    return OSS_OK;
}

static oss_edge_offsets offsets_of(const oss_transcript_source *from) {
    double half_frame = 0.5 / from->clock.frames_a_second;
    return from->model->calibration.has_edges ? from->model->calibration.edges
                                              : (oss_edge_offsets){half_frame, half_frame};
}

static void find_confidences(builder *b) {
    const oss_transcript_source *from = b->from;
    const oss_calibration *calibration = &from->model->calibration;
    for (int64_t i = 0; i < b->words; i++) {
        double feature[OSS_CONFIDENCE_FEATURES];
        oss_confidence_features(feature, from->path, from->model->vocab, &b->word[i]);
        b->word[i].confidence = calibration->has_confidence
                                    ? (float)oss_confidence(&calibration->confidence, feature)
                                    : oss_confidence_plain(from->path, &b->word[i]);
    }
}

/* ---- The public structs ---- */

static oss_transcript_symbol *add_symbols(builder *b, const oss_path_word *word,
                                          oss_transcript_symbol *symbol) {
    oss_symbol_edges(b->boundary, word, b->from->path, b->from->clock.frames_a_second);
    for (int32_t i = 0; i < word->symbols; i++) {
        const oss_best_path_symbol *heard = &b->from->path->symbol[word->first + i];
        *symbol++ = (oss_transcript_symbol){.text = oss_vocab_symbol(b->from->model->vocab, heard->id),
                                            .id = heard->id,
                                            .confidence = heard->probability,
                                            .start_seconds = b->boundary[i],
                                            .end_seconds = b->boundary[i + 1]};
    }
    return symbol;
}

static void add_words(builder *b) {
    oss_transcript_symbol *symbol = b->block->symbol;
    for (int64_t i = 0; i < b->words; i++) {
        const oss_path_word *word = &b->word[i];
        b->block->word[i] = (oss_transcript_word){.text = b->block->owned[i],
                                                  .start_seconds = word->start_seconds,
                                                  .end_seconds = word->end_seconds,
                                                  .confidence = word->confidence,
                                                  .symbols = word->symbols,
                                                  .symbol = symbol};
        symbol = add_symbols(b, word, symbol);
    }
    b->block->shown.words = (int32_t)b->words;
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

/* 1 when there are none. */
static float mean_confidence(const oss_transcript_word *word, int32_t words) {
    double sum = 0.0;
    for (int32_t i = 0; i < words; i++) {
        sum += (double)word[i].confidence;
    }
    return words > 0 ? (float)(sum / words) : 1.0F;
}

static oss_status add_segments(builder *b) {
    oss_status status = OSS_OK;
    for (int64_t begin = 0, end = 0; begin < b->words && status == OSS_OK; begin = end) {
        end = oss_segment_end(b->word, b->words, begin);
        const oss_transcript_word *word = &b->block->word[begin];
        int32_t words = (int32_t)(end - begin);
        oss_transcript_segment *segment = &b->block->segment[b->block->shown.segments];
        *segment = (oss_transcript_segment){.start_seconds = word[0].start_seconds,
                                            .end_seconds = word[words - 1].end_seconds,
                                            .confidence = mean_confidence(word, words),
                                            .words = words,
                                            .word = word};
        status = join_words(b, &segment->text, word, words);
        b->block->shown.segments++;
    }
    return status;
}

/* ---- All of it ---- */

/* What is needed before words are looked at one by one. */
static oss_status begin_build(builder *b) {
    oss_status status = oss_path_words(&b->word, &b->words, b->from->path, b->from->model->vocab);
    if (status != OSS_OK) {
        return status;
    }
    for (int64_t i = 0; i < b->words; i++) {
        b->longest = b->word[i].symbols > b->longest ? b->word[i].symbols : b->longest;
    }
    b->id = oss_alloc((size_t)b->longest, sizeof *b->id);
    b->boundary = oss_alloc((size_t)b->longest + 1, sizeof *b->boundary);
    b->block->owned = oss_alloc(2 * (size_t)b->words + 1, sizeof *b->block->owned);
    bool made = b->id != NULL && b->boundary != NULL && b->block->owned != NULL;
    return made ? OSS_OK : OSS_ENOMEM;
}

static int64_t count_symbols(const builder *b) {
    int64_t symbols = 0;
    for (int64_t i = 0; i < b->words; i++) {
        symbols += b->word[i].symbols;
    }
    return symbols;
}

static int64_t count_segments(const builder *b) {
    int64_t segments = 0;
    for (int64_t begin = 0; begin < b->words; begin = oss_segment_end(b->word, b->words, begin)) {
        segments++;
    }
    return segments;
}

static oss_status make_room(const builder *b) {
    transcript_block *block = b->block;
    block->segment = oss_alloc((size_t)count_segments(b), sizeof *block->segment);
    block->word = oss_alloc((size_t)b->words, sizeof *block->word);
    block->symbol = oss_alloc((size_t)count_symbols(b), sizeof *block->symbol);
    bool made = block->segment != NULL && block->word != NULL && block->symbol != NULL;
    return made ? OSS_OK : OSS_ENOMEM;
}

static oss_status build(builder *b) {
    const oss_transcript_source *from = b->from;
    oss_transcript *shown = &b->block->shown;
    oss_status status = begin_build(b);
    if (status == OSS_OK) {
        status = make_texts(b);
    }
    if (status == OSS_OK) {
        oss_edge_offsets offsets = offsets_of(from);
        oss_word_edges(b->word, b->words, from->path, from->envelope, &offsets, &from->clock);
        find_confidences(b);
        status = make_room(b);
    }
    if (status == OSS_OK) {
        add_words(b);
        status = add_segments(b);
    }
    if (status == OSS_OK) {
        status = join_words(b, &shown->text, b->block->word, shown->words);
    }
    shown->confidence = status == OSS_OK ? mean_confidence(b->block->word, shown->words) : 0.0F;
    shown->audio_seconds = from->audio_seconds;
    shown->segment = b->block->segment;
    shown->word = b->block->word;
    return status;
}

oss_status oss_transcript_build(oss_transcript **out, const oss_transcript_source *source) {
    transcript_block *block = oss_alloc_zero(1, sizeof *block);
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    builder b = {.from = source, .block = block};
    oss_status status = build(&b);
    oss_free(b.word);
    oss_free(b.id);
    oss_free(b.boundary);
    if (status != OSS_OK) {
        oss_transcript_free(&block->shown);
        return status;
    }
    *out = &block->shown;
    return OSS_OK;
}
