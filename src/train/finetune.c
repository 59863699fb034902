#include "train/finetune.h"

#include <fnmatch.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "model/config_compare.h"

static bool same_shape(const oss_param *a, const oss_param *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

static bool is_head(const oss_param *param) {
    return strncmp(param->name, "head.", 5) == 0;
}

/* Why a tensor of the new model cannot be taken from the old one; NULL when it can. */
static const char *find_obstacle(const oss_param *wanted, const oss_param *found, bool same_vocab) {
    if (found == NULL) {
        return "the model has none";
    }
    if (is_head(wanted) && !same_vocab) {
        return "the vocabulary differs";
    }
    return same_shape(wanted, found) ? NULL : "the shape differs";
}

static int32_t take_tensors(oss_model *model, const oss_model *from, oss_strbuf *not_taken) {
    bool same_vocab =
        model->vocab != NULL && from->vocab != NULL && oss_vocab_equal(model->vocab, from->vocab);
    int32_t taken = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *wanted = &model->params->item[i];
        const oss_param *found = oss_params_find(from->params, wanted->name);
        const char *obstacle = find_obstacle(wanted, found, same_vocab);
        if (obstacle == NULL) {
            memcpy(model->value + wanted->offset, from->value + found->offset,
                   wanted->count * sizeof *model->value);
            taken++;
        } else {
            oss_strbuf_printf(not_taken, "%s%s (%s)", not_taken->length == 0 ? "" : ", ", wanted->name,
                              obstacle);
        }
    }
    return taken;
}

static oss_status report_setting(void *path, const char *key, const char *now, const char *then) {
    oss_log_warn("\"%s\" is %s here and %s in %s", key, now, then, (const char *)path);
    return OSS_OK;
}

/* Where the settings of both models differ: the weights may hear or spell something else than they learnt. */
static oss_status report_settings(const oss_model *model, const oss_model *from) {
    return oss_config_compare(model->config, from->config, report_setting, from->path);
}

oss_status oss_finetune_init(oss_model *model, const char *path) {
    oss_model *from = NULL;
    oss_status status = oss_model_load(&from, path);
    if (status != OSS_OK) {
        return status;
    }
    oss_strbuf not_taken = {0};
    int32_t taken = take_tensors(model, from, &not_taken);
    char *list = oss_strbuf_take(&not_taken);
    if (list == NULL) {
        status = OSS_ENOMEM;
    } else if (taken == 0) {
        status = oss_fail(OSS_EINPUT, "--init %s: no tensor fits this config: %s", path, list);
    } else {
        oss_log_info("took %d of %d tensors from %s%s%s", taken, model->params->count, from->path,
                     list[0] == '\0' ? "" : "; new: ", list);
        status = report_settings(model, from);
    }
    oss_free(list);
    oss_model_free(from);
    return status;
}

static int32_t freeze_matches(bool *frozen, const oss_params *params, const char *glob) {
    int32_t matches = 0;
    for (int32_t i = 0; i < params->count; i++) {
        if (fnmatch(glob, params->item[i].name, 0) == 0) {
            frozen[i] = true;
            matches++;
        }
    }
    return matches;
}

static oss_status report_frozen(const bool *frozen, const oss_params *params) {
    size_t kept = 0, trained = 0;
    for (int32_t i = 0; i < params->count; i++) {
        const oss_param *param = &params->item[i];
        kept += frozen[i] ? param->count : 0;
        trained += !frozen[i] && param->trained ? param->count : 0;
    }
    if (trained == 0) {
        return oss_fail(OSS_EUSAGE, "--freeze leaves nothing to train: name fewer tensors");
    }
    oss_log_info("frozen: %zu of %zu parameters", kept, params->parameters);
    return OSS_OK;
}

oss_status oss_finetune_freeze(bool **out, const oss_params *params, char *const *glob, int32_t globs) {
    if (globs == 0) {
        *out = NULL;
        return OSS_OK;
    }
    bool *frozen = oss_alloc_zero((size_t)params->count, sizeof *frozen);
    if (frozen == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < globs && status == OSS_OK; i++) {
        if (freeze_matches(frozen, params, glob[i]) == 0) {
            status =
                oss_fail(OSS_EUSAGE,
                         "--freeze %s matches no tensor: names look like %s and %s (ossicle info lists them)",
                         glob[i], params->item[0].name, params->item[params->count - 1].name);
        }
    }
    if (status == OSS_OK) {
        status = report_frozen(frozen, params);
    }
    if (status != OSS_OK) {
        oss_free(frozen);
        return status;
    }
    *out = frozen;
    return OSS_OK;
}
