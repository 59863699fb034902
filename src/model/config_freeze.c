/* freeze: a list of patterns for names of tensors. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/config_internal.h"

enum { MAX_NAMES = 1000 };

static void free_names(char **name, int32_t count) {
    for (int32_t i = 0; name != NULL && i < count; i++) {
        oss_free(name[i]);
    }
    oss_free((void *)name);
}

static oss_status read_name(char **out, const char *name, const oss_json *value) {
    const char *text = NULL;
    oss_status status = oss_json_to_string(value, name, &text);
    if (status == OSS_OK && text[0] == '\0') {
        status = oss_fail(OSS_EINPUT, "\"%s\" has an empty entry", name);
    }
    if (status == OSS_OK) {
        *out = oss_strdup(text);
        status = *out == NULL ? OSS_ENOMEM : OSS_OK;
    }
    return status;
}

oss_status oss_config_apply_names(oss_config *config, const char *name, const oss_json *value) {
    if (!oss_json_is(value, OSS_JSON_ARRAY)) {
        return oss_fail(OSS_EINPUT, "\"%s\" must be a list such as [\"encoder.*\"], not %s", name,
                        oss_json_type_name(oss_json_type_of(value)));
    }
    size_t count = oss_json_count(value);
    if (count > MAX_NAMES) {
        return oss_fail(OSS_EINPUT, "\"%s\" has %zu entries; allowed is at most %d", name, count, MAX_NAMES);
    }
    char **list = oss_alloc_zero(count, sizeof *list);
    oss_status status = list == NULL ? OSS_ENOMEM : OSS_OK;
    int32_t at = 0;
    for (const oss_json *item = oss_json_first(value); item != NULL && status == OSS_OK;
         item = oss_json_next(item)) {
        status = read_name(&list[at++], name, item);
    }
    if (status != OSS_OK) {
        free_names(list, (int32_t)count);
        return status;
    }
    oss_config_free_names(config);
    config->freeze = list;
    config->freezes = (int32_t)count;
    return OSS_OK;
}

oss_status oss_config_copy_names(oss_config *config, char *const *name, int32_t count) {
    config->freeze = oss_alloc_zero((size_t)count, sizeof *config->freeze);
    if (config->freeze == NULL) {
        return OSS_ENOMEM;
    }
    config->freezes = count;
    for (int32_t i = 0; i < count; i++) {
        config->freeze[i] = oss_strdup(name[i]);
        if (config->freeze[i] == NULL) {
            return OSS_ENOMEM;
        }
    }
    return OSS_OK;
}

void oss_config_add_names(oss_json *object, const char *name, const oss_config *config) {
    oss_json *list = oss_json_add_array(object, name);
    for (int32_t i = 0; i < config->freezes; i++) {
        oss_json_add_string(list, NULL, config->freeze[i]);
    }
}

void oss_config_free_names(oss_config *config) {
    free_names(config->freeze, config->freezes);
    config->freeze = NULL;
    config->freezes = 0;
}
