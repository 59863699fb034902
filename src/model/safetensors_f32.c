/* Taking F32 tensors out of a safetensors file. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/strbuf.h"
#include "kernel/vec.h"
#include "model/safetensors.h"

static bool has_shape(const oss_st_tensor *tensor, int32_t rank, const int32_t *dim) {
    bool same = tensor->rank == rank;
    for (int32_t i = 0; i < rank && same; i++) {
        same = tensor->dim[i] == dim[i];
    }
    return same;
}

static oss_status fail_shape(const oss_safetensors *file, const oss_st_tensor *tensor, int32_t rank,
                             const int32_t *dim) {
    oss_strbuf has = {0};
    oss_strbuf wants = {0};
    for (int32_t i = 0; i < tensor->rank; i++) {
        oss_strbuf_printf(&has, "%s%lld", i == 0 ? "" : ",", (long long)tensor->dim[i]);
    }
    for (int32_t i = 0; i < rank; i++) {
        oss_strbuf_printf(&wants, "%s%d", i == 0 ? "" : ",", dim[i]);
    }
    oss_status status = OSS_ENOMEM;
    if (oss_strbuf_ok(&has) && oss_strbuf_ok(&wants)) {
        status = oss_fail(OSS_EINPUT, "%s: tensor \"%.80s\" has shape [%s]; by the config it must be [%s]",
                          oss_safetensors_path(file), tensor->name, has.data == NULL ? "" : has.data,
                          wants.data == NULL ? "" : wants.data);
    }
    oss_strbuf_deinit(&has);
    oss_strbuf_deinit(&wants);
    return status;
}

oss_status oss_safetensors_check_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                     const int32_t *dim) {
    const oss_st_tensor *tensor = oss_safetensors_find(file, name);
    if (tensor == NULL) {
        return oss_fail(OSS_EINPUT, "%s: tensor \"%s\" is missing", oss_safetensors_path(file), name);
    }
    if (strcmp(tensor->dtype, "F32") != 0) {
        return oss_fail(OSS_EINPUT, "%s: tensor \"%s\" has type %s; it must be F32",
                        oss_safetensors_path(file), name, tensor->dtype);
    }
    return has_shape(tensor, rank, dim) ? OSS_OK : fail_shape(file, tensor, rank, dim);
}

oss_status oss_safetensors_read_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                    const int32_t *dim, float *out) {
    oss_status status = oss_safetensors_check_f32(file, name, rank, dim);
    if (status != OSS_OK) {
        return status;
    }
    const oss_st_tensor *tensor = oss_safetensors_find(file, name);
    const size_t count = tensor->bytes / sizeof *out;
    memcpy(out, tensor->data, tensor->bytes);
    if (oss_k_all_finite(out, count)) {
        return OSS_OK;
    }
    size_t at = 0;
    while (isfinite(out[at])) {
        at++;
    }
    return oss_fail(OSS_EINPUT, "%s: tensor \"%s\": element %zu is %s", oss_safetensors_path(file), name, at,
                    isnan(out[at]) ? "not a number" : "infinite");
}
