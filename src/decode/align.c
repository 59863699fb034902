#include "decode/align.h"

#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "decode/align_column.h"
#include "text/vocab.h"

/* Cells of a matrix of scores: 1 MiB, which a processor's second cache has. */
enum { DENSE_CELLS = 1 << 18 };

typedef struct aligner {
    oss_align_graph graph;
    oss_align_columns forward, backward;
    float *dense;   /* [DENSE_CELLS], or what all takes: columns of a small part */
    int64_t *state; /* [t + 2], that of frame i at i + 1: the first and the last are no frames */
} aligner;

/* ---- A part that is small ---- */

/* The columns of a part one behind the other: gaps, then symbols. */
static float *dense_column(const aligner *a, const oss_align_part *part, int64_t step) {
    return a->dense + step * 2 * oss_align_part_width(part);
}

typedef struct choice {
    int64_t state;
    float score;
} choice;

static void consider(choice *best, int64_t state, float score) {
    if (score > best->score) {
        *best = (choice){state, score};
    }
}

/* Where the best path into `state` was a frame before, whose scores are in `column`. */
static int64_t find_before(const aligner *a, const oss_align_part *part, const float *column, int64_t state) {
    const oss_align_graph *graph = &a->graph;
    int64_t first = part->from / 2, i = state / 2;
    const float *gap = column, *symbol = column + oss_align_part_width(part);
    choice best = {state, -INFINITY};
    if (state % 2 != 0) {
        consider(&best, state, symbol[i - first]);
        consider(&best, state - 1, gap[i - first]);
        if (i > first) {
            consider(&best, state - 2, symbol[i - 1 - first] + graph->turn[i]);
        }
        return best.state;
    }
    consider(&best, state, gap[i - first]);
    if (i > first) {
        consider(&best, state - 1, symbol[i - 1 - first]);
    }
    int64_t cut = oss_align_cut_at(graph->text, i);
    int64_t skipped = cut > 0 ? graph->text->cut[cut - 1] : -1;
    if (skipped >= first) {
        float price = graph->text->skip_price[cut];
        consider(&best, 2 * skipped, gap[skipped - first] - price);
        if (skipped > first) {
            consider(&best, 2 * skipped - 1, symbol[skipped - 1 - first] - price);
        }
    }
    return best.state;
}

static void align_small(aligner *a, const oss_align_part *part) {
    int64_t first = part->from / 2, width = oss_align_part_width(part);
    oss_align_columns *columns = &a->forward;
    oss_align_forward_begin(columns, part);
    for (int64_t frame = part->begin; frame < part->end; frame++) {
        float *column = dense_column(a, part, frame - part->begin);
        if (frame > part->begin) {
            oss_align_forward_step(columns, &a->graph, part, frame);
        }
        for (int64_t i = 0; i < width; i++) {
            column[i] = columns->gap[first + i];
            column[width + i] = columns->symbol[first + i];
        }
    }
    for (int64_t frame = part->end; frame > part->begin + 1; frame--) {
        const float *column = dense_column(a, part, frame - 1 - part->begin);
        a->state[frame] = find_before(a, part, column, a->state[frame + 1]);
    }
}

/* ---- Halves ---- */

static int64_t find_middle(aligner *a, const oss_align_part *part, int64_t middle) {
    oss_align_columns *f = &a->forward, *g = &a->backward;
    oss_align_forward_begin(f, part);
    for (int64_t frame = part->begin + 1; frame <= middle; frame++) {
        oss_align_forward_step(f, &a->graph, part, frame);
    }
    oss_align_backward_begin(g, part);
    for (int64_t frame = part->end - 1; frame >= middle; frame--) {
        oss_align_backward_step(g, &a->graph, part, frame);
    }
    choice best = {part->from, -INFINITY};
    for (int64_t i = part->from / 2; i <= part->to / 2; i++) {
        consider(&best, 2 * i, f->gap[i] + g->gap[i]);
        consider(&best, 2 * i + 1, f->symbol[i] + g->symbol[i]);
    }
    return best.state;
}

/* The states between its first and its last frame, which are known. */
static void align_part(aligner *a, const oss_align_part *part) {
    int64_t frames = part->end - part->begin;
    if (frames <= 1) {
        return;
    }
    if (frames <= DENSE_CELLS / 2 / oss_align_part_width(part)) {
        align_small(a, part);
        return;
    }
    int64_t middle = part->begin + frames / 2;
    int64_t state = find_middle(a, part, middle);
    a->state[middle + 1] = state;
    align_part(a, &(oss_align_part){part->begin, middle, part->from, state});
    align_part(a, &(oss_align_part){middle, part->end, state, part->to});
}

/* ---- What comes of the states ---- */

static void add_symbol_frame(oss_aligned *aligned, int64_t frame) {
    aligned->begin = aligned->end == 0 ? frame : aligned->begin;
    aligned->end = frame + 1;
}

