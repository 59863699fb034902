#include "base/hash.h"

#include <xxhash.h>

#include "base/fail.h"

/* oss_hasher is XXH3_state_t under our name, so that xxhash.h stays in this file. */
uint64_t oss_hash(const void *bytes, size_t count) {
    return XXH3_64bits(bytes, count);
}

oss_hasher *oss_hasher_create(void) {
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL) {
        (void)oss_fail(OSS_ENOMEM, "out of memory: no room for the state of a file's sum");
        return NULL;
    }
    (void)XXH3_64bits_reset(state); /* fails for NULL only */
    return (oss_hasher *)state;
}

void oss_hasher_update(oss_hasher *hasher, const void *bytes, size_t count) {
    if (count > 0) {
        (void)XXH3_64bits_update((XXH3_state_t *)hasher, bytes, count); /* fails for NULL only */
    }
}

uint64_t oss_hasher_digest(const oss_hasher *hasher) {
    return XXH3_64bits_digest((const XXH3_state_t *)hasher);
}

void oss_hasher_free(oss_hasher *hasher) {
    (void)XXH3_freeState((XXH3_state_t *)hasher);
}

void oss_hash_hex(char out[17], uint64_t hash) {
    static const char digit[] = "0123456789abcdef";
    for (int place = 0; place < 16; place++) {
        out[place] = digit[(hash >> (60 - 4 * place)) & 15];
    }
    out[16] = '\0';
}
