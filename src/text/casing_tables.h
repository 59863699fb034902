/* What Unicode's case mapping needs beside the simple mappings of utf8proc: tables in order of code points. */
#ifndef OSS_TEXT_CASING_TABLES_H
#define OSS_TEXT_CASING_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* A code point that becomes several, or another than its simple mapping says; zeros end `to`. */
typedef struct oss_special_case {
    uint32_t from;
    uint32_t to[3];
} oss_special_case;

typedef struct oss_code_range {
    uint32_t first, last;
} oss_code_range;

extern const oss_special_case oss_special_lower[], oss_special_upper[];
extern const size_t oss_special_lower_count, oss_special_upper_count;
/* Ranges that neither overlap nor touch: the derived properties Cased and Case_Ignorable. */
extern const oss_code_range oss_cased[], oss_case_ignorable[];
extern const size_t oss_cased_count, oss_case_ignorable_count;

#endif
