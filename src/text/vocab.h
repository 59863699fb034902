/* Symbols of the CTC head. Id 0 is the blank "<blank>", id 1 is "<UNK>", then the units as UTF-8: code points
 * (OSS_UNITS_CHAR), or byte-pair units (OSS_UNITS_BPE, text/bpe.h), where every code point comes first and
 * the merged units follow in the order in which they were learnt. Read-only once made: threads may share it. */
#ifndef OSS_TEXT_VOCAB_H
#define OSS_TEXT_VOCAB_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_VOCAB_BLANK = 0, OSS_VOCAB_UNK = 1, OSS_VOCAB_SPECIALS = 2 };

typedef enum oss_units { OSS_UNITS_CHAR, OSS_UNITS_BPE } oss_units;

typedef struct oss_vocab oss_vocab;

/* ---- Making (from texts: units/learn.h) ---- */

/* From the list of a model file: symbol[0] "<blank>", symbol[1] "<UNK>", then single code points in any
 * order; anything else (missing, empty, duplicate, not UTF-8, longer than a code point) is OSS_EINPUT and
 * names the id. */
oss_status oss_vocab_from_symbols(oss_vocab **out, const char *const *symbol, int32_t count);
/* The same for either kind. Byte-pair units: code points (the space among them) and units of 2 to
 * OSS_BPE_MAX_CHARACTERS of them, each of which two units before it spell, with a space at its beginning
 * only; else OSS_EINPUT. */
oss_status oss_vocab_from_units(oss_vocab **out, oss_units units, const char *const *symbol, int32_t count);
oss_status oss_vocab_copy(oss_vocab **out, const oss_vocab *vocab);
void oss_vocab_free(oss_vocab *vocab);

/* ---- Looking ---- */

oss_units oss_vocab_units(const oss_vocab *vocab);
int32_t oss_vocab_size(const oss_vocab *vocab);
int32_t oss_vocab_characters(const oss_vocab *vocab);               /* units of one code point */
const char *oss_vocab_symbol(const oss_vocab *vocab, int32_t id);   /* NULL when there is no such id */
int32_t oss_vocab_find(const oss_vocab *vocab, const char *symbol); /* id or -1 */
bool oss_vocab_equal(const oss_vocab *a, const oss_vocab *b);       /* same kind, same symbols */

/* ---- Texts ---- */

/* Ids of a normalised text: *out_ids [*out_count] is the caller's (oss_free); *out_unknown (may be NULL)
 * counts <UNK>. */
oss_status oss_vocab_encode(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count,
                            int32_t *out_unknown, const char *text);
/* Text of ids; <UNK> becomes U+FFFD, and the space before the first word that byte-pair units spell is
 * dropped. The caller's (oss_free). OSS_EUSAGE for a blank or an id outside the vocabulary. */
oss_status oss_vocab_decode(const oss_vocab *vocab, char **out, const int32_t *ids, int32_t count);

/* The text in single characters, nothing merged: what oss_vocab_draw begins with. */
oss_status oss_vocab_spell(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count, const char *text);
/* BPE-dropout (text/bpe.h): merges id[count] of oss_vocab_spell in place and returns how many are left. Every
 * merge is passed over with probability `dropout`; what is drawn is a function of (seed, key). */
int32_t oss_vocab_draw(const oss_vocab *vocab, int32_t *id, int32_t count, double dropout, uint64_t seed,
                       uint32_t key);

#endif
