/* Typed reading of members: every refusal names the key. */
#include "base/json.h"

#include <math.h>

#include "base/fail.h"

static const char *const type_name[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};

const char *oss_json_type_name(oss_json_type type) {
    return type_name[type];
}

static oss_status require_type(const oss_json *value, const char *name, oss_json_type type) {
    if (value == NULL) {
        return oss_fail(OSS_EINPUT, "\"%s\" is missing; it must be %s", name, type_name[type]);
    }
    if (!oss_json_is(value, type)) {
        return oss_fail(OSS_EINPUT, "\"%s\" must be %s, not %s", name, type_name[type],
                        type_name[oss_json_type_of(value)]);
    }
    return OSS_OK;
}

oss_status oss_json_to_number(const oss_json *value, const char *name, double *out) {
    oss_status status = require_type(value, name, OSS_JSON_NUMBER);
    if (status == OSS_OK) {
        *out = oss_json_number(value);
    }
    return status;
}

oss_status oss_json_to_integer(const oss_json *value, const char *name, int64_t low, int64_t high,
                               int64_t *out) {
    oss_status status = require_type(value, name, OSS_JSON_NUMBER);
    if (status != OSS_OK) {
        return status;
    }
    double number = oss_json_number(value);
    if (number != floor(number)) {
        return oss_fail(OSS_EINPUT, "\"%s\" is %.17g; it must be a whole number", name, number);
    }
    if (fabs(number) > (double)OSS_JSON_MAX_INTEGER) {
        return oss_fail(OSS_EINPUT, "\"%s\" is %.17g; whole numbers beyond 2^53 are not exact in JSON", name,
                        number);
    }
    int64_t integer = (int64_t)number;
    if (integer < low || integer > high) {
        return oss_fail(OSS_EINPUT, "\"%s\" is %lld; it must be from %lld to %lld", name, (long long)integer,
                        (long long)low, (long long)high);
    }
    *out = integer;
    return OSS_OK;
}

oss_status oss_json_to_bool(const oss_json *value, const char *name, bool *out) {
    oss_status status = require_type(value, name, OSS_JSON_BOOL);
    if (status == OSS_OK) {
        *out = oss_json_bool(value);
    }
    return status;
}

oss_status oss_json_to_string(const oss_json *value, const char *name, const char **out) {
    oss_status status = require_type(value, name, OSS_JSON_STRING);
    if (status == OSS_OK) {
        *out = oss_json_string(value);
    }
    return status;
}

oss_status oss_json_get_number(const oss_json *object, const char *key, double *out) {
    return oss_json_to_number(oss_json_get(object, key), key, out);
}

oss_status oss_json_get_integer(const oss_json *object, const char *key, int64_t low, int64_t high,
                                int64_t *out) {
    return oss_json_to_integer(oss_json_get(object, key), key, low, high, out);
}

oss_status oss_json_get_bool(const oss_json *object, const char *key, bool *out) {
    return oss_json_to_bool(oss_json_get(object, key), key, out);
}

oss_status oss_json_get_string(const oss_json *object, const char *key, const char **out) {
    return oss_json_to_string(oss_json_get(object, key), key, out);
}

static oss_status get_part(const oss_json *object, const char *key, oss_json_type type,
                           const oss_json **out) {
    const oss_json *part = oss_json_get(object, key);
    oss_status status = require_type(part, key, type);
    if (status == OSS_OK) {
        *out = part;
    }
    return status;
}

oss_status oss_json_get_array(const oss_json *object, const char *key, const oss_json **out) {
    return get_part(object, key, OSS_JSON_ARRAY, out);
}

oss_status oss_json_get_object(const oss_json *object, const char *key, const oss_json **out) {
    return get_part(object, key, OSS_JSON_OBJECT, out);
}
