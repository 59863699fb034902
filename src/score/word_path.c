#include "score/word_path.h"

#include "base/mem.h"
#include "score/path_internal.h"

const oss_word_costs oss_word_costs_sclite = {.substitution = 4,
                                              .insertion = 3,
                                              .deletion = 3,
                                              .null_gap = (double)0.001f,
                                              .null_pair = 1.0,
                                              .null_word = 4.0,
                                              .optional_gap = 2.0,
                                              .in_floats = true};

/* Small costs only choose among alignments of equally few errors: they sum to less than 1 over 2^25 pairs of words. */
const oss_word_costs oss_word_costs_levenshtein = {.substitution = 1,
                                                   .insertion = 1,
                                                   .deletion = 1,
                                                   .null_gap = 0x1p-28,
                                                   .null_pair = 0x1p-26,
                                                   .null_word = 2.0,
                                                   .optional_gap = 0x1p-27,
                                                   .deletes_first = true};

void oss_word_path_deinit(oss_word_path *path) {
    oss_free(path->edit);
    *path = (oss_word_path){0};
}

oss_status oss_word_path_init(oss_word_path *path, const oss_word_net *reference,
                              const oss_word_net *hypothesis, const oss_score_words *words,
                              const oss_word_costs *costs) {
    oss_word_path made = {0};
    oss_status status = reference->is_plain && hypothesis->is_plain
                            ? oss_path_of_texts(&made, reference, hypothesis, costs)
                            : oss_path_of_nets(&made, reference, hypothesis, words, costs);
    if (status != OSS_OK) {
        oss_word_path_deinit(&made);
        return status;
    }
    oss_path_turn(&made);
    *path = made;
    return OSS_OK;
}

oss_word_counts oss_word_path_counts(const oss_word_path *path) {
    oss_word_counts counts = {0};
    for (int32_t i = 0; i < path->edits; i++) {
        oss_word_edit_kind kind = path->edit[i].kind;
        counts.correct += kind == OSS_WORD_CORRECT;
        counts.substituted += kind == OSS_WORD_SUBSTITUTED;
        counts.deleted += kind == OSS_WORD_DELETED;
        counts.inserted += kind == OSS_WORD_INSERTED;
    }
    return counts;
}

int64_t oss_word_counts_words(const oss_word_counts *counts) {
    return counts->correct + counts->substituted + counts->deleted;
}

int64_t oss_word_counts_errors(const oss_word_counts *counts) {
    return counts->substituted + counts->deleted + counts->inserted;
}

void oss_word_counts_add(oss_word_counts *sum, const oss_word_counts *more) {
    sum->correct += more->correct;
    sum->substituted += more->substituted;
    sum->deleted += more->deleted;
    sum->inserted += more->inserted;
}

double oss_word_counts_rate(const oss_word_counts *counts) {
    int64_t words = oss_word_counts_words(counts), errors = oss_word_counts_errors(counts);
    if (words == 0) {
        return errors > 0 ? 1.0 : 0.0;
    }
    return (double)errors / (double)words;
}
