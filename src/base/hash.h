/* XXH3-64 (libxxhash): the sum of model files and stable hashes of text. The only xxhash user. */
#ifndef OSS_BASE_HASH_H
#define OSS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct oss_hasher oss_hasher;
uint64_t oss_hash(const void *bytes, size_t count);
/* Streaming; NULL when memory is short. */
oss_hasher *oss_hasher_create(void);
void oss_hasher_update(oss_hasher *hasher, const void *bytes, size_t count);
uint64_t oss_hasher_digest(const oss_hasher *hasher);
void oss_hasher_free(oss_hasher *hasher);
void oss_hash_hex(char out[17], uint64_t hash); /* 16 lower-case digits and a NUL */

#endif
