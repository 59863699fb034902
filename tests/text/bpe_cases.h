/* What the tests of byte-pair units share. */
#ifndef OSS_TESTS_BPE_CASES_H
#define OSS_TESTS_BPE_CASES_H

#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "text/bpe.h"
#include "text/vocab.h"
#include "units/learn.h"

enum { MAX_TEXTS = 64, TEXT_BYTES = 400 };

static inline oss_vocab *learn(const char *const *text, int64_t count, int32_t max_size) {
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_learn(&vocab, text, count, max_size) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

/* The text in units, with a bar after each. */
static inline void assert_encoded(const oss_vocab *vocab, const char *text, const char *want) {
    char got[TEXT_BYTES] = "";
    int32_t *id = NULL, count = 0;
    ck_assert_int_eq(oss_vocab_encode(vocab, &id, &count, NULL, text), OSS_OK);
    for (int32_t i = 0; i < count; i++) {
        (void)strcat(strcat(got, oss_vocab_symbol(vocab, id[i])), "|");
    }
    ck_assert_str_eq(got, want);
    oss_free(id);
}

/* Few letters in short words: much repeats, overlaps, and spells the same in several ways. */
static inline void make_texts(char text[MAX_TEXTS][TEXT_BYTES], const char *list[MAX_TEXTS], uint64_t seed,
                              int32_t texts, int32_t letters) {
    static const char *const letter[] = {"a", "b", "c", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "d"};
    for (int32_t t = 0; t < texts; t++) {
        text[t][0] = '\0';
        list[t] = text[t];
        int32_t length = (int32_t)(oss_rng_u64(seed, OSS_RNG_TEST, (uint64_t)t, 0) % 60);
        for (int32_t i = 0; i < length; i++) {
            uint64_t draw = oss_rng_u64(seed, OSS_RNG_TEST, (uint64_t)t, (uint32_t)i + 1);
            bool gap = i > 0 && i + 1 < length && draw % 6 == 0 && text[t][strlen(text[t]) - 1] != ' ';
            (void)strcat(text[t], gap ? " " : letter[draw / 8 % (uint64_t)letters]);
        }
    }
}

#endif
