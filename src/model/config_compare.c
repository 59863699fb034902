#include "model/config_compare.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static oss_status parse_settings(oss_json **out, const oss_model_config *config) {
    char *text = oss_config_print_model(config);
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_json_parse(out, text, strlen(text), "a config");
    oss_free(text);
    return status;
}

oss_status oss_config_compare(const oss_model_config *a, const oss_model_config *b,
                              oss_status (*differ)(void *context, const char *key, const char *in_a,
                                                   const char *in_b),
                              void *context) {
    oss_json *first = NULL, *second = NULL;
    oss_status status = parse_settings(&first, a);
    if (status == OSS_OK) {
        status = parse_settings(&second, b);
    }
    for (const oss_json *at = oss_json_first(first); at != NULL && status == OSS_OK; at = oss_json_next(at)) {
        char *in_a = NULL, *in_b = NULL;
        status = oss_json_print(&in_a, at, OSS_JSON_LINE);
        if (status == OSS_OK) { /* both have every key: one function prints them */
            status = oss_json_print(&in_b, oss_json_get(second, oss_json_key(at)), OSS_JSON_LINE);
        }
        if (status == OSS_OK && strcmp(in_a, in_b) != 0) {
            status = differ(context, oss_json_key(at), in_a, in_b);
        }
        oss_free(in_a);
        oss_free(in_b);
    }
    oss_json_free(first);
    oss_json_free(second);
    return status;
}
