/* The reader. A file is an 8-byte little-endian length, that many bytes of JSON, then data; nothing of it is
 * believed before it is checked. */
#include "model/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/source.h"
#include "model/sum.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are copied as they lie in the file, which is little-endian"
#endif

enum { LENGTH_BYTES = 8 };
static const char metadata_key[] = "__metadata__";
static const char *const sum_path[] = {metadata_key, "ossicle_sum"};

struct oss_safetensors {
    char *path;
    oss_source source;
    const char *bytes; /* the whole file, the source's */
    size_t size;
    size_t data_at;   /* first byte of data */
    oss_json *header; /* owns names and metadata */
    oss_st_tensor *tensor;
    int32_t count;
};

/* ---- Header ---- */

static oss_status check_length(const oss_safetensors *file, size_t *out_bytes) {
    if (file->size < LENGTH_BYTES) {
        return oss_fail(OSS_EINPUT, "it has %zu bytes; a safetensors file has at least %d", file->size,
                        LENGTH_BYTES);
    }
    uint64_t length = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) {
        length = length << 8 | (unsigned char)file->bytes[i];
    }
    if (length > file->size - LENGTH_BYTES || length > OSS_ST_MAX_HEADER_BYTES) {
        return oss_fail(OSS_EINPUT,
                        "it claims a header of %llu bytes and has %zu behind its first 8; it is cut off or "
                        "no safetensors file",
                        (unsigned long long)length, file->size - LENGTH_BYTES);
    }
    *out_bytes = (size_t)length;
    return OSS_OK;
}

static oss_status check_metadata(const oss_json *header) {
    const oss_json *metadata = oss_json_get(header, metadata_key);
    if (metadata != NULL && !oss_json_is(metadata, OSS_JSON_OBJECT)) {
        return oss_fail(OSS_EINPUT, "%s must be an object", metadata_key);
    }
    for (const oss_json *at = oss_json_first(metadata); at != NULL; at = oss_json_next(at)) {
        if (!oss_json_is(at, OSS_JSON_STRING)) {
            return oss_fail(OSS_EINPUT, "%s: \"%.80s\" must be a string", metadata_key, oss_json_key(at));
        }
    }
    return OSS_OK;
}

static oss_status read_header(oss_safetensors *file) {
    size_t length = 0;
    oss_status status = check_length(file, &length);
    if (status != OSS_OK) {
        return status;
    }
    const char *text = file->bytes + LENGTH_BYTES;
    if (length == 0 || text[0] != '{') {
        return oss_fail(OSS_EINPUT, "its header does not begin with '{'; it is no safetensors file");
    }
    status = oss_json_parse(&file->header, text, length, "header");
    file->data_at = LENGTH_BYTES + length;
    return status == OSS_OK ? check_metadata(file->header) : status;
}

/* ---- Tensors ---- */

