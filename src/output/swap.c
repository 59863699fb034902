#include "output/swap.h"

#include <string.h>

static const oss_swap *find_swap(const char *text, size_t bytes, const oss_swap *swaps) {
    for (; swaps->from != NULL; swaps++) {
        size_t length = strlen(swaps->from);
        if (length <= bytes && memcmp(text, swaps->from, length) == 0) {
            return swaps;
        }
    }
    return NULL;
}

void oss_append_swapped(oss_strbuf *out, const char *text, size_t bytes, const oss_swap *swaps) {
    for (size_t at = 0; at < bytes;) {
        const oss_swap *swap = find_swap(text + at, bytes - at, swaps);
        if (swap != NULL) {
            oss_strbuf_append(out, swap->to);
            at += strlen(swap->from);
        } else {
            oss_strbuf_append_bytes(out, text + at, 1);
            at++;
        }
    }
}
