#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "base/sys.h"

enum { BLOCK_ALIGNMENT = 64 };

bool oss_mul_size(size_t a, size_t b, size_t *out) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

bool oss_add_size(size_t a, size_t b, size_t *out) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

/* The C library answers requests beyond PTRDIFF_MAX with NULL, but compilers and sanitizers object to the
 * asking. */
static bool size_block(size_t count, size_t size, size_t *out_bytes) {
    size_t bytes;
    if (!oss_mul_size(count, size, &bytes) || bytes > PTRDIFF_MAX - BLOCK_ALIGNMENT) {
        (void)oss_fail(OSS_ENOMEM,
                       "out of memory: %zu items of %zu bytes are more than an address space holds", count,
                       size);
        return false;
    }
    *out_bytes = bytes == 0 ? 1 : bytes;
    return true;
}

static void *report_short(void *block, size_t bytes) {
    if (block == NULL) {
        (void)oss_fail(OSS_ENOMEM, "out of memory: no block of %zu bytes to be had", bytes);
    }
    return block;
}

void *oss_alloc(size_t count, size_t size) {
    size_t bytes;
    return size_block(count, size, &bytes) ? report_short(oss_heap.alloc(0, bytes), bytes) : NULL;
}

void *oss_alloc_zero(size_t count, size_t size) {
    void *block = oss_alloc(count, size);
    if (block != NULL) {
        memset(block, 0, count * size);
    }
    return block;
}

void *oss_alloc_aligned(size_t count, size_t size) {
    size_t bytes;
    return size_block(count, size, &bytes) ? report_short(oss_heap.alloc(BLOCK_ALIGNMENT, bytes), bytes)
                                           : NULL;
}

void *oss_resize(void *block, size_t count, size_t size) {
    if (block == NULL) {
        return oss_alloc(count, size);
    }
    size_t bytes;
    return size_block(count, size, &bytes) ? report_short(oss_heap.resize(block, bytes), bytes) : NULL;
}

void oss_free(void *block) {
    oss_heap.release(block);
}

char *oss_strndup(const char *text, size_t bytes) {
    size_t block_bytes;
    char *copy = NULL;
    if (!oss_add_size(bytes, 1, &block_bytes) || (copy = oss_alloc(block_bytes, 1)) == NULL) {
        return NULL;
    }
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *oss_strdup(const char *text) {
    return oss_strndup(text, strlen(text));
}