static void add_wild_frame(oss_align_wild *wild, const aligner *a, int64_t cut, int64_t frame) {
    const float *logits = a->graph.logits + frame * a->graph.v;
    float blank = oss_align_score(logits, oss_frame_best(logits, a->graph.v), OSS_VOCAB_BLANK);
    if (blank < -a->graph.text->wild_price) {
        wild[cut].begin = wild[cut].end == 0 ? frame : wild[cut].begin;
        wild[cut].end = frame + 1;
    }
}

static void tell(const aligner *a, oss_aligned *aligned, oss_align_wild *wild) {
    const oss_align_text *text = a->graph.text;
    for (int64_t i = 0; i < text->symbols; i++) {
        aligned[i] = (oss_aligned){0};
    }
    for (int64_t i = 0; i < text->cuts; i++) {
        wild[i] = (oss_align_wild){0};
    }
    for (int64_t frame = 0; frame < a->graph.t; frame++) {
        int64_t state = a->state[frame + 1], i = state / 2;
        if (state % 2 != 0) {
            add_symbol_frame(&aligned[i], frame);
        } else if (oss_align_cut_at(text, i) >= 0) {
            add_wild_frame(wild, a, oss_align_cut_at(text, i), frame);
        }
    }
    int64_t at = 0;
    for (int64_t i = 0; i < text->symbols; i++) {
        aligned[i].begin = aligned[i].end == 0 ? at : aligned[i].begin;
        aligned[i].end = aligned[i].end == 0 ? at : aligned[i].end;
        at = aligned[i].end;
    }
}

/* ---- All of it ---- */

int64_t oss_align_frames(const int32_t *id, int64_t symbols) {
    int64_t frames = symbols;
    for (int64_t i = 1; i < symbols; i++) {
        frames += id[i] == id[i - 1];
    }
    return frames;
}

static oss_status make_room(aligner *a) {
    const oss_align_text *text = a->graph.text;
    oss_status status = oss_align_graph_init(&a->graph);
    if (status == OSS_OK) {
        status = oss_align_columns_init(&a->forward, text->symbols);
    }
    if (status == OSS_OK) {
        status = oss_align_columns_init(&a->backward, text->symbols);
    }
    int64_t width = text->symbols + 1;
    bool small = a->graph.t + 1 <= DENSE_CELLS / 2 / width;
    a->dense = oss_alloc(small ? (size_t)(2 * width * (a->graph.t + 1)) : DENSE_CELLS, sizeof *a->dense);
    a->state = oss_alloc_zero((size_t)a->graph.t + 2, sizeof *a->state);
    return status != OSS_OK || a->dense == NULL || a->state == NULL ? OSS_ENOMEM : OSS_OK;
}

oss_status oss_align(oss_aligned *aligned, oss_align_wild *wild, const oss_align_text *text,
                     const float *logits, int64_t t, int32_t v) {
    int64_t needed = oss_align_frames(text->id, text->symbols);
    if (needed > t) {
        return oss_fail(OSS_EINPUT, "the text needs %lld frames and the audio gives %lld", (long long)needed,
                        (long long)t);
    }
    aligner a = {.graph = {.text = text, .logits = logits, .t = t, .v = v}};
    oss_status status = make_room(&a);
    if (status == OSS_OK) {
        const oss_align_part all = {-1, t, 0, 2 * text->symbols};
        a.state[t + 1] = all.to;
        align_part(&a, &all);
        tell(&a, aligned, wild);
    }
    oss_align_graph_deinit(&a.graph);
    oss_align_columns_deinit(&a.forward);
    oss_align_columns_deinit(&a.backward);
    oss_free(a.dense);
    oss_free(a.state);
    return status;
}

oss_status oss_aligned_path(oss_best_path *path, const oss_aligned *aligned, const int32_t *id,
                            int64_t symbols, const float *logits, int64_t t, int32_t v) {
    int32_t *told = oss_alloc_zero((size_t)t, sizeof *told);
    oss_status status = told == NULL ? OSS_ENOMEM : OSS_OK;
    for (int64_t i = 0; i < symbols && status == OSS_OK; i++) {
        for (int64_t frame = aligned[i].begin; frame < aligned[i].end; frame++) {
            told[frame] = id[i];
        }
    }
    if (status == OSS_OK) {
        status = oss_best_path_follow(path, logits, (int32_t)t, v, told);
    }
    oss_free(told);
    return status;
}

oss_status oss_align_path(oss_best_path *path, const float *logits, int64_t t, int32_t v, const int32_t *id,
                          int64_t symbols) {
    oss_aligned *aligned = oss_alloc((size_t)symbols, sizeof *aligned);
    oss_status status = aligned == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        const oss_align_text text = {.id = id, .symbols = symbols};
        status = oss_align(aligned, NULL, &text, logits, t, v);
    }
    if (status == OSS_OK && symbols > 0 && aligned[0].begin == 0 && id[0] == path->last) {
        path->last = OSS_VOCAB_BLANK;
    }
    if (status == OSS_OK) {
        status = oss_aligned_path(path, aligned, id, symbols, logits, t, v);
    }
    oss_free(aligned);
    return status;
}
