/* The trie itself, which the beam search walks.
 *
 * Nodes in order of depth, and of letters within it, so that the children of a node lie next to each other and end where
 * the next node's begin. Node 0 is the beginning of a word and nobody's child. */
#ifndef OSS_DECODE_LEXICON_INTERNAL_H
#define OSS_DECODE_LEXICON_INTERNAL_H

#include "decode/letters.h"
#include "decode/lexicon.h"

enum { OSS_LEXICON_MASK_BITS = 64 };

typedef struct oss_lexicon_node {
    uint64_t mask; /* letters of the children, when the alphabet has at most 64 */
    uint32_t first; /* child */
    uint32_t word;  /* that ends here: token of the n-gram model; OSS_NGRAM_UNKNOWN: none */
} oss_lexicon_node;

struct oss_lexicon {
    oss_letters letters;
    oss_lexicon_node *node; /* [nodes + 1] */
    float *ahead;           /* [nodes]: the best unigram of the words at or below a node */
    int32_t *letter;        /* [nodes]: that leads to a node */
    uint32_t nodes, capacity;
    bool masked;
    int64_t words;
};

/* 0: no word goes on so. */
static inline uint32_t oss_lexicon_child(const oss_lexicon *lexicon, uint32_t node, int32_t letter) {
    const oss_lexicon_node *at = &lexicon->node[node];
    if (letter < 0) {
        return 0;
    }
    if (lexicon->masked) {
        uint64_t bit = UINT64_C(1) << letter;
        return (at->mask & bit) == 0 ? 0 : at->first + (uint32_t)__builtin_popcountll(at->mask & (bit - 1));
    }
    uint32_t low = at[0].first, high = at[1].first;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lexicon->letter[middle] < letter) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < at[1].first && lexicon->letter[low] == letter ? low : 0;
}

#endif
