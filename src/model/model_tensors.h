/* The tensors of a model file: how a model's values stand in it, by its storage (docs/file-formats.md). */
#ifndef OSS_MODEL_MODEL_TENSORS_H
#define OSS_MODEL_MODEL_TENSORS_H

#include "model/model_file.h"
#include "model/safetensors.h"

enum { OSS_SCALE_NAME_BYTES = sizeof((oss_param *)NULL)->name + 8 };

typedef struct oss_model_tensors {
    int32_t items;
    oss_st_item *item; /* [items] in the order of the file; they point to the model and to what follows */
    char (*scale_name)[OSS_SCALE_NAME_BYTES];
    float *scale;
    void *number; /* weights in numbers smaller than float32 */
} oss_model_tensors;

/* For oss_safetensors_save. OSS_ENUMERIC, with the tensor's name, when a value cannot be stored. */
oss_status oss_model_tensors_make(oss_model_tensors *out, const oss_model *model);
void oss_model_tensors_deinit(oss_model_tensors *tensors);

/* OSS_EINPUT unless all tensors that the config and the storage promise are in the file with their types and shapes, and
 * no others. */
oss_status oss_model_tensors_check(const oss_model *model, const oss_safetensors *file);
/* Fills model->value, the caller's, from a file that was found right. OSS_EINPUT when a value is not finite or a scale
 * not above 0. */
oss_status oss_model_tensors_read(oss_model *model, const oss_safetensors *file);

#endif
