#include "infer/align_make.h"

#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/options.h"
#include "decode/align.h"
#include "decode/frames.h"
#include "infer/align_price.h"
#include "infer/transcript_build.h"
#include "text/vocab.h"

/* An alignment and all that it points to. */
typedef struct alignment_block {
    oss_alignment shown; /* first: what the caller has is the block */
    oss_transcript *transcript;
    oss_alignment_word *word;
    oss_alignment_sound *sound;
    oss_align_words text; /* has the words' texts */
} alignment_block;

typedef struct maker {
    const oss_align_heard *heard;
    alignment_block *block;
    oss_aligned *aligned; /* [ids] */
    oss_align_wild *wild; /* [cuts] */
    float *price;         /* [cuts] of stretches */
    oss_align_fit fit;    /* its costs owned */
    oss_best_path path;   /* of the symbols that were heard, and one for each word that is guessed */
    oss_path_word *known; /* [words] that are not missing */
    int64_t known_words;
} maker;

void oss_alignment_free(oss_alignment *alignment) {
    alignment_block *block = (alignment_block *)alignment;
    if (block != NULL) {
        oss_transcript_free(block->transcript);
        oss_align_words_deinit(&block->text);
        oss_free(block->word);
        oss_free(block->sound);
        oss_free(block);
    }
}

/* ---- Options ---- */

static const double usual_sound_cost = 12.0, greatest_cost = 1e6;

oss_status oss_align_read_options(oss_align_options *out, const oss_align_options *given) {
    *out = oss_align_options_init();
    oss_status status = given == NULL ? OSS_OK
                                      : oss_options_copy(out, given, sizeof *out,
                                                         OSS_OPTIONS_UP_TO(oss_align_options, missing_cost),
                                                         "oss_align_options");
    if (status != OSS_OK) {
        return status;
    }
    out->line_name = out->line_name == NULL ? "line" : out->line_name;
    out->sound_cost = out->sound_cost == 0.0 ? usual_sound_cost : out->sound_cost;
    if (!(out->sound_cost > 0.0 && out->sound_cost <= greatest_cost && out->missing_cost >= 0.0 &&
          out->missing_cost <= greatest_cost)) {
        return oss_fail(OSS_EUSAGE, "costs of %g and %g: give nats above 0, at most %g", out->sound_cost,
                        out->missing_cost, greatest_cost);
    }
    return OSS_OK;
}

/* ---- Texts that cannot be aligned ---- */

static oss_status refuse_long(const maker *m, int64_t needed, const char *line_name) {
    const oss_align_words *text = &m->block->text;
    double rate = m->heard->frames_a_second;
    int64_t at = 0;
    while (at + 1 < text->words &&
           oss_align_frames(text->id, text->word[at].first + text->word[at].symbols) <= m->heard->rows) {
        at++;
    }
    return oss_fail(
        OSS_EINPUT,
        "the text needs %lld frames (%.2f s) and the audio has %lld (%.2f s): it does not fit from %s %d, "
        "\"%s\", on: give the text of this recording",
        (long long)needed, (double)needed / rate, (long long)m->heard->rows, (double)m->heard->rows / rate,
        line_name, (int)text->word[at].line + 1, text->word[at].text);
}

static oss_status check_text(const maker *m, const char *line_name) {
    const oss_align_words *text = &m->block->text;
    if (text->words == 0) {
        return oss_fail(OSS_EINPUT, "the text is empty: there is nothing to align");
    }
    if (text->ids == 0) {
        return oss_fail(OSS_EINPUT,
                        "the model's vocabulary has none of the text's characters (the first word is \"%s\")",
                        text->word[0].text);
    }
    int64_t needed = oss_align_frames(text->id, text->ids);
    return needed > m->heard->rows ? refuse_long(m, needed, line_name) : OSS_OK;
}

/* ---- The path with a symbol for each word that is guessed ---- */

static bool is_missing(const maker *m, const oss_text_word *word) {
    return word->symbols > 0 && m->aligned[word->first].end == m->aligned[word->first].begin;
}

/* Symbols of which nothing can be heard, evenly between two places. */
static void put_between(oss_best_path_symbol *symbol, int64_t count, double from, double to) {
    for (int64_t i = 0; i < count; i++) {
        double center = from + (to - from) * (double)(i + 1) / (double)(count + 1);
        int64_t frame = (int64_t)floor(center);
        symbol[i] = (oss_best_path_symbol){.id = OSS_VOCAB_UNK,
                                           .begin = frame,
                                           .end = frame + 1,
                                           .weight = 1.0F,
                                           .moment = (float)(center - (double)frame - 0.5)};
    }
}

/* The symbols of one word behind those that are there; `heard` is the first of them. */
static int64_t copy_symbols(oss_best_path_symbol *to, const oss_best_path_symbol *heard, int32_t symbols) {
    for (int32_t i = 0; i < symbols; i++) {
        to[i] = heard[i];
    }
    return symbols;
}

