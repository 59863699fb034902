/* Entries of a header: types, shapes and places of tensors. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/safetensors_internal.h"

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

static oss_status read_offsets(oss_st_tensor *tensor, const oss_json *entry, size_t data_bytes,
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
    if (begin > end || (uint64_t)end > data_bytes) {
        return oss_fail(OSS_EINPUT, "its data are said to lie from %lld to %lld of %zu bytes",
                        (long long)begin, (long long)end, data_bytes);
    }
    tensor->at = (size_t)begin;
    tensor->bytes = (size_t)(end - begin);
    if (tensor->bytes != wanted_bytes) {
        return oss_fail(OSS_EINPUT, "its shape and type need %zu bytes, its data have %zu", wanted_bytes,
                        tensor->bytes);
    }
    return OSS_OK;
}

/* Tensors are counted by this before memory is taken for them. */
static bool is_entry(const oss_json *entry) {
    return oss_json_is(entry, OSS_JSON_OBJECT) && oss_json_count(entry) == 3;
}

static oss_status read_tensor(oss_st_tensor *tensor, const oss_json *entry, size_t data_bytes) {
    size_t bytes = 0;
    tensor->name = oss_json_key(entry);
    oss_status status = read_dtype(tensor, entry, &bytes);
    if (status == OSS_OK) {
        status = read_shape(tensor, entry, &bytes);
    }
    return status == OSS_OK ? read_offsets(tensor, entry, data_bytes, bytes) : status;
}

static int compare_places(const void *a, const void *b) {
    const oss_st_tensor *x = a;
    const oss_st_tensor *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* empty ones first */
}

/* Sorts by place; every byte of data must belong to exactly one tensor. */
static oss_status check_places(oss_st_tensor *tensor, int32_t count, size_t data_bytes) {
    size_t end = 0;
    if (count > 0) {
        qsort(tensor, (size_t)count, sizeof *tensor, compare_places);
    }
    for (int32_t i = 0; i < count; i++) {
        if (tensor[i].at != end) {
            return oss_fail(OSS_EINPUT, "tensor \"%.80s\": its data %s", tensor[i].name,
                            tensor[i].at > end ? "begin behind a gap" : "overlap another tensor's");
        }
        end += tensor[i].bytes;
    }
    return end == data_bytes
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%zu bytes at its end belong to no tensor", data_bytes - end);
}

static bool is_tensor(const oss_json *entry) {
    return strcmp(oss_json_key(entry), OSS_ST_METADATA_KEY) != 0;
}

static oss_status count_tensors(int32_t *out, const oss_json *header) {
    int32_t count = 0;
    for (const oss_json *at = oss_json_first(header); at != NULL; at = oss_json_next(at)) {
        if (!is_tensor(at)) {
            continue;
        }
        if (!is_entry(at)) {
            return oss_fail(
                OSS_EINPUT,
                "tensor \"%.80s\": its entry must have \"dtype\", \"shape\" and \"data_offsets\" and "
                "nothing else",
                oss_json_key(at));
        }
        count++; /* far below 2^31: a header has OSS_JSON_MAX_TREE_BYTES */
    }
    *out = count;
    return OSS_OK;
}

oss_status oss_st_read_tensors(oss_st_tensor **out, int32_t *out_count, const oss_json *header,
                               size_t data_bytes) {
    int32_t count = 0, read = 0;
    oss_status status = count_tensors(&count, header);
    oss_st_tensor *tensor = status == OSS_OK ? oss_alloc_zero((size_t)count, sizeof *tensor) : NULL;
    if (tensor == NULL) {
        return status == OSS_OK ? OSS_ENOMEM : status;
    }
    for (const oss_json *at = oss_json_first(header); at != NULL && status == OSS_OK;
         at = oss_json_next(at)) {
        if (is_tensor(at)) {
            status = read_tensor(&tensor[read++], at, data_bytes);
            status =
                status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "tensor \"%.80s\"", oss_json_key(at));
        }
    }
    if (status == OSS_OK) {
        status = check_places(tensor, count, data_bytes);
    }
    if (status != OSS_OK) {
        oss_free(tensor);
        return status;
    }
    *out = tensor;
    *out_count = count;
    return OSS_OK;
}
