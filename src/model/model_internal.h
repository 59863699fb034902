/* What those who make, read and write models share: model_file.c, model_load.c, src/convert, src/checkpoint. */
#ifndef OSS_MODEL_MODEL_INTERNAL_H
#define OSS_MODEL_MODEL_INTERNAL_H

#include "model/model_file.h"
#include "model/safetensors.h"
#include "model/sum.h"

#define OSS_MODEL_FORMAT_KEY "ossicle_format"
#define OSS_MODEL_FORMAT     "1"
/* Of files whose weights are smaller than float32, so that versions which read format 1 alone say what is wrong. */
#define OSS_MODEL_FORMAT_SMALL "2"
#define OSS_MODEL_CHUNKS_KEY   "chunk_training"
#define OSS_MODEL_STORAGE_KEY  "storage" /* an oss_storage_name */

/* Copies of config and vocabulary, and the weight table; value stays NULL. */
oss_status oss_model_create_empty(oss_model **out, const oss_model_config *config, const oss_vocab *vocab);
/* A block for params->floats floats, 64-byte aligned, all zero; NULL when memory is short. */
float *oss_model_alloc_block(const oss_params *params);

/* Exactly this file, no folder. out_sum: its ossicle_sum. */
oss_status oss_model_load_file(oss_model **out, const char *path, char out_sum[OSS_SUM_DIGITS + 1]);
oss_status oss_model_save_file(const oss_model *model, const char *path, char out_sum[OSS_SUM_DIGITS + 1]);

#endif
