#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "decode/beam_internal.h"
#include "decode/frames.h"
#include "decode/log_add.h"

/* ---- Which symbols are tried ---- */

/* ln of the sum of exponentials, NaN being nothing; `top` the largest. */
static float log_sum(const float *logits, int32_t v, float top, float *scratch) {
    for (int32_t i = 0; i < v; i++) {
        float below = logits[i] - top;
        scratch[i] = oss_exp_fast(below == below ? below : -INFINITY);
    }
    float part[4] = {0.0F, 0.0F, 0.0F, 0.0F};
    int32_t i = 0;
    for (; i + 4 <= v; i += 4) {
        for (int32_t j = 0; j < 4; j++) {
            part[j] += scratch[i + j];
        }
    }
    for (; i < v; i++) {
        part[0] += scratch[i];
    }
    return top + logf((part[0] + part[1]) + (part[2] + part[3]));
}

static const float *divide_by_priors(oss_beam *beam, const float *logits) {
    if (beam->prior_weight == 0.0F) {
        return logits;
    }
    for (int32_t id = 0; id < beam->symbols; id++) {
        beam->divided[id] = logits[id] - beam->prior_weight * beam->models.symbol_prior[id];
    }
    return beam->divided;
}

/* Sets alive and logp; those of the frame before are forgotten. */
static void choose_symbols(oss_beam *beam, const float *logits) {
    int32_t v = beam->symbols, best = oss_frame_best(logits, v);
    float top = logits[best];
    for (int32_t i = 0; i < beam->alive_count; i++) {
        beam->logp[beam->alive[i]] = -INFINITY;
    }
    beam->alive_count = 0;
    beam->logp[OSS_VOCAB_BLANK] = -INFINITY;
    if (isfinite(top)) {
        float sum = log_sum(logits, v, top, beam->scratch), least = beam->token_min + sum;
        for (int32_t id = 1; id < v; id++) {
            if (logits[id] >= least && id != best && isfinite(logits[id])) {
                beam->logp[id] = logits[id] - sum;
                beam->alive[beam->alive_count++] = id;
            }
        }
        beam->logp[OSS_VOCAB_BLANK] =
            logits[OSS_VOCAB_BLANK] >= least ? logits[OSS_VOCAB_BLANK] - sum : -INFINITY;
        top -= sum;
    } else {
        top = 0.0F; /* nothing known, or one symbol for certain */
    }
    beam->logp[best] = top;
    if (best != OSS_VOCAB_BLANK) {
        beam->alive[beam->alive_count++] = best;
    }
}

/* ---- Candidates ---- */

static void swap_candidates(beam_candidate *a, beam_candidate *b) {
    beam_candidate kept = *a;
    *a = *b;
    *b = kept;
}

/* Brings the `most` best ones to the front, in no order (Hoare 1961). */
static void select_best(beam_candidate *candidate, int32_t count, int32_t most) {
    int32_t low = 0, high = count - 1;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (candidate[middle].score > candidate[low].score) {
            swap_candidates(&candidate[middle], &candidate[low]);
        }
        if (candidate[high].score > candidate[low].score) {
            swap_candidates(&candidate[high], &candidate[low]);
        }
        if (candidate[high].score > candidate[middle].score) {
            swap_candidates(&candidate[high], &candidate[middle]);
        }
        float pivot = candidate[middle].score;
        int32_t i = low, j = high;
        while (i <= j) {
            while (candidate[i].score > pivot) {
                i++;
            }
            while (candidate[j].score < pivot) {
                j--;
            }
            if (i <= j) {
                swap_candidates(&candidate[i++], &candidate[j--]);
            }
        }
        if (most - 1 <= j) {
            high = j;
        } else if (most - 1 >= i) {
            low = i;
        } else {
            return;
        }
    }
}

/* Keeps the `width` best; nothing below them can come in any more. */
static void narrow(oss_beam *beam) {
    if (beam->pushed <= beam->width) {
        return;
    }
    select_best(beam->candidate, beam->pushed, beam->width);
    beam->pushed = beam->width;
    float least = INFINITY;
    for (int32_t i = 0; i < beam->pushed; i++) {
        least = beam->candidate[i].score < least ? beam->candidate[i].score : least;
    }
    beam->threshold = least > beam->threshold ? least : beam->threshold;
}

static void push(oss_beam *beam, beam_candidate candidate) {
    /* Also false for what is not a number. */
    if (!(candidate.score >= beam->threshold) || candidate.score == -INFINITY) {
        return;
    }
    if (candidate.score > beam->best) {
        beam->best = candidate.score;
        float least = beam->best + beam->prune;
        beam->threshold = least > beam->threshold ? least : beam->threshold;
    }
    beam->candidate[beam->pushed++] = candidate;
    if (beam->pushed == beam->candidates) {
        narrow(beam);
    }
}

