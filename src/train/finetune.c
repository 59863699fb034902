#include "train/finetune.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "model/config_compare.h"
#include "train/freeze.h"
#include "train/head_match.h"

/* ---- Before the data ---- */

static oss_status load_model(oss_model **out, const char *path) {
    char *file = NULL;
    oss_status status = oss_model_resolve(&file, path);
    if (status == OSS_OK && !oss_file_exists(file)) {
        status = oss_fail(OSS_EINPUT, "--init %s: no such model", path);
    }
    if (status == OSS_OK) {
        status = oss_model_load(out, file);
    }
    /* fp16 moves a weight by less than a step does. */
    if (status == OSS_OK && ((*out)->storage == OSS_STORAGE_BF16 || (*out)->storage == OSS_STORAGE_INT8)) {
        oss_log_warn(
            "--init %s: its weights were rounded to %s; the fp32 model that it was made of is a better beginning",
            path, oss_storage_name[(*out)->storage]);
    }
    oss_free(file);
    return status;
}

static bool wants_stats(const oss_config *config) {
    return config->model.mel.kind == OSS_MEL_LOG && config->model.mel.norm == OSS_MEL_NORM_FIXED;
}

/* Other statistics under a frozen encoder would change all that it gives. */
static oss_status check_frozen(const oss_model *from, const oss_config *config) {
    oss_params *params = NULL;
    bool *frozen = NULL;
    oss_status status =
        oss_params_create(&params, &config->model, OSS_VOCAB_SPECIALS + 1); /* names are the same */
    if (status == OSS_OK) {
        status = oss_freeze_create(&frozen, params, config);
    }
    if (status == OSS_OK && oss_freeze_of_encoder(frozen, params) == OSS_FREEZE_ALL && wants_stats(config) &&
        from->mel_mean != NULL && config->training.mel_stats == OSS_MEL_STATS_DATA) {
        status =
            oss_fail(OSS_EUSAGE, "all of the encoder is frozen, and \"mel_stats\": \"data\" would change "
                                 "what it gives: set mel_stats to model, or freeze less");
    }
    oss_free(frozen);
    oss_params_free(params);
    return status;
}

oss_status oss_finetune_load(oss_model **out, const char *path, const oss_config *config) {
    oss_model *from = NULL;
    oss_status status = load_model(&from, path);
    if (status == OSS_OK) {
        status = check_frozen(from, config);
    }
    if (status != OSS_OK) {
        oss_model_free(from);
        return status;
    }
    *out = from;
    return OSS_OK;
}

oss_status oss_finetune_config(oss_config **out, const char *path) {
    oss_model *from = NULL;
    oss_status status = load_model(&from, path);
    if (status == OSS_OK) {
        status = oss_config_create_from(out, &from->config);
    }
    if (status == OSS_OK && from->chunk_training > 0) {
        (*out)->training.chunk.prob = from->chunk_training;
    }
    oss_model_free(from);
    return status;
}

const oss_vocab *oss_finetune_vocab(const oss_model *from, const oss_config *config) {
    return config->data.vocab_json == NULL && oss_head_obstacle(from, &config->model) == NULL ? from->vocab
                                                                                              : NULL;
}

/* ---- Settings ---- */

/* What differs between two models, the first being the new one. */
typedef struct settings_diff {
    bool log;             /* every key that differs */
    const char *path;     /* of the second */
    oss_strbuf front_end; /* " --set KEY=VALUE" of the second, for keys that decide what is heard */
} settings_diff;

static bool is_heard(const char *key) {
    return strcmp(oss_config_section(key), "front end") == 0 && strcmp(key, "min_peak") != 0;
}

static oss_status note_setting(void *context, const char *key, const char *now, const char *then) {
    settings_diff *diff = context;
    if (diff->log) {
        oss_log_warn("\"%s\" is %s here and %s in %s", key, now, then, diff->path);
    }
    if (is_heard(key)) { /* a word as --set takes it: without its quotes */
        bool quoted = then[0] == '"';
        oss_strbuf_printf(&diff->front_end, " --set %s=%.*s", key, (int)strlen(then) - (quoted ? 2 : 0),
                          then + quoted);
    }
    return oss_strbuf_ok(&diff->front_end) ? OSS_OK : OSS_ENOMEM;
}

/* Where the settings of both models differ the weights may hear or spell something else than they learnt. */
static oss_status compare_settings(settings_diff *diff, const oss_model *model, const oss_model *from) {
    diff->path = from->path;
    return oss_config_compare(&model->config, &from->config, note_setting, diff);
}

static oss_status report_settings(const oss_model *model, const oss_model *from) {
    settings_diff diff = {.log = true};
    oss_status status = compare_settings(&diff, model, from);
    if (status == OSS_OK && diff.front_end.length > 0) {
        oss_log_warn("the weights hear something else than they learnt; to hear what %s does:%s, or leave "
                     "out --config: --init alone takes the model's settings",
                     from->path, diff.front_end.data);
    }
    oss_strbuf_deinit(&diff.front_end);
    return status;
}

/* ---- Tensors ---- */

