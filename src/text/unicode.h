/* UTF-8 text: validity, NFC, case, white space. The only utf8proc user. */
#ifndef OSS_TEXT_UNICODE_H
#define OSS_TEXT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_case { OSS_CASE_LOWER, OSS_CASE_UPPER, OSS_CASE_KEEP } oss_case;

/* The transcript as training and scoring see it: NFC, case policy, runs of white space (Unicode White_Space and control line breaks) become one
 * space, trimmed. *out is the caller's (oss_free). OSS_EINPUT for invalid UTF-8 (byte offset named). */
oss_status oss_text_normalize(char **out, const char *text, oss_case policy);

/* Next code point of valid UTF-8 at *cursor, which moves on; 0 at the end. */
uint32_t oss_text_next(const char **cursor);
/* Writes `code_point` as UTF-8 to out[5], NUL-terminated; returns its bytes. */
int32_t oss_text_encode(char out[5], uint32_t code_point);
int64_t oss_text_length(const char *text); /* code points */
/* Byte offset of the first invalid sequence, or -1. */
int64_t oss_text_invalid_offset(const char *text, size_t bytes);

#endif
