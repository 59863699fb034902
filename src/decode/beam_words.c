#include <math.h>

#include "decode/beam_internal.h"

/* Where a model gives a token no probability at all, so that no hypothesis is lost for good: ARPA's usual -100. */
#define LEAST_LOGP (-230.0F)

static float score(const oss_ngram *ngram, const oss_ngram_state *from, uint32_t token, oss_ngram_state *to) {
    float logp = oss_ngram_score(ngram, from, token, to);
    return logp > LEAST_LOGP ? logp : LEAST_LOGP;
}

void oss_beam_begin_context(const oss_beam *beam, beam_context *context) {
    *context = (beam_context){.between = true};
    if (beam->models.words != NULL) {
        context->word_state = oss_ngram_begin(beam->models.words);
    }
    if (beam->models.symbols != NULL) {
        context->symbol_state = oss_ngram_begin(beam->models.symbols);
    }
}

/* Whether words that no model knows are spelt by a model of symbols. */
static bool spells_unknown(const oss_beam *beam) {
    return beam->models.symbols != NULL && beam->models.words != NULL;
}

/* What an unknown word costs. One that nothing spells costs more the longer it is: else whole sentences would be one
 * unknown word, which is cheaper than ten known ones (pyctcdecode has the same rule for words that are not over). */
static float unknown_cost(const oss_beam *beam, int32_t letters, float spelling) {
    if (spells_unknown(beam)) {
        return beam->unknown_penalty + beam->lm_weight * spelling;
    }
    float parts = (float)letters / (float)OSS_BEAM_UNKNOWN_LETTERS;
    return beam->unknown_penalty * (parts > 1.0F ? parts : 1.0F);
}

/* What a word that is not over adds for now: the best word that it can become, or that it is unknown. */
static float pending_of(const oss_beam *beam, uint32_t lexicon, uint32_t hotwords, int32_t letters,
                        float spelling) {
    float pending = beam->word_bonus;
    if (beam->models.words == NULL) {
        return beam->scores_words ? pending : 0.0F;
    }
    if (lexicon != OSS_BEAM_OFF_LEXICON) {
        return pending + beam->lm_weight * beam->models.lexicon->ahead[lexicon];
    }
    pending += beam->unknown_ahead;
    if (!oss_hotwords_inside(hotwords)) {
        pending += unknown_cost(beam, letters, spelling);
    }
    return pending;
}

/* The model of symbols knows the end of a word by the space that follows. */
static float spelling_end(const oss_beam *beam, const beam_context *context) {
    uint32_t space = beam->letters.space < 0 ? OSS_NGRAM_UNKNOWN : beam->symbol_token[beam->letters.space];
    if (oss_vocab_units(beam->models.vocab) == OSS_UNITS_BPE || space == OSS_NGRAM_UNKNOWN) {
        return context->spelling;
    }
    return context->spelling + score(beam->models.symbols, &context->symbol_state, space, NULL);
}

static void make_end(const oss_beam *beam, beam_node *node) {
    const beam_context *context = &node->context;
    beam_word_end *end = &node->end;
    end->known = true;
    end->unknown = false;
    end->lm = 0.0F;
    end->gain = beam->scores_words ? beam->word_bonus : 0.0F;
    if (beam->models.words == NULL) {
        end->state = context->word_state;
        return;
    }
    uint32_t word = context->lexicon == OSS_BEAM_OFF_LEXICON
                        ? (uint32_t)OSS_NGRAM_UNKNOWN
                        : beam->models.lexicon->node[context->lexicon].word;
    end->lm = score(beam->models.words, &context->word_state, word, &end->state);
    if (word == OSS_NGRAM_UNKNOWN && (beam->models.hotwords == NULL ||
                                      !oss_hotwords_completes(beam->models.hotwords, context->hotwords))) {
        end->unknown = true;
        float spelling = spells_unknown(beam) ? spelling_end(beam, context) : 0.0F;
        end->gain += unknown_cost(beam, context->letters, spelling) + beam->lm_weight * end->lm;
        end->lm += spelling;
        return;
    }
    end->gain += beam->lm_weight * end->lm;
}

static const beam_word_end *end_of(const oss_beam *beam, beam_node *node) {
    if (!node->end.known) {
        make_end(beam, node);
    }
    return &node->end;
}

