/* The self-contained model: config, vocabulary, weights, fixed mel statistics
 * (docs/file-formats.md). */
#ifndef OSS_MODEL_MODEL_FILE_H
#define OSS_MODEL_MODEL_FILE_H

#include "model/calibration.h"
#include "model/config.h"
#include "model/params.h"
#include "model/storage.h"
#include "text/vocab.h"

typedef struct oss_model {
    char *path; /* of the file it came from, NULL for a new one */
    oss_model_config config;
    oss_vocab *vocab; /* NULL: no head */
    oss_params *params;
    float *value;              /* [params->floats], 64-byte aligned, whatever the storage */
    float *mel_mean, *mel_std; /* [bins] when mel_norm is fixed, else NULL */
    double chunk_training;     /* of the config that it was trained with; -1: the file does not say */
    _Atomic int32_t sharers;   /* owners beside the first */
    oss_storage storage; /* of the file it came from, and of what oss_model_save writes; fp32 for a new one */
    oss_calibration calibration; /* of exactly these values; zeroed: none */
} oss_model;

/* A new model with the initial weights that the config's seed and head_init_gain ask for; takes copies. vocab
 * may be NULL. Mel statistics are the caller's to set. */
oss_status oss_model_create(oss_model **out, const oss_config *config, const oss_vocab *vocab);
/* path: a model file, a checkpoint folder (model.safetensors in it), or a run folder (best, else latest).
 * Every tensor must be there with its shape, none unknown, all values finite. */
oss_status oss_model_load(oss_model **out, const char *path);
/* The same from the bytes[count] of a model file, which are not needed afterwards. name: for messages, and
 * the model's path. */
oss_status oss_model_load_memory(oss_model **out, const void *bytes, size_t count, const char *name);
/* The file that oss_model_load would read (oss_free). */
oss_status oss_model_resolve(char **out_file, const char *path);
/* Values are rounded to the model's storage. A model that was loaded and not changed gives the same bytes. */
oss_status oss_model_save(const oss_model *model, const char *path);
/* One more owner, who calls oss_model_free too: the last one frees it. From any thread; nobody changes a model that is
 * shared. */
oss_model *oss_model_share(oss_model *model);
void oss_model_free(oss_model *model);

/* `ossicle import`: a safetensors file of other origin (no sum; one that it has must fit, unless is_forced) with the
 * seed's tensor names, with or without the prefix `encoder.` or `audio_encoder.`, given a config and the vocabulary. */
oss_status oss_model_import(oss_model **out, const char *path, const oss_model_config *config,
                            const oss_vocab *vocab, bool is_forced);

#endif
