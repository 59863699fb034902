#include "decode/symbol_tokens.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "text/bpe.h"
#include "text/unicode.h"

enum { UNIT_BYTES = 4 * OSS_BPE_MAX_CHARACTERS + 1 };

static const double least_expected = 0.75;

static uint32_t token_of(const oss_ngram *ngram, const oss_vocab *vocab, int32_t id) {
    char token[UNIT_BYTES];
    const char *symbol = oss_vocab_symbol(vocab, id);
    if (strchr(symbol, '_') != NULL) { /* has no name in a model in which that is the space (lm/corpus.c) */
        return OSS_NGRAM_UNKNOWN;
    }
    const size_t bytes = strlen(symbol);
    memcpy(token, symbol, bytes);
    token[0] = symbol[0] == ' ' ? '_' : symbol[0];
    return oss_ngram_find(ngram, token, bytes);
}

void oss_symbol_tokens_find(uint32_t *token, const oss_ngram *ngram, const oss_vocab *vocab) {
    for (int32_t id = 0; id < oss_vocab_size(vocab); id++) {
        token[id] = id < OSS_VOCAB_SPECIALS ? (uint32_t)OSS_NGRAM_UNKNOWN : token_of(ngram, vocab, id);
    }
}

/* Whether it is more than one character, which no model of characters has. */
static bool is_longer(const char *symbol) {
    (void)oss_text_next(&symbol);
    return *symbol != '\0';
}

oss_status oss_symbol_tokens_check(const oss_ngram *ngram, const oss_vocab *vocab, const char *file) {
    const int32_t symbols = oss_vocab_size(vocab) - OSS_VOCAB_SPECIALS;
    int32_t known = 0;
    const bool of_characters = oss_vocab_units(vocab) == OSS_UNITS_CHAR;
    bool is_telling = of_characters && oss_vocab_find(vocab, " ") < 0;
    double expected = 0.0, all = 0.0;
    for (int32_t i = OSS_VOCAB_SPECIALS; i < OSS_VOCAB_SPECIALS + symbols; i++) {
        const uint32_t token = token_of(ngram, vocab, i);
        if (token != OSS_NGRAM_UNKNOWN) {
            known++;
            expected += exp((double)oss_ngram_unigram(ngram, token));
            const char *symbol = oss_vocab_symbol(vocab, i);
            is_telling |= of_characters ? strcmp(symbol, " ") == 0 : is_longer(symbol);
        }
    }
    for (int64_t token = OSS_NGRAM_SPECIALS; token < oss_ngram_count(ngram, 1); token++) {
        all += exp((double)oss_ngram_unigram(ngram, (uint32_t)token));
    }
    is_telling |= of_characters && 2 * known > symbols;
    if (known > 0 && is_telling && expected >= least_expected * all) {
        return OSS_OK;
    }
    return oss_fail(
        OSS_EINPUT,
        "%s has %d of the model's %d symbols, and expects them %.0f times in a hundred: it is of %s; make "
        "one with ossicle lm build --model M",
        file, known, symbols, all > 0.0 ? 100.0 * expected / all : 0.0,
        oss_ngram_is_of_symbols(ngram) ? "other symbols" : "words");
}
