/* The phrases as an automaton (hotwords_make.c builds it, hotwords.c walks it).
 *
 * Each place has a value `given`: what a hypothesis there has got so far; and `kept`: what of it stays when the phrase breaks
 * off here, since a shorter phrase was already whole. So a step on is worth given(to) - given(from), a break kept - given.
 * After a break, the longest end of what was said that begins with a word and begins a phrase goes on (Aho and Corasick 1975). */
#ifndef OSS_DECODE_HOTWORDS_INTERNAL_H
#define OSS_DECODE_HOTWORDS_INTERNAL_H

#include "decode/hotwords.h"
#include "decode/letters.h"

/* Places: where a word begins and no phrase has; inside a word that is in no phrase; then the letters of phrases. */
enum { OSS_HOTWORDS_ROOT = 0, OSS_HOTWORDS_OUT = 1, OSS_HOTWORDS_FIRST = 2 };

typedef struct oss_hotwords_node {
    int32_t letter;        /* that leads here; the number of letters: the space */
    uint32_t child, next;  /* first child, next child of its parent; 0: none */
    uint32_t parent, fail; /* fail: where it goes on after a break */
    int32_t depth;
    bool whole;     /* a phrase ends here */
    bool is_word;   /* all of it is a word of a phrase */
    bool completes; /* a word of a phrase ends here */
    float weight;   /* of the phrase that ends here */
    float given, kept;
    float at_end; /* what stays when a word ends here */
} oss_hotwords_node;

struct oss_hotwords {
    oss_letters letters;
    oss_hotwords_node *node; /* [nodes] */
    uint32_t nodes, capacity;
    int64_t phrases;
};

/* 0: none. */
static inline uint32_t oss_hotwords_child(const oss_hotwords *hotwords, uint32_t node, int32_t letter) {
    uint32_t at = hotwords->node[node].child;
    while (at != 0 && hotwords->node[at].letter != letter) {
        at = hotwords->node[at].next;
    }
    return at;
}

/* Whether the word so far is part of a phrase that goes on. */
static inline bool oss_hotwords_inside(oss_hotwords_state state) {
    return state >= OSS_HOTWORDS_FIRST;
}

/* Whether the word, if it ended here, would be a whole word of a phrase. */
static inline bool oss_hotwords_completes(const oss_hotwords *hotwords, oss_hotwords_state state) {
    return hotwords->node[state].completes;
}

/* The next letter, `letters` of them being the space. */
uint32_t oss_hotwords_walk(const oss_hotwords *hotwords, uint32_t from, int32_t letter, float *bonus);

#endif
