/* The code points of texts, counted: where both kinds of vocabulary begin. */
#ifndef OSS_UNITS_UNIT_TABLE_H
#define OSS_UNITS_UNIT_TABLE_H

#include <stdint.h>

#include "ossicle/status.h"

/* Code points of texts and how often each occurs, sorted by code point. Zero-initialise. */
typedef struct unit_count {
    uint32_t code_point;
    int64_t count;
} unit_count;

typedef struct unit_table {
    unit_count *unit; /* [units] */
    int32_t units, capacity;
} unit_table;

oss_status oss_unit_table_add(unit_table *table, uint32_t code_point);
oss_status oss_unit_table_add_texts(unit_table *table, const char *const *text, int64_t count);

#endif
