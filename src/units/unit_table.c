#include "units/unit_table.h"

#include <string.h>

#include "base/mem.h"
#include "text/unicode.h"

/* New code points are rare, so shifting the rest costs little. */
oss_status oss_unit_table_add(unit_table *table, uint32_t code_point) {
    int32_t low = 0;
    for (int32_t high = table->units; low < high;) {
        int32_t middle = low + (high - low) / 2;
        if (table->unit[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < table->units && table->unit[low].code_point == code_point) {
        table->unit[low].count++;
        return OSS_OK;
    }
    if (table->units == table->capacity) {
        int32_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        unit_count *grown = oss_resize(table->unit, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        table->unit = grown;
        table->capacity = capacity;
    }
    memmove(table->unit + low + 1, table->unit + low, (size_t)(table->units - low) * sizeof *table->unit);
    table->unit[low] = (unit_count){code_point, 1};
    table->units++;
    return OSS_OK;
}

oss_status oss_unit_table_add_texts(unit_table *table, const char *const *text, int64_t count) {
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < count && status == OSS_OK; i++) {
        const char *cursor = text[i];
        for (uint32_t c = oss_text_next(&cursor); c != 0 && status == OSS_OK; c = oss_text_next(&cursor)) {
            status = oss_unit_table_add(table, c);
        }
    }
    return status;
}
