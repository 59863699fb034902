/* Symbols as the text that users see and that is scored. */
#ifndef OSS_DECODE_SYMBOL_TEXT_H
#define OSS_DECODE_SYMBOL_TEXT_H

#include <stdint.h>

#include "text/unicode.h"
#include "text/vocab.h"

/* *out (the caller's, oss_free): the text of ids[count], normalised as training texts are, so that it is one line
 * whatever symbols the vocabulary holds. OSS_EUSAGE: a blank, or an id outside the vocabulary. */
oss_status oss_symbol_text(char **out, const oss_vocab *vocab, oss_case policy, const int32_t *ids,
                           int32_t count);

/* The same of the best path through logits[T, size of the vocabulary] (decode/greedy.h). */
oss_status oss_logits_text(char **out, const oss_vocab *vocab, oss_case policy, const float *logits,
                           int32_t t);

#endif
