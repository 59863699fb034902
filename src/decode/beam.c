#include "decode/beam.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "decode/beam_internal.h"
#include "decode/symbol_tokens.h"

enum { MOST_WIDTH = 4096, FIRST_NODES = 1024 };

oss_beam_options oss_beam_defaults(void) {
    return (oss_beam_options){.width = 100,
                              .lm_weight = 0.5,
                              .word_bonus = 1.5,
                              .unknown_penalty = -10.0,
                              .beam_prune_logp = -10.0,
                              .token_min_logp = -5.0};
}

void oss_beam_free(oss_beam *beam) {
    if (beam != NULL) {
        oss_letters_deinit(&beam->letters);
        oss_free(beam->symbol_token);
        oss_free(beam->node);
        oss_free(beam->candidate);
        oss_free(beam->arrays);
        oss_free(beam);
    }
}

size_t oss_beam_bytes(const oss_beam *beam) {
    return sizeof *beam + (size_t)beam->nodes * sizeof *beam->node +
           (size_t)beam->candidates * sizeof *beam->candidate + beam->array_numbers * sizeof(float);
}

static oss_status check_options(const oss_beam_models *models, const oss_beam_options *options) {
    if (options->width < 1 || options->width > MOST_WIDTH) {
        return oss_fail(OSS_EUSAGE, "a beam's width is 1 to %d, not %d", (int)MOST_WIDTH,
                        (int)options->width);
    }
    if (!isfinite(options->lm_weight) || !isfinite(options->word_bonus) ||
        !isfinite(options->unknown_penalty) || !isfinite(options->prior_weight)) {
        return oss_fail(OSS_EUSAGE,
                        "the weights of the language model and of priors, the bonus of a word and the "
                        "penalty of an unknown one are finite numbers");
    }
    if (!(options->beam_prune_logp <= 0.0) || !(options->token_min_logp <= 0.0)) {
        return oss_fail(OSS_EUSAGE, "beam_prune_logp and token_min_logp are 0 or less");
    }
    if ((models->words == NULL) != (models->lexicon == NULL)) {
        return oss_fail(OSS_EBUG, "a beam needs the lexicon of its words");
    }
    return OSS_OK;
}

static oss_status match_symbols(oss_beam *beam) {
    const oss_ngram *symbols = beam->models.symbols;
    if (symbols == NULL) {
        return OSS_OK;
    }
    beam->symbol_token = oss_alloc_zero((size_t)beam->symbols, sizeof *beam->symbol_token);
    if (beam->symbol_token == NULL) {
        return OSS_ENOMEM;
    }
    oss_symbol_tokens_find(beam->symbol_token, symbols, beam->models.vocab);
    beam->spelling_begin = oss_ngram_begin(symbols);
    if (oss_vocab_units(beam->models.vocab) == OSS_UNITS_CHAR) {
        uint32_t space = oss_ngram_find(symbols, "_", 1);
        oss_ngram_score(symbols, &beam->spelling_begin, space, &beam->spelling_begin);
    }
    return OSS_OK;
}

/* One block for all that a frame needs but candidates, in floats and int32_t, which are of one size. */
static oss_status reserve_arrays(oss_beam *beam) {
    size_t width = (size_t)beam->width, symbols = (size_t)beam->symbols;
    beam->twins = 2;
    while (beam->twins < 2 * beam->width) {
        beam->twins *= 2;
    }
    beam->array_numbers = 2 * 6 * width + 2 * width + 5 * symbols + (size_t)beam->twins;
    float *next = oss_alloc(beam->array_numbers, sizeof *next);
    beam->arrays = next;
    beam->candidates = 4 * beam->width + 256;
    beam->candidate = oss_alloc((size_t)beam->candidates, sizeof *beam->candidate);
    beam->node = oss_alloc(FIRST_NODES, sizeof *beam->node);
    if (next == NULL || beam->candidate == NULL || beam->node == NULL) {
        return OSS_ENOMEM;
    }
    beam->nodes = FIRST_NODES;
    for (int32_t i = 0; i < 2; i++) {
        beam_slots *slots = i == 0 ? &beam->now : &beam->after;
        float **array[] = {&slots->blank, &slots->symbol, &slots->total, &slots->extra};
        for (size_t j = 0; j < sizeof array / sizeof array[0]; j++) {
            *array[j] = next;
            next += width;
        }
        slots->node = (int32_t *)(void *)next;
        slots->last = slots->node + width;
        next += 2 * width;
    }
    beam->stay_blank = next;
    beam->stay_symbol = next + width;
    beam->logp = next + 2 * width;
    beam->scratch = beam->logp + symbols;
    beam->divided = beam->scratch + symbols;
    beam->skip = (int32_t *)(void *)(beam->divided + symbols);
    beam->alive = beam->skip + symbols;
    beam->twin = beam->alive + symbols;
    for (size_t i = 0; i < symbols; i++) {
        beam->logp[i] = -INFINITY;
    }
    return OSS_OK;
}

