#include "infer/transcript_build.h"

#include <math.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "decode/segments.h"

/* A transcript and all that it points to. */
typedef struct transcript_block {
    oss_transcript shown; /* first: what the caller has is the block */
    oss_transcript_segment *segment;
    oss_transcript_word *word;
    oss_transcript_symbol *symbol;
    oss_transcript_utterance *utterance;
    oss_transcript_alternative *alternative; /* of all utterances */
    char **owned;                            /* [owned_count] texts */
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
    oss_free(block->utterance);
    oss_free(block->alternative);
    oss_free(block);
}

typedef struct builder {
    const oss_transcript_source *from;
    transcript_block *block;
    oss_path_word *word; /* [words] */
    int64_t words;
    double *boundary; /* [symbols of the longest + 1] */
} builder;

static const char *keep(builder *b, char *text) {
    b->block->owned[b->block->owned_count++] = text;
    return text;
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
        oss_path_word *word = &b->word[i];
        b->block->word[i] = (oss_transcript_word){.text = keep(b, word->text),
                                                  .start_seconds = word->start_seconds,
                                                  .end_seconds = word->end_seconds,
                                                  .confidence = word->confidence,
                                                  .symbols = word->symbols,
                                                  .symbol = symbol};
        word->text = NULL;
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

/* ---- Lists of hypotheses ---- */

static int64_t count_alternatives(const builder *b) {
    int64_t count = 0;
    for (int64_t i = 0; i < b->from->utterances; i++) {
        count += b->from->utterance[i].alternatives;
    }
    return count;
}

static oss_status add_alternatives(builder *b, oss_transcript_alternative *out, const oss_utterance *from) {
    for (int32_t i = 0; i < from->alternatives; i++) {
        char *text = oss_strdup(from->alternative[i].text);
        if (text == NULL) {
            return OSS_ENOMEM;
        }
        out[i] = from->alternative[i];
        out[i].text = keep(b, text);
    }
    return OSS_OK;
}

static oss_status add_utterances(builder *b) {
    const oss_transcript_source *from = b->from;
    oss_transcript_alternative *alternative = b->block->alternative;
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < from->utterances && status == OSS_OK; i++) {
        const oss_utterance *heard = &from->utterance[i];
        double rate = from->clock.frames_a_second, length = from->audio_seconds;
        b->block->utterance[i] =
            (oss_transcript_utterance){.start_seconds = fmin((double)heard->begin / rate, length),
                                       .end_seconds = fmin((double)heard->end / rate, length),
                                       .alternatives = heard->alternatives,
                                       .alternative = alternative};
        status = add_alternatives(b, alternative, heard);
        alternative += heard->alternatives;
    }
    b->block->shown.utterances = (int32_t)from->utterances;
    b->block->shown.utterance = b->block->utterance;
    return status;
}

static oss_status make_list_room(builder *b) {
    transcript_block *block = b->block;
    block->utterance = oss_alloc((size_t)b->from->utterances, sizeof *block->utterance);
    block->alternative = oss_alloc((size_t)count_alternatives(b), sizeof *block->alternative);
    return block->utterance != NULL && block->alternative != NULL ? OSS_OK : OSS_ENOMEM;
}

/* ---- All of it ---- */

static int64_t count_symbols(const builder *b, int32_t *longest) {
    int64_t symbols = 0;
    for (int64_t i = 0; i < b->words; i++) {
        symbols += b->word[i].symbols;
        *longest = b->word[i].symbols > *longest ? b->word[i].symbols : *longest;
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

static oss_status make_room(builder *b) {
    transcript_block *block = b->block;
    int32_t longest = 0;
    size_t segments = (size_t)count_segments(b), words = (size_t)b->words;
    block->segment = oss_alloc(segments, sizeof *block->segment);
    block->word = oss_alloc(words, sizeof *block->word);
    block->symbol = oss_alloc((size_t)count_symbols(b, &longest), sizeof *block->symbol);
    block->owned = oss_alloc(words + segments + 1 + (size_t)count_alternatives(b), sizeof *block->owned);
    b->boundary = oss_alloc((size_t)longest + 1, sizeof *b->boundary);
    bool made = block->segment != NULL && block->word != NULL && block->symbol != NULL &&
                block->owned != NULL && b->boundary != NULL;
    return made ? OSS_OK : OSS_ENOMEM;
}

static oss_status build(builder *b) {
    const oss_transcript_source *from = b->from;
    oss_transcript *shown = &b->block->shown;
    oss_status status = oss_transcript_words(&b->word, &b->words, from);
    if (status == OSS_OK) {
        status = make_room(b);
    }
    if (status == OSS_OK) {
        add_words(b);
        status = add_segments(b);
    }
    if (status == OSS_OK && from->utterances > 0) {
        status = make_list_room(b);
    }
    if (status == OSS_OK && from->utterances > 0) {
        status = add_utterances(b);
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
    oss_path_words_free(b.word, b.words);
    oss_free(b.boundary);
    if (status != OSS_OK) {
        oss_transcript_free(&block->shown);
        return status;
    }
    *out = &block->shown;
    return OSS_OK;
}
