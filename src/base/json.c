#include "base/json.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json_internal.h"
#include "base/mem.h"
#include "base/number.h"

/* oss_json is cJSON under our name, so that cJSON.h stays in this file. cJSON leaves `valueint` of containers
 * unused; ours holds what failed while the container was built. */
enum { BUILT_WELL = 0, NO_MEMORY, NOT_FINITE, NOT_EXACT, WRONG_USE };

static const cJSON *view(const oss_json *value) {
    return (const cJSON *)value;
}

static cJSON *edit(oss_json *value) {
    return (cJSON *)value;
}

/* ---- Reading ---- */

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted rather than each against each: a header may hold a million keys. */
static oss_status check_members(const cJSON *object, const char *what) {
    size_t count = oss_json_count((const oss_json *)object);
    const char **key = oss_alloc(count, sizeof *key);
    if (key == NULL) {
        return OSS_ENOMEM;
    }
    size_t at = 0;
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        key[at++] = member->string;
    }
    qsort(key, count, sizeof *key, compare_keys);
    oss_status status = OSS_OK;
    for (size_t i = 1; i < count && status == OSS_OK; i++) {
        if (strcmp(key[i - 1], key[i]) == 0) {
            status = oss_fail(OSS_EINPUT, "%s: the key \"%s\" is there twice in one object; remove one", what,
                              key[i]);
        }
    }
    oss_free(key);
    return status;
}

/* Recursion is bounded by OSS_JSON_MAX_DEPTH. */
static oss_status check_keys(const cJSON *value, const char *what) {
    oss_status status = OSS_OK;
    if (cJSON_IsObject(value) && value->child != NULL) {
        status = check_members(value, what);
    }
    for (const cJSON *part = value->child; part != NULL && status == OSS_OK; part = part->next) {
        if (part->child != NULL) {
            status = check_keys(part, what);
        }
    }
    return status;
}

static oss_status parse(oss_json **out, const char *text, size_t bytes, const char *what, size_t most_bytes) {
    oss_status status = oss_json_check(text, bytes, what, most_bytes);
    if (status != OSS_OK) {
        return status;
    }
    const char *end = NULL;
    /* cJSON passes over a byte-order mark by itself, unless next to nothing follows. */
    const size_t mark = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    locale_t before = oss_number_enter_locale();
    cJSON *root = cJSON_ParseWithLengthOpts(text + mark, bytes - mark, &end, false);
    (void)uselocale(before);
    if (root == NULL) {
        return oss_fail(OSS_ENOMEM, "%s: out of memory while reading %zu bytes of JSON", what, bytes);
    }
    status = check_keys(root, what);
    if (status != OSS_OK) {
        cJSON_Delete(root);
        return status;
    }
    *out = (oss_json *)root;
    return OSS_OK;
}

oss_status oss_json_parse(oss_json **out, const char *text, size_t bytes, const char *what) {
    return parse(out, text, bytes, what, OSS_JSON_MAX_TREE_BYTES);
}

oss_status oss_json_parse_large(oss_json **out, const char *text, size_t bytes, const char *what) {
    return parse(out, text, bytes, what, SIZE_MAX);
}

oss_status oss_json_load(oss_json **out, const char *path, size_t max_bytes) {
    char *text = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&text, &bytes, path, max_bytes);
    if (status == OSS_OK) {
        status = oss_json_parse(out, text, bytes, path);
    }
    oss_free(text);
    return status;
}

void oss_json_free(oss_json *value) {
    cJSON_Delete(edit(value));
}

/* ---- Looking ---- */

oss_json_type oss_json_type_of(const oss_json *value) {
    const cJSON *item = view(value);
    switch (item->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return OSS_JSON_BOOL;
    case cJSON_Number:
        return OSS_JSON_NUMBER;
    case cJSON_String:
        return OSS_JSON_STRING;
    case cJSON_Array:
        return OSS_JSON_ARRAY;
    case cJSON_Object:
        return OSS_JSON_OBJECT;
    default:
        return OSS_JSON_NULL;
    }
}

bool oss_json_is(const oss_json *value, oss_json_type type) {
    return value != NULL && oss_json_type_of(value) == type;
}

const oss_json *oss_json_get(const oss_json *object, const char *key) {
    if (!oss_json_is(object, OSS_JSON_OBJECT)) {
        return NULL;
    }
    return (const oss_json *)cJSON_GetObjectItemCaseSensitive(view(object), key);
}

const oss_json *oss_json_first(const oss_json *container) {
    return container == NULL ? NULL : (const oss_json *)view(container)->child;
}

const oss_json *oss_json_next(const oss_json *element) {
    return (const oss_json *)view(element)->next;
}

const char *oss_json_key(const oss_json *member) {
    return view(member)->string;
}