typedef struct merging {
    oss_best_path_symbol *to;
    int64_t count;   /* of `to` */
    int64_t guessed; /* of them, at the end, whose place is not known yet */
    double last;     /* middle of the last symbol that was heard */
} merging;

static void settle_guessed(merging *g, double until) {
    put_between(g->to + g->count - g->guessed, g->guessed, g->last, until);
    g->guessed = 0;
}

/* Which of the path's symbols (it has those that were said, spaces too) is that of aligned[first]. */
static int64_t skip_to(const maker *m, int64_t *at, int64_t first, int64_t place) {
    for (; *at < first; (*at)++) {
        place += m->aligned[*at].end > m->aligned[*at].begin;
    }
    return place;
}

static void merge_words(maker *m, merging *g) {
    const oss_align_words *text = &m->block->text;
    int64_t at = 0, place = 0;
    for (int64_t i = 0; i < text->words; i++) {
        const oss_text_word *word = &text->word[i];
        if (is_missing(m, word)) {
            continue;
        }
        int32_t symbols = word->symbols > 0 ? word->symbols : 1;
        m->known[m->known_words++] = (oss_path_word){
            .first = g->count, .symbols = symbols, .text = word->text, .segment = word->segment};
        if (word->symbols == 0) {
            g->count++;
            g->guessed++;
            continue;
        }
        place = skip_to(m, &at, word->first, place);
        const oss_best_path_symbol *heard = &m->path.symbol[place];
        settle_guessed(g, oss_best_path_center(heard));
        g->count += copy_symbols(g->to + g->count, heard, word->symbols);
        g->last = oss_best_path_center(&heard[word->symbols - 1]);
    }
    settle_guessed(g, (double)m->heard->rows);
}

/* Puts the words' symbols, and no spaces, in place of the path's. */
static oss_status make_words(maker *m) {
    const oss_align_words *text = &m->block->text;
    merging g = {0};
    m->known = oss_alloc((size_t)text->words, sizeof *m->known);
    g.to = oss_alloc((size_t)(text->ids + text->words), sizeof *g.to);
    if (m->known == NULL || g.to == NULL) {
        oss_free(g.to);
        return OSS_ENOMEM;
    }
    merge_words(m, &g);
    oss_free(m->path.symbol);
    m->path.symbol = g.to;
    m->path.symbols = g.count;
    m->path.capacity = text->ids + text->words;
    return OSS_OK;
}

/* ---- The result ---- */

static oss_status make_transcript(maker *m) {
    const oss_align_heard *heard = m->heard;
    double rows = (double)heard->rows / heard->frames_a_second;
    const oss_transcript_source source = {
        .model = heard->model,
        .path = &m->path,
        .envelope = heard->envelope,
        .clock = {.frames_a_second = heard->frames_a_second, .to_seconds = fmin(rows, heard->audio_seconds)},
        .audio_seconds = heard->audio_seconds,
        .known = m->known,
        .known_words = m->known_words};
    return oss_transcript_build(&m->block->transcript, &source);
}

static void tell_words(maker *m) {
    alignment_block *block = m->block;
    const oss_align_words *text = &block->text;
    const oss_transcript_word *said = block->transcript->word;
    double before = 0.0;
    for (int64_t i = 0; i < text->words; i++) {
        const oss_text_word *word = &text->word[i];
        oss_alignment_word *shown = &block->word[i];
        *shown = (oss_alignment_word){.text = word->text,
                                      .unknown = word->unknown,
                                      .line = word->line,
                                      .how = OSS_ALIGNED_MISSING,
                                      .start_seconds = before,
                                      .end_seconds = before};
        if (!is_missing(m, word)) {
            shown->how = word->symbols > 0 ? OSS_ALIGNED_HEARD : OSS_ALIGNED_GUESSED;
            shown->start_seconds = said->start_seconds;
            shown->end_seconds = said->end_seconds;
            shown->confidence = word->symbols > 0 ? said->confidence : 0.0F;
            before = said->end_seconds;
            said++;
        }
    }
    block->shown.words = (int32_t)text->words;
}

/* Shorter ones are breaths, clicks and what the network was unsure of at the edge of a word. */
static const double shortest_sound = 0.3;

static bool is_sound(const maker *m, const oss_align_wild *wild) {
    int32_t v = oss_vocab_size(m->heard->model->vocab), symbols = 0, last = OSS_VOCAB_BLANK;
    for (int64_t frame = wild->begin; frame < wild->end; frame++) {
        int32_t best = oss_frame_best(m->heard->logits + frame * v, v);
        symbols += best != OSS_VOCAB_BLANK && best != last;
        last = best;
    }
    return (double)(wild->end - wild->begin) >= shortest_sound * m->heard->frames_a_second &&
           symbols >= oss_align_fit_fewest(&m->fit);
}

