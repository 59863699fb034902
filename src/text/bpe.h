/* Byte-pair units: words as sequences of frequent strings (Sennrich, Haddow, Birch: "Neural machine
 * translation of rare words with subword units", ACL 2016).
 *
 * Words. A word is what stands between spaces, together with the space before it; the first word of a text
 * gets one too, so that a word is the same symbols wherever it stands. A unit has a space at its beginning or
 * nowhere: it never reaches over the end of a word. So a text's units, one after the other, are the text, but
 * for the space before its first word. (Kudo and Richardson 2018 do the same.)
 *
 * Learning. Units are first the code points, by code point. Then, as long as there is room: of all pairs of
 * neighbours in the words of the training texts the most frequent one (counted over all occurrences; ties:
 * the lower left id, then the lower right id) becomes a unit, with the next id, and is merged everywhere. A
 * pair must occur twice, and a unit has at most OSS_BPE_MAX_CHARACTERS code points.
 *
 * Encoding. From single characters on: of all neighbours that together spell a unit the ones that spell the
 * lowest id are merged, the leftmost first, until there are none. So the list of units, in order, is all
 * there is to store. Learning segments its words by this very rule.
 *
 * BPE-dropout (Provilkov, Emelianenko, Voita: "BPE-dropout: simple and effective subword regularization", ACL
 * 2020, algorithm 1): in every step of a word's encoding each possible merge is passed over with probability
 * p; a step in which none is left ends the word. p = 0 is the encoding above, p = 1 leaves characters. */
#ifndef OSS_TEXT_BPE_H
#define OSS_TEXT_BPE_H

#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_BPE_MAX_CHARACTERS = 16 };

/* Which unit a left and a right one spell: a hash table. Zero-initialise. */
typedef struct oss_bpe_pair {
    uint64_t key; /* left << 32 | right; 0: empty, for no unit has id 0 */
    int64_t value;
} oss_bpe_pair;

typedef struct oss_bpe_table {
    oss_bpe_pair *slot; /* [slots], a power of two */
    uint32_t slots, used;
} oss_bpe_table;

void oss_bpe_table_deinit(oss_bpe_table *table);
/* Adds a pair, or changes its value. */
oss_status oss_bpe_table_put(oss_bpe_table *table, int32_t left, int32_t right, int64_t value);
/* -1 for a pair that is not there. */
int64_t oss_bpe_table_get(const oss_bpe_table *table, int32_t left, int32_t right);

/* Merges id[*count] of single characters in place, in time count * log(count). */
oss_status oss_bpe_merge(const oss_bpe_table *table, int32_t *id, int32_t *count);
/* The same with dropout; `space` is the id that begins a word, `stream` (base/rng.h) and `key` name the
 * draws. Returns the new count. No heap call; time grows with the square of a word's length. */
int32_t oss_bpe_draw(const oss_bpe_table *table, int32_t *id, int32_t count, int32_t space, double dropout,
                     uint64_t seed, uint32_t key);

#endif
