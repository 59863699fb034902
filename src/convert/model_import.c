/* Weights of other origin: the seed's modules under the names that its checkpoints and exports give them. */
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "model/model_internal.h"

enum { NAME_BYTES = 128 };

/* The first few of some names, and how many there are. */
typedef struct name_list {
    oss_strbuf text;
    int32_t count;
} name_list;

static void add_name(name_list *list, const char *name) {
    enum { SHOWN = 5 };
    if (list->count < SHOWN) {
        oss_strbuf_printf(&list->text, "%s\"%.80s\"", list->count == 0 ? "" : ", ", name);
    } else if (list->count == SHOWN) {
        oss_strbuf_append(&list->text, ", ...");
    }
    list->count++;
}

typedef struct import {
    const oss_safetensors *file;
    oss_model *model;
    const char **source; /* [params->count] name in the file; NULL: not found */
    bool merged;         /* the encoder is one part among others, under audio_encoder. */
    name_list surplus, missing;
} import;

static bool has_prefix(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "module.blocks.0._orig_mod.norm1.weight" -> "blocks.0.norm1.weight": wherever torch.nn.DataParallel and torch.compile
 * wrapped a module they put a part of their own into its name. False for a name too long to be one of ours. */
static bool unwrap_name(char out[NAME_BYTES], const char *name) {
    static const char *const wrapper[] = {"module.", "_orig_mod."};
    size_t length = 0;
    bool begins = true; /* a part of the name */
    while (*name != '\0') {
        size_t skipped = 0;
        for (size_t i = 0; begins && i < sizeof wrapper / sizeof wrapper[0]; i++) {
            skipped = has_prefix(name, wrapper[i]) ? strlen(wrapper[i]) : skipped;
        }
        if (skipped > 0) {
            name += skipped;
            continue;
        }
        if (length + 1 == NAME_BYTES) {
            return false;
        }
        begins = *name == '.';
        out[length++] = *name++;
    }
    out[length] = '\0';
    return true;
}

static const struct {
    const char *theirs, *ours;
} prefixes[] =
    {
        {"audio_encoder.", "encoder."}, {"enc.", "encoder."}, {"proj_a.", "projector."},
        {"encoder.", "encoder."},       {"head.", "head."},   {"projector.", "projector."},
},
  tails[] = {
      /* torch.nn.MultiheadAttention packs the same rows under other names. */
      {".attn.in_proj_weight", ".qkv_proj.weight"},
      {".attn.in_proj_bias", ".qkv_proj.bias"},
      {".attn.out_proj.weight", ".out_proj.weight"},
      {".attn.out_proj.bias", ".out_proj.bias"},
};

/* A stem that downsamples by 4 needs no list around its first part, and some have none. */
static const char bare_stem[] = "down.net.", listed_stem[] = "down.0.net.";

/* Our name for a tensor of the file; a bare one is the encoder's. */
static bool translate_name(char out[NAME_BYTES], const char *name) {
    char plain[NAME_BYTES];
    if (!unwrap_name(plain, name)) {
        return false;
    }
    const char *rest = plain;
    const char *prefix = "encoder.";
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (has_prefix(plain, prefixes[i].theirs)) {
            rest = plain + strlen(prefixes[i].theirs);
            prefix = prefixes[i].ours;
            break;
        }
    }
    if (has_prefix(rest, bare_stem)) {
        return oss_format(out, NAME_BYTES, "%s%s%s", prefix, listed_stem, rest + strlen(bare_stem)) <
               NAME_BYTES;
    }
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        size_t length = strlen(rest);
        size_t tail = strlen(tails[i].theirs);
        if (length > tail && strcmp(rest + length - tail, tails[i].theirs) == 0) {
            return oss_format(out, NAME_BYTES, "%s%.*s%s", prefix, (int)(length - tail), rest,
                              tails[i].ours) < NAME_BYTES;
        }
    }
    return oss_format(out, NAME_BYTES, "%s%s", prefix, rest) < NAME_BYTES;
}

static bool is_merged(const oss_safetensors *file) {
    for (int32_t i = 0; i < oss_safetensors_count(file); i++) {
        char plain[NAME_BYTES];
        if (unwrap_name(plain, oss_safetensors_get(file, i)->name) && has_prefix(plain, "audio_encoder.")) {
            return true;
        }
    }
    return false;
}

/* In a merged file, tensors of other parts: thinker., vision_encoder., ... */
static bool is_foreign(const import *job, const char *name) {
    char plain[NAME_BYTES];
    if (!job->merged) {
        return false;
    }
    return !unwrap_name(plain, name) ||
           !(has_prefix(plain, "audio_encoder.") || has_prefix(plain, "proj_a.") ||
             has_prefix(plain, "head.") || has_prefix(plain, "projector."));
}

/* A tensor that fits nothing in the table. What the caller did not ask for is left out with a word; the rest is
 * wrong. */
static void judge_leftover(import *job, const char *name, const char *ours) {
    const char *path = oss_safetensors_path(job->file);
    if (has_prefix(ours, "head.") && job->model->vocab == NULL) {
        oss_log_warn("%s: \"%s\" is left out: without a vocabulary there is no head", path, name);
    } else if (has_prefix(ours, "projector.") && job->model->config.projector_dim == 0) {
        oss_log_warn("%s: \"%s\" is left out: set projector_dim to its width to keep it", path, name);
    } else {
        add_name(&job->surplus, name);
    }
}

