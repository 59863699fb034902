/* How sure a search is of each word of its best hypothesis: the part that hypotheses with that word at that place have of all
 * of them (Wessel et al. 2001, IEEE Transactions on Speech and Audio Processing 9(3), with a list in place of a lattice). */
#ifndef OSS_INFER_WORD_POSTERIORS_H
#define OSS_INFER_WORD_POSTERIORS_H

#include "decode/beam.h"
#include "decode/best_path.h"
#include "text/unicode.h"

/* posterior[symbols] of the symbols of `path`, which are those of hypothesis[0]: that of the word that a symbol is in, 1 for
 * spaces. hypothesis[count], count >= 1: their posteriors sum to 1. Which word is at which place: the alignment with the
 * fewest edits. OSS_ENOMEM. */
oss_status oss_word_posteriors(float *posterior, const oss_best_path *path, const oss_hypothesis *hypothesis,
                               int32_t count, const oss_vocab *vocab, oss_case policy);

#endif
