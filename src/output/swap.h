/* Characters that a form gives a meaning of its own, written otherwise. */
#ifndef OSS_OUTPUT_SWAP_H
#define OSS_OUTPUT_SWAP_H

#include <stddef.h>

#include "base/strbuf.h"

typedef struct oss_swap {
    const char *from, *to; /* `from` has at least one byte */
} oss_swap;

/* Appends text[bytes]; where a swap's `from` stands its `to` is written, the first that fits. A list ends with {0}. */
void oss_append_swapped(oss_strbuf *out, const char *text, size_t bytes, const oss_swap *swaps);

#endif
