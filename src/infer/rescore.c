#include "infer/rescore.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/symbol_text.h"

static oss_status score_words(const oss_rescorer *rescorer, const oss_hypothesis *hypothesis, bool ended,
                              const oss_vocab *vocab, oss_case policy, double *score,
                              oss_ngram_state *behind) {
    char *text = NULL;
    oss_ngram_state state = rescorer->state;
    oss_status status = oss_symbol_text(&text, vocab, policy, hypothesis->id, hypothesis->ids);
    if (status != OSS_OK) {
        return status;
    }
    double sum = 0.0;
    for (const char *word = text; *word != '\0';) {
        size_t bytes = strcspn(word, " ");
        sum += (double)oss_ngram_score(rescorer->words, &state, oss_ngram_find(rescorer->words, word, bytes),
                                       &state);
        word += bytes + (word[bytes] == ' ');
    }
    if (ended) {
        sum += (double)oss_ngram_score(rescorer->words, &state, OSS_NGRAM_END, &state);
    }
    oss_free(text);
    *score = sum;
    *behind = state;
    return OSS_OK;
}

/* By insertion: lists are short, and nearly in order. */
static void sort(oss_hypothesis *hypothesis, double *score, oss_ngram_state *behind, int32_t count) {
    for (int32_t i = 1; i < count; i++) {
        oss_hypothesis moved = hypothesis[i];
        double its_score = score[i];
        oss_ngram_state its_state = behind[i];
        int32_t at = i;
        for (; at > 0 && hypothesis[at - 1].total < moved.total; at--) {
            hypothesis[at] = hypothesis[at - 1];
            score[at] = score[at - 1];
            behind[at] = behind[at - 1];
        }
        hypothesis[at] = moved;
        score[at] = its_score;
        behind[at] = its_state;
    }
}

static void find_posteriors(oss_hypothesis *hypothesis, int32_t count) {
    double sum = 0.0;
    for (int32_t i = 0; i < count; i++) {
        sum += exp(hypothesis[i].total - hypothesis[0].total);
    }
    for (int32_t i = 0; i < count; i++) {
        hypothesis[i].posterior = exp(hypothesis[i].total - hypothesis[0].total) / sum;
    }
}

oss_status oss_rescore(oss_rescorer *rescorer, oss_hypothesis *hypothesis, double *score, int32_t count,
                       bool ended, const oss_vocab *vocab, oss_case policy) {
    for (int32_t i = 0; i < count; i++) {
        score[i] = 0.0;
    }
    if (rescorer->words == NULL) {
        return OSS_OK;
    }
    oss_ngram_state *behind = oss_alloc((size_t)count, sizeof *behind);
    oss_status status = behind == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        status = score_words(rescorer, &hypothesis[i], ended, vocab, policy, &score[i], &behind[i]);
    }
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        hypothesis[i].total += rescorer->weight * score[i];
    }
    if (status == OSS_OK) {
        sort(hypothesis, score, behind, count);
        find_posteriors(hypothesis, count);
        rescorer->state = ended ? oss_ngram_begin(rescorer->words) : behind[0];
    }
    oss_free(behind);
    return status;
}
