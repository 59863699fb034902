/* One value of a config: from JSON, checked, to JSON. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "model/config_internal.h"

_Static_assert(sizeof(oss_position) == sizeof(int32_t) && sizeof(oss_case) == sizeof(int32_t) &&
                   sizeof(oss_mel_kind) == sizeof(int32_t),
               "CONFIG_WORD stores enums as int32_t");
_Static_assert(offsetof(oss_config, training.beta2) == offsetof(oss_config, training.beta1) + sizeof(double),
               "CONFIG_BETAS stores two doubles, one after the other");

static void *find_place(oss_config *config, const config_field *field) {
    return (char *)config + field->offset;
}

static const void *view_place(const oss_config *config, const config_field *field) {
    return (const char *)config + field->offset;
}

/* ---- Ranges ---- */

static void append_number(oss_strbuf *text, const char *before, double value) {
    char digits[OSS_NUMBER_CHARS];
    (void)oss_number_print(digits, value);
    oss_strbuf_append(text, before);
    oss_strbuf_append(text, digits);
}

static void append_range(oss_strbuf *text, const config_field *field) {
    if (field->range != NULL) {
        oss_strbuf_append(text, field->range);
        return;
    }
    for (int32_t i = 0; i < field->words; i++) {
        oss_strbuf_printf(text, "%s%s", i == 0 ? "" : i + 1 < field->words ? ", " : " or ", field->word[i]);
    }
    if (field->type == CONFIG_WORD || field->type == CONFIG_PATH || field->type == CONFIG_SOURCES ||
        field->type == CONFIG_NAMES) {
        return;
    }
    append_number(text, field->above ? "above " : field->below ? "at least " : "", field->low);
    append_number(text, field->below ? ", below " : field->above ? ", at most " : " to ", field->high);
}

void oss_config_describe_range(char *out, size_t bytes, const config_field *field) {
    oss_strbuf text = {0};
    append_range(&text, field);
    (void)oss_format(out, bytes, "%s", text.data == NULL ? "" : text.data);
    oss_strbuf_deinit(&text);
}

static oss_status fail_range(const config_field *field, const char *name, double value) {
    char range[96];
    char digits[OSS_NUMBER_CHARS];
    oss_config_describe_range(range, sizeof range, field);
    (void)oss_number_print(digits, value);
    return oss_fail(OSS_EINPUT, "\"%s\" is %s; allowed is %s", name, digits, range);
}

static oss_status check_range(const config_field *field, const char *name, double value) {
    bool inside = value >= field->low && value <= field->high; /* false for NaN */
    inside = inside && !(field->above && value == field->low) && !(field->below && value == field->high);
    return inside ? OSS_OK : fail_range(field, name, value);
}

/* ---- From JSON ---- */

static oss_status apply_integer(oss_config *config, const config_field *field, const char *name,
                                const oss_json *value) {
    int64_t integer = 0;
    oss_status status =
        oss_json_to_integer(value, name, -OSS_JSON_MAX_INTEGER, OSS_JSON_MAX_INTEGER, &integer);
    if (status == OSS_OK) {
        status = check_range(field, name, (double)integer);
    }
    if (status != OSS_OK) {
        return status;
    }
    if (field->type == CONFIG_INTEGER) {
        *(int32_t *)find_place(config, field) = (int32_t)integer;
    } else if (field->type == CONFIG_LONG) {
        *(int64_t *)find_place(config, field) = integer;
    } else {
        *(uint64_t *)find_place(config, field) = (uint64_t)integer;
    }
    return OSS_OK;
}

static oss_status apply_number(oss_config *config, const config_field *field, const char *name,
                               const oss_json *value) {
    double number = 0.0;
    char pointed[OSS_NUMBER_CHARS];
    if (oss_json_is(value, OSS_JSON_STRING) && oss_number_has_comma(pointed, oss_json_string(value))) {
        return oss_fail(OSS_EINPUT, "\"%s\": write %s, with a point", name, pointed);
    }
    oss_status status = oss_json_to_number(value, name, &number);
    if (status == OSS_OK) {
        status = check_range(field, name, number);
    }
    if (status == OSS_OK) {
        *(double *)find_place(config, field) = number;
    }
    return status;
}

static oss_status apply_betas(oss_config *config, const config_field *field, const char *name,
                              const oss_json *value) {
    if (!oss_json_is(value, OSS_JSON_ARRAY) || oss_json_count(value) != 2) {
        return oss_fail(OSS_EINPUT, "\"%s\" must be a list of two numbers such as [0.9, 0.999]", name);
    }
    double beta[2] = {0};
    const oss_json *at = oss_json_first(value);
    for (int i = 0; i < 2; i++, at = oss_json_next(at)) {
        oss_status status = oss_json_to_number(at, i == 0 ? "betas[0]" : "betas[1]", &beta[i]);
        if (status == OSS_OK) {
            status = check_range(field, i == 0 ? "betas[0]" : "betas[1]", beta[i]);
        }
        if (status != OSS_OK) {
            return status;
        }
    }
    memcpy(find_place(config, field), beta, sizeof beta);
    return OSS_OK;
}

