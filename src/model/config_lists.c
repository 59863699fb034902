/* Values that are owned lists: train_csv (a path, or a list of {"csv", "weight"}) and freeze (a list of patterns
 * for names of tensors); and a path, of which they are made. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/config_internal.h"

enum { MAX_SOURCES = 1000, MAX_NAMES = 1000 };

oss_status oss_config_copy_path(char **out, const char *name, const oss_json *value) {
    const char *text = NULL;
    oss_status status = oss_json_to_string(value, name, &text);
    if (status != OSS_OK) {
        return status;
    }
    if (text[0] == '\0') {
        return oss_fail(OSS_EINPUT, "\"%s\" is empty; give a path", name);
    }
    char *copy = oss_strdup(text);
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    *out = copy;
    return OSS_OK;
}

/* ---- train_csv ---- */

static oss_status check_weight(double weight) {
    if (!(weight > 0.0) || weight > 1e6) {
        return oss_fail(OSS_EINPUT, "\"weight\" is %g; allowed is above 0, at most 1000000", weight);
    }
    return OSS_OK;
}

/* {"csv": PATH, "weight": NUMBER}; the weight may be left out. */
static oss_status read_source(oss_csv_source *out, const oss_json *value) {
    if (!oss_json_is(value, OSS_JSON_OBJECT)) {
        return oss_fail(OSS_EINPUT,
                        "it must be an object such as {\"csv\": \"a.csv\", \"weight\": 1}, not %s",
                        oss_json_type_name(oss_json_type_of(value)));
    }
    for (const oss_json *at = oss_json_first(value); at != NULL; at = oss_json_next(at)) {
        if (strcmp(oss_json_key(at), "csv") != 0 && strcmp(oss_json_key(at), "weight") != 0) {
            return oss_fail(OSS_EINPUT, "\"%s\": unknown key; known are \"csv\" and \"weight\"",
                            oss_json_key(at));
        }
    }
    double weight = 1.0;
    const oss_json *given = oss_json_get(value, "weight");
    oss_status status = given == NULL ? OSS_OK : oss_json_to_number(given, "weight", &weight);
    if (status == OSS_OK) {
        status = check_weight(weight);
    }
    if (status == OSS_OK) {
        status = oss_config_copy_path(&out->csv, "csv", oss_json_get(value, "csv"));
    }
    out->weight = weight;
    return status;
}

static void free_sources(oss_csv_source *source, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        oss_free(source[i].csv);
    }
    oss_free(source);
}

static oss_status read_sources(oss_csv_source **out, int32_t *out_count, const char *name,
                               const oss_json *value) {
    size_t count = oss_json_count(value);
    if (count == 0 || count > MAX_SOURCES) {
        return oss_fail(OSS_EINPUT, "\"%s\" lists %zu CSVs; allowed is 1 to %d", name, count, MAX_SOURCES);
    }
    oss_csv_source *source = oss_alloc_zero(count, sizeof *source);
    if (source == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    int32_t at = 0;
    for (const oss_json *item = oss_json_first(value); item != NULL && status == OSS_OK;
         item = oss_json_next(item)) {
        status = read_source(&source[at], item);
        if (status != OSS_OK) {
            status = oss_fail_prefix(status, "\"%s\", entry %d", name, at + 1);
        }
        at++;
    }
    if (status != OSS_OK) {
        free_sources(source, (int32_t)count);
        return status;
    }
    *out = source;
    *out_count = (int32_t)count;
    return OSS_OK;
}

static oss_status read_single_source(oss_csv_source **out, const char *name, const oss_json *value) {
    oss_csv_source *source = oss_alloc_zero(1, sizeof *source);
    if (source == NULL) {
        return OSS_ENOMEM;
    }
    source->weight = 1.0;
    oss_status status = oss_config_copy_path(&source->csv, name, value);
    if (status != OSS_OK) {
        oss_free(source);
        return status;
    }
    *out = source;
    return OSS_OK;
}

oss_status oss_config_apply_sources(oss_config *config, const char *name, const oss_json *value) {
    oss_csv_source *source = NULL;
    int32_t count = 0;
    oss_status status = OSS_OK;
    if (oss_json_is(value, OSS_JSON_ARRAY)) {
        status = read_sources(&source, &count, name, value);
    } else if (oss_json_is(value, OSS_JSON_STRING)) {
        status = read_single_source(&source, name, value);
        count = 1;
    } else if (!oss_json_is(value, OSS_JSON_NULL)) {
        status =
            oss_fail(OSS_EINPUT, "\"%s\" must be a path, a list of {\"csv\", \"weight\"}, or null, not %s",
                     name, oss_json_type_name(oss_json_type_of(value)));
    }
    if (status == OSS_OK) {
        free_sources(config->data.train_csv, config->data.train_csvs);
        config->data.train_csv = source;
        config->data.train_csvs = count;
    }
    return status;
}

void oss_config_free_sources(oss_config *config) {
    free_sources(config->data.train_csv, config->data.train_csvs);
    config->data.train_csv = NULL;
    config->data.train_csvs = 0;
}

oss_status oss_config_check_sources(const oss_config *config) {
    for (int32_t i = 0; i < config->data.train_csvs; i++) {
        oss_status status = check_weight(config->data.train_csv[i].weight);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "\"train_csv\", entry %d", i + 1);
        }
    }
    return OSS_OK;
}

void oss_config_add_sources(oss_json *object, const char *name, const oss_config *config) {
    const oss_csv_source *source = config->data.train_csv;
    if (config->data.train_csvs == 0) {
        oss_json_add_null(object, name);
        return;
    }
    if (config->data.train_csvs == 1 && source[0].weight == 1.0) {
        oss_json_add_string(object, name, source[0].csv);
        return;
    }
    oss_json *list = oss_json_add_array(object, name);
    for (int32_t i = 0; i < config->data.train_csvs; i++) {
        oss_json *item = oss_json_add_object(list, NULL);
        oss_json_add_string(item, "csv", source[i].csv);
        oss_json_add_number(item, "weight", source[i].weight);
    }
}

/* ---- freeze ---- */

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
    config->training.freeze = list;
    config->training.freezes = (int32_t)count;
    return OSS_OK;
}

void oss_config_add_names(oss_json *object, const char *name, const oss_config *config) {
    oss_json *list = oss_json_add_array(object, name);
    for (int32_t i = 0; i < config->training.freezes; i++) {
        oss_json_add_string(list, NULL, config->training.freeze[i]);
    }
}

void oss_config_free_names(oss_config *config) {
    free_names(config->training.freeze, config->training.freezes);
    config->training.freeze = NULL;
    config->training.freezes = 0;
}
