#include "base/map.h"

#include "base/fail.h"
#include "base/mem.h"
#include "base/source.h"
#include "base/sys.h"

static oss_status read_all(void **out, oss_source *source, size_t bytes, const char *path) {
    void *block = oss_alloc(1, bytes);
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    size_t got = oss_source_read(source, 0, block, bytes);
    oss_status status = oss_source_status(source, path);
    if (status == OSS_OK && got < bytes) {
        status = oss_fail(OSS_EINPUT, "%s: became shorter while it was read", path);
    }
    if (status == OSS_OK) {
        *out = block;
    } else {
        oss_free(block);
    }
    return status;
}

oss_status oss_map_open(void **out, size_t *out_bytes, bool *out_is_mapped, const char *path) {
    oss_source source = {.fd = -1};
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    const size_t bytes = (size_t)source.size_bytes;
    void *block = bytes == 0 ? NULL : oss_file.map(source.fd, bytes);
    const bool is_mapped = block != NULL;
    if (!is_mapped) {
        status =
            bytes == 0 ? oss_fail(OSS_EINPUT, "%s: empty", path) : read_all(&block, &source, bytes, path);
    }
    oss_source_close(&source);
    if (status == OSS_OK) {
        *out = block;
        *out_bytes = bytes;
        *out_is_mapped = is_mapped;
    }
    return status;
}

void oss_map_close(void *bytes, size_t count, bool is_mapped) {
    if (is_mapped) {
        (void)oss_file.unmap(bytes, count);
    } else {
        oss_free(bytes);
    }
}