static bool same_shape(const oss_param *a, const oss_param *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

static bool is_head(const oss_param *param) {
    return param->layer.role == OSS_ROLE_HEAD;
}

/* Why a tensor of the new model cannot be taken from the old one; NULL when it can. */
static const char *find_obstacle(const oss_param *wanted, const oss_param *found, const char *head) {
    if (is_head(wanted)) {
        return head;
    }
    if (found == NULL) {
        return "the model has none";
    }
    return same_shape(wanted, found) ? NULL : "the shape differs";
}

/* Those of the encoder and projector are copied; those of the head, whose rows may have moved, only counted. */
static int32_t take_tensors(oss_model *model, const oss_model *from, const char *head,
                            oss_strbuf *not_taken) {
    int32_t taken = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *wanted = &model->params->item[i];
        const oss_param *found = oss_params_find(from->params, wanted->name);
        const char *obstacle = find_obstacle(wanted, found, head);
        if (obstacle != NULL) {
            oss_strbuf_printf(not_taken, "%s%s (%s)", not_taken->length == 0 ? "" : ", ", wanted->name,
                              obstacle);
            continue;
        }
        taken++;
        if (!is_head(wanted)) {
            memcpy(model->value + wanted->offset, from->value + found->offset,
                   wanted->count * sizeof *model->value);
        }
    }
    return taken;
}

/* Tensors of the old model that the new one has no place for: what it does without them is something else. */
static void list_left_out(const oss_model *model, const oss_model *from, oss_strbuf *left_out) {
    for (int32_t i = 0; i < from->params->count; i++) {
        const char *name = from->params->item[i].name;
        if (oss_params_find(model->params, name) == NULL) {
            oss_strbuf_printf(left_out, "%s%s", left_out->length == 0 ? "; left out: " : ", ", name);
        }
    }
}

static oss_status report_tensors(const oss_model *model, const oss_model *from, int32_t taken,
                                 const char *not_taken, const char *left_out) {
    if (taken == 0) {
        return oss_fail(OSS_EINPUT,
                        "--init %s: no tensor fits this config (to take the model's settings leave out "
                        "--config): %s",
                        from->path, not_taken);
    }
    oss_log_info("took %d of %d tensors from %s%s%s%s", taken, model->params->count, from->path,
                 not_taken[0] == '\0' ? "" : "; new: ", not_taken, left_out);
    return OSS_OK;
}

oss_status oss_finetune_init(oss_model *model, const oss_model *from) {
    const char *head = oss_head_obstacle(from, &model->config);
    oss_strbuf not_taken = {0}, left_out = {0};
    oss_strbuf_append(&not_taken, "");
    oss_strbuf_append(&left_out, "");
    int32_t taken = take_tensors(model, from, head, &not_taken);
    list_left_out(model, from, &left_out);
    char *news = oss_strbuf_take(&not_taken), *rest = oss_strbuf_take(&left_out);
    oss_status status =
        news == NULL || rest == NULL ? OSS_ENOMEM : report_tensors(model, from, taken, news, rest);
    oss_free(news);
    oss_free(rest);
    if (status == OSS_OK && head == NULL) {
        status = oss_head_take(model, from);
    }
    return status == OSS_OK ? report_settings(model, from) : status;
}

/* ---- Mel statistics ---- */

static oss_status copy_stats(oss_model *model, const oss_model *from) {
    size_t bins = (size_t)from->config.mel.bins;
    float *mean = oss_alloc(bins, sizeof *mean), *std = oss_alloc(bins, sizeof *std);
    if (mean == NULL || std == NULL) {
        oss_free(mean);
        oss_free(std);
        return OSS_ENOMEM;
    }
    memcpy(mean, from->mel_mean, bins * sizeof *mean);
    memcpy(std, from->mel_std, bins * sizeof *std);
    model->mel_mean = mean;
    model->mel_std = std;
    return OSS_OK;
}

/* Why they cannot be those of the model; NULL when they can. */
static oss_status find_stats_obstacle(const char **out, const oss_model *model, const oss_model *from,
                                      const oss_config *config) {
    settings_diff diff = {0};
    oss_status status = compare_settings(&diff, model, from);
    const char *of_front_end = diff.front_end.length > 0 ? "the front end differs from the model's" : NULL;
    oss_strbuf_deinit(&diff.front_end);
    if (config->training.mel_stats == OSS_MEL_STATS_DATA) {
        *out = "mel_stats is data";
    } else {
        *out = from->mel_mean == NULL ? "the model has none" : of_front_end;
    }
    return status;
}

/* Allowed when only part of the encoder is frozen, or when its front end is another one anyway. */
static oss_status warn_frozen(const oss_model *model, const oss_config *config) {
    bool *frozen = NULL;
    oss_status status = oss_freeze_create(&frozen, model->params, config);
    if (status == OSS_OK && oss_freeze_of_encoder(frozen, model->params) != OSS_FREEZE_NONE) {
        oss_log_warn("frozen tensors of the encoder hear other mel statistics than they were trained with");
    }
    oss_free(frozen);
    return status;
}

oss_status oss_finetune_mel_stats(bool *out_taken, oss_model *model, const oss_model *from,
                                  const oss_config *config) {
    const char *obstacle = NULL;
    oss_status status = find_stats_obstacle(&obstacle, model, from, config);
    if (status == OSS_OK && obstacle == NULL) {
        status = copy_stats(model, from);
    }
    if (status != OSS_OK) {
        return status;
    }
    if (obstacle == NULL) {
        oss_log_info("mel statistics: those of %s (mel_stats data measures the training rows)", from->path);
    } else {
        oss_log_info("mel statistics: measured on the training rows, not those of %s: %s", from->path,
                     obstacle);
        status = warn_frozen(model, config);
    }
    *out_taken = obstacle == NULL;
    return status;
}
