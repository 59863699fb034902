/* The reader. A file is an 8-byte little-endian length, that many bytes of JSON, then data; nothing of it is
 * believed before it is checked. */
#include "model/safetensors.h"

#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/source.h"
#include "model/safetensors_internal.h"
#include "model/sum.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are copied as they lie in the file, which is little-endian"
#endif

enum { LENGTH_BYTES = 8 };
static const char *const sum_path[] = {OSS_ST_METADATA_KEY, "ossicle_sum"};

struct oss_safetensors {
    char *path;
    oss_source source;
    oss_st_sum policy;
    size_t size;
    char *head;        /* length and header of a file of which no more is read yet; else NULL */
    const char *bytes; /* the whole file, the source's; NULL: it is not read yet */
    size_t data_at;    /* first byte of data */
    oss_json *header;  /* owns names and metadata */
    oss_st_tensor *tensor;
    int32_t count;
};

/* ---- Header ---- */

static oss_status check_length(const oss_safetensors *file, const char *first, size_t *out_bytes) {
    uint64_t length = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) {
        length = length << 8 | (unsigned char)first[i];
    }
    if (length > file->size - LENGTH_BYTES) {
        return oss_fail(OSS_EINPUT,
                        "it claims a header of %llu bytes and has %zu behind its first 8; it is cut off or "
                        "no safetensors file",
                        (unsigned long long)length, file->size - LENGTH_BYTES);
    }
    if (length > OSS_ST_MAX_HEADER_BYTES) {
        return oss_fail(OSS_EINPUT, "its header has %llu bytes; %zu are the most that are read",
                        (unsigned long long)length, OSS_ST_MAX_HEADER_BYTES);
    }
    *out_bytes = (size_t)length;
    return OSS_OK;
}

static oss_status check_metadata(const oss_json *header) {
    const oss_json *metadata = oss_json_get(header, OSS_ST_METADATA_KEY);
    if (metadata != NULL && !oss_json_is(metadata, OSS_JSON_OBJECT)) {
        return oss_fail(OSS_EINPUT, "%s must be an object", OSS_ST_METADATA_KEY);
    }
    for (const oss_json *at = oss_json_first(metadata); at != NULL; at = oss_json_next(at)) {
        if (!oss_json_is(at, OSS_JSON_STRING)) {
            return oss_fail(OSS_EINPUT, "%s: \"%.80s\" must be a string", OSS_ST_METADATA_KEY,
                            oss_json_key(at));
        }
    }
    return OSS_OK;
}

/* The length, then the header, from what is in memory or from the file. */
static oss_status read_bytes(oss_safetensors *file, char *into, size_t bytes) {
    if (oss_source_read(&file->source, 0, into, bytes) == bytes) {
        return OSS_OK;
    }
    oss_status status = oss_source_status(&file->source, file->path);
    return status == OSS_OK ? oss_fail(OSS_EINPUT, "it was cut off while it was read") : status;
}

static oss_status read_head(oss_safetensors *file) {
    char first[LENGTH_BYTES];
    size_t length = 0;
    if (file->size < LENGTH_BYTES) {
        return oss_fail(OSS_EINPUT, "it has %zu bytes; a safetensors file has at least %d", file->size,
                        LENGTH_BYTES);
    }
    oss_status status = read_bytes(file, first, sizeof first);
    if (status == OSS_OK) {
        status = check_length(file, first, &length);
    }
    file->data_at = LENGTH_BYTES + length;
    if (status == OSS_OK && file->bytes == NULL) {
        file->head = oss_alloc(file->data_at, 1);
        status = file->head == NULL ? OSS_ENOMEM : read_bytes(file, file->head, file->data_at);
    }
    return status;
}

/* Both, as they lie in the file. */
static const char *get_head(const oss_safetensors *file) {
    return file->bytes != NULL ? file->bytes : file->head;
}

static oss_status read_header(oss_safetensors *file) {
    oss_status status = read_head(file);
    if (status != OSS_OK) {
        return status;
    }
    const char *text = get_head(file) + LENGTH_BYTES;
    const size_t length = file->data_at - LENGTH_BYTES;
    if (length == 0 || text[0] != '{') {
        return oss_fail(OSS_EINPUT, "its header does not begin with '{'; it is no safetensors file");
    }
    status = oss_json_parse(&file->header, text, length, "header");
    if (status == OSS_OK) {
        status = check_metadata(file->header);
    }
    return status == OSS_OK
               ? oss_st_read_tensors(&file->tensor, &file->count, file->header, file->size - file->data_at)
               : status;
}

/* ---- The sum ---- */

/* *out_at: its place in the file; 0: none is asked for and none is there. */
static oss_status find_sum(const oss_safetensors *file, size_t *out_at) {
    *out_at = 0;
    if (file->policy != OSS_ST_SUM_NEEDED && oss_safetensors_metadata(file, sum_path[1]) == NULL) {
        return OSS_OK;
    }
    if (!oss_sum_find(out_at, get_head(file) + LENGTH_BYTES, file->data_at - LENGTH_BYTES, sum_path, 2)) {
        return oss_fail(
            OSS_EINPUT,
            "it carries no valid ossicle_sum; a file of other origin is taken in by `ossicle import`");
    }
    *out_at += LENGTH_BYTES;
    return OSS_OK;
}

