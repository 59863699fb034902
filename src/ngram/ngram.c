#include "ngram/ngram.h"

#include "base/map.h"
#include "base/mem.h"
#include "ngram/ngram_image.h"
#include "ngram/pack.h"

#define NOWHERE UINT32_MAX /* a context that is no n-gram of the model, though a longer one is */

/* ---- Life ---- */

oss_ngram *oss_ngram_share(oss_ngram *ngram) {
    atomic_fetch_add_explicit(&ngram->owners, 1, memory_order_relaxed);
    return ngram;
}

void oss_ngram_free(oss_ngram *ngram) {
    if (ngram != NULL && atomic_fetch_sub_explicit(&ngram->owners, 1, memory_order_acq_rel) == 1) {
        if (ngram->block != NULL) {
            oss_map_close(ngram->block, (size_t)ngram->bytes, ngram->is_mapped);
        }
        oss_free(ngram);
    }
}

/* ---- What it is ---- */

int32_t oss_ngram_order(const oss_ngram *ngram) {
    return (int32_t)ngram->header.order;
}

int64_t oss_ngram_count(const oss_ngram *ngram, int32_t n) {
    return (int64_t)ngram->header.count[n - 1];
}

bool oss_ngram_is_of_symbols(const oss_ngram *ngram) {
    return (ngram->header.flags & OSS_NGRAM_FLAG_SYMBOLS) != 0;
}

oss_ngram_tuning oss_ngram_get_tuning(const oss_ngram *ngram) {
    return (oss_ngram_tuning){.tuned = (ngram->header.flags & OSS_NGRAM_FLAG_TUNED) != 0,
                              .has_penalty = (ngram->header.flags & OSS_NGRAM_FLAG_PENALTY) != 0,
                              .lm_weight = ngram->header.lm_weight,
                              .word_bonus = ngram->header.word_bonus,
                              .unknown_penalty = ngram->header.unknown_penalty,
                              .prior_weight = ngram->header.prior_weight};
}

uint64_t oss_ngram_sum(const oss_ngram *ngram) {
    return ngram->header.sum;
}

int64_t oss_ngram_bytes(const oss_ngram *ngram) {
    return (int64_t)ngram->bytes;
}

int32_t oss_ngram_values(const oss_ngram *ngram, int32_t n, bool of_backoffs) {
    const oss_ngram_level *level = &ngram->level[n - 1];
    const float *value = of_backoffs ? level->ln_backoff : level->ln_p;
    int32_t values = 1;
    for (int32_t i = 1; i < OSS_NGRAM_BOOK; i++) {
        values += value[i] != value[i - 1];
    }
    return values;
}

/* ---- Tokens ---- */

const char *oss_ngram_token(const oss_ngram *ngram, uint32_t token, size_t *out_bytes) {
    uint64_t begin = ngram->text_offset[token], end = ngram->text_offset[token + 1];
    end = end < ngram->header.text_bytes ? end : ngram->header.text_bytes;
    begin = begin < end ? begin : end;
    *out_bytes = (size_t)(end - begin);
    return ngram->text + begin;
}

static int compare_token(const oss_ngram *ngram, uint32_t token, const char *text, size_t bytes) {
    size_t own_bytes;
    const char *own = oss_ngram_token(ngram, token, &own_bytes);
    int order = memcmp(own, text, own_bytes < bytes ? own_bytes : bytes);
    return order != 0 ? order : (own_bytes > bytes) - (own_bytes < bytes);
}

