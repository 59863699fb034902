/* Paths with known peaks, for the tests of what is made of them. */
#ifndef OSS_TESTS_DECODE_PATH_CASES_H
#define OSS_TESTS_DECODE_PATH_CASES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode/best_path.h"
#include "support/suite.h"
#include "text/vocab.h"

/* <blank> <UNK> space a b c */
static inline oss_vocab *oss_case_vocab(void) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", "c"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 6), OSS_OK);
    return vocab;
}

/* A frame a letter of `text`, '-' the blank, '?' the unknown; each with probability p, the rest shared by the others. */
static inline void oss_case_say(oss_best_path *path, const char *text, double p) {
    static const char letter[] = "-? abc";
    enum { V = 6 };
    for (; *text != '\0'; text++) {
        float logits[V];
        for (int i = 0; i < V; i++) {
            logits[i] = (float)log(letter[i] == *text ? p : (1.0 - p) / (V - 1));
        }
        ck_assert_int_eq(oss_best_path_add(path, logits, 1, V), OSS_OK);
    }
}

#endif