/* What reaches the same prefix again: blanks, the last symbol once more, and the prefix without its last symbol, if that is
 * in the beam too. A space after a space is the same text, so it counts as a blank. */
static void stay(oss_beam *beam) {
    const beam_slots *now = &beam->now;
    float blank = beam->logp[OSS_VOCAB_BLANK];
    int32_t space = beam->letters.space;
    float between = space < 0 ? blank : oss_log_add(blank, beam->logp[space]);
    for (int32_t slot = 0; slot < now->count; slot++) {
        int32_t last = now->last[slot], parent = beam->node[now->node[slot]].parent;
        bool is_space = last == space && space >= 0;
        float repeat = last > 0 ? beam->logp[last] : -INFINITY;
        float again = is_space ? -INFINITY : now->symbol[slot] + repeat;
        int32_t from = parent == OSS_BEAM_NONE ? OSS_BEAM_NONE : beam->node[parent].slot;
        if (from != OSS_BEAM_NONE && repeat > -INFINITY) {
            float before = now->last[from] == last ? now->blank[from] : now->total[from];
            again = oss_log_add(again, before + repeat);
        }
        beam->stay_blank[slot] = now->total[slot] + (is_space ? between : blank);
        beam->stay_symbol[slot] = again;
        float acoustic = oss_log_add(beam->stay_blank[slot], again);
        push(beam, (beam_candidate){acoustic + now->extra[slot], acoustic, slot, OSS_VOCAB_BLANK});
    }
}

/* The prefix of a slot and one more symbol. */
static void grow(oss_beam *beam, int32_t slot) {
    const beam_slots *now = &beam->now;
    beam_node *node = &beam->node[now->node[slot]];
    for (int32_t child = node->child; child != OSS_BEAM_NONE; child = beam->node[child].next) {
        if (beam->node[child].slot != OSS_BEAM_NONE) {
            beam->skip[beam->node[child].symbol] = slot;
        }
    }
    int32_t last = now->last[slot], space = beam->letters.space;
    float total = now->total[slot], extra = now->extra[slot];
    for (int32_t i = 0; i < beam->alive_count; i++) {
        int32_t id = beam->alive[i];
        if (beam->skip[id] == slot || (id == last && id == space)) {
            continue;
        }
        float acoustic = (id == last ? now->blank[slot] : total) + beam->logp[id];
        if (acoustic == -INFINITY) {
            continue;
        }
        float score = acoustic + extra + oss_beam_gain(beam, node, id);
        push(beam, (beam_candidate){score, acoustic, slot, id});
    }
}

/* ---- The next beam ---- */

static void put(oss_beam *beam, const beam_candidate *candidate) {
    beam_slots *after = &beam->after;
    int32_t from = beam->now.node[candidate->slot], at = after->count++;
    bool stays = candidate->id == OSS_VOCAB_BLANK;
    int32_t node = stays ? from : oss_beam_enter(beam, from, candidate->id);
    after->node[at] = node;
    after->last[at] = beam->node[node].symbol;
    after->blank[at] = stays ? beam->stay_blank[candidate->slot] : -INFINITY;
    after->symbol[at] = stays ? beam->stay_symbol[candidate->slot] : candidate->acoustic;
    after->total[at] = candidate->acoustic;
}

/* Whether the word that is not over is spelt alike as far as a model of symbols looks back (zeros without one). What the spelling
 * has cost is pending when no word begins so; else it counts when the word turns out to be unknown. */
static bool has_same_spelling(const beam_context *a, const beam_context *b) {
    return a->between || ((a->lexicon == OSS_BEAM_OFF_LEXICON || a->spelling == b->spelling) &&
                          memcmp(&a->symbol_state, &b->symbol_state, sizeof a->symbol_state) == 0);
}

/* Whether what follows on two prefixes scores alike. */
static bool has_same_future(const beam_node *a, const beam_node *b) {
    return a->symbol == b->symbol && a->context.lexicon == b->context.lexicon &&
           a->context.hotwords == b->context.hotwords && a->context.between == b->context.between &&
           a->context.letters == b->context.letters &&
           memcmp(&a->context.word_state, &b->context.word_state, sizeof a->context.word_state) == 0 &&
           has_same_spelling(&a->context, &b->context);
}

static uint32_t hash_future(const beam_node *node) {
    const oss_ngram_state *state = &node->context.word_state;
    uint64_t sum = node->context.lexicon * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)node->symbol;
    for (uint32_t i = 0; i < state->length; i++) {
        sum = (sum ^ (sum >> 29) ^ state->node[i]) * UINT64_C(0xBF58476D1CE4E5B9);
    }
    return (uint32_t)(sum >> 32);
}