static void end_word(const oss_beam *beam, beam_node *node, beam_context *out) {
    const beam_word_end *end = end_of(beam, node);
    out->done += (double)end->gain;
    out->lm += (double)end->lm;
    out->words++;
    out->unknown += end->unknown;
    out->word_state = end->state;
    out->between = true;
    out->pending = out->spelling = 0.0F;
    out->lexicon = 0;
    out->letters = 0;
}

static void follow_symbol_model(const oss_beam *beam, beam_context *out, int32_t id, bool begins) {
    const oss_ngram *symbols = beam->models.symbols;
    if (!spells_unknown(beam)) {
        float logp = score(symbols, &out->symbol_state, beam->symbol_token[id], &out->symbol_state);
        out->lm += (double)logp;
        out->done += (double)(beam->lm_weight * logp);
        return;
    }
    if (begins) {
        out->symbol_state = beam->spelling_begin;
        out->spelling = 0.0F;
    }
    out->spelling += score(symbols, &out->symbol_state, beam->symbol_token[id], &out->symbol_state);
}

void oss_beam_follow(oss_beam *beam, beam_node *node, int32_t id, beam_context *out) {
    const oss_letters *letters = &beam->letters;
    int32_t first = letters->first[id], end = letters->first[id + 1];
    *out = node->context;
    if (letters->begins_word[id] && !out->between) {
        end_word(beam, node, out);
    }
    bool begins = out->between && end > first;
    if (beam->models.hotwords != NULL) {
        float bonus = oss_hotwords_step(beam->models.hotwords, out->hotwords, id, &out->hotwords);
        out->bonus += (double)bonus;
        out->done += (double)bonus;
    }
    if (beam->models.symbols != NULL && (end > first || !spells_unknown(beam))) {
        follow_symbol_model(beam, out, id, begins);
    }
    for (int32_t i = first; i < end && beam->models.words != NULL; i++) {
        if (out->lexicon != OSS_BEAM_OFF_LEXICON) {
            uint32_t child = oss_lexicon_child(beam->models.lexicon, out->lexicon, letters->letter[i]);
            out->lexicon = child == 0 ? OSS_BEAM_OFF_LEXICON : child;
        }
    }
    if (end > first) {
        out->between = false;
        out->letters += end - first;
        out->pending = pending_of(beam, out->lexicon, out->hotwords, out->letters, out->spelling);
    }
}

float oss_beam_gain(oss_beam *beam, beam_node *node, int32_t id) {
    const beam_context *context = &node->context;
    if (!beam->single) {
        beam_context after;
        oss_beam_follow(beam, node, id, &after);
        return (float)(after.done - context->done) + (after.pending - context->pending);
    }
    if (id == beam->letters.space) {
        return end_of(beam, node)->gain - context->pending;
    }
    if (beam->models.words == NULL) {
        return 0.0F;
    }
    uint32_t child = context->lexicon;
    if (child != OSS_BEAM_OFF_LEXICON) {
        int32_t letter = beam->letters.letter[beam->letters.first[id]];
        child = oss_lexicon_child(beam->models.lexicon, child, letter);
        child = child == 0 ? OSS_BEAM_OFF_LEXICON : child;
    }
    return pending_of(beam, child, 0, context->letters + 1, 0.0F) - context->pending;
}

void oss_beam_finish(oss_beam *beam, beam_node *node, beam_context *out) {
    /* A space at the end is no part of the text. */
    if (node->symbol == beam->letters.space && node->parent != OSS_BEAM_NONE) {
        node = &beam->node[node->parent];
    }
    *out = node->context;
    if (!out->between) {
        end_word(beam, node, out);
    }
    if (beam->models.hotwords != NULL) {
        float bonus = oss_hotwords_end(beam->models.hotwords, out->hotwords);
        out->bonus += (double)bonus;
        out->done += (double)bonus;
    }
    const oss_ngram *ngram = beam->models.words != NULL ? beam->models.words : beam->models.symbols;
    if (ngram != NULL) {
        const oss_ngram_state *state = beam->models.words != NULL ? &out->word_state : &out->symbol_state;
        float logp = score(ngram, state, OSS_NGRAM_END, NULL);
        out->lm += (double)logp;
        out->done += (double)(beam->lm_weight * logp);
    }
}
