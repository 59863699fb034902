/* Taking tensors of floats out of a safetensors file. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/strbuf.h"
#include "kernel/vec.h"
#include "model/safetensors.h"
#include "model/storage.h"

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

/* The tensor, NULL with a message when there is none. */
static const oss_st_tensor *find(const oss_safetensors *file, const char *name) {
    const oss_st_tensor *tensor = oss_safetensors_find(file, name);
    if (tensor == NULL) {
        (void)oss_fail(OSS_EINPUT, "%s: tensor \"%s\" is missing", oss_safetensors_path(file), name);
    }
    return tensor;
}

oss_status oss_safetensors_check(const oss_safetensors *file, const char *name, const char *dtype,
                                 int32_t rank, const int32_t *dim) {
    const oss_st_tensor *tensor = find(file, name);
    if (tensor == NULL) {
        return OSS_EINPUT;
    }
    if (strcmp(tensor->dtype, dtype) != 0) {
        return oss_fail(OSS_EINPUT, "%s: tensor \"%s\" has type %s; it must be %s",
                        oss_safetensors_path(file), name, tensor->dtype, dtype);
    }
    return has_shape(tensor, rank, dim) ? OSS_OK : fail_shape(file, tensor, rank, dim);
}

oss_status oss_safetensors_check_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                     const int32_t *dim) {
    return oss_safetensors_check(file, name, "F32", rank, dim);
}

oss_status oss_safetensors_check_finite(const oss_safetensors *file, const char *name, const float *value,
                                        size_t count) {
    if (oss_k_all_finite(value, count)) {
        return OSS_OK;
    }
    size_t at = 0;
    while (isfinite(value[at])) {
        at++;
    }
    return oss_fail(OSS_EINPUT, "%s: tensor \"%s\": element %zu is %s", oss_safetensors_path(file), name, at,
                    isnan(value[at]) ? "not a number" : "infinite");
}

oss_status oss_safetensors_read_f32(const oss_safetensors *file, const char *name, int32_t rank,
                                    const int32_t *dim, float *out) {
    oss_status status = oss_safetensors_check_f32(file, name, rank, dim);
    if (status != OSS_OK) {
        return status;
    }
    const oss_st_tensor *tensor = oss_safetensors_find(file, name);
    memcpy(out, tensor->data, tensor->bytes);
    return oss_safetensors_check_finite(file, name, out, tensor->bytes / sizeof *out);
}

/* ---- Of other origin ---- */

oss_status oss_safetensors_check_float(const oss_safetensors *file, const char *name, int32_t rank,
                                       const int32_t *dim) {
    static const char *const taken[] = {"F32", "F64", "F16", "BF16"};
    const oss_st_tensor *tensor = find(file, name);
    if (tensor == NULL) {
        return OSS_EINPUT;
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(tensor->dtype, taken[i]) == 0) {
            return oss_safetensors_check(file, name, taken[i], rank, dim);
        }
    }
    return oss_fail(OSS_EINPUT, "%s: tensor \"%s\" has type %s; it must be F32, F64, F16 or BF16",
                    oss_safetensors_path(file), name, tensor->dtype);
}

/* A magnitude beyond float32's becomes infinite. */
static void round_doubles(float *out, const unsigned char *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, data + sizeof value * i, sizeof value);
        out[i] = fabs(value) > (double)FLT_MAX ? (float)copysign(INFINITY, value) : (float)value;
    }
}

oss_status oss_safetensors_read_float(const oss_safetensors *file, const char *name, int32_t rank,
                                      const int32_t *dim, float *out) {
    oss_status status = oss_safetensors_check_float(file, name, rank, dim);
    if (status != OSS_OK) {
        return status;
    }
    const oss_st_tensor *tensor = oss_safetensors_find(file, name);
    size_t count = tensor->bytes / oss_safetensors_dtype_bytes(tensor->dtype);
    if (strcmp(tensor->dtype, "F32") == 0) {
        memcpy(out, tensor->data, tensor->bytes);
    } else if (strcmp(tensor->dtype, "F64") == 0) {
        round_doubles(out, tensor->data, count);
    } else {
        oss_storage storage = strcmp(tensor->dtype, "F16") == 0 ? OSS_STORAGE_FP16 : OSS_STORAGE_BF16;
        oss_storage_decode(out, storage, tensor->data, NULL, 1, count);
    }
    return oss_safetensors_check_finite(file, name, out, count);
}
