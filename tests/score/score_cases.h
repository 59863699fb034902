/* Texts to nets, paths and boards. */
#ifndef OSS_TESTS_SCORE_CASES_H
#define OSS_TESTS_SCORE_CASES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "score/scoreboard.h"

static const oss_notation plain_notation = {0}, nist_notation = {.nist = true},
                          full_notation = {.nist = true, .optional = true, .fragments = true};

/* Two texts aligned. */
typedef struct aligned {
    oss_score_words words;
    oss_word_net reference, hypothesis;
    oss_word_path path;
} aligned;

static inline aligned align_texts(const char *reference, const char *hypothesis, const oss_notation *notation,
                                  const oss_word_costs *costs) {
    aligned a = {0};
    oss_status status = oss_word_net_init(&a.reference, &a.words, reference, notation);
    status = status == OSS_OK ? oss_word_net_init(&a.hypothesis, &a.words, hypothesis, notation) : status;
    status =
        status == OSS_OK ? oss_word_path_init(&a.path, &a.reference, &a.hypothesis, &a.words, costs) : status;
    if (status != OSS_OK) {
        ck_abort_msg("%s | %s: %s", reference, hypothesis, oss_last_error());
    }
    return a;
}

static inline void free_aligned(aligned *a) {
    oss_word_net_deinit(&a->reference);
    oss_word_net_deinit(&a->hypothesis);
    oss_word_path_deinit(&a->path);
    oss_score_words_deinit(&a->words);
}

/* No ck_assert when all is well: it is called thousands of times, and Check writes to a pipe for each. */
static inline void expect_counts(const char *reference, const char *hypothesis, const oss_notation *notation,
                                 const oss_word_costs *costs, const int want[4]) {
    aligned a = align_texts(reference, hypothesis, notation, costs);
    oss_word_counts c = oss_word_path_counts(&a.path);
    if (c.correct != want[0] || c.substituted != want[1] || c.deleted != want[2] || c.inserted != want[3]) {
        ck_abort_msg("%s | %s: C %lld S %lld D %lld I %lld, want %d %d %d %d", reference, hypothesis,
                     (long long)c.correct, (long long)c.substituted, (long long)c.deleted,
                     (long long)c.inserted, want[0], want[1], want[2], want[3]);
    }
    free_aligned(&a);
}

#endif
