#include "model/model_file.h"

#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "model/model_internal.h"
#include "model/model_tensors.h"
#include "model/vocab_file.h"

static const char file_name[] = "model.safetensors";

/* ---- Lifetime ---- */

oss_model *oss_model_share(oss_model *model) {
    atomic_fetch_add(&model->sharers, 1);
    return model;
}

void oss_model_free(oss_model *model) {
    if (model == NULL || atomic_fetch_sub(&model->sharers, 1) > 0) {
        return;
    }
    oss_free(model->path);
    oss_vocab_free(model->vocab);
    oss_params_free(model->params);
    oss_free(model->value);
    oss_free(model->mel_mean);
    oss_free(model->mel_std);
    oss_free(model);
}

static oss_status copy_vocab(oss_model *model, const oss_vocab *vocab) {
    if (oss_vocab_units(vocab) != model->config.units) {
        return oss_fail(OSS_EUSAGE,
                        "a model whose config and vocabulary have different units cannot be made");
    }
    return oss_vocab_copy(&model->vocab, vocab);
}

oss_status oss_model_create_empty(oss_model **out, const oss_model_config *config, const oss_vocab *vocab) {
    oss_model *model = oss_alloc_zero(1, sizeof *model);
    if (model == NULL) {
        return OSS_ENOMEM;
    }
    model->config = *config;
    model->chunk_training = -1.0;
    oss_status status = vocab != NULL ? copy_vocab(model, vocab) : OSS_OK;
    if (status == OSS_OK) {
        status = oss_params_create(&model->params, config, vocab == NULL ? 0 : oss_vocab_size(vocab));
    }
    if (status != OSS_OK) {
        oss_model_free(model);
        return status;
    }
    *out = model;
    return OSS_OK;
}

float *oss_model_alloc_block(const oss_params *params) {
    float *block = oss_alloc_aligned(params->floats, sizeof *block);
    if (block != NULL) {
        memset(block, 0, params->floats * sizeof *block);
    }
    return block;
}

oss_status oss_model_create(oss_model **out, const oss_config *config, const oss_vocab *vocab) {
    oss_model *model = NULL;
    oss_status status = oss_model_create_empty(&model, &config->model, vocab);
    if (status != OSS_OK) {
        return status;
    }
    model->value = oss_model_alloc_block(model->params);
    if (model->value == NULL) {
        oss_model_free(model);
        return OSS_ENOMEM;
    }
    model->chunk_training = config->training.chunk.prob;
    oss_params_init(model->params, model->value, config->training.seed, config->training.head_init_gain);
    *out = model;
    return OSS_OK;
}

/* ---- Which file ---- */

/* FOLDER/NAME/model.safetensors, where NAME may be a file that was a link once; NULL when memory is short. */
static char *join_file(const char *folder, const char *name) {
    char *inner = oss_path_join(folder, name);
    char *target = NULL;
    if (inner != NULL && oss_file_is_regular(inner) && oss_file_read_pointer(&target, inner) == OSS_OK) {
        oss_free(inner);
        inner = oss_path_join(folder, target);
    }
    char *path = inner == NULL ? NULL : oss_path_join(inner, file_name);
    oss_free(target);
    oss_free(inner);
    return path;
}

/* A link whose target is gone is not the same as none: another model than the user thinks of would be read. */
static void warn_of_dangling(const char *folder, const char *name) {
    char *link = oss_path_join(folder, name);
    char *target = NULL;
    if (link != NULL && oss_file_read_link(&target, link) == OSS_OK) {
        oss_log_warn("%s points to %s, where there is no %s; looking further", link, target, file_name);
    }
    oss_free(target);
    oss_free(link);
}

/* *out stays NULL when there is no such file. */
static oss_status find_file(char **out, const char *folder, const char *name) {
    char *path = name == NULL ? oss_path_join(folder, file_name) : join_file(folder, name);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    if (oss_file_exists(path)) {
        *out = path;
        return OSS_OK;
    }
    if (name != NULL) {
        warn_of_dangling(folder, name);
    }
    oss_free(path);
    return OSS_OK;
}

static oss_status resolve_folder(char **out, const char *folder) {
    static const char *const place[] = {NULL, "best", "latest"};
    char *path = NULL;
    oss_status status = OSS_OK;
    for (size_t i = 0; i < sizeof place / sizeof place[0] && status == OSS_OK && path == NULL; i++) {
        status = find_file(&path, folder, place[i]);
    }
    if (status == OSS_OK && path == NULL) {
        status = oss_fail(
            OSS_EINPUT,
            "%s is a folder without %s and without links `best` and `latest` to one; give a model file, a "
            "checkpoint folder or a run folder",
            folder, file_name);
    }
    if (status == OSS_OK) {
        *out = path;
    }
    return status;
}

