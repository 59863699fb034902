/* JSON in and out (RFC 8259, read strictly). The only cJSON user.
 *
 * Reading refuses what a careless reader lets through: bytes after the value, NUL (also as \u0000), invalid
 * UTF-8, lone surrogates, duplicate keys, nesting deeper than OSS_JSON_MAX_DEPTH, numbers beyond a double.
 * Messages name the file and the byte. Writing is the same in every locale: '.' decimals, the shortest digits
 * that read back exactly, no "NaN". */
#ifndef OSS_BASE_JSON_H
#define OSS_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "ossicle/status.h"

enum { OSS_JSON_MAX_DEPTH = 64 };

/* A value in memory takes 40 times its text when the text is made for it ("[0,0,0"...): what would take more than this is
 * refused before memory is taken. Room for 160,000 symbols (as many characters as Unicode names) or 20,000 tensors. */
#define OSS_JSON_MAX_TREE_BYTES ((size_t)20 << 20)

/* Integers of larger magnitude than this are refused: a double, which is what JSON readers keep, could be off
 * by one. */
#define OSS_JSON_MAX_INTEGER INT64_C(9007199254740991)

typedef struct oss_json oss_json;

typedef enum oss_json_type {
    OSS_JSON_NULL,
    OSS_JSON_BOOL,
    OSS_JSON_NUMBER,
    OSS_JSON_STRING,
    OSS_JSON_ARRAY,
    OSS_JSON_OBJECT
} oss_json_type;

/* Reads text[0..bytes) (no NUL needed at its end); `what` names the file, or what the text is, in messages.
 * OSS_EINPUT. */
oss_status oss_json_parse(oss_json **out, const char *text, size_t bytes, const char *what);
/* The same without OSS_JSON_MAX_TREE_BYTES: for results, which grow with what was heard. */
oss_status oss_json_parse_large(oss_json **out, const char *text, size_t bytes, const char *what);
/* Reads a file of at most `max_bytes`. */
oss_status oss_json_load(oss_json **out, const char *path, size_t max_bytes);
/* Frees a value and everything in it. Only for roots: from oss_json_parse, oss_json_load, oss_json_object,
 * oss_json_array. */
void oss_json_free(oss_json *value);

/* ---- Looking at a value (never fails; parts belong to their root) ---- */
oss_json_type oss_json_type_of(const oss_json *value);
const char *oss_json_type_name(oss_json_type type);          /* "a string", "an object"... for messages */
bool oss_json_is(const oss_json *value, oss_json_type type); /* false for NULL */
/* The member with this key; NULL when there is none, or when `object` is not an object. Keys are
 * case-sensitive. */
const oss_json *oss_json_get(const oss_json *object, const char *key);
/* All members or elements in the order of the text:
 *     for (const oss_json *at = oss_json_first(v); at != NULL; at = oss_json_next(at)) ... oss_json_key(at) */
const oss_json *oss_json_first(const oss_json *container);
const oss_json *oss_json_next(const oss_json *element);
const char *oss_json_key(const oss_json *member); /* NULL for an array's element or a root */
size_t oss_json_count(const oss_json *container); /* walks the list: O(count) */

/* The value itself, when its type is known: 0, false, "" for a value of another type. */
double oss_json_number(const oss_json *value);
bool oss_json_bool(const oss_json *value);
const char *oss_json_string(const oss_json *value);

/* ---- Typed reading: OSS_EINPUT with a message like `"lr" must be a number, not a string` and *out untouched
 * on failure. The caller puts the file's name before it with oss_fail_prefix. ---- */
/* Of one value; `name` stands for it in messages (for a member: its key; for an element: say, "betas[1]"). */
oss_status oss_json_to_number(const oss_json *value, const char *name, double *out);
/* Whole numbers in [low, high] only (so 3 and 3.0 and 3e0, never 3.5); |value| <= OSS_JSON_MAX_INTEGER. */
oss_status oss_json_to_integer(const oss_json *value, const char *name, int64_t low, int64_t high,
                               int64_t *out);
oss_status oss_json_to_bool(const oss_json *value, const char *name, bool *out);
oss_status oss_json_to_string(const oss_json *value, const char *name,
                              const char **out); /* owned by the root */
/* Of a member that must be there. */
oss_status oss_json_get_number(const oss_json *object, const char *key, double *out);
oss_status oss_json_get_integer(const oss_json *object, const char *key, int64_t low, int64_t high,
                                int64_t *out);
oss_status oss_json_get_bool(const oss_json *object, const char *key, bool *out);
oss_status oss_json_get_string(const oss_json *object, const char *key, const char **out);
oss_status oss_json_get_array(const oss_json *object, const char *key, const oss_json **out);
oss_status oss_json_get_object(const oss_json *object, const char *key, const oss_json **out);

/* ---- Building. Failure is sticky: adding to NULL does nothing, a failed add marks its container, and
 * oss_json_print of a tree in which anything failed fails. So: build, print, check once. `key` is for
 * objects; in arrays it must be NULL. Strings are copied. Adding a key twice is a bug that printing sorted
 * reports. ---- */
oss_json *oss_json_object(void); /* NULL when memory is short */
oss_json *oss_json_array(void);
oss_json *oss_json_add_object(oss_json *container,
                              const char *key); /* the new part, to be filled; owned by the root */
oss_json *oss_json_add_array(oss_json *container, const char *key);
void oss_json_add_string(oss_json *container, const char *key, const char *text);
void oss_json_add_number(oss_json *container, const char *key, double value); /* must be finite */
void oss_json_add_integer(oss_json *container, const char *key,
                          int64_t value); /* |value| <= OSS_JSON_MAX_INTEGER */
void oss_json_add_bool(oss_json *container, const char *key, bool value);
void oss_json_add_null(oss_json *container, const char *key);
void oss_json_add_copy(oss_json *container, const char *key,
                       const oss_json *value); /* deep copy; NULL marks failure */
/* Puts `value` (a root, now owned by `object`) in place of the member `key`, or adds it. For `--set` on a
 * config. Frees `value` on failure. */
oss_status oss_json_set(oss_json *object, const char *key, oss_json *value);
/* Takes the member out and frees it; false when there was none. */
bool oss_json_remove(oss_json *object, const char *key);

typedef enum oss_json_style {
    OSS_JSON_LINE = 0,   /* one line, no newline at its end: {"a":1,"b":[1,2]} */
    OSS_JSON_PRETTY = 1, /* two spaces a level, arrays of plain values on one line, newline at the end */
    OSS_JSON_SORTED = 2  /* or-ed: members sorted by the bytes of their keys */
} oss_json_style;

/* *out = the text (oss_free). Fails with the first failure of the building. Bytes of a string that are not
 * UTF-8 (a file's name may hold any) are written as U+FFFD, since JSON has no way to hold them. */
oss_status oss_json_print(char **out, const oss_json *value, unsigned style);

/* Appends `text` as a JSON string, quotes included: for long texts that are written piece by piece. */
void oss_json_append_string(oss_strbuf *out, const char *text);

#endif
