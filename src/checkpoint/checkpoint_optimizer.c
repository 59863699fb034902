/* What the optimiser goes on with, as tensors beside those of the model. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "checkpoint/checkpoint_internal.h"
#include "model/model_internal.h"

enum { PARTS = 3, PART_NAME_BYTES = 4 }; /* m., v., raw. */
static const char *const part_name[PARTS] = {"m", "v", "raw"};

typedef char tensor_name[PART_NAME_BYTES + sizeof((oss_param *)NULL)->name];

static void name_tensor(tensor_name out, int32_t part, const oss_param *param) {
    (void)oss_format(out, sizeof(tensor_name), "%s.%s", part_name[part], param->name);
}

void oss_optimizer_deinit(oss_optimizer *optimizer) {
    oss_free(optimizer->m);
    oss_free(optimizer->v);
    oss_free(optimizer->raw);
    *optimizer = (oss_optimizer){0};
}

oss_status oss_checkpoint_optimizer_save(const char *path, const oss_params *params,
                                         const oss_optimizer *optimizer, char out_sum[OSS_SUM_DIGITS + 1]) {
    const float *const block[PARTS] = {optimizer->m, optimizer->v, optimizer->raw};
    int32_t parts = optimizer->raw == NULL ? PARTS - 1 : PARTS;
    int32_t items = parts * params->count;
    oss_st_item *item = oss_alloc((size_t)items, sizeof *item);
    tensor_name *name = oss_alloc((size_t)items, sizeof *name);
    oss_status status = item == NULL || name == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < items && status == OSS_OK; i++) {
        int32_t part = i / params->count;
        const oss_param *param = &params->item[i % params->count];
        name_tensor(name[i], part, param);
        item[i] = (oss_st_item){.name = name[i], .rank = param->rank, .data = block[part] + param->offset};
        memcpy(item[i].dim, param->dim, sizeof param->dim);
    }
    if (status == OSS_OK) {
        status = oss_safetensors_save(path, item, items, NULL, 0, out_sum);
    }
    oss_free(item);
    oss_free(name);
    return status;
}

static oss_status check_tensors(const oss_safetensors *file, const oss_params *params, int32_t parts) {
    for (int32_t i = 0; i < parts * params->count; i++) {
        const oss_param *param = &params->item[i / parts];
        tensor_name name;
        name_tensor(name, i % parts, param);
        oss_status status = oss_safetensors_check_f32(file, name, param->rank, param->dim);
        if (status != OSS_OK) {
            return status;
        }
    }
    if (oss_safetensors_count(file) != parts * params->count) {
        return oss_fail(OSS_EINPUT, "%s: it has %d tensors; the network has %d", oss_safetensors_path(file),
                        oss_safetensors_count(file), parts * params->count);
    }
    return OSS_OK;
}

static oss_status read_part(float **out, const oss_safetensors *file, const oss_params *params,
                            int32_t part) {
    float *block = oss_model_alloc_block(params);
    oss_status status = block == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < params->count && status == OSS_OK; i++) {
        const oss_param *param = &params->item[i];
        tensor_name name;
        name_tensor(name, part, param);
        status = oss_safetensors_read_f32(file, name, param->rank, param->dim, block + param->offset);
    }
    if (status != OSS_OK) {
        oss_free(block);
        return status;
    }
    *out = block;
    return OSS_OK;
}

oss_status oss_checkpoint_optimizer_load(oss_optimizer *out, const oss_params *params, const char *path,
                                         char out_sum[OSS_SUM_DIGITS + 1]) {
    oss_safetensors *file = NULL;
    oss_optimizer optimizer = {0};
    float **const block[PARTS] = {&optimizer.m, &optimizer.v, &optimizer.raw};
    oss_status status = oss_safetensors_load(&file, path, true);
    if (status != OSS_OK) {
        return status;
    }
    int32_t parts = oss_safetensors_count(file) == PARTS * params->count ? PARTS : PARTS - 1;
    status = check_tensors(file, params, parts);
    for (int32_t part = 0; part < parts && status == OSS_OK; part++) {
        status = read_part(block[part], file, params, part);
    }
    if (status == OSS_OK) {
        memcpy(out_sum, oss_safetensors_metadata(file, "ossicle_sum"), OSS_SUM_DIGITS + 1);
        *out = optimizer;
    } else {
        oss_optimizer_deinit(&optimizer);
    }
    oss_safetensors_free(file);
    return status;
}
