/* Unicode's case mapping where one code point does not simply become one other (Unicode 15, section 3.13). Mappings that
 * depend on a language (Lithuanian, Turkish, Azeri) are left out: a transcript does not say its language. */
#ifndef OSS_TEXT_CASING_H
#define OSS_TEXT_CASING_H

#include <stdbool.h>
#include <stdint.h>

/* What a code point is to the capital sigma after or before it. */
typedef enum oss_casing_role {
    OSS_CASING_OTHER,  /* ends the word: a space, a digit, a letter without case */
    OSS_CASING_LETTER, /* Cased, and not passed over */
    OSS_CASING_PASSED  /* Case_Ignorable, passed over in the search for a letter: marks, the apostrophe */
} oss_casing_role;

oss_casing_role oss_casing_role_of(uint32_t code_point);

/* Writes what `code_point` becomes in lower or upper case by SpecialCasing.txt's lines without a condition; returns the
 * number of code points, 1 to 3. 0, nothing written: its simple mapping is right. */
int32_t oss_casing_special(uint32_t out[3], uint32_t code_point, bool upper);

#endif
