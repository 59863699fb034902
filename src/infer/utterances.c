#include "infer/utterances.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/align.h"
#include "decode/frames.h"
#include "decode/symbol_text.h"
#include "infer/rescore.h"
#include "infer/word_posteriors.h"
#include "model/sizes.h"

/* Hypotheses that a word's posterior is of, at least; those behind have next to nothing of it. */
enum { COMPARED = 32 };

struct oss_utterances {
    oss_search search;
    const oss_model *model;
    oss_rescorer rescorer;
    int32_t space;                              /* the symbol, -1: none */
    int64_t pause_rows, enough_rows, long_rows; /* as the top of the header says */
    float *row;                                 /* [capacity, v], of the utterance in hand */
    int64_t rows, capacity;
    int64_t searched; /* of them, rows that the beam has */
    int64_t silent;   /* rows of silence up to now */
    oss_decoded done; /* up to the utterance in hand */
    oss_decoded shown;
    bool is_shown; /* `shown` is of all that came */
};

/* ---- Life ---- */

static void clear_utterance(oss_utterance *utterance) {
    for (int32_t i = 0; i < utterance->alternatives; i++) {
        oss_free((void *)utterance->alternative[i].text);
    }
    oss_free(utterance->alternative);
    *utterance = (oss_utterance){0};
}

static void clear_list(oss_decoded *decoded) {
    for (int64_t i = 0; i < decoded->utterances; i++) {
        clear_utterance(&decoded->utterance[i]);
    }
    decoded->utterances = 0;
}

static void discard(oss_decoded *decoded) {
    clear_list(decoded);
    oss_free(decoded->utterance);
    oss_free(decoded->posterior);
    oss_best_path_deinit(&decoded->path);
}

oss_status oss_utterances_create(oss_utterances **out, const oss_search *search, const oss_model *model) {
    oss_utterances *u = oss_alloc_zero(1, sizeof *u);
    if (u == NULL) {
        return OSS_ENOMEM;
    }
    double rate = oss_sizes_embedding_hz(&model->config) * model->config.ctc_subframes;
    u->search = *search;
    u->model = model;
    u->rescorer = (oss_rescorer){.words = search->rescorer, .weight = search->rescore_weight};
    if (search->rescorer != NULL) {
        u->rescorer.state = oss_ngram_begin(search->rescorer);
    }
    u->space = oss_vocab_find(model->vocab, " ");
    u->pause_rows = (int64_t)ceil(OSS_UTTERANCE_PAUSE_SECONDS * rate);
    u->enough_rows = (int64_t)ceil(OSS_UTTERANCE_SECONDS * rate);
    u->long_rows = (int64_t)ceil(OSS_UTTERANCE_LONG_SECONDS * rate);
    oss_beam_begin(search->beam);
    *out = u;
    return OSS_OK;
}

void oss_utterances_free(oss_utterances *utterances) {
    if (utterances != NULL) {
        discard(&utterances->done);
        discard(&utterances->shown);
        oss_free(utterances->row);
        oss_free(utterances);
    }
}

/* ---- The best hypotheses ---- */

/* The best hypotheses of an utterance, most likely first. */
typedef struct ranked {
    oss_hypothesis *hypothesis; /* [count] */
    double *rescored;           /* [count] ln p(words) by the second model */
    int32_t count;
} ranked;

static void free_ranked(ranked *list) {
    oss_hypotheses_free(list->hypothesis, list->count);
    oss_free(list->rescored);
}

static oss_status rank(ranked *list, const oss_utterances *u, oss_rescorer *rescorer, bool ended) {
    int32_t most = u->search.n_best > COMPARED ? u->search.n_best : COMPARED;
    oss_status status = oss_beam_best(u->search.beam, ended, most, &list->hypothesis, &list->count);
    if (status != OSS_OK) {
        return status;
    }
    list->rescored = oss_alloc((size_t)list->count, sizeof *list->rescored);
    return list->rescored == NULL ? OSS_ENOMEM
                                  : oss_rescore(rescorer, list->hypothesis, list->rescored, list->count,
                                                ended, u->model->vocab, u->model->config.text_case);
}

