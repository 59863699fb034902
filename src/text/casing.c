#include "text/casing.h"

#include <stddef.h>
#include <stdlib.h>

#include "text/casing_tables.h"

static int compare_range(const void *key, const void *element) {
    uint32_t code_point = *(const uint32_t *)key;
    const oss_code_range *range = element;
    return code_point < range->first ? -1 : code_point > range->last;
}

static bool contains(const oss_code_range *ranges, size_t count, uint32_t code_point) {
    return bsearch(&code_point, ranges, count, sizeof *ranges, compare_range) != NULL;
}

oss_casing_role oss_casing_role_of(uint32_t code_point) {
    if (contains(oss_case_ignorable, oss_case_ignorable_count, code_point)) {
        return OSS_CASING_PASSED;
    }
    return contains(oss_cased, oss_cased_count, code_point) ? OSS_CASING_LETTER : OSS_CASING_OTHER;
}

static int compare_special(const void *key, const void *element) {
    uint32_t code_point = *(const uint32_t *)key;
    const oss_special_case *special = element;
    return code_point < special->from ? -1 : code_point > special->from;
}

int32_t oss_casing_special(uint32_t out[3], uint32_t code_point, bool upper) {
    const oss_special_case *table = upper ? oss_special_upper : oss_special_lower;
    size_t count = upper ? oss_special_upper_count : oss_special_lower_count;
    const oss_special_case *special = bsearch(&code_point, table, count, sizeof *table, compare_special);
    int32_t length = 0;
    while (special != NULL && length < 3 && special->to[length] != 0) {
        out[length] = special->to[length];
        length++;
    }
    return length;
}
