#include "train/freeze.h"

#include <fnmatch.h>
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"

static int32_t match_glob(bool *frozen, const oss_params *params, const char *glob) {
    int32_t matches = 0;
    for (int32_t i = 0; i < params->count; i++) {
        if (fnmatch(glob, params->item[i].name, 0) == 0) {
            frozen[i] = true;
            matches++;
        }
    }
    return matches;
}

/* Bytes of "encoder.blocks" in "encoder.blocks.0.mlp.2.bias", of "head" in "head.bias". */
static size_t measure_group(const char *name) {
    const char *end = strchr(name, '.');
    const char *second = end == NULL ? NULL : strchr(end + 1, '.');
    end = second != NULL ? second : end;
    return end == NULL ? strlen(name) : (size_t)(end - name);
}

/* The tensors of a group follow one another. */
static oss_status refuse_glob(const oss_params *params, const char *glob) {
    oss_strbuf groups = {0};
    const char *before = "";
    size_t bytes_before = 0;
    for (int32_t i = 0; i < params->count; i++) {
        const char *name = params->item[i].name;
        size_t bytes = measure_group(name);
        if (bytes != bytes_before || memcmp(name, before, bytes) != 0) {
            oss_strbuf_printf(&groups, "%s%.*s.*", i == 0 ? "" : ", ", (int)bytes, name);
        }
        before = name;
        bytes_before = bytes;
    }
    oss_status status = OSS_ENOMEM;
    if (oss_strbuf_ok(&groups)) {
        status = oss_fail(OSS_EUSAGE, "--freeze %s matches no tensor: their names are %s (\"%s\")", glob,
                          groups.data, params->item[0].name);
    }
    oss_strbuf_deinit(&groups);
    return status;
}

static oss_status match_globs(bool *frozen, const oss_params *params, const oss_config *config) {
    for (int32_t i = 0; i < config->training.freezes; i++) {
        const char *glob = config->training.freeze[i];
        if (match_glob(frozen, params, glob) == 0) {
            return refuse_glob(params, glob);
        }
    }
    for (int32_t i = 0; i < params->count; i++) {
        if (!frozen[i] && params->item[i].trained) {
            return OSS_OK;
        }
    }
    return oss_fail(OSS_EUSAGE, "--freeze leaves nothing to train: name fewer tensors");
}

oss_status oss_freeze_create(bool **out, const oss_params *params, const oss_config *config) {
    if (config->training.freezes == 0) {
        *out = NULL;
        return OSS_OK;
    }
    bool *frozen = oss_alloc_zero((size_t)params->count, sizeof *frozen);
    if (frozen == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = match_globs(frozen, params, config);
    if (status != OSS_OK) {
        oss_free(frozen);
        return status;
    }
    *out = frozen;
    return OSS_OK;
}

void oss_freeze_report(const bool *frozen, const oss_params *params) {
    if (frozen == NULL) {
        return;
    }
    size_t kept = 0;
    for (int32_t i = 0; i < params->count; i++) {
        kept += frozen[i] ? params->item[i].count : 0;
    }
    oss_log_info("frozen: %zu of %zu parameters", kept, params->parameters);
}

oss_freeze_extent oss_freeze_of_encoder(const bool *frozen, const oss_params *params) {
    int32_t tensors = 0, kept = 0;
    for (int32_t i = 0; frozen != NULL && i < params->count; i++) {
        oss_role role = params->item[i].layer.role;
        if (role != OSS_ROLE_HEAD && role != OSS_ROLE_PROJECTOR) {
            tensors++;
            kept += frozen[i];
        }
    }
    return kept == 0 ? OSS_FREEZE_NONE : kept < tensors ? OSS_FREEZE_PART : OSS_FREEZE_ALL;
}
