/* Recordings of any length in pieces that an encoder takes one after the other, in constant memory.
 *
 * Embeddings lie on a grid: number i is of samples i * grid and on. A recording of up to `whole_samples` is one piece.
 * Longer ones are cut at places of the grid: each cut lies where the recording is quietest, `least` to `most` embeddings
 * after the one before it. A piece is what lies between two cuts, its core, and what lies around it, its context, up to
 * `before` and `after` embeddings: what the encoder makes of the core, put one behind the other, is what it makes of the
 * recording. A cut depends on the one before it and on the samples that follow alone, so that a recording is soon cut at
 * the same places, whatever is in front of it. */
#ifndef OSS_INFER_PIECES_H
#define OSS_INFER_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/pull.h"
#include "kernel/attention.h"
#include "model/config.h"

typedef struct oss_piece_plan {
    int64_t whole_samples; /* at least most * grid */
    int32_t grid;          /* samples of an embedding */
    int32_t step;          /* embeddings: cuts lie at multiples of it, and so do least, most and before */
    /* Of a core, in embeddings; 2 * least <= most. The last core may be shorter than least by what the recording lacks to a
     * multiple of the step. */
    int32_t least, most;
    int32_t before, after; /* of context; after <= least */
} oss_piece_plan;

/* The plan for a model whose attention has that reach. A limited reach is kept to: cuts lie between chunks, and context
 * holds all that the core's embeddings come from, when that is no more than half a minute; chunks of more than 5 s are
 * not kept whole. */
oss_piece_plan oss_piece_plan_for(const oss_model_config *config, const oss_attention_reach *reach);

typedef struct oss_piece {
    float *sample; /* [samples]; the taker's to change, until the next call */
    int64_t samples;
    int64_t begin;   /* of the core in the recording, in samples */
    int64_t context; /* samples before the core: whole embeddings */
    int64_t core;    /* samples of it: whole embeddings but for the last piece */
    bool whole;      /* the only one */
    bool last;
} oss_piece;

typedef struct oss_pieces oss_pieces;

/* What `pull` works with must outlive the pieces. */
oss_status oss_pieces_create(oss_pieces **out, const oss_piece_plan *plan, oss_audio_pull pull);
/* NULL is allowed. */
void oss_pieces_free(oss_pieces *pieces);
/* The next piece; not after the last one. A recording without samples is a whole piece of none. Failures are those of
 * the pull, and OSS_ENOMEM. */
oss_status oss_pieces_next(oss_pieces *pieces, oss_piece *out);
/* Samples that were pulled up to now. */
int64_t oss_pieces_pulled(const oss_pieces *pieces);

#endif
