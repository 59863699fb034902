#include "base/file_sample.h"

#include <stddef.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/source.h"

enum { PARTS = 16, PART_BYTES = 32 << 10 };

/* Where the part begins. A small file is read from end to end; the last parts are then empty. */
static int64_t place_part(int32_t part, int64_t size_bytes) {
    const int64_t most = (int64_t)PARTS * PART_BYTES;
    return size_bytes <= most ? (int64_t)part * PART_BYTES : (size_bytes - PART_BYTES) / (PARTS - 1) * part;
}

static oss_status hash_source(uint64_t *out, oss_source *source, char *block, const char *path) {
    uint64_t sum[PARTS + 1] = {[PARTS] = (uint64_t)source->size_bytes};
    for (int32_t part = 0; part < PARTS; part++) {
        size_t count = oss_source_read(source, place_part(part, source->size_bytes), block, PART_BYTES);
        sum[part] = count == 0 ? 0 : oss_hash(block, count);
    }
    oss_status status = oss_source_status(source, path);
    if (status == OSS_OK) {
        *out = oss_hash(sum, sizeof sum);
    }
    return status;
}

oss_status oss_file_sample_hash(uint64_t *out, const char *path) {
    oss_source source;
    char *block = oss_alloc(PART_BYTES, 1);
    oss_status status = block == NULL ? OSS_ENOMEM : oss_source_open(&source, path);
    if (status == OSS_OK) {
        status = hash_source(out, &source, block, path);
        oss_source_close(&source);
    }
    oss_free(block);
    return status;
}