uint32_t oss_ngram_find(const oss_ngram *ngram, const char *token, size_t bytes) {
    for (uint32_t special = 0; special < OSS_NGRAM_SPECIALS; special++) {
        if (compare_token(ngram, special, token, bytes) == 0) {
            return special;
        }
    }
    uint32_t low = OSS_NGRAM_SPECIALS, high = (uint32_t)ngram->header.count[0];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_token(ngram, middle, token, bytes);
        if (order == 0) {
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return OSS_NGRAM_UNKNOWN;
}

/* ---- Probabilities ---- */

enum { FEW = 8, GUESSES = 5 };

/* The place of the n-gram that goes on from `node` of the level below with `token`, or NOWHERE. Tokens are spread evenly
 * enough that guessing by their size takes two or three looks where halving takes fifteen, each a miss of the cache; a list
 * that is made to have all guesses wrong costs GUESSES more. */
static inline uint32_t find_next(const oss_ngram_level *below, const oss_ngram_level *level, uint32_t node,
                                 uint32_t token) {
    uint64_t low, high, least = 0,
                        most = level->tokens; /* tokens at [low, high) are in [least, most), in a good file */
    oss_ngram_nexts_at(below, node, &low, &high);
    const uint64_t end = high;
    for (int32_t i = 0; i < GUESSES && low + FEW < high && least <= token && token < most; i++) {
        uint64_t guess = low + (token - least) * (high - low) / (most - least);
        uint32_t there = oss_ngram_token_at(level, guess);
        if (there == token) {
            return (uint32_t)guess;
        }
        low = there < token ? guess + 1 : low;
        least = there < token ? (uint64_t)there + 1 : least;
        high = there < token ? high : guess;
        most = there < token ? most : there;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        bool less = oss_ngram_token_at(level, middle) < token;
        low = less ? middle + 1 : low;
        high = less ? high : middle;
    }
    return low < end && oss_ngram_token_at(level, low) == token ? (uint32_t)low : NOWHERE;
}

/* Whether the last n tokens, which stand at `node`, say anything of what follows. */
static inline bool matters(const oss_ngram_level *level, uint32_t node) {
    uint64_t begin, end;
    if (node == NOWHERE) {
        return false;
    }
    oss_ngram_nexts_at(level, node, &begin, &end);
    return begin < end || oss_ngram_ln_backoff_at(level, node) != 0.0f;
}

static void shorten(const oss_ngram *ngram, oss_ngram_state *state) {
    while (state->length > 0 && !matters(&ngram->level[state->length - 1], state->node[state->length - 1])) {
        state->node[--state->length] = 0;
    }
}

oss_ngram_state oss_ngram_begin(const oss_ngram *ngram) {
    oss_ngram_state state = {0};
    if (ngram->header.order > 1) {
        state.length = 1;
        state.node[0] = OSS_NGRAM_BEGIN;
        shorten(ngram, &state);
    }
    return state;
}

float oss_ngram_unigram(const oss_ngram *ngram, uint32_t token) {
    return oss_ngram_ln_p_at(&ngram->level[0], token < ngram->header.count[0] ? token : OSS_NGRAM_UNKNOWN);
}

float oss_ngram_score(const oss_ngram *ngram, const oss_ngram_state *from, uint32_t token,
                      oss_ngram_state *to) {
    const uint32_t most = ngram->header.order - 1;
    oss_ngram_state state = {0};
    float ln_p = 0.0f;
    bool found = false;
    token = token < ngram->header.count[0] ? token : OSS_NGRAM_UNKNOWN;
    for (uint32_t n = from->length; n > 0 && !(found && to == NULL); n--) { /* n tokens of context */
        const oss_ngram_level *below = &ngram->level[n - 1], *level = &ngram->level[n];
        const uint32_t node = from->node[n - 1];
        const uint32_t next = node == NOWHERE ? NOWHERE : find_next(below, level, node, token);
        if (!found && next != NOWHERE) {
            ln_p += oss_ngram_ln_p_at(level, next);
            found = true;
        } else if (!found && node != NOWHERE) {
            ln_p += oss_ngram_ln_backoff_at(below, node);
        }
        if (n < most) {
            state.node[n] = next;
        }
    }
    if (!found) {
        ln_p += oss_ngram_ln_p_at(&ngram->level[0], token);
    }
    if (to != NULL && most > 0) {
        state.node[0] = token;
        state.length = from->length < most ? from->length + 1 : most;
        shorten(ngram, &state);
    }
    if (to != NULL) {
        *to = state;
    }
    return ln_p < 0.0f ? ln_p : 0.0f;
}
