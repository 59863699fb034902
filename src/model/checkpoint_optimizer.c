/* AdamW's moments, as tensors beside those of the model. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "model/checkpoint_internal.h"
#include "model/model_internal.h"

typedef char moment_name[sizeof((oss_param *)NULL)->name + 2]; /* "m." or "v." and a parameter's */

static void name_moment(moment_name out, char moment, const oss_param *param) {
    (void)oss_format(out, sizeof(moment_name), "%c.%s", moment, param->name);
}

static void fill_item(oss_st_item *item, moment_name name, char moment, const oss_param *param,
                      const float *block) {
    name_moment(name, moment, param);
    *item = (oss_st_item){.name = name, .rank = param->rank, .data = block + param->offset};
    memcpy(item->dim, param->dim, sizeof param->dim);
}

oss_status oss_checkpoint_optimizer_save(const char *path, const oss_params *params, const float *m,
                                         const float *v, char out_sum[OSS_SUM_DIGITS + 1]) {
    size_t items = 2 * (size_t)params->count;
    oss_st_item *item = oss_alloc(items, sizeof *item);
    moment_name *name = oss_alloc(items, sizeof *name);
    oss_status status = item == NULL || name == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < params->count && status == OSS_OK; i++) {
        int32_t second = params->count + i;
        fill_item(&item[i], name[i], 'm', &params->item[i], m);
        fill_item(&item[second], name[second], 'v', &params->item[i], v);
    }
    if (status == OSS_OK) {
        status = oss_safetensors_save(path, item, (int32_t)items, NULL, 0, out_sum);
    }
    oss_free(item);
    oss_free(name);
    return status;
}

static oss_status check_moments(const oss_safetensors *file, const oss_params *params) {
    for (int32_t i = 0; i < 2 * params->count; i++) {
        const oss_param *param = &params->item[i / 2];
        moment_name name;
        name_moment(name, i % 2 == 0 ? 'm' : 'v', param);
        oss_status status = oss_safetensors_check_f32(file, name, param->rank, param->dim);
        if (status != OSS_OK) {
            return status;
        }
    }
    if (oss_safetensors_count(file) != 2 * params->count) {
        return oss_fail(OSS_EINPUT, "%s: it has %d tensors; the network has %d", oss_safetensors_path(file),
                        oss_safetensors_count(file), 2 * params->count);
    }
    return OSS_OK;
}

static oss_status read_moment(float **out, const oss_safetensors *file, const oss_params *params,
                              char moment) {
    float *block = oss_model_alloc_block(params);
    oss_status status = block == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < params->count && status == OSS_OK; i++) {
        const oss_param *param = &params->item[i];
        moment_name name;
        name_moment(name, moment, param);
        status = oss_safetensors_read_f32(file, name, param->rank, param->dim, block + param->offset);
    }
    if (status != OSS_OK) {
        oss_free(block);
        return status;
    }
    *out = block;
    return OSS_OK;
}

oss_status oss_checkpoint_optimizer_load(float **out_m, float **out_v, const oss_params *params,
                                         const char *path, char out_sum[OSS_SUM_DIGITS + 1]) {
    oss_safetensors *file = NULL;
    float *m = NULL;
    float *v = NULL;
    oss_status status = oss_safetensors_load(&file, path, true);
    if (status == OSS_OK) {
        status = check_moments(file, params);
    }
    if (status == OSS_OK) {
        status = read_moment(&m, file, params, 'm');
    }
    if (status == OSS_OK) {
        status = read_moment(&v, file, params, 'v');
    }
    if (status == OSS_OK) {
        memcpy(out_sum, oss_safetensors_metadata(file, "ossicle_sum"), OSS_SUM_DIGITS + 1);
        *out_m = m;
        *out_v = v;
    } else {
        oss_free(m);
    }
    oss_safetensors_free(file);
    return status;
}
