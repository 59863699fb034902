/* safetensors (github.com/huggingface/safetensors, README "Format"): reader that trusts nothing, durable
 * writer with a sum. */
#ifndef OSS_MODEL_SAFETENSORS_H
#define OSS_MODEL_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_ST_MAX_RANK = 8 };
#define OSS_ST_MAX_HEADER_BYTES                                                                              \
    ((size_t)8 << 20) /* the format allows 100 MB, for OSS_JSON_MAX_TREE_BYTES of which there is no use */
#define OSS_ST_SMALL_BYTES    ((size_t)8 << 20)
#define OSS_ST_MAX_FILE_BYTES ((size_t)1 << 34) /* 16 GiB */

typedef struct oss_safetensors oss_safetensors;

typedef struct oss_st_tensor {
    const char *name;
    const char *dtype; /* "F32", "F64", "I64"... */
    int32_t rank;
    int64_t dim[OSS_ST_MAX_RANK];
    const void
        *data; /* owned by the file object; little endian; may be unaligned; NULL before it is fetched */
    size_t bytes;
    size_t at; /* its place behind the header, in bytes */
} oss_st_tensor;

/* What is asked of the `ossicle_sum` of a file. */
typedef enum oss_st_sum {
    OSS_ST_SUM_NEEDED,   /* it must be there and fit */
    OSS_ST_SUM_IF_THERE, /* one that is there must fit: files of other origin have none */
    OSS_ST_SUM_IGNORED   /* one that does not fit is warned of */
} oss_st_sum;

/* Reads what a file says of itself; the data of one larger than OSS_ST_SMALL_BYTES are left where they are, so that a file
 * which is not what is looked for costs no memory. Checks: header length and size limits, JSON without duplicate keys,
 * offsets contiguous from 0 to the end of the file, shape x dtype = bytes, that the sum is there, and fits once the data are
 * read (message says to use `ossicle import`). Every failure that lies in the file is OSS_EINPUT. */
oss_status oss_safetensors_open(oss_safetensors **out, const char *path, oss_st_sum policy);
/* The same from bytes[count], which stay the caller's and must outlive the object: tensors lie in them. name:
 * for messages, and what oss_safetensors_path gives. */
oss_status oss_safetensors_open_memory(oss_safetensors **out, const void *bytes, size_t count,
                                       const char *name, oss_st_sum policy);
/* Reads the data, unless that was done, and compares the sum; before any tensor's data are looked at. */
oss_status oss_safetensors_fetch(oss_safetensors *file);
void oss_safetensors_free(oss_safetensors *file);
const char *oss_safetensors_path(const oss_safetensors *file);
/* Tensors in the order of their data. */
int32_t oss_safetensors_count(const oss_safetensors *file);
const oss_st_tensor *oss_safetensors_get(const oss_safetensors *file, int32_t index);
const oss_st_tensor *oss_safetensors_find(const oss_safetensors *file, const char *name);
const char *oss_safetensors_metadata(const oss_safetensors *file, const char *key); /* NULL when absent */
/* OSS_EINPUT unless the tensor is there with this type and exactly this shape (file, tensor, what it has and what it
 * must have named). */
oss_status oss_safetensors_check(const oss_safetensors *file, const char *name, const char *dtype,
                                 int32_t rank, const int32_t *dim);
oss_status oss_safetensors_check_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                     const int32_t *dim);
/* Copies an F32 tensor of exactly this shape into out; OSS_EINPUT when it is not that, or a value is not
 * finite (out has been written then). */
oss_status oss_safetensors_read_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                    const int32_t *dim, float *out);
/* The same for files of other origin: F64 (rounded to nearest), F16 and BF16 are taken too. */
oss_status oss_safetensors_check_float(const oss_safetensors *file, const char *name, int32_t rank,
                                       const int32_t *dim);
oss_status oss_safetensors_read_float(const oss_safetensors *file, const char *name, int32_t rank,
                                      const int32_t *dim, float *out);
/* OSS_EINPUT, with file, tensor and element, unless all of value[count], which came from there, are finite. */
oss_status oss_safetensors_check_finite(const oss_safetensors *file, const char *name, const float *value,
                                        size_t count);

/* Bytes of an element of this type; 0: there is none such. */
size_t oss_safetensors_dtype_bytes(const char *dtype);

typedef struct oss_st_meta {
    const char *key, *value;
} oss_st_meta;
typedef struct oss_st_item {
    const char *name;
    int32_t rank;
    int32_t dim[4];
    const void *data;  /* in the bytes of a little-endian machine */
    const char *dtype; /* of a float or an integer; NULL: "F32" */
} oss_st_item;
/* Writes durably; adds `ossicle_sum` to the metadata. Same input, same bytes. OSS_ENUMERIC, and nothing
 * written, when a value of F32 is not finite. Data begin at a multiple of 64 bytes. out_sum (may be NULL): the
 * digits of the sum and a NUL. */
oss_status oss_safetensors_save(const char *path, const oss_st_item *item, int32_t items,
                                const oss_st_meta *meta, int32_t metas, char out_sum[17]);

#endif
