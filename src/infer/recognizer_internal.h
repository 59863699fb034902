/* What `ossicle eval` and `ossicle transcribe` need of a recognizer beyond the public interface. */
#ifndef OSS_INFER_RECOGNIZER_INTERNAL_H
#define OSS_INFER_RECOGNIZER_INTERNAL_H

#include <stdbool.h>

#include "infer/encoder_infer.h"
#include "ossicle/recognizer.h"
#include "text/edit_distance.h"

const oss_config *oss_recognizer_config(const oss_recognizer *recognizer);

/* A recognizer of one thread that shares the model of another, which must outlive it; each may then be used
 * by a thread of its own. */
oss_status oss_recognizer_create_sibling(oss_recognizer **out, const oss_recognizer *sibling);

/* A recording, or a segment of one, and what was said in it: a row of a dataset. */
typedef struct oss_reference {
    const char *path;
    double start_seconds, end_seconds; /* 0 and -1: the whole file */
    const char *text;                  /* normalised by the model's case policy */
} oss_reference;

/* A reference, recognised and compared with its text. */
typedef struct oss_scored_row {
    char *hypothesis; /* normalised; owned, oss_free */
    oss_edits words, characters;
    double audio_seconds;
    bool feasible; /* the labels fit into the frames: nll counts */
    int32_t labels, frames_needed, frames_given;
    double nll; /* -ln p(text | audio); +inf when infeasible */
} oss_scored_row;

/* Fails as oss_recognizer_transcribe_file does; the message does not name the row. */
oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out);
void oss_scored_row_deinit(oss_scored_row *row);

/* Sums over a corpus. Zero-initialise. */
typedef struct oss_score {
    int64_t utterances, infeasible;
    oss_edits words, characters;
    double loss_sum; /* of nll / max(labels, 1) over the feasible rows */
    double audio_seconds;
} oss_score;
void oss_score_add(oss_score *score, const oss_scored_row *row);
/* Mean over the feasible rows; NaN when there is none. */
double oss_score_loss(const oss_score *score);

#endif
