#include "model/model_tensors.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"

/* Rows of fewer numbers stay float32 with int8: the first convolution's, of 9, would save 2 KB of 2 MB and cost more
 * accuracy than all other weights together (docs/inference.md). */
enum { INT8_LEAST_WIDTH = 32 };

static size_t row_width(const oss_param *param) {
    return param->count / (size_t)param->dim[0];
}

/* Whether the storage is about this parameter; biases, norms and what convolves values are float32 in every one. */
static bool is_stored_small(const oss_param *param, oss_storage storage) {
    return storage != OSS_STORAGE_FP32 && param->part == OSS_PART_WEIGHT &&
           oss_layer_has_products(&param->layer) &&
           (storage != OSS_STORAGE_INT8 || row_width(param) >= INT8_LEAST_WIDTH);
}

static bool has_scale(const oss_param *param, oss_storage storage) {
    return storage == OSS_STORAGE_INT8 && is_stored_small(param, storage);
}

static void name_scale(char out[OSS_SCALE_NAME_BYTES], const oss_param *param) {
    (void)oss_format(out, OSS_SCALE_NAME_BYTES, "%s_scale", param->name);
}

/* ---- Making ---- */

static oss_status allocate(oss_model_tensors *tensors, const oss_model *model) {
    size_t bytes = 0, rows = 0, scales = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        if (is_stored_small(param, model->storage)) {
            bytes += param->count * oss_storage_bytes(model->storage);
        }
        if (has_scale(param, model->storage)) {
            rows += (size_t)param->dim[0];
            scales++;
        }
    }
    tensors->item = oss_alloc_zero((size_t)model->params->count + scales, sizeof *tensors->item);
    tensors->scale_name = oss_alloc(scales, sizeof *tensors->scale_name);
    tensors->scale = oss_alloc(rows, sizeof *tensors->scale);
    tensors->number = oss_alloc(bytes, 1);
    bool has_all = tensors->item != NULL && tensors->scale_name != NULL && tensors->scale != NULL &&
                   tensors->number != NULL;
    return has_all ? OSS_OK : OSS_ENOMEM;
}

/* What is float32: all of it first, so that every tensor is aligned to its own numbers. */
static void add_floats(oss_model_tensors *tensors, const oss_model *model) {
    float *scale = tensors->scale;
    int32_t scales = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        oss_st_item *item = &tensors->item[tensors->items];
        if (has_scale(param, model->storage)) {
            char *name = tensors->scale_name[scales++];
            name_scale(name, param);
            *item = (oss_st_item){.name = name, .rank = 1, .dim = {param->dim[0]}, .data = scale};
            scale += param->dim[0];
        } else if (is_stored_small(param, model->storage)) {
            continue;
        } else {
            *item =
                (oss_st_item){.name = param->name, .rank = param->rank, .data = model->value + param->offset};
            memcpy(item->dim, param->dim, sizeof param->dim);
        }
        tensors->items++;
    }
}

static oss_status add_small(oss_model_tensors *tensors, const oss_model *model) {
    char *number = tensors->number;
    float *scale = tensors->scale;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        if (!is_stored_small(param, model->storage)) {
            continue;
        }
        oss_status status = oss_storage_encode(number, scale, model->storage, model->value + param->offset,
                                               param->dim[0], row_width(param));
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "tensor \"%s\"", param->name);
        }
        oss_st_item *item = &tensors->item[tensors->items++];
        *item = (oss_st_item){.name = param->name,
                              .rank = param->rank,
                              .data = number,
                              .dtype = oss_storage_dtype(model->storage)};
        memcpy(item->dim, param->dim, sizeof param->dim);
        number += param->count * oss_storage_bytes(model->storage);
        scale += has_scale(param, model->storage) ? param->dim[0] : 0;
    }
    return OSS_OK;
}

oss_status oss_model_tensors_make(oss_model_tensors *out, const oss_model *model) {
    oss_model_tensors tensors = {0};
    oss_status status = allocate(&tensors, model);
    if (status == OSS_OK) {
        add_floats(&tensors, model);
        status = add_small(&tensors, model);
    }
    if (status != OSS_OK) {
        oss_model_tensors_deinit(&tensors);
        return status;
    }
    *out = tensors;
    return OSS_OK;
}

void oss_model_tensors_deinit(oss_model_tensors *tensors) {
    oss_free(tensors->item);
    oss_free(tensors->scale_name);
    oss_free(tensors->scale);
    oss_free(tensors->number);
    *tensors = (oss_model_tensors){0};
}

/* ---- Reading ---- */

