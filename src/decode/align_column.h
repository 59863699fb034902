/* A column of alignment's scores, from one frame to the next. State 2 i is the gap before symbol i (or behind the last), where
 * there is the blank, or any sound at a cut; state 2 i + 1 is symbol i. */
#ifndef OSS_DECODE_ALIGN_COLUMN_H
#define OSS_DECODE_ALIGN_COLUMN_H

#include "decode/align.h"
#include "decode/frames.h"

typedef struct oss_align_graph {
    const oss_align_text *text;
    const float *logits; /* [t, v] */
    int64_t t;
    int32_t v;
    float *
        turn; /* [symbols + 1] added when symbol i follows on i - 1 without a gap: 0, or minus infinity; owned */
    float *score; /* [v] of a frame; owned */
} oss_align_graph;

/* text, logits, t and v are set. Deinit also after a failure. OSS_ENOMEM. */
oss_status oss_align_graph_init(oss_align_graph *graph);
void oss_align_graph_deinit(oss_align_graph *graph);

/* Which cut is before symbol i; -1: none. */
int64_t oss_align_cut_at(const oss_align_text *text, int64_t i);

/* Of a symbol, relative to the best one; never below a floor that no product of probabilities reaches. */
static inline float oss_align_score(const float *logits, int32_t best, int32_t id) {
    float score = logits[id] - logits[best];
    return id == best ? 0.0F : score > -80.0F ? score : -80.0F;
}

/* Frames begin..end, whose states are `from` at the first (-1: before all) and `to` at the last (t: behind all). */
typedef struct oss_align_part {
    int64_t begin, end, from, to;
} oss_align_part;

static inline int64_t oss_align_part_width(const oss_align_part *part) {
    return part->to / 2 - part->from / 2 + 1;
}

/* Scores of a frame and room for those of the next one; of places beside those that are wanted, minus infinity. */
typedef struct oss_align_columns {
    float *gap, *symbol;           /* [symbols + 1], and one on either side */
    float *next_gap, *next_symbol; /* the same */
    float *block;                  /* all four; owned */
} oss_align_columns;

oss_status oss_align_columns_init(oss_align_columns *columns, int64_t symbols);
void oss_align_columns_deinit(oss_align_columns *columns);

/* The best score of a path from the part's first frame to the one that was stepped to, for every state; each but for a
 * number that is the same for all. */
void oss_align_forward_begin(oss_align_columns *columns, const oss_align_part *part);
void oss_align_forward_step(oss_align_columns *columns, const oss_align_graph *graph,
                            const oss_align_part *part, int64_t frame);

/* The same from behind that frame to the part's last one. */
void oss_align_backward_begin(oss_align_columns *columns, const oss_align_part *part);
void oss_align_backward_step(oss_align_columns *columns, const oss_align_graph *graph,
                             const oss_align_part *part, int64_t frame);

#endif
