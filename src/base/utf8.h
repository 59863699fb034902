/* Is this UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF)? */
#ifndef OSS_BASE_UTF8_H
#define OSS_BASE_UTF8_H

#include <stddef.h>

/* Number of bytes before the first byte that no valid character begins at; `bytes` when all of it is valid.
 */
size_t oss_utf8_valid_length(const char *text, size_t bytes);

#endif