static oss_status check_param(const oss_param *param, oss_storage storage, const oss_safetensors *file) {
    const char *dtype = is_stored_small(param, storage) ? oss_storage_dtype(storage) : "F32";
    oss_status status = oss_safetensors_check(file, param->name, dtype, param->rank, param->dim);
    if (status == OSS_OK && has_scale(param, storage)) {
        char name[OSS_SCALE_NAME_BYTES];
        name_scale(name, param);
        status = oss_safetensors_check_f32(file, name, 1, param->dim);
    }
    return status;
}

static bool is_scale(const oss_model *model, const char *name) {
    static const char tail[] = "_scale";
    char weight[OSS_SCALE_NAME_BYTES];
    size_t length = strlen(name), bytes = length - (sizeof tail - 1);
    if (length < sizeof tail || length >= sizeof weight || strcmp(name + bytes, tail) != 0) {
        return false;
    }
    memcpy(weight, name, bytes);
    weight[bytes] = '\0';
    const oss_param *param = oss_params_find(model->params, weight);
    return param != NULL && has_scale(param, model->storage);
}

oss_status oss_model_tensors_check(const oss_model *model, const oss_safetensors *file) {
    const oss_params *params = model->params;
    for (int32_t i = 0; i < params->count; i++) {
        oss_status status = check_param(&params->item[i], model->storage, file);
        if (status != OSS_OK) {
            return status;
        }
    }
    for (int32_t i = 0; i < oss_safetensors_count(file); i++) {
        const char *name = oss_safetensors_get(file, i)->name;
        if (oss_params_find(params, name) == NULL && !is_scale(model, name)) {
            return oss_fail(OSS_EINPUT,
                            "%s: tensor \"%.80s\" is not part of the network that its config describes",
                            oss_safetensors_path(file), name);
        }
    }
    return OSS_OK;
}

/* scale[param->dim[0]]: above 0, and such that no value overflows. */
static oss_status read_scale(float *scale, const oss_param *param, const oss_safetensors *file) {
    char name[OSS_SCALE_NAME_BYTES];
    name_scale(name, param);
    oss_status status = oss_safetensors_read_f32(file, name, 1, param->dim, scale);
    for (int32_t row = 0; row < param->dim[0] && status == OSS_OK; row++) {
        if (!(scale[row] > 0.0f && isfinite(scale[row] * 127.0f))) {
            status = oss_fail(OSS_EINPUT,
                              "%s: tensor \"%s\": element %d is %g; a scale must be above 0, and 127 of it "
                              "finite",
                              oss_safetensors_path(file), name, row, (double)scale[row]);
        }
    }
    return status;
}

static oss_status check_int8(const oss_param *param, const oss_st_tensor *tensor,
                             const oss_safetensors *file) {
    const int8_t *number = tensor->data;
    for (size_t i = 0; i < tensor->bytes; i++) {
        if (number[i] == INT8_MIN) {
            return oss_fail(OSS_EINPUT, "%s: tensor \"%s\": element %zu is -128; the least is -127",
                            oss_safetensors_path(file), param->name, i);
        }
    }
    return OSS_OK;
}

static oss_status read_int8(float *out, const oss_param *param, const oss_safetensors *file) {
    const oss_st_tensor *tensor = oss_safetensors_find(file, param->name);
    float *scale = oss_alloc((size_t)param->dim[0], sizeof *scale);
    if (scale == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = read_scale(scale, param, file);
    if (status == OSS_OK) {
        status = check_int8(param, tensor, file);
    }
    if (status == OSS_OK) {
        oss_storage_decode(out, OSS_STORAGE_INT8, tensor->data, scale, param->dim[0], row_width(param));
    }
    oss_free(scale);
    return status;
}

static oss_status read_param(float *out, const oss_param *param, oss_storage storage,
                             const oss_safetensors *file) {
    if (!is_stored_small(param, storage)) {
        return oss_safetensors_read_f32(file, param->name, param->rank, param->dim, out);
    }
    if (storage == OSS_STORAGE_INT8) {
        return read_int8(out, param, file);
    }
    const oss_st_tensor *tensor = oss_safetensors_find(file, param->name);
    oss_storage_decode(out, storage, tensor->data, NULL, param->dim[0], row_width(param));
    return oss_safetensors_check_finite(file, param->name, out, param->count);
}

oss_status oss_model_tensors_read(oss_model *model, const oss_safetensors *file) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < model->params->count && status == OSS_OK; i++) {
        const oss_param *param = &model->params->item[i];
        status = read_param(model->value + param->offset, param, model->storage, file);
    }
    return status;
}