static oss_status apply_word(oss_config *config, const config_field *field, const char *name,
                             const oss_json *value) {
    const char *word = NULL;
    oss_status status = oss_json_to_string(value, name, &word);
    if (status != OSS_OK) {
        return status;
    }
    for (int32_t i = 0; i < field->words; i++) {
        if (strcmp(field->word[i], word) == 0) {
            *(int32_t *)find_place(config, field) = i;
            return OSS_OK;
        }
    }
    char range[96];
    oss_config_describe_range(range, sizeof range, field);
    return oss_fail(OSS_EINPUT, "\"%s\" is \"%s\"; allowed is %s", name, word, range);
}

static oss_status apply_path(oss_config *config, const config_field *field, const char *name,
                             const oss_json *value) {
    char *path = NULL;
    if (!oss_json_is(value, OSS_JSON_NULL)) {
        oss_status status = oss_config_copy_path(&path, name, value);
        if (status != OSS_OK) {
            return status;
        }
    }
    char **place = find_place(config, field);
    oss_free(*place);
    *place = path;
    return OSS_OK;
}

/* ---- All types ---- */

oss_status oss_config_apply(oss_config *config, const config_field *field, bool *given, const char *name,
                            const oss_json *value) {
    oss_status status = OSS_OK;
    switch (field->type) {
    case CONFIG_INTEGER:
    case CONFIG_LONG:
    case CONFIG_SEED:
        status = apply_integer(config, field, name, value);
        break;
    case CONFIG_DERIVED:
        if (oss_json_is(value, OSS_JSON_NULL)) {
            *given = false;
            return OSS_OK;
        }
        status = apply_number(config, field, name, value);
        break;
    case CONFIG_NUMBER:
        status = apply_number(config, field, name, value);
        break;
    case CONFIG_BETAS:
        status = apply_betas(config, field, name, value);
        break;
    case CONFIG_WORD:
        status = apply_word(config, field, name, value);
        break;
    case CONFIG_PATH:
        status = apply_path(config, field, name, value);
        break;
    case CONFIG_SOURCES:
        status = oss_config_apply_sources(config, name, value);
        break;
    case CONFIG_NAMES:
        status = oss_config_apply_names(config, name, value);
        break;
    }
    if (status == OSS_OK) {
        *given = true;
    }
    return status;
}

/* ---- Looking at a value that is there ---- */

static double read_number(const oss_config *config, const config_field *field) {
    const void *place = view_place(config, field);
    switch (field->type) {
    case CONFIG_INTEGER:
    case CONFIG_WORD:
        return (double)*(const int32_t *)place;
    case CONFIG_LONG:
        return (double)*(const int64_t *)place;
    case CONFIG_SEED:
        return (double)*(const uint64_t *)place;
    default:
        return *(const double *)place;
    }
}

oss_status oss_config_check_field(const oss_config *config, const config_field *field) {
    switch (field->type) {
    case CONFIG_PATH:
    case CONFIG_NAMES:
        return OSS_OK;
    case CONFIG_SOURCES:
        return oss_config_check_sources(config);
    case CONFIG_WORD: {
        double word = read_number(config, field);
        return word >= 0 && word < field->words ? OSS_OK : fail_range(field, field->name, word);
    }
    case CONFIG_BETAS: {
        oss_status status = check_range(field, "betas[0]", config->training.beta1);
        return status != OSS_OK ? status : check_range(field, "betas[1]", config->training.beta2);
    }
    default:
        return check_range(field, field->name, read_number(config, field));
    }
}

void oss_config_add(oss_json *object, const oss_config *config, const config_field *field) {
    const void *place = view_place(config, field);
    switch (field->type) {
    case CONFIG_INTEGER:
    case CONFIG_LONG:
    case CONFIG_SEED:
    case CONFIG_NUMBER:
    case CONFIG_DERIVED:
        oss_json_add_number(object, field->name, read_number(config, field));
        break;
    case CONFIG_BETAS: {
        oss_json *list = oss_json_add_array(object, field->name);
        oss_json_add_number(list, NULL, config->training.beta1);
        oss_json_add_number(list, NULL, config->training.beta2);
        break;
    }
    case CONFIG_WORD:
        oss_json_add_string(object, field->name, field->word[*(const int32_t *)place]);
        break;
    case CONFIG_PATH:
        if (*(char *const *)place == NULL) {
            oss_json_add_null(object, field->name);
        } else {
            oss_json_add_string(object, field->name, *(char *const *)place);
        }
        break;
    case CONFIG_SOURCES:
        oss_config_add_sources(object, field->name, config);
        break;
    case CONFIG_NAMES:
        oss_config_add_names(object, field->name, config);
        break;
    }
}
