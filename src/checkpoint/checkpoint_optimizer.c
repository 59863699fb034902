/* What the optimiser goes on with, as tensors beside those of the model. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "checkpoint/checkpoint_internal.h"
#include "model/model_internal.h"

static const char prior_name[] = "label_prior";
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
    oss_free(optimizer->prior);
    *optimizer = (oss_optimizer){0};
}

oss_status oss_checkpoint_optimizer_save(const char *path, const oss_params *params,
                                         const oss_optimizer *optimizer, char out_sum[OSS_SUM_DIGITS + 1]) {
    const float *const block[PARTS] = {optimizer->m, optimizer->v, optimizer->raw};
    int32_t parts = optimizer->raw == NULL ? PARTS - 1 : PARTS;
    int32_t items = parts * params->count;
    oss_st_item *item = oss_alloc((size_t)items + 1, sizeof *item);
    tensor_name *name = oss_alloc((size_t)items, sizeof *name);
    oss_status status = item == NULL || name == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < items && status == OSS_OK; i++) {
        int32_t part = i / params->count;
        const oss_param *param = &params->item[i % params->count];
        name_tensor(name[i], part, param);
        item[i] = (oss_st_item){.name = name[i], .rank = param->rank, .data = block[part] + param->offset};
        memcpy(item[i].dim, param->dim, sizeof param->dim);
    }
    if (status == OSS_OK && optimizer->prior != NULL) {
        item[items++] = (oss_st_item){
            .name = prior_name, .rank = 1, .dim = {optimizer->symbols}, .data = optimizer->prior};
    }
    if (status == OSS_OK) {
        status = oss_safetensors_save(path, item, items, NULL, 0, out_sum);
    }
    oss_free(item);
    oss_free(name);
    return status;
}

static int32_t count_parts(const oss_safetensors *file, const oss_params *params) {
    int32_t tensors = oss_safetensors_count(file) - (oss_safetensors_find(file, prior_name) != NULL);
    return tensors == PARTS * params->count ? PARTS : PARTS - 1;
}

/* At most as many symbols as the head writes: what they belong to is known where the vocabulary is. */
static oss_status check_prior(const oss_safetensors *file, const oss_st_tensor *prior,
                              const oss_params *params) {
    const oss_param *head = oss_params_get(params, OSS_ROLE_HEAD, 0, OSS_PART_WEIGHT);
    return prior->rank == 1 && prior->dim[0] >= 1 && head != NULL && prior->dim[0] <= head->dim[0]
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: tensor \"%s\" must be one row of numbers, one for each symbol",
                          oss_safetensors_path(file), prior_name);
}

static oss_status check_tensors(const oss_safetensors *file, const oss_params *params, int32_t parts) {
    const oss_st_tensor *prior = oss_safetensors_find(file, prior_name);
    int32_t wanted = parts * params->count + (prior != NULL);
    for (int32_t i = 0; i < parts * params->count; i++) {
        const oss_param *param = &params->item[i / parts];
        tensor_name name;
        name_tensor(name, i % parts, param);
        oss_status status = oss_safetensors_check_f32(file, name, param->rank, param->dim);
        if (status != OSS_OK) {
            return status;
        }
    }
    if (oss_safetensors_count(file) != wanted) {
        return oss_fail(OSS_EINPUT, "%s: it has %d tensors; the network has %d", oss_safetensors_path(file),
                        oss_safetensors_count(file), wanted);
    }
    return prior == NULL ? OSS_OK : check_prior(file, prior, params);
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

static oss_status read_prior(oss_optimizer *out, const oss_safetensors *file) {
    const oss_st_tensor *tensor = oss_safetensors_find(file, prior_name);
    if (tensor == NULL) {
        return OSS_OK;
    }
    out->symbols = (int32_t)tensor->dim[0];
    out->prior = oss_alloc((size_t)out->symbols, sizeof *out->prior);
    return out->prior == NULL ? OSS_ENOMEM
                              : oss_safetensors_read_f32(file, prior_name, 1, &out->symbols, out->prior);
}

oss_status oss_checkpoint_optimizer_load(oss_optimizer *out, const oss_params *params, const char *path,
                                         char out_sum[OSS_SUM_DIGITS + 1]) {
    oss_safetensors *file = NULL;
    oss_optimizer optimizer = {0};
    float **const block[PARTS] = {&optimizer.m, &optimizer.v, &optimizer.raw};
    oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED);
    if (status != OSS_OK) {
        return status;
    }
    int32_t parts = count_parts(file, params);
    status = check_tensors(file, params, parts);
    if (status == OSS_OK) {
        status = oss_safetensors_fetch(file);
    }
    for (int32_t part = 0; part < parts && status == OSS_OK; part++) {
        status = read_part(block[part], file, params, part);
    }
    if (status == OSS_OK) {
        status = read_prior(&optimizer, file);
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
