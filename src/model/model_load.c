/* A model file is read in three steps: what it says of itself, whether its tensors are what that promises,
 * and only then the values. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "model/model_internal.h"
#include "model/model_tensors.h"
#include "model/vocab_file.h"

static bool has_stats(const oss_model_config *config) {
    return config->mel.norm == OSS_MEL_NORM_FIXED;
}

static oss_status parse_vocab(oss_vocab **out, const char *text, oss_units units) {
    oss_json *list = NULL;
    oss_status status = oss_json_parse(&list, text, strlen(text), "vocab");
    if (status == OSS_OK) {
        status = oss_vocab_from_json(out, units, list);
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "vocab");
    }
    oss_json_free(list);
    return status;
}

static oss_status read_floats(float **out, const oss_json *object, const char *key, int32_t count,
                              double lowest) {
    const oss_json *list = NULL;
    oss_status status = oss_json_get_array(object, key, &list);
    if (status != OSS_OK) {
        return status;
    }
    if (oss_json_count(list) != (size_t)count) {
        return oss_fail(OSS_EINPUT, "\"%s\" has %zu numbers; mel_bins is %d", key, oss_json_count(list),
                        count);
    }
    float *value = oss_alloc((size_t)count, sizeof *value);
    if (value == NULL) {
        return OSS_ENOMEM;
    }
    const oss_json *at = oss_json_first(list);
    for (int32_t i = 0; i < count && status == OSS_OK; i++, at = oss_json_next(at)) {
        double number = 0.0;
        status = oss_json_to_number(at, key, &number);
        value[i] = (float)number;
        if (status == OSS_OK && !(isfinite(value[i]) && number >= lowest)) {
            status = oss_fail(OSS_EINPUT, "\"%s\"[%d] is %g", key, i, number);
        }
    }
    if (status != OSS_OK) {
        oss_free(value);
        return status;
    }
    *out = value;
    return OSS_OK;
}

static oss_status read_stats(oss_model *model, const char *text) {
    int32_t bins = model->config.mel.bins;
    oss_json *object = NULL;
    oss_status status = oss_json_parse(&object, text, strlen(text), "mel_stats");
    if (status == OSS_OK) {
        status = read_floats(&model->mel_mean, object, "mean", bins, -INFINITY);
    }
    if (status == OSS_OK) {
        status = read_floats(&model->mel_std, object, "std", bins, 0.0);
    }
    oss_json_free(object);
    return status;
}

/* Statistics are there exactly when the config asks for them. */
static oss_status load_stats(oss_model *model, const oss_safetensors *file) {
    const char *text = oss_safetensors_metadata(file, "mel_stats");
    if (!has_stats(&model->config) || text == NULL) {
        return has_stats(&model->config) == (text != NULL)
                   ? OSS_OK
                   : oss_fail(OSS_EINPUT, "mel_stats %s, but \"mel_norm\" is%s \"fixed\"",
                              text == NULL ? "is missing" : "is there", text == NULL ? "" : " not");
    }
    oss_status status = read_stats(model, text);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "mel_stats");
}

/* Weights smaller than float32 are there exactly in files of the second format. name: NULL when the metadata have
 * none. */
static oss_status read_storage(oss_storage *out, const char *version, const char *name) {
    if (strcmp(version, OSS_MODEL_FORMAT) == 0) {
        return name == NULL ? OSS_OK
                            : oss_fail(OSS_EINPUT, "\"%s\" is there, but its format is %s, which has none",
                                       OSS_MODEL_STORAGE_KEY, version);
    }
    if (strcmp(version, OSS_MODEL_FORMAT_SMALL) != 0) {
        return oss_fail(OSS_EINPUT, "it has format %.20s; this version of Ossicle reads formats %s and %s",
                        version, OSS_MODEL_FORMAT, OSS_MODEL_FORMAT_SMALL);
    }
    if (name == NULL || !oss_storage_parse(name, out) || *out == OSS_STORAGE_FP32) {
        return oss_fail(OSS_EINPUT,
                        "\"%s\" is %s%.20s%s; in a file of format %s it must be fp16, bf16 or int8",
                        OSS_MODEL_STORAGE_KEY, name == NULL ? "missing" : "\"", name == NULL ? "" : name,
                        name == NULL ? "" : "\"", version);
    }
    return OSS_OK;
}

static oss_status load_calibration(oss_model *model, const oss_safetensors *file) {
    const char *text = oss_safetensors_metadata(file, "calibration");
    oss_status status = text == NULL ? OSS_OK : oss_calibration_parse(&model->calibration, text);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "calibration");
}

/* Files of before it was kept do not have it. */
static oss_status load_chunks(oss_model *model, const oss_safetensors *file) {
    const char *text = oss_safetensors_metadata(file, OSS_MODEL_CHUNKS_KEY);
    double probability = -1.0;
    if (text != NULL && (!oss_number_parse(text, &probability) || probability < 0.0 || probability > 1.0)) {
        return oss_fail(OSS_EINPUT, "\"%s\" is \"%.20s\", no number from 0 to 1", OSS_MODEL_CHUNKS_KEY, text);
    }
    model->chunk_training = probability;
    return OSS_OK;
}

