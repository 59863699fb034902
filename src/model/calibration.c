#include "model/calibration.h"

#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/logger.h"

/* Of a symbol's middle from the edge of a word: no network is later than that. */
static const double offset_seconds_max = 2.0;

/* What speech may usually be at, in dB of full scale. */
static const double LEVEL_MIN_DB = -60.0, LEVEL_MAX_DB = 0.0;

static void add_weights(oss_json *object, const char *key, const oss_confidence_weights *weights,
                        int32_t features) {
    oss_json *part = oss_json_add_object(object, key);
    oss_json_add_number(part, "bias", weights->bias);
    for (int32_t k = 0; k < features; k++) {
        oss_json_add_number(part, oss_confidence_feature_name((oss_confidence_feature)k), weights->weight[k]);
    }
}

oss_status oss_calibration_print(char **out, const oss_calibration *calibration) {
    oss_json *object = oss_json_object();
    if (calibration->has_confidence) {
        add_weights(object, "confidence", &calibration->confidence, OSS_CONFIDENCE_OF_NETWORK);
    }
    if (calibration->has_search_confidence) {
        add_weights(object, "search_confidence", &calibration->search_confidence, OSS_CONFIDENCE_FEATURES);
    }
    if (calibration->has_edges) {
        oss_json *part = oss_json_add_object(object, "edges");
        oss_json_add_number(part, "end_seconds", calibration->edges.end_seconds);
        oss_json_add_number(part, "onset_seconds", calibration->edges.onset_seconds);
    }
    if (calibration->has_level) {
        oss_json_add_number(oss_json_add_object(object, "level"), "speech_db", calibration->speech_db);
    }
    oss_status status = oss_json_print(out, object, OSS_JSON_LINE | OSS_JSON_SORTED);
    oss_json_free(object);
    return status;
}

/* ---- Reading ---- */

static oss_status read_offset(double *out, const oss_json *part, const char *key) {
    double value = 0.0;
    oss_status status = oss_json_get_number(part, key, &value);
    if (status == OSS_OK && !(value > 0.0 && value <= offset_seconds_max)) {
        status = oss_fail(OSS_EINPUT, "\"%s\" is %g; it must be above 0 and at most %g", key, value,
                          offset_seconds_max);
    }
    if (status == OSS_OK) {
        *out = value;
    }
    return status;
}

static oss_status read_edges(oss_calibration *calibration, const oss_json *part) {
    oss_status status = read_offset(&calibration->edges.end_seconds, part, "end_seconds");
    if (status == OSS_OK) {
        status = read_offset(&calibration->edges.onset_seconds, part, "onset_seconds");
    }
    calibration->has_edges = status == OSS_OK;
    return status;
}

static oss_status read_level(oss_calibration *calibration, const oss_json *part) {
    double db = 0.0;
    oss_status status = oss_json_get_number(part, "speech_db", &db);
    if (status == OSS_OK && !(db >= LEVEL_MIN_DB && db <= LEVEL_MAX_DB)) {
        status = oss_fail(OSS_EINPUT, "\"speech_db\" is %g; it must be between %g and %g", db, LEVEL_MIN_DB,
                          LEVEL_MAX_DB);
    }
    calibration->speech_db = db;
    calibration->has_level = status == OSS_OK;
    return status;
}

static bool is_known(const char *key, int32_t features) {
    bool known = strcmp(key, "bias") == 0;
    for (int32_t k = 0; k < features; k++) {
        known |= strcmp(key, oss_confidence_feature_name((oss_confidence_feature)k)) == 0;
    }
    return known;
}

static bool is_of_this_version(const oss_json *part, int32_t features) {
    for (const oss_json *at = oss_json_first(part); at != NULL; at = oss_json_next(at)) {
        if (!is_known(oss_json_key(at), features)) {
            oss_log_warn("the model's confidences are of a later version of Ossicle (\"%.40s\"): not used",
                         oss_json_key(at));
            return false;
        }
    }
    return true;
}

static oss_status read_weights(oss_confidence_weights *weights, bool *has, const oss_json *part,
                               int32_t features) {
    if (!is_of_this_version(part, features)) {
        return OSS_OK;
    }
    oss_status status = oss_json_get_number(part, "bias", &weights->bias);
    for (int32_t k = 0; k < features && status == OSS_OK; k++) {
        status = oss_json_get_number(part, oss_confidence_feature_name((oss_confidence_feature)k),
                                     &weights->weight[k]);
    }
    *has = status == OSS_OK;
    return status;
}

static oss_status read_confidence(oss_calibration *calibration, const oss_json *part) {
    return read_weights(&calibration->confidence, &calibration->has_confidence, part,
                        OSS_CONFIDENCE_OF_NETWORK);
}

static oss_status read_search_confidence(oss_calibration *calibration, const oss_json *part) {
    return read_weights(&calibration->search_confidence, &calibration->has_search_confidence, part,
                        OSS_CONFIDENCE_FEATURES);
}

static oss_status read_part(oss_calibration *calibration, const oss_json *object, const char *key,
                            oss_status (*read)(oss_calibration *, const oss_json *)) {
    const oss_json *part = NULL;
    if (oss_json_get(object, key) == NULL) {
        return OSS_OK;
    }
    oss_status status = oss_json_get_object(object, key, &part);
    if (status == OSS_OK) {
        status = read(calibration, part);
    }
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "\"%s\"", key);
}

oss_status oss_calibration_parse(oss_calibration *out, const char *text) {
    oss_calibration calibration = {0};
    oss_json *object = NULL;
    oss_status status = oss_json_parse(&object, text, strlen(text), "calibration");
    if (status == OSS_OK && !oss_json_is(object, OSS_JSON_OBJECT)) {
        status = oss_fail(OSS_EINPUT, "is no JSON object");
    }
    if (status == OSS_OK) {
        status = read_part(&calibration, object, "edges", read_edges);
    }
    if (status == OSS_OK) {
        status = read_part(&calibration, object, "confidence", read_confidence);
    }
    if (status == OSS_OK) {
        status = read_part(&calibration, object, "search_confidence", read_search_confidence);
    }
    if (status == OSS_OK) {
        status = read_part(&calibration, object, "level", read_level);
    }
    oss_json_free(object);
    if (status == OSS_OK) {
        *out = calibration;
    }
    return status;
}
