/* Transcripts beside their references: word and character edits, and the CTC loss of the references. One row, and
 * sums over many.
 *
 * A row is feasible when its labels fit into its frames (kernel/lengths.h). An infeasible row counts in the edits, not
 * in the loss; the loss of rows of which none is feasible is NaN, for there is none: JSON says null. */
#ifndef OSS_DECODE_SCORING_H
#define OSS_DECODE_SCORING_H

#include <stdbool.h>
#include <stdint.h>

#include "text/edit_distance.h"

typedef struct oss_row_score {
    oss_edits words, characters;
    int32_t labels, frames_needed, frames_given; /* of the reference as label sequence; of the logits */
    bool feasible;
    double nll; /* -ln p(reference | audio); +inf when infeasible */
} oss_row_score;

/* Sets words and characters. Both texts are normalised. Fails as text/edit_distance.h says. */
oss_status oss_row_score_texts(oss_row_score *row, const char *reference, const char *hypothesis);

/* Sets the rest but for the nll of a feasible row, which the caller knows or asks for with oss_row_score_logits:
 * label[L], and the frames (rows of logits) that the audio gives. */
void oss_row_score_lengths(oss_row_score *row, const int32_t *label, int32_t labels, int32_t frames);

/* oss_row_score_lengths, and the nll by logits[T,V]. OSS_ENOMEM. */
oss_status oss_row_score_logits(oss_row_score *row, const int32_t *label, int32_t labels, const float *logits,
                                int32_t t, int32_t v);

/* Sums over rows, in the order in which they are added. Zero-initialise. */
typedef struct oss_score {
    int64_t rows, infeasible;
    oss_edits words, characters;
    double loss_sum; /* of nll / max(labels, 1) over the feasible rows */
} oss_score;
void oss_score_add(oss_score *score, const oss_row_score *row);

/* Mean of nll / max(labels, 1) over the feasible rows: nats a symbol. NaN when there is none. */
double oss_score_loss(const oss_score *score);

#endif