oss_status oss_model_resolve(char **out_file, const char *path) {
    if (oss_file_is_folder(path)) {
        return resolve_folder(out_file, path);
    }
    char *copy = oss_strdup(path);
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    *out_file = copy;
    return OSS_OK;
}

/* ---- Saving ---- */

static oss_status print_vocab(char **out, const oss_vocab *vocab) {
    oss_json *list = oss_json_array();
    oss_vocab_add_symbols(list, vocab);
    oss_status status = oss_json_print(out, list, OSS_JSON_LINE);
    oss_json_free(list);
    return status;
}

static void add_floats(oss_json *object, const char *key, const float *value, int32_t count) {
    oss_json *list = oss_json_add_array(object, key);
    for (int32_t i = 0; i < count; i++) {
        oss_json_add_number(list, NULL, (double)value[i]);
    }
}

static oss_status print_stats(char **out, const oss_model *model) {
    if (model->mel_mean == NULL || model->mel_std == NULL) {
        return oss_fail(OSS_EUSAGE,
                        "a model with \"mel_norm\": \"fixed\" needs mel statistics before it is saved");
    }
    oss_json *object = oss_json_object();
    add_floats(object, "mean", model->mel_mean, model->config.mel.bins);
    add_floats(object, "std", model->mel_std, model->config.mel.bins);
    oss_status status = oss_json_print(out, object, OSS_JSON_LINE);
    oss_json_free(object);
    return status;
}

static oss_status save_with_texts(const oss_model *model, const char *path, const oss_st_meta *meta,
                                  int32_t metas, char out_sum[OSS_SUM_DIGITS + 1]) {
    oss_model_tensors tensors = {0};
    oss_status status = oss_model_tensors_make(&tensors, model);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "cannot write %s", path);
    }
    status = oss_safetensors_save(path, tensors.item, tensors.items, meta, metas, out_sum);
    oss_model_tensors_deinit(&tensors);
    return status;
}

oss_status oss_model_save_file(const oss_model *model, const char *path, char out_sum[OSS_SUM_DIGITS + 1]) {
    char *vocab = NULL;
    char *stats = NULL;
    char *calibration = NULL;
    char chunks[OSS_NUMBER_CHARS];
    char *config = oss_config_print_stored(&model->config);
    oss_status status = config == NULL ? OSS_ENOMEM : OSS_OK;
    bool small = model->storage != OSS_STORAGE_FP32;
    oss_st_meta meta[7] = {{OSS_MODEL_FORMAT_KEY, small ? OSS_MODEL_FORMAT_SMALL : OSS_MODEL_FORMAT},
                           {"config", config}};
    int32_t metas = 2;
    if (small) {
        meta[metas++] = (oss_st_meta){OSS_MODEL_STORAGE_KEY, oss_storage_name[model->storage]};
    }
    if (model->chunk_training >= 0.0) {
        (void)oss_number_print(chunks, model->chunk_training);
        meta[metas++] = (oss_st_meta){OSS_MODEL_CHUNKS_KEY, chunks};
    }
    if (status == OSS_OK && model->vocab != NULL) {
        status = print_vocab(&vocab, model->vocab);
        meta[metas++] = (oss_st_meta){"vocab", vocab};
    }
    if (status == OSS_OK && model->config.mel.norm == OSS_MEL_NORM_FIXED) {
        status = print_stats(&stats, model);
        meta[metas++] = (oss_st_meta){"mel_stats", stats};
    }
    if (status == OSS_OK && (model->calibration.has_edges || model->calibration.has_confidence ||
                             model->calibration.has_search_confidence || model->calibration.has_level)) {
        status = oss_calibration_print(&calibration, &model->calibration);
        meta[metas++] = (oss_st_meta){"calibration", calibration};
    }
    if (status == OSS_OK) {
        status = save_with_texts(model, path, meta, metas, out_sum);
    }
    oss_free(config);
    oss_free(vocab);
    oss_free(stats);
    oss_free(calibration);
    return status;
}

oss_status oss_model_save(const oss_model *model, const char *path) {
    return oss_model_save_file(model, path, NULL);
}
