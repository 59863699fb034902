/* UTF-8 text: validity, NFC, case, white space. The only utf8proc user. */
#ifndef OSS_TEXT_UNICODE_H
#define OSS_TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_case { OSS_CASE_LOWER, OSS_CASE_UPPER, OSS_CASE_KEEP } oss_case;

/* The transcript as training and scoring see it. In this order:
 *
 * 1. Characters that cannot be seen and move nothing are dropped, so that texts that look alike are alike:
 * U+FEFF (byte-order mark, anywhere), U+200B zero-width space, U+2060 word joiner, U+00AD soft hyphen, and
 * the direction marks U+061C, U+200E, U+200F, U+202A..202E, U+2066..2069. U+200C and U+200D stay: Persian,
 * Hindi and emoji are spelled with them.
 * 2. Runs of white space (Unicode White_Space: line breaks, tabs, no-break and ideographic spaces too) become
 * one space; none is left at the ends.
 * 3. NFC (Unicode Standard Annex 15).
 * 4. The case policy, then NFC again. Case is Unicode's full mapping (SpecialCasing.txt without the lines of one
 * language): the length in code points and so the number of CTC labels may depend on it. German sharp s becomes
 * SS in upper case, a dotted capital I the letter i and U+0307 in lower case, and a capital sigma at the end of a
 * word the final one, U+03C2.
 *
 * The result of the result is the result. *out is the caller's (oss_free). OSS_EINPUT for invalid UTF-8 and
 * for more than OSS_TEXT_MAX_MARKS combining marks in a row (byte offset named: ordering them takes time that
 * grows with the square). */
enum { OSS_TEXT_MAX_MARKS = 128 };
oss_status oss_text_normalize(char **out, const char *text, oss_case policy);

/* Next code point of valid UTF-8 at *cursor, which moves on; 0 at the end, where it stays. In text that is
 * not valid a bad byte counts as U+FFFD; the NUL at the end is never passed. */
uint32_t oss_text_next(const char **cursor);
/* Writes `code_point` as UTF-8 to out[5], NUL-terminated; returns its bytes. What is not a code point becomes
 * U+FFFD. */
int32_t oss_text_encode(char out[5], uint32_t code_point);
int64_t oss_text_length(const char *text); /* code points */
/* The code point's compatibility form (Unicode NFKC) when that is a single code point, else itself. */
uint32_t oss_text_compatible(uint32_t code_point);
bool oss_text_is_space(uint32_t code_point); /* Unicode White_Space */
/* Moves over what a reader sees as one character (an extended grapheme cluster, Unicode Standard Annex 29) and returns the
 * columns it takes on a screen: 2 for East Asian wide characters and emoji, 0 for a mark without a letter, else 1. At the
 * end 0, and *cursor stays. */
int32_t oss_text_next_cluster(const char **cursor);
int64_t oss_text_columns(const char *text); /* of all its clusters */
/* Byte offset of the first invalid sequence, or -1. */
int64_t oss_text_invalid_offset(const char *text, size_t bytes);

#endif
