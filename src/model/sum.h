/* A file that holds its own sum: XXH3-64 of all its bytes, as 16 lower-case hexadecimal digits in a string of
 * its JSON, with those digits counted as '0'. */
#ifndef OSS_MODEL_SUM_H
#define OSS_MODEL_SUM_H

#include <stdbool.h>
#include <stddef.h>

#include "ossicle/status.h"

enum { OSS_SUM_DIGITS = 16 };

/* Where the digits begin in json[0..bytes), which must have been found to be valid JSON: the string member
 * key[keys-1] of the object key[keys-2] of ... the outermost object. False when there is no such member, or
 * when it or a key on the way is not spelled plainly (escapes), or is not 16 such digits. */
bool oss_sum_find(size_t *out_at, const char *json, size_t bytes, const char *const *key, int keys);

/* out = sum of first[0..first_bytes) and then of each further part, the digits at first + digits_at as '0'. */
typedef struct oss_sum_part {
    const void *data;
    size_t bytes;
} oss_sum_part;
oss_status oss_sum_digest(char out[OSS_SUM_DIGITS + 1], const char *first, size_t first_bytes,
                          size_t digits_at, const oss_sum_part *part, size_t parts);

#endif
