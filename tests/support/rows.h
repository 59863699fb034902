/* Manifests without audio, for tests of what looks at lengths and texts only. */
#ifndef OSS_TESTS_ROWS_H
#define OSS_TESTS_ROWS_H

#include "dataset/manifest.h"

/* Appends a row of the given length; wav is "rN.wav" with N its number, key a hash of number and text.
 * speaker may be NULL. */
void oss_rows_add(oss_manifest *manifest, int64_t number, const char *text, const char *speaker,
                  int64_t samples);
/* A config from JSON text; the test stops when it is refused. */
oss_config *oss_rows_config(const char *json);

#endif