size_t oss_json_count(const oss_json *container) {
    size_t count = 0;
    for (const oss_json *part = oss_json_first(container); part != NULL; part = oss_json_next(part)) {
        count++;
    }
    return count;
}

double oss_json_number(const oss_json *value) {
    return oss_json_is(value, OSS_JSON_NUMBER) ? view(value)->valuedouble : 0.0;
}

bool oss_json_bool(const oss_json *value) {
    return value != NULL && cJSON_IsTrue(view(value));
}

const char *oss_json_string(const oss_json *value) {
    return oss_json_is(value, OSS_JSON_STRING) ? view(value)->valuestring : "";
}

/* ---- Building ---- */

oss_json *oss_json_object(void) {
    return (oss_json *)cJSON_CreateObject();
}

oss_json *oss_json_array(void) {
    return (oss_json *)cJSON_CreateArray();
}

static void mark_failure(cJSON *container, int failure) {
    if (container->valueint == BUILT_WELL) {
        container->valueint = failure;
    }
}

/* Puts `item` (which it takes over) into the container; NULL when that failed. */
static cJSON *attach_item(oss_json *container, const char *key, cJSON *item) {
    cJSON *parent = edit(container);
    bool attached = false;
    if (parent == NULL) {
        cJSON_Delete(item);
        return NULL;
    }
    if (cJSON_IsObject(parent) ? key == NULL : key != NULL || !cJSON_IsArray(parent)) {
        mark_failure(parent, WRONG_USE);
    } else if (item == NULL) {
        mark_failure(parent, NO_MEMORY);
    } else {
        attached =
            key != NULL ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item);
        if (!attached) {
            mark_failure(parent, NO_MEMORY);
        }
    }
    if (!attached) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

oss_json *oss_json_add_object(oss_json *container, const char *key) {
    return (oss_json *)attach_item(container, key, cJSON_CreateObject());
}

oss_json *oss_json_add_array(oss_json *container, const char *key) {
    return (oss_json *)attach_item(container, key, cJSON_CreateArray());
}

void oss_json_add_string(oss_json *container, const char *key, const char *text) {
    (void)attach_item(container, key, cJSON_CreateString(text));
}

void oss_json_add_number(oss_json *container, const char *key, double value) {
    if (!isfinite(value) && container != NULL) {
        mark_failure(edit(container), NOT_FINITE);
        return;
    }
    (void)attach_item(container, key, cJSON_CreateNumber(value));
}

void oss_json_add_integer(oss_json *container, const char *key, int64_t value) {
    if ((value > OSS_JSON_MAX_INTEGER || value < -OSS_JSON_MAX_INTEGER) && container != NULL) {
        mark_failure(edit(container), NOT_EXACT);
        return;
    }
    (void)attach_item(container, key, cJSON_CreateNumber((double)value));
}

void oss_json_add_bool(oss_json *container, const char *key, bool value) {
    (void)attach_item(container, key, cJSON_CreateBool(value));
}

void oss_json_add_null(oss_json *container, const char *key) {
    (void)attach_item(container, key, cJSON_CreateNull());
}

void oss_json_add_copy(oss_json *container, const char *key, const oss_json *value) {
    (void)attach_item(container, key, cJSON_Duplicate(view(value), true));
}

oss_status oss_json_set(oss_json *object, const char *key, oss_json *value) {
    cJSON *old = cJSON_GetObjectItemCaseSensitive(view(object), key);
    cJSON *item = edit(value);
    if (old == NULL) {
        return attach_item(object, key, item) != NULL ? OSS_OK : oss_json_build_status(object);
    }
    item->string = old->string; /* the key changes hands, so nothing here can fail */
    item->type |= old->type & cJSON_StringIsConst;
    old->string = NULL;
    (void)cJSON_ReplaceItemViaPointer(edit(object), old, item);
    return OSS_OK;
}

bool oss_json_remove(oss_json *object, const char *key) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(edit(object), key);
    cJSON_Delete(item);
    return item != NULL;
}

oss_status oss_json_build_status(const oss_json *value) {
    const cJSON *item = view(value);
    if (item != NULL && !cJSON_IsObject(item) && !cJSON_IsArray(item)) {
        return OSS_OK;
    }
    switch (item == NULL ? NO_MEMORY : item->valueint) {
    case BUILT_WELL:
        return OSS_OK;
    case NO_MEMORY:
        return oss_fail(OSS_ENOMEM, "out of memory while building JSON");
    case NOT_FINITE:
        return oss_fail(OSS_ENUMERIC, "a number that is not finite cannot be written as JSON");
    case NOT_EXACT:
        return oss_fail(OSS_EBUG, "an integer beyond 2^53 cannot be written as JSON");
    default:
        return oss_fail(OSS_EBUG, "JSON was built wrongly: a member needs a key, an element must have none");
    }
}
