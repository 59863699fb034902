/* Whole configs: made, read, changed by KEY=VALUE, printed. */
#include "model/config.h"

#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "model/config_internal.h"

enum { CONFIG_MAX_BYTES = 1 << 20 };

static bool *find_given(oss_config *config, const config_field *field) {
    return &config->given[field - oss_config_field];
}

/* ---- Lifetime ---- */

static char **find_path(oss_config *config, const config_field *field) {
    return (char **)((char *)config + field->offset);
}

void oss_config_free(oss_config *config) {
    if (config == NULL) {
        return;
    }
    for (int32_t i = 0; i < oss_config_fields; i++) {
        if (oss_config_field[i].type == CONFIG_PATH) {
            oss_free(*find_path(config, &oss_config_field[i]));
        }
    }
    oss_config_free_sources(config);
    oss_config_free_names(config);
    oss_free(config);
}

static oss_status apply_default(oss_config *config, const config_field *field) {
    oss_json *value = NULL;
    oss_status status = oss_json_parse(&value, field->fallback, strlen(field->fallback), field->name);
    if (status == OSS_OK) {
        status = oss_config_apply(config, field, find_given(config, field), field->name, value);
        oss_json_free(value);
    }
    return status;
}

oss_status oss_config_create(oss_config **out) {
    oss_config *config = oss_alloc_zero(1, sizeof *config);
    oss_status status = config == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < oss_config_fields && status == OSS_OK; i++) {
        status = apply_default(config, &oss_config_field[i]);
    }
    if (status != OSS_OK) {
        oss_config_free(config);
        return status;
    }
    memset(config->given, 0, sizeof config->given); /* defaults are not given */
    oss_config_derive(config);
    *out = config;
    return OSS_OK;
}

oss_status oss_config_create_from(oss_config **out, const oss_model_config *model) {
    oss_status status = oss_config_create(out);
    if (status != OSS_OK) {
        return status;
    }
    (*out)->model = *model;
    for (int32_t i = 0; i < oss_config_fields; i++) {
        (*out)->given[i] = oss_config_field[i].model;
    }
    return OSS_OK;
}

/* ---- Reading ---- */

static const config_foreign *find_foreign(const char *name, size_t length) {
    for (int32_t i = 0; i < oss_config_foreign_keys; i++) {
        const char *known = oss_config_foreign_key[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return &oss_config_foreign_key[i];
        }
    }
    return NULL;
}

static oss_status apply_member(oss_config *config, const oss_json *member, oss_strbuf *ignored) {
    const char *name = oss_json_key(member);
    const config_foreign *foreign = find_foreign(name, strlen(name));
    if (foreign != NULL) {
        oss_strbuf_printf(ignored, "%s%s", ignored->length == 0 ? "" : ", ", name);
        if (foreign->instead != NULL) {
            oss_strbuf_printf(ignored, " (see %s)", foreign->instead);
        }
        return OSS_OK;
    }
    int32_t index = oss_config_find(name, strlen(name));
    if (index < 0) {
        return oss_config_fail_unknown(name, strlen(name));
    }
    const config_field *field = &oss_config_field[index];
    if (*find_given(config, field)) {
        return oss_fail(OSS_EINPUT, "\"%s\" and \"%s\" are the same setting; remove one", field->name,
                        field->alias);
    }
    return oss_config_apply(config, field, find_given(config, field), name, member);
}

static oss_status apply_members(oss_config *config, const oss_json *root, const char *what) {
    if (!oss_json_is(root, OSS_JSON_OBJECT)) {
        return oss_fail(OSS_EINPUT, "a config must be a JSON object, not %s",
                        oss_json_type_name(oss_json_type_of(root)));
    }
    oss_strbuf ignored = {0};
    oss_status status = OSS_OK;
    for (const oss_json *member = oss_json_first(root); member != NULL && status == OSS_OK;
         member = oss_json_next(member)) {
        status = apply_member(config, member, &ignored);
    }
    if (status == OSS_OK && !oss_strbuf_ok(&ignored)) {
        status = OSS_ENOMEM;
    }
    if (status == OSS_OK && ignored.length > 0) {
        oss_log_warn("%s: keys that mean nothing here are ignored: %s", what, ignored.data);
    }
    oss_strbuf_deinit(&ignored);
    return status;
}

static oss_status read_config(oss_config **out, const oss_json *root, const char *what) {
    oss_config *config = NULL;
    oss_status status = oss_config_create(&config);
    if (status == OSS_OK) {
        status = apply_members(config, root, what);
    }
    if (status == OSS_OK) {
        oss_config_derive(config);
        status = oss_config_check(config);
    }
    if (status != OSS_OK) {
        oss_config_free(config);
        return oss_fail_prefix(status, "%s", what);
    }
    *out = config;
    return OSS_OK;
}

oss_status oss_config_parse(oss_config **out, const char *json, const char *what) {
    oss_json *root = NULL;
    oss_status status = oss_json_parse(&root, json, strlen(json), what);
    if (status == OSS_OK) {
        status = read_config(out, root, what);
    }
    oss_json_free(root);
    return status;
}

oss_status oss_config_load(oss_config **out, const char *path) {
    oss_json *root = NULL;
    oss_status status = oss_json_load(&root, path, CONFIG_MAX_BYTES);
    if (status == OSS_OK) {
        status = read_config(out, root, path);
    }
    oss_json_free(root);
    return status;
}

