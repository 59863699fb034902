/* Symbols of the CTC head. Id 0 is the blank "<blank>", id 1 is "<UNK>", then one entry a unit: a code point
 * (units "char") as UTF-8. Read-only once made: threads may share it. */
#ifndef OSS_TEXT_VOCAB_H
#define OSS_TEXT_VOCAB_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_VOCAB_BLANK = 0, OSS_VOCAB_UNK = 1 };

typedef struct oss_vocab oss_vocab;

/* From normalised transcripts: every code point that occurs, sorted by code point. max_size > 0 is an upper
 * bound of the whole size, the two special symbols included: the most frequent units stay (ties: lower code
 * point first), the rest become <UNK>. OSS_EUSAGE when max_size leaves no room for a unit (1 or 2). */
oss_status oss_vocab_build(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size);
/* From the list of a model file: symbol[0] "<blank>", symbol[1] "<UNK>", then single code points in any
 * order; anything else (missing, empty, duplicate, not UTF-8, longer than a code point) is OSS_EINPUT and
 * names the id. */
oss_status oss_vocab_from_symbols(oss_vocab **out, const char *const *symbol, int32_t count);
void oss_vocab_free(oss_vocab *vocab);

int32_t oss_vocab_size(const oss_vocab *vocab);
const char *oss_vocab_symbol(const oss_vocab *vocab, int32_t id);   /* NULL when there is no such id */
int32_t oss_vocab_find(const oss_vocab *vocab, const char *symbol); /* id or -1 */
bool oss_vocab_equal(const oss_vocab *a, const oss_vocab *b);

/* Ids of a normalised text: *out_ids [*out_count] is the caller's (oss_free); *out_unknown (may be NULL)
 * counts <UNK>. */
oss_status oss_vocab_encode(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count,
                            int32_t *out_unknown, const char *text);
/* Text of ids; <UNK> becomes U+FFFD. The caller's (oss_free). OSS_EUSAGE for a blank or an id outside the
 * vocabulary. */
oss_status oss_vocab_decode(const oss_vocab *vocab, char **out, const int32_t *ids, int32_t count);

#endif
