#include "decode/best_path.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/frames.h"
#include "kernel/vec.h"
#include "text/vocab.h"

enum { LANES = 8 };

void oss_best_path_deinit(oss_best_path *path) {
    oss_free(path->symbol);
    oss_free(path->below);
    *path = (oss_best_path){0};
}

/* ---- One frame ---- */

/* What lies so far below the best symbol adds nothing that a float could hold; NaN lies there too. */
static const float deepest = -80.0F;

static void find_below(float *below, const float *logits, int32_t v, int32_t best) {
    float top = logits[best];
    for (int32_t i = 0; i < v; i++) {
        float x = logits[i] - top;
        below[i] = x > deepest ? x : deepest;
    }
    below[best] = 0.0F;
}

/* Several sums side by side, for each waits for the one before: of x, or of x y. */
static float sum_of(const float *x, const float *y, int32_t n) {
    float lane[LANES] = {0};
    int32_t whole = n - n % LANES;
    for (int32_t i = 0; i < whole; i += LANES) {
        for (int32_t k = 0; k < LANES; k++) {
            lane[k] += y == NULL ? x[i + k] : x[i + k] * y[i + k];
        }
    }
    float sum = 0.0F;
    for (int32_t i = whole; i < n; i++) {
        sum += y == NULL ? x[i] : x[i] * y[i];
    }
    for (int32_t k = 0; k < LANES; k++) {
        sum += lane[k];
    }
    return sum;
}

typedef struct frame_state {
    int32_t best;
    float cost, entropy;
} frame_state;

/* Fills path->now. label: the symbol that the path takes, maybe not the best one. */
static frame_state look_at(oss_best_path *path, const float *logits, int32_t best, int32_t label) {
    int32_t v = path->v;
    frame_state frame = {.best = label};
    find_below(path->below, logits, v, best);
    oss_k_exp(path->now, path->below, (size_t)v);
    float sum = sum_of(path->now, NULL, v);
    float mean = sum_of(path->now, path->below, v) / sum;
    frame.cost = logf(sum) - path->below[label];
    frame.entropy = logf(sum) - mean;
    for (int32_t i = 0; i < v; i++) {
        path->now[i] /= sum;
    }
    return frame;
}

/* ---- The path ---- */

static oss_status make_room(oss_best_path *path, int32_t t, int32_t v) {
    int64_t needed = path->symbols + t;
    if (needed > path->capacity) {
        int64_t capacity = 2 * path->capacity > needed ? 2 * path->capacity : needed;
        oss_best_path_symbol *symbol = oss_resize(path->symbol, (size_t)capacity, sizeof *symbol);
        if (symbol == NULL) {
            return OSS_ENOMEM;
        }
        path->symbol = symbol;
        path->capacity = capacity;
    }
    if (path->v == 0) {
        path->below = oss_alloc((size_t)v, 3 * sizeof *path->below);
        if (path->below == NULL) {
            return OSS_ENOMEM;
        }
        path->v = v;
        path->now = path->below + v;
        path->before = path->now + v;
    }
    return OSS_OK;
}

static void weigh(oss_best_path_symbol *symbol, float probability, int64_t frame) {
    symbol->weight += probability;
    symbol->moment += probability * (float)(frame - symbol->begin);
}

static void begin_symbol(oss_best_path *path, const frame_state *frame) {
    oss_best_path_symbol *symbol = &path->symbol[path->symbols++];
    *symbol = (oss_best_path_symbol){.id = frame->best, .begin = path->frames, .entropy = frame->entropy};
    if (path->last == OSS_VOCAB_BLANK && path->frames > path->first_frame) {
        weigh(symbol, path->before[frame->best], path->frames - 1);
    }
}

static void add_frame(oss_best_path *path, const float *logits, int32_t best, int32_t label) {
    frame_state frame = look_at(path, logits, best, label);
    if (frame.best != OSS_VOCAB_BLANK && frame.best != path->last) {
        begin_symbol(path, &frame);
    }
    if (path->symbols > 0) {
        oss_best_path_symbol *symbol = &path->symbol[path->symbols - 1];
        float probability = path->now[symbol->id];
        if (frame.best != OSS_VOCAB_BLANK) {
            symbol->end = path->frames + 1;
            symbol->probability = fmaxf(symbol->probability, probability);
            symbol->entropy = fminf(symbol->entropy, frame.entropy);
        }
        if (symbol->end >= path->frames) {
            weigh(symbol, probability, path->frames);
        }
        symbol->cost += frame.cost;
        symbol->doubt += frame.entropy;
    }
    float *now = path->now;
    path->now = path->before;
    path->before = now;
    path->last = frame.best;
    path->frames++;
}

oss_status oss_best_path_add(oss_best_path *path, const float *logits, int32_t t, int32_t v) {
    oss_status status = make_room(path, t, v);
    if (status != OSS_OK) {
        return status;
    }
    for (int32_t frame = 0; frame < t; frame++) {
        int32_t best = oss_frame_best(logits + (int64_t)frame * v, v);
        add_frame(path, logits + (int64_t)frame * v, best, best);
    }
    return OSS_OK;
}

oss_status oss_best_path_follow(oss_best_path *path, const float *logits, int32_t t, int32_t v,
                                const int32_t *label) {
    oss_status status = make_room(path, t, v);
    if (status != OSS_OK) {
        return status;
    }
    for (int32_t frame = 0; frame < t; frame++) {
        const float *row = logits + (int64_t)frame * v;
        add_frame(path, row, oss_frame_best(row, v), label[frame]);
    }
    return OSS_OK;
}

void oss_best_path_forget(oss_best_path *path) {
    path->symbols = 0;
    path->first_frame = path->frames;
    path->last = OSS_VOCAB_BLANK;
}

oss_status oss_best_path_copy(oss_best_path *to, const oss_best_path *from) {
    if (from->symbols > to->capacity) {
        oss_best_path_symbol *symbol = oss_resize(to->symbol, (size_t)from->symbols, sizeof *symbol);
        if (symbol == NULL) {
            return OSS_ENOMEM;
        }
        to->symbol = symbol;
        to->capacity = from->symbols;
    }
    if (from->v == 0) { /* as new: who adds the first frame makes the block */
        oss_free(to->below);
        to->below = NULL;
    } else if (from->v != to->v) {
        float *below = oss_resize(to->below, (size_t)from->v, 3 * sizeof *below);
        if (below == NULL) {
            return OSS_ENOMEM;
        }
        to->below = below;
    }
    oss_best_path made = *from;
    made.symbol = to->symbol;
    made.capacity = to->capacity;
    made.below = to->below;
    if (from->v > 0) {
        size_t bytes = 3 * (size_t)from->v * sizeof *made.below;
        memcpy(made.below, from->below, bytes);
        made.now = made.below + (from->now - from->below);
        made.before = made.below + (from->before - from->below);
    }
    if (from->symbols > 0) {
        memcpy(made.symbol, from->symbol, (size_t)from->symbols * sizeof *made.symbol);
    }
    *to = made;
    return OSS_OK;
}

double oss_best_path_center(const oss_best_path_symbol *symbol) {
    return (double)symbol->begin + 0.5 + (double)symbol->moment / (double)symbol->weight;
}
