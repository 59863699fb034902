#include "decode/scoring.h"

#include <math.h>

#include "base/mem.h"
#include "kernel/ctc.h"
#include "kernel/lengths.h"

oss_status oss_row_score_texts(oss_row_score *row, const char *reference, const char *hypothesis) {
    oss_edits words = {0}, characters = {0};
    oss_status status = oss_edits_words(&words, reference, hypothesis);
    if (status == OSS_OK) {
        status = oss_edits_characters(&characters, reference, hypothesis);
    }
    if (status == OSS_OK) {
        row->words = words;
        row->characters = characters;
    }
    return status;
}

void oss_row_score_lengths(oss_row_score *row, const int32_t *label, int32_t labels, int32_t frames) {
    row->labels = labels;
    row->frames_needed = oss_len_ctc_needed(label, labels);
    row->frames_given = frames;
    row->feasible = row->frames_needed <= row->frames_given;
    row->nll = INFINITY;
}

oss_status oss_row_score_logits(oss_row_score *row, const int32_t *label, int32_t labels, const float *logits,
                                int32_t t, int32_t v) {
    oss_row_score_lengths(row, label, labels, t);
    if (!row->feasible) {
        return OSS_OK;
    }
    void *scratch = oss_alloc_aligned(oss_k_ctc_scratch_bytes(t, v, labels), 1);
    if (scratch == NULL) {
        return OSS_ENOMEM;
    }
    row->nll = oss_k_ctc(NULL, logits, t, v, label, labels, 0.0, scratch).nll;
    oss_free(scratch);
    return OSS_OK;
}

static void add_edits(oss_edits *sum, const oss_edits *more) {
    sum->reference += more->reference;
    sum->substitutions += more->substitutions;
    sum->deletions += more->deletions;
    sum->insertions += more->insertions;
}

void oss_score_add(oss_score *score, const oss_row_score *row) {
    score->rows++;
    add_edits(&score->words, &row->words);
    add_edits(&score->characters, &row->characters);
    if (row->feasible) {
        score->loss_sum += row->nll / (row->labels > 1 ? row->labels : 1);
    } else {
        score->infeasible++;
    }
}

double oss_score_loss(const oss_score *score) {
    int64_t feasible = score->rows - score->infeasible;
    return feasible == 0 ? (double)NAN : score->loss_sum / (double)feasible;
}
