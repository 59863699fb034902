/* What the parts of json share: json_check.c (grammar), json.c (cJSON), json_print.c (text). */
#ifndef OSS_BASE_JSON_INTERNAL_H
#define OSS_BASE_JSON_INTERNAL_H

#include "base/json.h"

/* OSS_EINPUT unless text[0..bytes) is one JSON value of the kind that json.h describes (duplicate keys
 * apart), whose tree takes at most most_bytes. */
oss_status oss_json_check(const char *text, size_t bytes, const char *what, size_t most_bytes);

/* What went wrong while this container was built: OSS_OK when nothing; else the code, with the message set. */
oss_status oss_json_build_status(const oss_json *value);

#endif
