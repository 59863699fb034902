/* Vocabularies made from texts: characters, or byte-pair units. What only reads a vocabulary is in text/vocab.h. */
#ifndef OSS_UNITS_LEARN_H
#define OSS_UNITS_LEARN_H

#include <stdint.h>

#include "model/config.h"
#include "text/vocab.h"

/* From normalised transcripts: every code point that occurs, sorted by code point. max_size > 0 is an upper
 * bound of the whole size, the two special symbols included: the most frequent units stay (ties: lower code
 * point first), the rest become <UNK>. OSS_EUSAGE when max_size leaves no room for a unit (1 or 2). */
oss_status oss_vocab_build(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size);
/* Byte-pair units of normalised transcripts (text/bpe.h says how they are found), at most max_size symbols,
 * the two special ones included; fewer when no pair occurs twice any more. Depends on the words and how often
 * each occurs, not on the order of the texts. All code points become units, and so does the space; OSS_EINPUT
 * when max_size has no room for them. */
oss_status oss_vocab_learn(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size);
/* Of normalised transcripts, in the way config->model.units and vocab_size say. */
oss_status oss_vocab_make(oss_vocab **out, const char *const *text, int64_t count, const oss_config *config);
/* The vocabulary of a model that goes on with other texts (normalised, too): every symbol of `vocab`, and those
 * characters of the texts that it lacks, sorted by code point, behind its own characters: at its end, or with
 * byte-pair units before the units of several characters, which keep their order. Without such characters a
 * copy. max_size bounds what the texts give, as in oss_vocab_build; with byte-pair units all their characters
 * come in. */
oss_status oss_vocab_extend(oss_vocab **out, const oss_vocab *vocab, const char *const *text, int64_t count,
                            int32_t max_size);

#endif
