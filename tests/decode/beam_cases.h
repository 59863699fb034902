/* Small models, and texts with their scores by looking at all paths, for the tests of the beam search. */
#ifndef OSS_TESTS_DECODE_BEAM_CASES_H
#define OSS_TESTS_DECODE_BEAM_CASES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/beam.h"
#include "ngram/pack.h"
#include "support/fill.h"
#include "support/suite.h"

static inline oss_vocab *oss_beam_characters(void) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 5), OSS_OK);
    return vocab;
}

static inline oss_vocab *oss_beam_pieces(void) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", " a", "ab"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, symbol, 7), OSS_OK);
    return vocab;
}

/* Bigrams of the words a, ab, b, or of the symbols _, a, b. */
static inline oss_ngram *oss_beam_ngram(bool symbols) {
    static const char *const word[] = {"<unk>", "<s>", "</s>", "a", "ab", "b"};
    static const char *const symbol[] = {"<unk>", "<s>", "</s>", "_", "a", "b"};
    static const float p[] = {-4.0F, -20.0F, -1.5F, -1.0F, -2.0F, -2.5F};
    static const float back[] = {-0.1F, -0.3F, 0.0F, -0.4F, -0.7F, -0.2F};
    static const uint32_t pair[] = {1, 4, 3, 2, 3, 5, 4, 3, 5, 5};
    static const float p2[] = {-0.4F, -0.6F, -0.9F, -0.3F, -1.1F};
    oss_ngram_parts parts = {.order = 2, .is_of_symbols = symbols, .token = symbols ? symbol : word};
    parts.list[0] = (oss_ngram_list){6, NULL, p, back};
    parts.list[1] = (oss_ngram_list){5, pair, p2, NULL};
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

/* All that a beam needs; members are NULL where there is none. */
typedef struct beam_kit {
    oss_vocab *vocab;
    oss_ngram *words, *symbols;
    oss_lexicon *lexicon;
    oss_hotwords *hotwords;
    float *prior; /* of symbols, malloc'ed */
} beam_kit;

static inline beam_kit oss_beam_kit(oss_vocab *vocab, bool words, bool symbols, bool hotwords) {
    static const oss_hotword phrase[] = {{"ba", 2.0}, {"a b", 3.0}, {"aa bb", 4.0}};
    beam_kit kit = {.vocab = vocab};
    if (words) {
        kit.words = oss_beam_ngram(false);
        ck_assert_msg(oss_lexicon_create(&kit.lexicon, kit.words, vocab, "words") == OSS_OK, "%s",
                      oss_last_error());
    }
    kit.symbols = symbols ? oss_beam_ngram(true) : NULL;
    if (hotwords) {
        ck_assert_int_eq(oss_hotwords_create(&kit.hotwords, phrase, 3, vocab, OSS_CASE_KEEP), OSS_OK);
    }
    return kit;
}

static inline void oss_beam_kit_free(beam_kit *kit) {
    oss_hotwords_free(kit->hotwords);
    oss_lexicon_free(kit->lexicon);
    oss_ngram_free(kit->symbols);
    oss_ngram_free(kit->words);
    oss_vocab_free(kit->vocab);
    free(kit->prior);
}

/* Nothing is pruned. */
static inline oss_beam_options oss_beam_wide(int32_t width) {
    return (oss_beam_options){.width = width,
                              .lm_weight = 0.8,
                              .word_bonus = 0.6,
                              .unknown_penalty = -2.0,
                              .beam_prune_logp = -INFINITY,
                              .token_min_logp = -INFINITY};
}

static inline oss_beam *oss_beam_of(const beam_kit *kit, const oss_beam_options *options) {
    oss_beam *beam = NULL;
    oss_beam_models models = {kit->vocab, kit->lexicon, kit->words, kit->symbols, kit->hotwords, kit->prior};
    ck_assert_msg(oss_beam_create(&beam, &models, options) == OSS_OK, "%s", oss_last_error());
    return beam;
}

/* ---- All paths ---- */

enum { ALL_TEXTS = 8192, ALL_TEXT_BYTES = 40 };

typedef struct all_texts {
    char text[ALL_TEXTS][ALL_TEXT_BYTES];
    double p[ALL_TEXTS];
    int32_t count;
} all_texts;

static inline void oss_all_texts_add(all_texts *all, const char *text, double p) {
    int32_t at = 0;
    while (at < all->count && strcmp(all->text[at], text) != 0) {
        at++;
    }
    if (at == all->count) {
        ck_assert_int_lt(all->count, ALL_TEXTS);
        strcpy(all->text[all->count++], text);
        all->p[at] = 0.0;
    }
    all->p[at] += p;
}

/* The text of a path: repeats merged, blanks dropped, one space between words and none at the ends. */
static inline void oss_path_text(char out[ALL_TEXT_BYTES], const oss_vocab *vocab, const int32_t *path,
                                 int32_t t) {
    char text[256] = "";
    for (int32_t i = 0; i < t; i++) {
        if (path[i] != OSS_VOCAB_BLANK && (i == 0 || path[i] != path[i - 1])) {
            strcat(text, path[i] == OSS_VOCAB_UNK ? "?" : oss_vocab_symbol(vocab, path[i]));
        }
    }
    size_t used = 0;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != ' ' || (used > 0 && out[used - 1] != ' ')) {
            out[used++] = *from;
        }
    }
    used -= used > 0 && out[used - 1] == ' ';
    out[used] = '\0';
}

static inline all_texts *oss_all_paths(const oss_vocab *vocab, const float *logits, int32_t t) {
    int32_t v = oss_vocab_size(vocab), path[16] = {0};
    all_texts *all = malloc(sizeof *all);
    ck_assert(all != NULL && t <= 16);
    all->count = 0;
    for (bool more = true; more;) {
        double p = 1.0;
        for (int32_t i = 0; i < t; i++) {
            double sum = 0.0;
            for (int32_t id = 0; id < v; id++) {
                sum += exp((double)logits[i * v + id]);
            }
            p *= exp((double)logits[i * v + path[i]]) / sum;
        }
        char text[ALL_TEXT_BYTES];
        oss_path_text(text, vocab, path, t);
        oss_all_texts_add(all, text, p);
        int32_t i = 0;
        while (i < t && ++path[i] == v) {
            path[i++] = 0;
        }
        more = i < t;
    }
    return all;
}

#endif
