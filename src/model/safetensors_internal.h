/* What the parts of the reader share: safetensors.c (the file), safetensors_tensors.c (its entries). */
#ifndef OSS_MODEL_SAFETENSORS_INTERNAL_H
#define OSS_MODEL_SAFETENSORS_INTERNAL_H

#include "base/json.h"
#include "model/safetensors.h"

#define OSS_ST_METADATA_KEY "__metadata__"

/* *out = tensor[*out_count] in the order of their places (oss_free), names the header's; every one of data_bytes belongs
 * to exactly one of them. OSS_EINPUT. */
oss_status oss_st_read_tensors(oss_st_tensor **out, int32_t *out_count, const oss_json *header,
                               size_t data_bytes);

#endif
