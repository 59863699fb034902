/* What is done with a language model that was taken. */
#ifndef OSS_TESTS_FUZZ_NGRAM_USE_H
#define OSS_TESTS_FUZZ_NGRAM_USE_H

#include "fuzz/fuzz.h"
#include "ngram/pack.h"

/* Every probability is one. data[size] says which tokens follow each other. */
static inline void oss_fuzz_use_ngram(const oss_ngram *ngram, const uint8_t *data, size_t size) {
    uint32_t tokens = (uint32_t)oss_ngram_count(ngram, 1);
    oss_ngram_state state = oss_ngram_begin(ngram);
    for (uint32_t i = 0; i < tokens && i < 64; i++) {
        size_t bytes = 0;
        const char *text = oss_ngram_token(ngram, i, &bytes);
        oss_fuzz_read_all(text, bytes);
        (void)oss_ngram_find(ngram, text, bytes);
        ck_assert(oss_ngram_unigram(ngram, i) <= 0.0F);
    }
    for (size_t i = 0; i < 64; i++) {
        uint32_t token = (i < size ? data[size - 1 - i] : (uint32_t)i) % tokens;
        float ln_p = oss_ngram_score(ngram, &state, token, &state);
        ck_assert_msg(ln_p <= 0.0F, "ln p is %g", (double)ln_p);
        ck_assert(state.length < (uint32_t)oss_ngram_order(ngram));
    }
    for (int32_t n = 1; n <= oss_ngram_order(ngram); n++) {
        ck_assert(oss_ngram_values(ngram, n, false) <= 256 && oss_ngram_values(ngram, n, true) <= 256);
    }
}

#endif
