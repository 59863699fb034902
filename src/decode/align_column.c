#include "decode/align_column.h"

#include <math.h>

#include "base/mem.h"
#include "text/vocab.h"

/* Frames between two subtractions of the best score: floats keep what is after the point. */
enum { SETTLE_EVERY = 64 };

static float larger(float a, float b) {
    return a > b ? a : b;
}

static int64_t larger_of(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- What is looked for ---- */

oss_status oss_align_graph_init(oss_align_graph *graph) {
    const oss_align_text *text = graph->text;
    graph->turn = oss_alloc((size_t)text->symbols + 1, sizeof *graph->turn);
    graph->score = oss_alloc((size_t)graph->v, sizeof *graph->score);
    if (graph->turn == NULL || graph->score == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i <= text->symbols; i++) {
        bool differs = i > 0 && i < text->symbols && text->id[i] != text->id[i - 1];
        graph->turn[i] = differs ? 0.0F : -INFINITY;
    }
    return OSS_OK;
}

void oss_align_graph_deinit(oss_align_graph *graph) {
    oss_free(graph->turn);
    oss_free(graph->score);
}

/* The first cut at or behind symbol i. */
static int64_t find_cut(const oss_align_text *text, int64_t i) {
    int64_t low = 0, high = text->cuts;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (text->cut[middle] < i) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t oss_align_cut_at(const oss_align_text *text, int64_t i) {
    int64_t cut = find_cut(text, i);
    return cut < text->cuts && text->cut[cut] == i ? cut : -1;
}

/* ---- Columns ---- */

oss_status oss_align_columns_init(oss_align_columns *columns, int64_t symbols) {
    size_t each = (size_t)symbols + 3;
    columns->block = oss_alloc(each, 4 * sizeof *columns->block);
    if (columns->block == NULL) {
        return OSS_ENOMEM;
    }
    columns->gap = columns->block + 1;
    columns->symbol = columns->gap + each;
    columns->next_gap = columns->symbol + each;
    columns->next_symbol = columns->next_gap + each;
    return OSS_OK;
}

void oss_align_columns_deinit(oss_align_columns *columns) {
    oss_free(columns->block);
}

static void begin_at(oss_align_columns *columns, const oss_align_part *part, int64_t state) {
    for (int64_t i = part->from / 2 - 1; i <= part->to / 2 + 1; i++) {
        columns->gap[i] = columns->symbol[i] = columns->next_gap[i] = columns->next_symbol[i] = -INFINITY;
    }
    (state % 2 == 0 ? columns->gap : columns->symbol)[state / 2] = 0.0F;
}

static void swap_columns(oss_align_columns *columns) {
    float *gap = columns->gap, *symbol = columns->symbol;
    columns->gap = columns->next_gap;
    columns->symbol = columns->next_symbol;
    columns->next_gap = gap;
    columns->next_symbol = symbol;
}

/* Places of a column that a path through the part may be at; a cut lets it go as far as it likes. */
typedef struct span {
    int64_t low, high;
} span;

static span span_at(const oss_align_graph *graph, const oss_align_part *part, int64_t frame) {
    int64_t first = part->from / 2, last = part->to / 2;
    int64_t cut = find_cut(graph->text, first);
    if (cut + 1 < graph->text->cuts && graph->text->cut[cut + 1] <= last) {
        return (span){first, last};
    }
    return (span){larger_of(first, last - (part->end - frame) - 1),
                  smaller_of(last, first + (frame - part->begin) + 1)};
}

static void settle(oss_align_columns *columns, span at, int64_t frame) {
    if (frame % SETTLE_EVERY != 0) {
        return;
    }
    float most = -INFINITY;
    for (int64_t i = at.low; i <= at.high; i++) {
        most = larger(most, larger(columns->gap[i], columns->symbol[i]));
    }
    if (most == -INFINITY) {
        return;
    }
    for (int64_t i = at.low; i <= at.high; i++) {
        columns->gap[i] -= most;
        columns->symbol[i] -= most;
    }
}

/* Of no frame at the ends of the recording: 0. */
static void score_frame(const oss_align_graph *graph, int64_t frame) {
    bool there = frame >= 0 && frame < graph->t;
    const float *logits = graph->logits + (there ? frame * graph->v : 0);
    int32_t best = there ? oss_frame_best(logits, graph->v) : 0;
    for (int32_t i = 0; i < graph->v; i++) {
        graph->score[i] = there ? oss_align_score(logits, best, i) : 0.0F;
    }
}

static float wild_score(const oss_align_graph *graph) {
    return larger(graph->score[OSS_VOCAB_BLANK], -graph->text->wild_price);
}

/* ---- Forward ---- */

void oss_align_forward_begin(oss_align_columns *columns, const oss_align_part *part) {
    begin_at(columns, part, part->from);
}

static void step_forward(const oss_align_graph *graph, oss_align_columns *columns, span at) {
    const float *restrict gap = columns->gap, *restrict symbol = columns->symbol;
    const float *restrict turn = graph->turn, *restrict score = graph->score;
    const int32_t *restrict id = graph->text->id;
    float *restrict next_gap = columns->next_gap, *restrict next_symbol = columns->next_symbol;
    float blank = score[OSS_VOCAB_BLANK];
    int64_t symbols = graph->text->symbols, high = smaller_of(at.high, symbols - 1);
    for (int64_t i = at.low; i <= high; i++) {
        float before = symbol[i - 1];
        float stay = larger(symbol[i], gap[i]);
        next_gap[i] = blank + larger(gap[i], before);
        next_symbol[i] = score[id[i]] + larger(stay, before + turn[i]);
    }
    if (at.high == symbols) {
        next_gap[symbols] = blank + larger(gap[symbols], symbol[symbols - 1]);
    }
}

/* Gaps at cuts have the sounds that nothing tells of, and are come to past what was not said. */
static void cut_forward(const oss_align_graph *graph, oss_align_columns *columns, const oss_align_part *part,
                        span at) {
    const oss_align_text *text = graph->text;
    float wild = wild_score(graph);
    for (int64_t c = find_cut(text, at.low); c < text->cuts && text->cut[c] <= at.high; c++) {
        int64_t i = text->cut[c], skipped = c > 0 ? text->cut[c - 1] : -1;
        float from = larger(columns->gap[i], columns->symbol[i - 1]);
        if (skipped >= part->from / 2) {
            float past = larger(columns->gap[skipped], columns->symbol[skipped - 1]);
            from = larger(from, past - text->skip_price[c]);
        }
        columns->next_gap[i] = wild + from;
    }
}

void oss_align_forward_step(oss_align_columns *columns, const oss_align_graph *graph,
                            const oss_align_part *part, int64_t frame) {
    span at = span_at(graph, part, frame);
    score_frame(graph, frame);
    step_forward(graph, columns, at);
    cut_forward(graph, columns, part, at);
    columns->next_gap[at.low - 1] = columns->next_symbol[at.low - 1] = -INFINITY;
    swap_columns(columns);
    settle(columns, at, frame);
}

/* ---- Backward ---- */

void oss_align_backward_begin(oss_align_columns *columns, const oss_align_part *part) {
    begin_at(columns, part, part->to);
}

/* Adds the scores of the frame that is gone into, so that what is left is to take the best of the ways into it. */
static void enter_frame(const oss_align_graph *graph, oss_align_columns *columns, span at) {
    const float *restrict score = graph->score;
    const int32_t *restrict id = graph->text->id;
    float *restrict gap = columns->gap, *restrict symbol = columns->symbol;
    float blank = score[OSS_VOCAB_BLANK], wild = wild_score(graph);
    const oss_align_text *text = graph->text;
    int64_t high = smaller_of(at.high, text->symbols - 1);
    for (int64_t c = find_cut(text, at.low); c < text->cuts && text->cut[c] <= at.high; c++) {
        gap[text->cut[c]] += wild - blank;
    }
    for (int64_t i = at.low; i <= high; i++) {
        gap[i] += blank;
        symbol[i] += score[id[i]];
    }
    if (at.high == text->symbols) {
        gap[text->symbols] += blank;
    }
}

static void step_backward(const oss_align_graph *graph, oss_align_columns *columns, span at) {
    const float *restrict gap = columns->gap, *restrict symbol = columns->symbol;
    const float *restrict turn = graph->turn + 1;
    float *restrict next_gap = columns->next_gap, *restrict next_symbol = columns->next_symbol;
    int64_t symbols = graph->text->symbols, high = smaller_of(at.high, symbols - 1);
    for (int64_t i = at.low; i <= high; i++) {
        next_gap[i] = larger(gap[i], symbol[i]);
        next_symbol[i] = larger(larger(symbol[i], gap[i + 1]), symbol[i + 1] + turn[i]);
    }
    if (at.high == symbols) {
        next_gap[symbols] = gap[symbols];
    }
}

static void cut_backward(const oss_align_graph *graph, oss_align_columns *columns, const oss_align_part *part,
                         span at) {
    const oss_align_text *text = graph->text;
    for (int64_t c = larger_of(find_cut(text, at.low), 1); c < text->cuts && text->cut[c] <= part->to / 2;
         c++) {
        int64_t skipped = text->cut[c - 1];
        float past = columns->gap[text->cut[c]] - text->skip_price[c];
        if (skipped >= at.low) {
            columns->next_gap[skipped] = larger(columns->next_gap[skipped], past);
        }
        if (skipped > at.low) {
            columns->next_symbol[skipped - 1] = larger(columns->next_symbol[skipped - 1], past);
        }
    }
}

void oss_align_backward_step(oss_align_columns *columns, const oss_align_graph *graph,
                             const oss_align_part *part, int64_t frame) {
    span at = span_at(graph, part, frame);
    score_frame(graph, frame + 1);
    enter_frame(graph, columns, span_at(graph, part, frame + 1));
    step_backward(graph, columns, at);
    cut_backward(graph, columns, part, at);
    columns->next_gap[at.high + 1] = columns->next_symbol[at.high + 1] = -INFINITY;
    swap_columns(columns);
    settle(columns, at, frame);
}