static oss_status make_alternative(oss_transcript_alternative *out, const oss_utterances *u,
                                   const ranked *list, int32_t i) {
    const oss_hypothesis *from = &list->hypothesis[i];
    char *text = NULL;
    oss_status status =
        oss_symbol_text(&text, u->model->vocab, u->model->config.text_case, from->id, from->ids);
    if (status == OSS_OK) {
        *out = (oss_transcript_alternative){.text = text,
                                            .score = from->total,
                                            .acoustic = from->acoustic,
                                            .lm = from->lm,
                                            .hotwords = from->hotwords,
                                            .rescore = list->rescored[i],
                                            .posterior = from->posterior,
                                            .words = from->words,
                                            .unknown_words = from->unknown_words};
    }
    return status;
}

static oss_status grow_list(oss_decoded *into) {
    if (into->utterances < into->utterance_capacity) {
        return OSS_OK;
    }
    int64_t capacity = 2 * into->utterance_capacity + 4;
    oss_utterance *utterance = oss_resize(into->utterance, (size_t)capacity, sizeof *utterance);
    if (utterance == NULL) {
        return OSS_ENOMEM;
    }
    into->utterance = utterance;
    into->utterance_capacity = capacity;
    return OSS_OK;
}

static oss_status keep_list(oss_decoded *into, const oss_utterances *u, const ranked *list) {
    int32_t count = list->count < u->search.n_best ? list->count : u->search.n_best;
    if (count == 0 || list->hypothesis[0].ids == 0) {
        return OSS_OK;
    }
    oss_utterance made = {.begin = into->path.frames - u->rows, .end = into->path.frames};
    made.alternative = oss_alloc((size_t)count, sizeof *made.alternative);
    oss_status status = made.alternative == NULL ? OSS_ENOMEM : grow_list(into);
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        status = make_alternative(&made.alternative[i], u, list, i);
        made.alternatives += status == OSS_OK;
    }
    if (status != OSS_OK) {
        clear_utterance(&made);
        return status;
    }
    into->utterance[into->utterances++] = made;
    return OSS_OK;
}

/* ---- The best one, with its times ---- */

static oss_status grow_posteriors(oss_decoded *into, int64_t symbols) {
    if (symbols <= into->capacity) {
        return OSS_OK;
    }
    int64_t capacity = 2 * symbols;
    float *posterior = oss_resize(into->posterior, (size_t)capacity, sizeof *posterior);
    if (posterior == NULL) {
        return OSS_ENOMEM;
    }
    into->posterior = posterior;
    into->capacity = capacity;
    return OSS_OK;
}

static oss_status add_best(oss_decoded *into, const oss_utterances *u, const ranked *list) {
    const oss_hypothesis *best = &list->hypothesis[0];
    int64_t before = into->path.symbols;
    oss_status status =
        oss_align_path(&into->path, u->row, u->rows, oss_vocab_size(u->model->vocab), best->id, best->ids);
    if (status == OSS_OK) {
        status = grow_posteriors(into, into->path.symbols);
    }
    if (status != OSS_OK || into->path.symbols == before) {
        return status;
    }
    const oss_best_path added = {.symbol = into->path.symbol + before,
                                 .symbols = into->path.symbols - before};
    return oss_word_posteriors(into->posterior + before, &added, list->hypothesis, list->count,
                               u->model->vocab, u->model->config.text_case);
}

/* The utterance in hand is over. */
static oss_status decide(oss_utterances *u, bool ended) {
    ranked list = {0};
    oss_status status = rank(&list, u, &u->rescorer, ended);
    if (status == OSS_OK) {
        status = add_best(&u->done, u, &list);
    }
    if (status == OSS_OK) {
        status = keep_list(&u->done, u, &list);
    }
    free_ranked(&list);
    if (status == OSS_OK && ended) {
        oss_beam_begin(u->search.beam);
    } else if (status == OSS_OK) {
        status = oss_beam_commit(u->search.beam);
    }
    u->rows = u->searched = u->silent = 0;
    return status;
}

/* ---- Rows ---- */

