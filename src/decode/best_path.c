#include "decode/best_path.h"

#include <math.h>

#include "base/mem.h"
#include "decode/frames.h"
#include "text/vocab.h"

void oss_best_path_deinit(oss_best_path *path) {
    oss_free(path->symbol);
    *path = (oss_best_path){0};
}

/* Softmax of one symbol. */
static float probability_of(const float *logits, int32_t v, int32_t id) {
    double sum = 0.0;
    for (int32_t i = 0; i < v; i++) {
        sum += exp((double)logits[i] - (double)logits[id]);
    }
    return (float)(1.0 / sum);
}

/* Room for a symbol on each of t frames. */
static oss_status make_room(oss_best_path *path, int32_t t) {
    int64_t needed = path->symbols + t;
    if (needed <= path->capacity) {
        return OSS_OK;
    }
    int64_t capacity = 2 * path->capacity > needed ? 2 * path->capacity : needed;
    oss_best_path_symbol *symbol = oss_resize(path->symbol, (size_t)capacity, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    path->symbol = symbol;
    path->capacity = capacity;
    return OSS_OK;
}

static void add_frame(oss_best_path *path, const float *logits, int32_t v) {
    int32_t best = oss_frame_best(logits, v);
    if (best != OSS_VOCAB_BLANK) {
        float probability = probability_of(logits, v, best);
        if (best != path->last) {
            path->symbol[path->symbols++] = (oss_best_path_symbol){.id = best, .begin = path->frames};
        }
        oss_best_path_symbol *symbol = &path->symbol[path->symbols - 1];
        symbol->end = path->frames + 1;
        symbol->probability = probability > symbol->probability ? probability : symbol->probability;
    }
    path->last = best;
    path->frames++;
}

oss_status oss_best_path_add(oss_best_path *path, const float *logits, int32_t t, int32_t v) {
    oss_status status = make_room(path, t);
    if (status != OSS_OK) {
        return status;
    }
    for (int32_t frame = 0; frame < t; frame++) {
        add_frame(path, logits + (int64_t)frame * v, v);
    }
    return OSS_OK;
}

void oss_best_path_forget(oss_best_path *path) {
    path->symbols = 0;
    path->first_frame = path->frames;
    path->last = OSS_VOCAB_BLANK;
}