static oss_status match_tensor(import *job, const char *name) {
    char ours[NAME_BYTES];
    bool is_short = translate_name(ours, name);
    const oss_params *params = job->model->params;
    const oss_param *param = is_short ? oss_params_find(params, ours) : NULL;
    if (param == NULL) {
        judge_leftover(job, name, is_short ? ours : "");
        return OSS_OK;
    }
    const char **source = &job->source[param - params->item];
    if (*source != NULL) {
        return oss_fail(OSS_EINPUT, "%s: tensors \"%.80s\" and \"%.80s\" are both %s",
                        oss_safetensors_path(job->file), *source, name, ours);
    }
    *source = name;
    return OSS_OK;
}

static oss_status match_tensors(import *job) {
    oss_status status = OSS_OK;
    int32_t left_out = 0;
    for (int32_t i = 0; i < oss_safetensors_count(job->file) && status == OSS_OK; i++) {
        const char *name = oss_safetensors_get(job->file, i)->name;
        if (is_foreign(job, name)) {
            left_out++;
        } else {
            status = match_tensor(job, name);
        }
    }
    if (status == OSS_OK && left_out > 0) {
        oss_log_info("%s: %d tensors that do not belong to the audio encoder are left out",
                     oss_safetensors_path(job->file), left_out);
    }
    return status;
}

static void add_names(oss_strbuf *message, const name_list *list, const char *one, const char *many) {
    if (list->count == 0) {
        return;
    }
    oss_strbuf_append(message, message->length == 0 ? "" : "; ");
    if (list->count == 1) {
        oss_strbuf_printf(message, "tensor %s %s", list->text.data, one);
    } else {
        oss_strbuf_printf(message, "%d tensors %s: %s", list->count, many, list->text.data);
    }
}

/* Every parameter has a tensor and every tensor is one; all that are wrong are told at once, for the names show what the
 * matter is. */
static oss_status check_names(import *job) {
    const oss_params *params = job->model->params;
    for (int32_t i = 0; i < params->count; i++) {
        if (job->source[i] == NULL) {
            add_name(&job->missing, params->item[i].name);
        }
    }
    if (job->surplus.count == 0 && job->missing.count == 0) {
        return OSS_OK;
    }
    if (job->surplus.text.failed || job->missing.text.failed) {
        return OSS_ENOMEM;
    }
    oss_strbuf message = {0};
    add_names(&message, &job->surplus, "is not part of the network that the config describes",
              "are not part of the network that the config describes");
    add_names(&message, &job->missing, "is missing, under this name and the seed's",
              "are missing, under these names and the seed's");
    oss_status status = OSS_ENOMEM;
    if (oss_strbuf_ok(&message)) {
        status = oss_fail(OSS_EINPUT, "%s: %s", oss_safetensors_path(job->file), message.data);
    }
    oss_strbuf_deinit(&message);
    return status;
}

static oss_status check_found(import *job) {
    const oss_params *params = job->model->params;
    oss_status status = check_names(job);
    for (int32_t i = 0; i < params->count && status == OSS_OK; i++) {
        const oss_param *param = &params->item[i];
        status = oss_safetensors_check_float(job->file, job->source[i], param->rank, param->dim);
    }
    return status;
}

static oss_status take_values(import *job) {
    oss_model *model = job->model;
    model->value = oss_model_alloc_block(model->params);
    oss_status status = model->value == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < model->params->count && status == OSS_OK; i++) {
        const oss_param *param = &model->params->item[i];
        status = oss_safetensors_read_float(job->file, job->source[i], param->rank, param->dim,
                                            model->value + param->offset);
    }
    return status;
}

static oss_status import_file(oss_model *model, oss_safetensors *file) {
import job = {.file = file, .model = model, .merged = is_merged(file) };
    job.source = oss_alloc_zero((size_t)model->params->count, sizeof *job.source);
    if (job.source == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = match_tensors(&job);
    if (status == OSS_OK) {
        status = check_found(&job);
    }
    if (status == OSS_OK) {
        status = oss_safetensors_fetch(file);
    }
    if (status == OSS_OK) {
        status = take_values(&job);
    }
    oss_free(job.source);
    oss_strbuf_deinit(&job.surplus.text);
    oss_strbuf_deinit(&job.missing.text);
    return status;
}

oss_status oss_model_import(oss_model **out, const char *path, const oss_model_config *config,
                            const oss_vocab *vocab, bool is_forced) {
    if (config->mel.norm == OSS_MEL_NORM_FIXED) {
        return oss_fail(
            OSS_EUSAGE,
            "%s: a file of other origin has no mel statistics; set mel_norm to \"utterance\", \"speech\" or \"none\"",
            path);
    }
    oss_safetensors *file = NULL;
    oss_model *model = NULL;
    oss_status status =
        oss_safetensors_open(&file, path, is_forced ? OSS_ST_SUM_IGNORED : OSS_ST_SUM_IF_THERE);
    if (status == OSS_OK) {
        status = oss_model_create_empty(&model, config, vocab);
    }
    if (status == OSS_OK) {
        status = import_file(model, file);
    }
    if (status == OSS_OK) {
        model->path = oss_strdup(path);
        status = model->path == NULL ? OSS_ENOMEM : OSS_OK;
    }
    oss_safetensors_free(file);
    if (status != OSS_OK) {
        oss_model_free(model);
        return status;
    }
    *out = model;
    return OSS_OK;
}
