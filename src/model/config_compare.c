#include "model/config_compare.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Frees the text, which may be NULL for want of memory. */
static oss_status parse_settings(oss_json **out, char *text) {
    oss_status status = text == NULL ? OSS_ENOMEM : oss_json_parse(out, text, strlen(text), "a config");
    oss_free(text);
    return status;
}

typedef oss_status differ_call(void *context, const char *key, const char *in_a, const char *in_b);

static oss_status compare_member(const oss_json *a, const oss_json *b, differ_call *differ, void *context) {
    char *in_a = NULL, *in_b = NULL;
    oss_status status = oss_json_print(&in_a, a, OSS_JSON_LINE);
    if (status == OSS_OK) {
        status = oss_json_print(&in_b, b, OSS_JSON_LINE);
    }
    if (status == OSS_OK && strcmp(in_a, in_b) != 0) {
        status = differ(context, oss_json_key(a), in_a, in_b);
    }
    oss_free(in_a);
    oss_free(in_b);
    return status;
}

/* Both have every key: one function prints them. Takes the texts over. */
static oss_status compare_texts(char *a, char *b, differ_call *differ, void *context) {
    oss_json *first = NULL, *second = NULL;
    oss_status status = parse_settings(&first, a);
    oss_status other = parse_settings(&second, b);
    status = status == OSS_OK ? other : status;
    for (const oss_json *at = oss_json_first(first); at != NULL && status == OSS_OK; at = oss_json_next(at)) {
        status = compare_member(at, oss_json_get(second, oss_json_key(at)), differ, context);
    }
    oss_json_free(first);
    oss_json_free(second);
    return status;
}

oss_status oss_config_compare(const oss_model_config *a, const oss_model_config *b,
                              oss_status (*differ)(void *context, const char *key, const char *in_a,
                                                   const char *in_b),
                              void *context) {
    return compare_texts(oss_config_print_model(a), oss_config_print_model(b), differ, context);
}

oss_status oss_config_compare_all(const oss_config *a, const oss_config *b,
                                  oss_status (*differ)(void *context, const char *key, const char *in_a,
                                                       const char *in_b),
                                  void *context) {
    return compare_texts(oss_config_print(a), oss_config_print(b), differ, context);
}
