/* Heap blocks with checked sizes. All of them return NULL after setting the last error (OSS_ENOMEM) when
 * memory is short or count*size overflows. count*size == 0 gives a valid block of its own. */
#ifndef OSS_BASE_MEM_H
#define OSS_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Uninitialised / zeroed block for `count` items of `size` bytes. Free with oss_free. */
void *oss_alloc(size_t count, size_t size) __attribute__((warn_unused_result));
void *oss_alloc_zero(size_t count, size_t size) __attribute__((warn_unused_result));

/* As oss_alloc, on a 64-byte boundary (a cache line, and the widest vector). Not for oss_resize. */
void *oss_alloc_aligned(size_t count, size_t size) __attribute__((warn_unused_result));

/* Grows or shrinks a block of oss_alloc; NULL block: as oss_alloc. On failure the old block stays valid. */
void *oss_resize(void *block, size_t count, size_t size) __attribute__((warn_unused_result));

/* Frees a block of any of the above; NULL is allowed. */
void oss_free(void *block);

/* A copy of the string, or of its first `bytes` bytes, NUL-terminated. */
char *oss_strdup(const char *text) __attribute__((warn_unused_result));
char *oss_strndup(const char *text, size_t bytes) __attribute__((warn_unused_result));

/* *out = a*b or a+b; false (and *out untouched) when it does not fit. */
bool oss_mul_size(size_t a, size_t b, size_t *out);
bool oss_add_size(size_t a, size_t b, size_t *out);

#endif