/* Whether oss_beam_gain may go the quick way. */
static bool is_single(const oss_beam *beam) {
    return beam->models.hotwords == NULL && beam->models.symbols == NULL &&
           oss_vocab_units(beam->models.vocab) == OSS_UNITS_CHAR;
}

oss_status oss_beam_create(oss_beam **out, const oss_beam_models *models, const oss_beam_options *options) {
    oss_status status = check_options(models, options);
    if (status != OSS_OK) {
        return status;
    }
    oss_beam *beam = oss_alloc_zero(1, sizeof *beam);
    if (beam == NULL) {
        return OSS_ENOMEM;
    }
    beam->models = *models;
    beam->next_hotwords = models->hotwords;
    beam->width = options->width;
    beam->symbols = oss_vocab_size(models->vocab);
    beam->lm_weight = (float)options->lm_weight;
    beam->word_bonus = (float)options->word_bonus;
    beam->unknown_penalty = (float)options->unknown_penalty;
    beam->prior_weight = models->symbol_prior == NULL ? 0.0F : (float)options->prior_weight;
    beam->prune = (float)options->beam_prune_logp;
    beam->token_min = (float)options->token_min_logp;
    beam->prune_history = options->prune_history && models->words != NULL;
    beam->scores_words = models->words != NULL || models->symbols != NULL;
    if (models->words != NULL) {
        float unknown = oss_ngram_unigram(models->words, OSS_NGRAM_UNKNOWN);
        beam->unknown_ahead = beam->lm_weight * (unknown > -230.0F ? unknown : -230.0F);
    }
    status = oss_letters_init(&beam->letters, models->vocab);
    status = status == OSS_OK ? match_symbols(beam) : status;
    status = status == OSS_OK ? reserve_arrays(beam) : status;
    if (status != OSS_OK) {
        oss_beam_free(beam);
        return status;
    }
    oss_beam_begin(beam);
    *out = beam;
    return OSS_OK;
}

void oss_beam_set_hotwords(oss_beam *beam, const oss_hotwords *hotwords) {
    beam->next_hotwords = hotwords;
}

/* The root alone. */
static void start(oss_beam *beam, float blank, float symbol) {
    beam_node *root = &beam->node[beam->root];
    root->slot = 0;
    beam_slots *now = &beam->now;
    now->count = 1;
    now->node[0] = beam->root;
    now->last[0] = root->symbol;
    now->blank[0] = blank;
    now->symbol[0] = symbol;
    now->total[0] = 0.0F;
    now->extra[0] = 0.0F;
    beam->settled_blank = symbol == -INFINITY;
    beam->base = 0.0;
    beam->extra_base = root->context.done + (double)root->context.pending;
}

void oss_beam_begin(oss_beam *beam) {
    beam->models.hotwords = beam->next_hotwords;
    beam->single = is_single(beam);
    oss_beam_clear_nodes(beam);
    beam->root = oss_beam_take_node(beam);
    beam_node *root = &beam->node[beam->root];
    /* As after a space: one at the beginning is no part of the text. */
    root->symbol = beam->letters.space < 0 ? OSS_VOCAB_BLANK : beam->letters.space;
    oss_beam_begin_context(beam, &root->context);
    start(beam, 0.0F, -INFINITY);
}

oss_status oss_beam_add(oss_beam *beam, const float *logits, int32_t t) {
    for (int32_t frame = 0; frame < t; frame++) {
        oss_status status = oss_beam_reserve_nodes(beam, beam->width);
        if (status != OSS_OK) {
            return status;
        }
        oss_beam_frame(beam, logits + (int64_t)frame * beam->symbols);
    }
    return OSS_OK;
}

static int32_t best_slot(const oss_beam *beam) {
    int32_t best = 0;
    for (int32_t slot = 1; slot < beam->now.count; slot++) {
        if (beam->now.total[slot] + beam->now.extra[slot] > beam->now.total[best] + beam->now.extra[best]) {
            best = slot;
        }
    }
    return best;
}

oss_status oss_beam_commit(oss_beam *beam) {
    const beam_slots *now = &beam->now;
    int32_t best = best_slot(beam);
    float total = now->total[best], blank = now->blank[best] - total, symbol = now->symbol[best] - total;
    beam_node kept = beam->node[now->node[best]];
    oss_beam_clear_nodes(beam);
    beam->root = oss_beam_take_node(beam);
    beam_node *root = &beam->node[beam->root];
    root->symbol = kept.symbol;
    root->context = kept.context;
    root->context.done = root->context.lm = root->context.bonus = 0.0;
    root->context.words = root->context.unknown = 0;
    start(beam, blank, symbol);
    return OSS_OK;
}

int32_t oss_beam_settled(const oss_beam *beam) {
    int32_t at = beam->root, count = 0;
    while (beam->node[at].slot == OSS_BEAM_NONE) {
        int32_t child = beam->node[at].child;
        if (child == OSS_BEAM_NONE || beam->node[child].next != OSS_BEAM_NONE) {
            break;
        }
        at = child;
        count++;
    }
    return count;
}
