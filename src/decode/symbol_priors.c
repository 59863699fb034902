#include "decode/symbol_priors.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "decode/symbol_tokens.h"

static oss_status add_word(double *sum, oss_strbuf *text, const oss_ngram *ngram, uint32_t word,
                           const oss_vocab *vocab) {
    size_t bytes = 0;
    const char *token = oss_ngram_token(ngram, word, &bytes);
    int32_t *id = NULL, ids = 0;
    oss_strbuf_clear(text);
    oss_strbuf_append_bytes(text, token, bytes);
    if (!oss_strbuf_ok(text)) {
        return OSS_ENOMEM;
    }
    const double p = exp((double)oss_ngram_unigram(ngram, word));
    oss_status status = oss_vocab_encode(vocab, &id, &ids, NULL, text->data);
    for (int32_t i = 0; i < ids && status == OSS_OK; i++) {
        sum[id[i]] += p;
    }
    oss_free(id);
    return status;
}

/* Byte-pair units have the space in front of a word in them. */
static oss_status add_words(double *sum, const oss_ngram *ngram, const oss_vocab *vocab) {
    const int32_t space = oss_vocab_units(vocab) == OSS_UNITS_CHAR ? oss_vocab_find(vocab, " ") : -1;
    const uint32_t words = (uint32_t)oss_ngram_count(ngram, 1);
    oss_strbuf text = {0};
    oss_status status = OSS_OK;
    for (uint32_t word = OSS_NGRAM_SPECIALS; word < words && status == OSS_OK; word++) {
        status = add_word(sum, &text, ngram, word, vocab);
        if (space >= 0) {
            sum[space] += exp((double)oss_ngram_unigram(ngram, word));
        }
    }
    oss_strbuf_deinit(&text);
    return status;
}

static oss_status add_symbols(double *sum, const oss_ngram *ngram, const oss_vocab *vocab) {
    const int32_t symbols = oss_vocab_size(vocab);
    uint32_t *token = oss_alloc((size_t)symbols, sizeof *token);
    if (token == NULL) {
        return OSS_ENOMEM;
    }
    oss_symbol_tokens_find(token, ngram, vocab);
    for (int32_t id = 0; id < symbols; id++) {
        sum[id] += token[id] == OSS_NGRAM_UNKNOWN ? 0.0 : exp((double)oss_ngram_unigram(ngram, token[id]));
    }
    oss_free(token);
    return OSS_OK;
}

oss_status oss_symbol_priors_find(float *ln_p, const oss_ngram *ngram, const oss_vocab *vocab) {
    const int32_t symbols = oss_vocab_size(vocab);
    double whole = 0.0, *sum = oss_alloc_zero((size_t)symbols, sizeof *sum);
    if (sum == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status =
        oss_ngram_is_of_symbols(ngram) ? add_symbols(sum, ngram, vocab) : add_words(sum, ngram, vocab);
    for (int32_t id = OSS_VOCAB_SPECIALS; id < symbols; id++) {
        whole += sum[id];
    }
    for (int32_t id = 0; id < symbols; id++) {
        const bool is_written = id >= OSS_VOCAB_SPECIALS && sum[id] > 0.0;
        ln_p[id] = is_written ? (float)log(fmax(sum[id] / whole, OSS_SYMBOL_PRIOR_LEAST)) : 0.0F;
    }
    oss_free(sum);
    return status;
}