static double score_of(const beam_slots *slots, const beam_node *node, int32_t slot) {
    return (double)slots->total[slot] + node[slots->node[slot]].context.done +
           (double)node[slots->node[slot]].context.pending;
}

static void copy_slot(beam_slots *slots, int32_t to, int32_t from) {
    slots->node[to] = slots->node[from];
    slots->last[to] = slots->last[from];
    slots->blank[to] = slots->blank[from];
    slots->symbol[to] = slots->symbol[from];
    slots->total[to] = slots->total[from];
}

/* Of prefixes of one future the best stays in `after`. */
static void drop_twins(oss_beam *beam) {
    beam_slots *after = &beam->after;
    int32_t kept = 0, mask = beam->twins - 1;
    memset(beam->twin, 0xFF, (size_t)beam->twins * sizeof *beam->twin);
    for (int32_t slot = 0; slot < after->count; slot++) {
        int32_t id = after->node[slot], at = (int32_t)hash_future(&beam->node[id]) & mask;
        while (beam->twin[at] >= 0 &&
               !has_same_future(&beam->node[id], &beam->node[after->node[beam->twin[at]]])) {
            at = (at + 1) & mask;
        }
        int32_t twin = beam->twin[at], dropped = id;
        if (twin < 0) {
            beam->twin[at] = kept;
            copy_slot(after, kept++, slot);
            continue;
        }
        if (score_of(after, beam->node, slot) > score_of(after, beam->node, twin)) {
            dropped = after->node[twin];
            copy_slot(after, twin, slot);
        }
        if (beam->node[dropped].slot == OSS_BEAM_NONE) {
            oss_beam_release(beam, dropped); /* made just now; its parent is in the beam before */
        }
    }
    after->count = kept;
}

static int32_t best_after(const oss_beam *beam) {
    int32_t best = 0;
    for (int32_t slot = 1; slot < beam->after.count; slot++) {
        bool better = score_of(&beam->after, beam->node, slot) > score_of(&beam->after, beam->node, best);
        best = better ? slot : best;
    }
    return best;
}

/* Candidates above the threshold become the beam; the numbers of the best one become the base. */
static void take_candidates(oss_beam *beam) {
    beam_slots *now = &beam->now, *after = &beam->after;
    int32_t best = 0;
    narrow(beam);
    after->count = 0;
    for (int32_t i = 0; i < beam->pushed; i++) {
        const beam_candidate *candidate = &beam->candidate[i];
        if (candidate->score >= beam->threshold) {
            best = candidate->score == beam->best ? after->count : best;
            put(beam, candidate);
        }
    }
    OSS_CONTRACT(after->count > 0);
    if (beam->prune_history) {
        drop_twins(beam);
        best = best_after(beam);
    }
    const beam_context *context = &beam->node[after->node[best]].context;
    float down = after->total[best];
    beam->base += (double)down;
    beam->extra_base = context->done + (double)context->pending;
    for (int32_t i = 0; i < now->count; i++) {
        beam->node[now->node[i]].slot = OSS_BEAM_NONE;
    }
    for (int32_t i = 0; i < after->count; i++) {
        beam_node *node = &beam->node[after->node[i]];
        node->slot = i;
        after->blank[i] -= down;
        after->symbol[i] -= down;
        after->total[i] -= down;
        after->extra[i] = (float)(node->context.done + (double)node->context.pending - beam->extra_base);
    }
    for (int32_t i = 0; i < now->count; i++) {
        oss_beam_release(beam, now->node[i]);
    }
    beam_slots old = *now;
    *now = *after;
    *after = old;
}

/* Nothing but a blank: no prefix changes, and none against another. */
static void pass_blank(oss_beam *beam) {
    beam->base += (double)beam->logp[OSS_VOCAB_BLANK];
    for (int32_t slot = 0; slot < beam->now.count && !beam->settled_blank; slot++) {
        beam->now.blank[slot] = beam->now.total[slot];
        beam->now.symbol[slot] = -INFINITY;
    }
    beam->settled_blank = true;
}

void oss_beam_frame(oss_beam *beam, const float *logits) {
    choose_symbols(beam, divide_by_priors(beam, logits));
    if (beam->alive_count == 0) {
        pass_blank(beam);
        return;
    }
    beam->settled_blank = false;
    beam->pushed = 0;
    beam->best = -INFINITY;
    beam->threshold = -INFINITY;
    for (int32_t i = 0; i < beam->alive_count; i++) {
        beam->skip[beam->alive[i]] = OSS_BEAM_NONE;
    }
    stay(beam);
    for (int32_t slot = 0; slot < beam->now.count; slot++) {
        grow(beam, slot);
    }
    take_candidates(beam);
}