static oss_status load_description(oss_model **out, const oss_safetensors *file) {
    const char *version = oss_safetensors_metadata(file, OSS_MODEL_FORMAT_KEY);
    const char *config_text = oss_safetensors_metadata(file, "config");
    const char *vocab_text = oss_safetensors_metadata(file, "vocab");
    if (version == NULL || config_text == NULL) {
        return oss_fail(OSS_EINPUT, "it is not a model file: its metadata have no \"%s\"",
                        version == NULL ? OSS_MODEL_FORMAT_KEY : "config");
    }
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    oss_storage storage = OSS_STORAGE_FP32;
    oss_status status =
        read_storage(&storage, version, oss_safetensors_metadata(file, OSS_MODEL_STORAGE_KEY));
    if (status == OSS_OK) {
        status = oss_config_parse(&config, config_text, "config");
    }
    if (status == OSS_OK && vocab_text != NULL) {
        status = parse_vocab(&vocab, vocab_text, config->model.units);
    }
    if (status == OSS_OK) {
        status = oss_model_create_empty(out, &config->model, vocab);
    }
    if (status == OSS_OK) {
        (*out)->storage = storage;
    }
    oss_config_free(config);
    oss_vocab_free(vocab);
    return status;
}

/* What the config promises must be in the file before memory is taken for it. */
static oss_status load_values(oss_model *model, oss_safetensors *file) {
    oss_status status = oss_model_tensors_check(model, file);
    if (status == OSS_OK) {
        status = oss_safetensors_fetch(file);
    }
    if (status == OSS_OK) {
        model->value = oss_model_alloc_block(model->params);
        status = model->value == NULL ? OSS_ENOMEM : oss_model_tensors_read(model, file);
    }
    return status;
}

static oss_status load_model(oss_model **out, oss_safetensors *file) {
    oss_model *model = NULL;
    const char *path = oss_safetensors_path(file);
    oss_status status = load_description(&model, file);
    if (status == OSS_OK) {
        status = load_stats(model, file);
    }
    if (status == OSS_OK) {
        status = load_calibration(model, file);
    }
    if (status == OSS_OK) {
        status = load_chunks(model, file);
    }
    if (status != OSS_OK) {
        oss_model_free(model);
        return oss_fail_prefix(status, "%s", path);
    }
    status = load_values(model, file);
    if (status == OSS_OK) {
        model->path = oss_strdup(path);
        status = model->path == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status != OSS_OK) {
        oss_model_free(model);
        return status;
    }
    *out = model;
    return OSS_OK;
}

oss_status oss_model_load_file(oss_model **out, const char *path, char out_sum[OSS_SUM_DIGITS + 1]) {
    oss_safetensors *file = NULL;
    oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED);
    if (status == OSS_OK) {
        status = load_model(out, file);
    }
    if (status == OSS_OK && out_sum != NULL) {
        memcpy(out_sum, oss_safetensors_metadata(file, "ossicle_sum"), OSS_SUM_DIGITS + 1);
    }
    oss_safetensors_free(file);
    return status;
}

/* *out = RUN/latest/model.safetensors of RUN/best/model.safetensors (oss_free); NULL: of another file. */
static oss_status find_other(char **out, const char *file) {
    char *best = oss_path_folder(file);
    char *run = best == NULL ? NULL : oss_path_folder(best);
    char *latest = run == NULL ? NULL : oss_path_join(run, "latest");
    char *other = latest == NULL ? NULL : oss_path_join(latest, oss_path_name(file));
    bool is_best = best != NULL && strcmp(oss_path_name(best), "best") == 0;
    oss_free(best);
    oss_free(run);
    oss_free(latest);
    if (other != NULL && (!is_best || oss_file_is_same(file, other))) {
        oss_free(other);
        return OSS_OK;
    }
    *out = other;
    return other == NULL ? OSS_ENOMEM : OSS_OK;
}

/* The best model of a run is damaged: another one is named, not taken, for it is not what was asked for. */
static oss_status offer_latest(const char *file, oss_status failure) {
    char *message = oss_strdup(oss_last_error());
    char *other = NULL;
    oss_model *model = NULL;
    oss_status status = message == NULL ? OSS_ENOMEM : find_other(&other, file);
    bool is_whole = status == OSS_OK && other != NULL && oss_model_load_file(&model, other, NULL) == OSS_OK;
    oss_model_free(model);
    if (message != NULL) {
        status = is_whole ? oss_fail(failure, "%s; the run's latest model is whole: %s", message, other)
                          : oss_fail(failure, "%s", message);
    }
    oss_free(other);
    oss_free(message);
    return status;
}

oss_status oss_model_load(oss_model **out, const char *path) {
    char *file = NULL;
    oss_status status = oss_model_resolve(&file, path);
    if (status == OSS_OK) {
        status = oss_model_load_file(out, file, NULL);
        status = status == OSS_EINPUT ? offer_latest(file, status) : status;
    }
    oss_free(file);
    return status;
}

oss_status oss_model_load_memory(oss_model **out, const void *bytes, size_t count, const char *name) {
    oss_safetensors *file = NULL;
    oss_status status = oss_safetensors_open_memory(&file, bytes, count, name, OSS_ST_SUM_NEEDED);
    if (status == OSS_OK) {
        status = load_model(out, file);
    }
    oss_safetensors_free(file);
    return status;
}
