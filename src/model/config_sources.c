/* train_csv: a path, or a list of {"csv", "weight"}. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/config_internal.h"

enum { MAX_SOURCES = 1000 };

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
        free_sources(config->train_csv, config->train_csvs);
        config->train_csv = source;
        config->train_csvs = count;
    }
    return status;
}

void oss_config_free_sources(oss_config *config) {
    free_sources(config->train_csv, config->train_csvs);
    config->train_csv = NULL;
    config->train_csvs = 0;
}

oss_status oss_config_copy_sources(oss_config *config, const oss_csv_source *source, int32_t count) {
    if (count == 0) {
        return OSS_OK;
    }
    config->train_csv = oss_alloc_zero((size_t)count, sizeof *source);
    if (config->train_csv == NULL) {
        return OSS_ENOMEM;
    }
    config->train_csvs = count;
    for (int32_t i = 0; i < count; i++) {
        config->train_csv[i].weight = source[i].weight;
        config->train_csv[i].csv = oss_strdup(source[i].csv);
        if (config->train_csv[i].csv == NULL) {
            return OSS_ENOMEM;
        }
    }
    return OSS_OK;
}

oss_status oss_config_check_sources(const oss_config *config) {
    for (int32_t i = 0; i < config->train_csvs; i++) {
        oss_status status = check_weight(config->train_csv[i].weight);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "\"train_csv\", entry %d", i + 1);
        }
    }
    return OSS_OK;
}

void oss_config_add_sources(oss_json *object, const char *name, const oss_config *config) {
    const oss_csv_source *source = config->train_csv;
    if (config->train_csvs == 0) {
        oss_json_add_null(object, name);
        return;
    }
    if (config->train_csvs == 1 && source[0].weight == 1.0) {
        oss_json_add_string(object, name, source[0].csv);
        return;
    }
    oss_json *list = oss_json_add_array(object, name);
    for (int32_t i = 0; i < config->train_csvs; i++) {
        oss_json *item = oss_json_add_object(list, NULL);
        oss_json_add_string(item, "csv", source[i].csv);
        oss_json_add_number(item, "weight", source[i].weight);
    }
}