static const struct {
    const char *name;
    size_t bytes;
} dtype[] = {{"F32", 4}, {"F64", 8}, {"F16", 2},  {"BF16", 2},    {"I64", 8},
             {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
             {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};

/* The number of its row in the table; -1: none. */
static int find_dtype(const char *name) {
    for (int i = 0; i < (int)(sizeof dtype / sizeof dtype[0]); i++) {
        if (strcmp(dtype[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

size_t oss_safetensors_dtype_bytes(const char *name) {
    int i = find_dtype(name);
    return i < 0 ? 0 : dtype[i].bytes;
}

static oss_status read_dtype(oss_st_tensor *tensor, const oss_json *entry, size_t *out_bytes) {
    const char *name = NULL;
    oss_status status = oss_json_get_string(entry, "dtype", &name);
    if (status != OSS_OK) {
        return status;
    }
    int i = find_dtype(name);
    if (i < 0) {
        return oss_fail(OSS_EINPUT, "its type \"%.40s\" is not known", name);
    }
    tensor->dtype = dtype[i].name;
    *out_bytes = dtype[i].bytes;
    return OSS_OK;
}

/* *bytes: of an element before, of the tensor after. */
static oss_status read_shape(oss_st_tensor *tensor, const oss_json *entry, size_t *bytes) {
    const oss_json *shape = NULL;
    oss_status status = oss_json_get_array(entry, "shape", &shape);
    for (const oss_json *at = oss_json_first(shape); at != NULL && status == OSS_OK; at = oss_json_next(at)) {
        if (tensor->rank == OSS_ST_MAX_RANK) {
            return oss_fail(OSS_EINPUT, "it has more than %d dimensions", OSS_ST_MAX_RANK);
        }
        int64_t *dim = &tensor->dim[tensor->rank++];
        status = oss_json_to_integer(at, "shape", 0, OSS_JSON_MAX_INTEGER, dim);
        if (status == OSS_OK && !oss_mul_size(*bytes, (size_t)*dim, bytes)) {
            return oss_fail(OSS_EINPUT, "its shape has more elements than can be counted");
        }
    }
    return status;
}

static oss_status read_offsets(oss_st_tensor *tensor, const oss_json *entry, const oss_safetensors *file,
                               size_t wanted_bytes) {
    const oss_json *offsets = NULL;
    oss_status status = oss_json_get_array(entry, "data_offsets", &offsets);
    if (status != OSS_OK) {
        return status;
    }
    if (oss_json_count(offsets) != 2) {
        return oss_fail(OSS_EINPUT, "\"data_offsets\" must be two numbers");
    }
    int64_t begin = 0;
    int64_t end = 0;
    const oss_json *first = oss_json_first(offsets);
    status = oss_json_to_integer(first, "data_offsets", 0, OSS_JSON_MAX_INTEGER, &begin);
    if (status == OSS_OK) {
        status = oss_json_to_integer(oss_json_next(first), "data_offsets", 0, OSS_JSON_MAX_INTEGER, &end);
    }
    if (status != OSS_OK) {
        return status;
    }
    size_t data_bytes = file->size - file->data_at;
    if (begin > end || (uint64_t)end > data_bytes) {
        return oss_fail(OSS_EINPUT, "its data are said to lie from %lld to %lld of %zu bytes",
                        (long long)begin, (long long)end, data_bytes);
    }
    tensor->data = file->bytes + file->data_at + begin;
    tensor->bytes = (size_t)(end - begin);
    if (tensor->bytes != wanted_bytes) {
        return oss_fail(OSS_EINPUT, "its shape and type need %zu bytes, its data have %zu", wanted_bytes,
                        tensor->bytes);
    }
    return OSS_OK;
}

static oss_status read_tensor(oss_st_tensor *tensor, const oss_json *entry, const oss_safetensors *file) {
    if (!oss_json_is(entry, OSS_JSON_OBJECT) || oss_json_count(entry) != 3) {
        return oss_fail(OSS_EINPUT,
                        "its entry must have \"dtype\", \"shape\" and \"data_offsets\" and nothing else");
    }
    size_t bytes = 0;
    tensor->name = oss_json_key(entry);
    oss_status status = read_dtype(tensor, entry, &bytes);
    if (status == OSS_OK) {
        status = read_shape(tensor, entry, &bytes);
    }
    return status == OSS_OK ? read_offsets(tensor, entry, file, bytes) : status;
}

static int compare_places(const void *a, const void *b) {
    const oss_st_tensor *x = a;
    const oss_st_tensor *y = b;
    const char *x_data = x->data;
    const char *y_data = y->data;
    if (x_data != y_data) {
        return x_data < y_data ? -1 : 1;
    }
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* empty ones first */
}

/* Sorts by place; every byte of data must belong to exactly one tensor. */
static oss_status check_places(oss_safetensors *file) {
    if (file->count > 0) {
        qsort(file->tensor, (size_t)file->count, sizeof *file->tensor, compare_places);
    }
    const char *end = file->bytes + file->data_at;
    for (int32_t i = 0; i < file->count; i++) {
        const oss_st_tensor *tensor = &file->tensor[i];
        if ((const char *)tensor->data != end) {
            return oss_fail(OSS_EINPUT, "tensor \"%.80s\": its data %s", tensor->name,
                            (const char *)tensor->data > end ? "begin behind a gap"
                                                             : "overlap another tensor's");
        }
        end += tensor->bytes;
    }
    if (end != file->bytes + file->size) {
        return oss_fail(OSS_EINPUT, "%zu bytes at its end belong to no tensor",
                        (size_t)(file->bytes + file->size - end));
    }
    return OSS_OK;
}

static oss_status read_tensors(oss_safetensors *file) {
    size_t members = oss_json_count(file->header);
    if (members > INT32_MAX) {
        return oss_fail(OSS_EINPUT, "it has too many tensors");
    }
    file->tensor = oss_alloc_zero(members, sizeof *file->tensor);
    if (file->tensor == NULL) {
        return OSS_ENOMEM;
    }
    for (const oss_json *at = oss_json_first(file->header); at != NULL; at = oss_json_next(at)) {
        if (strcmp(oss_json_key(at), metadata_key) == 0) {
            continue;
        }
        oss_status status = read_tensor(&file->tensor[file->count++], at, file);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "tensor \"%.80s\"", oss_json_key(at));
        }
    }
    return check_places(file);
}

/* ---- The sum ---- */

static oss_status check_sum(const oss_safetensors *file) {
    size_t at = 0;
    if (!oss_sum_find(&at, file->bytes + LENGTH_BYTES, file->data_at - LENGTH_BYTES, sum_path, 2)) {
        return oss_fail(
            OSS_EINPUT,
            "it carries no valid ossicle_sum; a file of other origin is taken in by `ossicle import`");
    }
    char sum[OSS_SUM_DIGITS + 1];
    oss_status status = oss_sum_digest(sum, file->bytes, file->size, LENGTH_BYTES + at, NULL, 0);
    if (status == OSS_OK && memcmp(sum, file->bytes + LENGTH_BYTES + at, OSS_SUM_DIGITS) != 0) {
        status = oss_fail(
            OSS_EINPUT,
            "its content does not fit its ossicle_sum: it is damaged, or was changed by another program; a "
            "file of other origin is taken in by `ossicle import`");
    }
    return status;
}

static oss_status check_sum_by_policy(const oss_safetensors *file, bool require_sum) {
    if (!require_sum && oss_safetensors_metadata(file, sum_path[1]) == NULL) {
        return OSS_OK;
    }
    oss_status status = check_sum(file);
    if (status == OSS_EINPUT && !require_sum) {
        oss_log_warn("%s: its content does not fit the ossicle_sum that it carries", file->path);
        return OSS_OK;
    }
    return status;
}

/* ---- The file ---- */

static oss_status read_file(oss_safetensors *file, bool require_sum) {
    oss_status status = read_header(file);
    if (status == OSS_OK) {
        status = read_tensors(file);
    }
    if (status == OSS_OK) {
        status = check_sum_by_policy(file, require_sum);
    }
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", file->path);
}

/* Takes the source, whatever becomes of it. */
static oss_status load_source(oss_safetensors **out, oss_source *source, const char *name, bool require_sum) {
    oss_safetensors *file = oss_alloc_zero(1, sizeof *file);
    if (file == NULL) {
        oss_source_close(source);
        return OSS_ENOMEM;
    }
    file->source = *source;
    file->path = oss_strdup(name);
    oss_status status = file->path == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        status = oss_source_load(&file->source, name, OSS_ST_MAX_FILE_BYTES, &file->bytes, &file->size);
    }
    if (status == OSS_OK) {
        status = read_file(file, require_sum);
    }
    if (status != OSS_OK) {
        oss_safetensors_free(file);
        return status;
    }
    *out = file;
    return OSS_OK;
}

oss_status oss_safetensors_load(oss_safetensors **out, const char *path, bool require_sum) {
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    return status == OSS_OK ? load_source(out, &source, path, require_sum) : status;
}

oss_status oss_safetensors_load_memory(oss_safetensors **out, const void *bytes, size_t count,
                                       const char *name, bool require_sum) {
    oss_source source;
    oss_source_memory(&source, bytes, count);
    return load_source(out, &source, name, require_sum);
}

void oss_safetensors_free(oss_safetensors *file) {
    if (file == NULL) {
        return;
    }
    oss_free(file->path);
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
    const oss_json *value = oss_json_get(oss_json_get(file->header, metadata_key), key);
    return value == NULL ? NULL : oss_json_string(value);
}