static oss_status compare_sum(const oss_safetensors *file) {
    size_t at = 0;
    char sum[OSS_SUM_DIGITS + 1];
    oss_status status = find_sum(file, &at);
    if (status != OSS_OK || at == 0) {
        return status;
    }
    status = oss_sum_digest(sum, file->bytes, file->size, at, NULL, 0);
    if (status == OSS_OK && memcmp(sum, file->bytes + at, OSS_SUM_DIGITS) != 0) {
        status = oss_fail(OSS_EINPUT,
                          "its content does not fit its ossicle_sum: it is damaged, so copy it again; what "
                          "another program changed in it is taken in by `ossicle import --force`");
    }
    return status;
}

static oss_status check_sum(const oss_safetensors *file) {
    oss_status status = compare_sum(file);
    if (status == OSS_EINPUT && file->policy == OSS_ST_SUM_IGNORED) {
        oss_log_warn("%s: its content does not fit the ossicle_sum that it carries", file->path);
        return OSS_OK;
    }
    return status;
}

/* ---- Data ---- */

static void place_tensors(oss_safetensors *file) {
    for (int32_t i = 0; i < file->count; i++) {
        file->tensor[i].data = file->bytes + file->data_at + file->tensor[i].at;
    }
}

/* All of the file at once, so that what is taken is what the sum is of. */
static oss_status load_bytes(oss_safetensors *file) {
    size_t size = 0;
    oss_status status =
        oss_source_load(&file->source, file->path, OSS_ST_MAX_FILE_BYTES, &file->bytes, &size);
    if (status == OSS_OK &&
        (size != file->size || (file->head != NULL && memcmp(file->head, file->bytes, file->data_at) != 0))) {
        status = oss_fail(OSS_EINPUT, "%s: it was changed while it was read", file->path);
    }
    oss_free(file->head);
    file->head = NULL;
    return status;
}

oss_status oss_safetensors_fetch(oss_safetensors *file) {
    if (file->head == NULL) {
        return OSS_OK;
    }
    oss_status status = load_bytes(file);
    if (status != OSS_OK) {
        return status;
    }
    place_tensors(file);
    status = check_sum(file);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", file->path);
}

/* ---- The file ---- */

static oss_status open_file(oss_safetensors *file) {
    size_t at = 0;
    oss_status status = read_header(file);
    if (status == OSS_OK && file->bytes != NULL) {
        place_tensors(file);
        status = check_sum(file);
    } else if (status == OSS_OK && file->policy != OSS_ST_SUM_IGNORED) {
        status = find_sum(file, &at);
    }
    return status == OSS_OK || status == OSS_EIO ? status : oss_fail_prefix(status, "%s", file->path);
}

/* Takes the source, whatever becomes of it. */
static oss_status open_source(oss_safetensors **out, oss_source *source, const char *name,
                              oss_st_sum policy) {
    oss_safetensors *file = oss_alloc_zero(1, sizeof *file);
    if (file == NULL) {
        oss_source_close(source);
        return OSS_ENOMEM;
    }
    file->source = *source;
    file->policy = policy;
    file->size = (size_t)source->size_bytes;
    file->path = oss_strdup(name);
    oss_status status = file->path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && (source->bytes != NULL || file->size <= OSS_ST_SMALL_BYTES)) {
        status = load_bytes(file);
    }
    if (status == OSS_OK) {
        status = open_file(file);
    }
    if (status != OSS_OK) {
        oss_safetensors_free(file);
        return status;
    }
    *out = file;
    return OSS_OK;
}

oss_status oss_safetensors_open(oss_safetensors **out, const char *path, oss_st_sum policy) {
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    return status == OSS_OK ? open_source(out, &source, path, policy) : status;
}

oss_status oss_safetensors_open_memory(oss_safetensors **out, const void *bytes, size_t count,
                                       const char *name, oss_st_sum policy) {
    oss_source source;
    oss_source_memory(&source, bytes, count);
    return open_source(out, &source, name, policy);
}

void oss_safetensors_free(oss_safetensors *file) {
    if (file == NULL) {
        return;
    }
    oss_free(file->path);
    oss_free(file->head);
    oss_source_close(&file->source);
    oss_json_free(file->header);
    oss_free(file->tensor);
    oss_free(file);
}

const char *oss_safetensors_path(const oss_safetensors *file) {
    return file->path;
}

int32_t oss_safetensors_count(const oss_safetensors *file) {
    return file->count;
}

const oss_st_tensor *oss_safetensors_get(const oss_safetensors *file, int32_t index) {
    return &file->tensor[index];
}

const oss_st_tensor *oss_safetensors_find(const oss_safetensors *file, const char *name) {
    for (int32_t i = 0; i < file->count; i++) {
        if (strcmp(file->tensor[i].name, name) == 0) {
            return &file->tensor[i];
        }
    }
    return NULL;
}

const char *oss_safetensors_metadata(const oss_safetensors *file, const char *key) {
    const oss_json *value = oss_json_get(oss_json_get(file->header, OSS_ST_METADATA_KEY), key);
    return value == NULL ? NULL : oss_json_string(value);
}