static void tell_sounds(maker *m) {
    alignment_block *block = m->block;
    const oss_align_words *text = &block->text;
    double rate = m->heard->frames_a_second;
    int64_t word = 0;
    for (int64_t i = 0; i < text->cuts; i++) {
        double start = (double)m->wild[i].begin / rate, end = (double)m->wild[i].end / rate;
        while (word < text->words && text->word[word].first < text->cut[i]) {
            word++;
        }
        if (!text->wildcard[i] && is_sound(m, &m->wild[i])) {
            block->sound[block->shown.sounds++] =
                (oss_alignment_sound){.start_seconds = start,
                                      .end_seconds = fmin(end, m->heard->audio_seconds),
                                      .before = (int32_t)word};
        }
    }
}

/* Once with the prices of the worst hearing, and again with those of this recording, if that might change anything.
 * given_price: of each symbol; 0: none is given. */
static oss_status align_by_hearing(maker *m, const oss_align_text *text, double given_price) {
    const float *logits = m->heard->logits;
    int64_t rows = m->heard->rows;
    int32_t v = oss_vocab_size(m->heard->model->vocab);
    oss_align_price(m->price, text, oss_align_worst_hearing());
    for (int64_t i = 1; i < text->cuts && given_price > 0.0; i++) {
        m->price[i] = (float)(given_price * (double)(text->cut[i] - text->cut[i - 1]));
    }
    oss_status status = oss_align(m->aligned, m->wild, text, logits, rows, v);
    if (status != OSS_OK) {
        return status;
    }
    oss_align_fit_measure(&m->fit, m->aligned, logits, v);
    if (given_price > 0.0) {
        return OSS_OK;
    }
    oss_align_price(m->price, text, m->fit.hearing);
    return oss_align_fit_doubts(&m->fit, m->price) ? oss_align(m->aligned, m->wild, text, logits, rows, v)
                                                   : OSS_OK;
}

static oss_status align_text(maker *m, const oss_align_options *options) {
    const oss_align_words *words = &m->block->text;
    m->aligned = oss_alloc((size_t)words->ids, sizeof *m->aligned);
    m->wild = oss_alloc((size_t)words->cuts, sizeof *m->wild);
    m->price = oss_alloc_zero((size_t)words->cuts, sizeof *m->price);
    m->fit.cost = oss_alloc((size_t)words->cuts, sizeof *m->fit.cost);
    if (m->aligned == NULL || m->wild == NULL || m->price == NULL || m->fit.cost == NULL) {
        return OSS_ENOMEM;
    }
    const oss_align_text text = {.id = words->id,
                                 .symbols = words->ids,
                                 .cut = words->cut,
                                 .cuts = words->cuts,
                                 .wild_price = (float)(options->sound_cost / m->heard->frames_a_second),
                                 .skip_price = m->price};
    m->fit.text = &text;
    oss_status status =
        align_by_hearing(m, &text, options->exact != 0 ? (double)INFINITY : options->missing_cost);
    m->fit.text = NULL;
    return status == OSS_OK ? oss_aligned_path(&m->path, m->aligned, words->id, words->ids, m->heard->logits,
                                               m->heard->rows, oss_vocab_size(m->heard->model->vocab))
                            : status;
}

static oss_status make(maker *m, const char *text, const oss_align_options *options) {
    alignment_block *block = m->block;
    const oss_align_how how = {.exact = options->exact != 0, .wildcard = options->wildcard};
    oss_status status = oss_align_words_read(&block->text, text, m->heard->model, &how);
    if (status == OSS_OK) {
        status = check_text(m, options->line_name);
    }
    if (status == OSS_OK) {
        status = align_text(m, options);
    }
    if (status == OSS_OK) {
        status = make_words(m);
    }
    if (status == OSS_OK) {
        status = make_transcript(m);
    }
    if (status != OSS_OK) {
        return status;
    }
    block->word = oss_alloc((size_t)block->text.words, sizeof *block->word);
    block->sound = oss_alloc((size_t)block->text.cuts, sizeof *block->sound);
    if (block->word == NULL || block->sound == NULL) {
        return OSS_ENOMEM;
    }
    tell_words(m);
    tell_sounds(m);
    block->shown.transcript = block->transcript;
    block->shown.word = block->word;
    block->shown.sound = block->sound;
    return OSS_OK;
}

oss_status oss_alignment_make(oss_alignment **out, const oss_align_heard *heard, const char *text,
                              const oss_align_options *options) {
    alignment_block *block = oss_alloc_zero(1, sizeof *block);
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    maker m = {.heard = heard, .block = block};
    oss_status status = make(&m, text, options);
    oss_free(m.aligned);
    oss_free(m.wild);
    oss_free(m.price);
    oss_free(m.fit.cost);
    oss_free(m.known);
    oss_best_path_deinit(&m.path);
    if (status != OSS_OK) {
        oss_alignment_free(&block->shown);
        return status;
    }
    *out = &block->shown;
    return OSS_OK;
}