static oss_status keep_rows(oss_utterances *u, const float *logits, int32_t rows) {
    size_t v = (size_t)oss_vocab_size(u->model->vocab);
    if (u->rows + rows > u->capacity) {
        int64_t capacity = 2 * u->capacity > u->rows + rows ? 2 * u->capacity : u->rows + rows;
        float *row = oss_resize(u->row, (size_t)capacity, v * sizeof *row);
        if (row == NULL) {
            return OSS_ENOMEM;
        }
        u->row = row;
        u->capacity = capacity;
    }
    memcpy(u->row + (size_t)u->rows * v, logits, (size_t)rows * v * sizeof *logits);
    u->rows += rows;
    return OSS_OK;
}

static oss_status search_rows(oss_utterances *u) {
    size_t v = (size_t)oss_vocab_size(u->model->vocab);
    oss_status status =
        oss_beam_add(u->search.beam, u->row + (size_t)u->searched * v, (int32_t)(u->rows - u->searched));
    u->searched = u->rows;
    return status;
}

static oss_status all_agree(const oss_utterances *u, bool *out) {
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    oss_status status = oss_beam_best(u->search.beam, false, 1, &best, &count);
    if (status == OSS_OK) {
        *out = oss_beam_settled(u->search.beam) >= best->ids;
        oss_hypotheses_free(best, count);
    }
    return status;
}

/* Whether the utterance may be over with its last row; whether it is is known once all of it was searched. */
static bool may_be_over(const oss_utterances *u) {
    return (u->silent > 0 && u->silent % u->pause_rows == 0) || (u->silent > 0 && u->rows >= u->long_rows) ||
           u->rows >= 2 * u->long_rows;
}

static oss_status end_if_over(oss_utterances *u) {
    bool over = u->rows >= u->enough_rows;
    oss_status status = search_rows(u);
    if (status == OSS_OK && !over) {
        status = all_agree(u, &over);
    }
    return status == OSS_OK && over ? decide(u, false) : status;
}

static bool is_silent(const oss_utterances *u, const float *logits) {
    int32_t best = oss_frame_best(logits, oss_vocab_size(u->model->vocab));
    return best == OSS_VOCAB_BLANK || best == u->space;
}

oss_status oss_utterances_add(oss_utterances *u, const float *logits, int32_t rows) {
    size_t v = (size_t)oss_vocab_size(u->model->vocab);
    oss_status status = OSS_OK;
    u->is_shown = u->is_shown && rows == 0;
    for (int32_t row = 0; row < rows && status == OSS_OK; row++) {
        const float *at = logits + (size_t)row * v;
        status = keep_rows(u, at, 1);
        u->silent = is_silent(u, at) ? u->silent + 1 : 0;
        if (status == OSS_OK && may_be_over(u)) {
            status = end_if_over(u);
        }
    }
    return status == OSS_OK ? search_rows(u) : status;
}

oss_status oss_utterances_end(oss_utterances *u) {
    u->is_shown = false;
    return decide(u, true);
}

/* ---- Results ---- */

static oss_status show_rest(oss_utterances *u) {
    ranked list = {0};
    oss_rescorer rescorer = u->rescorer;
    oss_decoded *shown = &u->shown;
    oss_status status = oss_best_path_copy(&shown->path, &u->done.path);
    if (status == OSS_OK) {
        status = grow_posteriors(shown, u->done.path.symbols);
    }
    if (status == OSS_OK && u->done.path.symbols > 0) {
        memcpy(shown->posterior, u->done.posterior, (size_t)u->done.path.symbols * sizeof *shown->posterior);
    }
    if (status == OSS_OK) {
        status = rank(&list, u, &rescorer, false);
    }
    if (status == OSS_OK) {
        status = add_best(shown, u, &list);
    }
    free_ranked(&list);
    u->is_shown = status == OSS_OK;
    return status;
}

oss_status oss_utterances_show(oss_utterances *u, const oss_decoded **out) {
    oss_status status = u->rows == 0 || u->is_shown ? OSS_OK : show_rest(u);
    if (status == OSS_OK) {
        *out = u->rows == 0 ? &u->done : &u->shown;
    }
    return status;
}

void oss_utterances_forget(oss_utterances *utterances) {
    oss_best_path_forget(&utterances->done.path);
    clear_list(&utterances->done);
    utterances->is_shown = false;
}
