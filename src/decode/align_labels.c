#include "decode/align_labels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "text/vocab.h"

/* States 0 to 2 * symbols: blanks at even ones, symbol i at 2 i + 1. Columns of scores are kept at every `stride` frames;
 * a block between two of them is computed again for its steps when the path comes back to it, so that memory grows with the
 * root of the frames (Grice, Hughey, Speck 1997 for alignments of sequences). */
typedef struct trellis {
    const float *logits;
    int64_t t, states, stride, blocks;
    int32_t v;
    const int32_t *id;
    float *kept;       /* [blocks, states]: before frame block * stride */
    float *now, *next; /* [states] */
    uint8_t *step;     /* [stride, states]: how many states before it came from */
} trellis;

static int64_t frames_needed(const int32_t *id, int64_t symbols) {
    int64_t needed = symbols;
    for (int64_t i = 1; i < symbols; i++) {
        needed += id[i] == id[i - 1];
    }
    return needed;
}

static int32_t symbol_of(const trellis *columns, int64_t state) {
    return state % 2 == 0 ? OSS_VOCAB_BLANK : columns->id[state / 2];
}

static bool may_skip(const trellis *columns, int64_t state) {
    return state % 2 == 1 && state >= 3 && columns->id[state / 2] != columns->id[state / 2 - 1];
}

/* What is not a number has no probability; none is nothing, for a path that must go through stays one. */
static float logit_of(const float *row, int32_t symbol) {
    const float least = -1e6F;
    return row[symbol] > least ? fminf(row[symbol], -least) : least;
}

/* now[states] after frame `frame`, out of itself; step may be NULL. Only states that can be reached and left in time. */
static void advance(trellis *columns, int64_t frame, uint8_t *step) {
    const float *row = columns->logits + frame * columns->v;
    int64_t end = 2 * frame + 2 < columns->states ? 2 * frame + 2 : columns->states;
    int64_t late = columns->states - 2 * (columns->t - frame);
    int64_t begin = late > 0 ? late : 0;
    float *now = columns->now, *next = columns->next;
    for (int64_t s = begin > 2 ? begin - 2 : 0; s < begin; s++) {
        next[s] = -INFINITY;
    }
    for (int64_t s = begin; s < end; s++) {
        uint8_t from = 0;
        float best = now[s];
        if (s >= 1 && now[s - 1] > best) {
            best = now[s - 1];
            from = 1;
        }
        if (may_skip(columns, s) && now[s - 2] > best) {
            best = now[s - 2];
            from = 2;
        }
        next[s] = best + logit_of(row, symbol_of(columns, s));
        if (step != NULL) {
            step[s] = from;
        }
    }
    for (int64_t s = end; s < end + 2 && s < columns->states; s++) {
        next[s] = -INFINITY;
    }
    columns->now = next;
    columns->next = now;
}

/* Before the first frame the path stands before state 0: state 1 is one step on, as from a blank. */
static void begin_path(trellis *columns) {
    for (int64_t s = 0; s < columns->states; s++) {
        columns->now[s] = columns->next[s] = -INFINITY;
    }
    columns->now[0] = 0.0F;
}

static void keep_columns(trellis *columns) {
    begin_path(columns);
    for (int64_t frame = 0; frame < columns->t; frame++) {
        if (frame % columns->stride == 0) {
            memcpy(columns->kept + frame / columns->stride * columns->states, columns->now,
                   (size_t)columns->states * sizeof *columns->now);
        }
        advance(columns, frame, NULL);
    }
}

static int64_t last_state(const trellis *columns) {
    int64_t end = columns->states - 1;
    return end >= 1 && columns->now[end - 1] >= columns->now[end] ? end - 1 : end;
}

static void walk_back(trellis *columns, int32_t *label, int64_t state) {
    for (int64_t block = columns->blocks - 1; block >= 0; block--) {
        int64_t begin = block * columns->stride;
        int64_t end = begin + columns->stride < columns->t ? begin + columns->stride : columns->t;
        begin_path(columns);
        memcpy(columns->now, columns->kept + block * columns->states,
               (size_t)columns->states * sizeof *columns->now);
        for (int64_t frame = begin; frame < end; frame++) {
            advance(columns, frame, columns->step + (frame - begin) * columns->states);
        }
        for (int64_t frame = end - 1; frame >= begin; frame--) {
            label[frame] = symbol_of(columns, state);
            state -= columns->step[(frame - begin) * columns->states + state];
        }
    }
}

static oss_status make_trellis(trellis *columns, int64_t symbols) {
    columns->states = 2 * symbols + 1;
    columns->stride = (int64_t)ceil(sqrt((double)(columns->t > 0 ? columns->t : 1)));
    columns->blocks = (columns->t + columns->stride - 1) / columns->stride;
    size_t states = (size_t)columns->states;
    columns->kept = oss_alloc((size_t)columns->blocks + 2, states * sizeof *columns->kept);
    columns->step = oss_alloc((size_t)columns->stride, states);
    if (columns->kept == NULL || columns->step == NULL) {
        return OSS_ENOMEM;
    }
    columns->now = columns->kept + (size_t)columns->blocks * states;
    columns->next = columns->now + states;
    return OSS_OK;
}

oss_status oss_align_labels(int32_t *label, double *out_logit, const float *logits, int64_t t, int32_t v,
                            const int32_t *id, int64_t symbols) {
    int64_t needed = frames_needed(id, symbols);
    if (needed > t) {
        return oss_fail(OSS_EINPUT, "the text needs %lld frames, and there are %lld", (long long)needed,
                        (long long)t);
    }
    trellis columns = {.logits = logits, .t = t, .v = v, .id = id};
    oss_status status = make_trellis(&columns, symbols);
    if (status == OSS_OK) {
        keep_columns(&columns);
        int64_t state = last_state(&columns);
        double logit = 0.0;
        walk_back(&columns, label, state);
        for (int64_t frame = 0; frame < t; frame++) {
            logit += (double)logits[frame * v + label[frame]];
        }
        if (out_logit != NULL) {
            *out_logit = logit;
        }
    }
    oss_free(columns.kept);
    oss_free(columns.step);
    return status;
}