/* ---- KEY=VALUE ---- */

static bool takes_path(const config_field *field) {
    return field->type == CONFIG_PATH || field->type == CONFIG_SOURCES;
}

/* A word without JSON's quotes. A file may be called 123 or true: a path is taken as it is unless it looks
 * like JSON's string, list, object or null. A number with a comma is no JSON, and oss_config_apply says so. */
static bool is_bare_word(const config_field *field, const char *text) {
    char pointed[OSS_NUMBER_CHARS];
    if ((field->type == CONFIG_NUMBER || field->type == CONFIG_DERIVED) &&
        oss_number_has_comma(pointed, text)) {
        return true;
    }
    if (takes_path(field)) {
        return strchr("\"[{", text[0]) == NULL && strcmp(text, "null") != 0;
    }
    bool is_letter =
        (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '_';
    return is_letter && strcmp(text, "null") != 0 && strcmp(text, "true") != 0 && strcmp(text, "false") != 0;
}

static oss_status parse_assigned(oss_json **out, const config_field *field, const char *text) {
    if (!is_bare_word(field, text)) {
        return oss_json_parse(out, text, strlen(text), "the value");
    }
    if (oss_utf8_valid_length(text, strlen(text)) != strlen(text)) {
        return oss_fail(OSS_EINPUT, "the value is not UTF-8");
    }
    oss_json *holder = oss_json_array();
    oss_json_add_string(holder, NULL, text);
    if (oss_json_first(holder) == NULL) {
        oss_json_free(holder);
        return oss_fail(OSS_ENOMEM, "out of memory while reading a setting");
    }
    *out = holder;
    return OSS_OK;
}

static oss_status assign(oss_config *config, const config_field *field, const char *name, const char *text) {
    oss_json *root = NULL;
    oss_status status = text[0] == '\0' ? oss_fail(OSS_EINPUT, "the value is missing") : OSS_OK;
    if (status == OSS_OK) {
        status = parse_assigned(&root, field, text);
    }
    if (status == OSS_OK) {
        const oss_json *value = is_bare_word(field, text) ? oss_json_first(root) : root;
        status = oss_config_apply(config, field, find_given(config, field), name, value);
        oss_json_free(root);
    }
    return status;
}

static oss_status set_value(oss_config *config, const char *assignment) {
    size_t length = strcspn(assignment, "=");
    if (length == 0 || assignment[length] == '\0') {
        return oss_fail(OSS_EINPUT, "a setting is written KEY=VALUE");
    }
    int32_t index = oss_config_find(assignment, length);
    if (index < 0) {
        return find_foreign(assignment, length) != NULL ? oss_fail(OSS_EINPUT, "this key means nothing here")
                                                        : oss_config_fail_unknown(assignment, length);
    }
    char *name = oss_strndup(assignment, length);
    if (name == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = assign(config, &oss_config_field[index], name, assignment + length + 1);
    oss_free(name);
    return status;
}

oss_status oss_config_set(oss_config *config, const char *assignment) {
    oss_status status = set_value(config, assignment);
    if (status != OSS_OK) {
        return oss_fail_prefix(status == OSS_EINPUT ? OSS_EUSAGE : status, "%s", assignment);
    }
    oss_config_derive(config);
    return OSS_OK;
}

bool oss_config_may_change_on_resume(const char *assignment) {
    int32_t index = oss_config_find(assignment, strcspn(assignment, "="));
    return index >= 0 && oss_config_field[index].resume;
}

const char *oss_config_path_get(const oss_config *config, int32_t index) {
    for (int32_t i = 0; i < oss_config_fields; i++) {
        if (oss_config_field[i].type == CONFIG_PATH) {
            const char *path = *(char *const *)((const char *)config + oss_config_field[i].offset);
            if (path != NULL && index-- == 0) {
                return path;
            }
        }
    }
    return index < config->data.train_csvs ? config->data.train_csv[index].csv : NULL;
}

/* ---- Printing ---- */

/* Which keys are printed. */
typedef enum which_fields { EVERY, OF_MODEL, OF_MODEL_FILE } which_fields;

static bool is_left_out(const oss_config *config, const config_field *field) {
    return field->unless_zero && *(const int32_t *)((const char *)config + field->offset) == 0;
}

static bool is_printed(const oss_config *config, const config_field *field, which_fields which) {
    return which == EVERY || (field->model && !(which == OF_MODEL_FILE && is_left_out(config, field)));
}

static char *print_fields(const oss_config *config, which_fields which, unsigned layout) {
    oss_json *object = oss_json_object();
    for (int32_t i = 0; i < oss_config_fields; i++) {
        if (is_printed(config, &oss_config_field[i], which)) {
            oss_config_add(object, config, &oss_config_field[i]);
        }
    }
    char *text = NULL;
    oss_status status = oss_json_print(&text, object, layout | OSS_JSON_SORTED);
    oss_json_free(object);
    return status == OSS_OK ? text : NULL;
}

char *oss_config_print(const oss_config *config) {
    return print_fields(config, EVERY, OSS_JSON_PRETTY);
}

char *oss_config_print_model(const oss_model_config *model) {
    const oss_config config = {.model = *model};
    return print_fields(&config, OF_MODEL, OSS_JSON_LINE);
}

char *oss_config_print_stored(const oss_model_config *model) {
    const oss_config config = {.model = *model};
    return print_fields(&config, OF_MODEL_FILE, OSS_JSON_LINE);
}
