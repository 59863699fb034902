/* A text as words with their successors: one after the other, or, where a transcript leaves it open what was said, side by
 * side. The notation is that of NIST's scorer sclite (https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm):
 *
 *     i've { um / uh / @ } as far as i'm (really) concern-
 *
 * Alternatives stand in braces with bars between them and may be nested; @ is no word. A word in round brackets may be left
 * out, and of one that begins or ends with a hyphen only the part was said that is there; both count only when asked for,
 * and are words like others else. A star behind a word is dropped. */
#ifndef OSS_SCORE_WORD_NET_H
#define OSS_SCORE_WORD_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "score/score_words.h"

typedef struct oss_net_arc {
    uint32_t word; /* without the brackets of an optional word */
    int32_t from;  /* the node where it begins */
    int32_t
        unit; /* what it belongs to: the number of the word or of the outermost alternation; -1: the start */
    bool is_null, is_optional, is_fragment;
} oss_net_arc;

/* A place between words: into[first .. first + count) are the arcs that end there, as the text has them. */
typedef struct oss_net_node {
    int32_t first, count;
} oss_net_node;

/* Arcs are in an order in which none comes before one that leads to it. arc[0] is the start: no word, and the only arc into
 * node[0]. */
typedef struct oss_word_net {
    oss_net_arc *arc;
    oss_net_node *node;
    int32_t *into;
    int32_t arcs, nodes, intos;
    int32_t arc_capacity, node_capacity, into_capacity;
    int32_t end;   /* the node behind the last word */
    int32_t units; /* words and outermost alternations */
    bool is_plain; /* one word after the other, none of them @, optional or a fragment */
} oss_word_net;

typedef struct oss_notation {
    bool nist;      /* else only white space has a meaning */
    bool optional;  /* words in round brackets may be left out (sclite -D) */
    bool fragments; /* a fragment is right for a word that begins, or ends, with it (sclite -F) */
} oss_notation;

/* Zero-initialise; free with oss_word_net_deinit, after failure too. Words are parted by ASCII white space. OSS_EINPUT: braces
 * that do not match, or an alternation without words; OSS_ENOMEM. */
oss_status oss_word_net_init(oss_word_net *net, oss_score_words *words, const char *text,
                             const oss_notation *notation);
void oss_word_net_deinit(oss_word_net *net);

#endif
