/* What tells a file from another one of the same name. */
#ifndef OSS_BASE_FILE_SAMPLE_H
#define OSS_BASE_FILE_SAMPLE_H

#include <stdint.h>

#include "ossicle/status.h"

/* A hash of the file's size and of its bytes: of all of them up to 512 KiB, of 16 parts of 32 KiB from its beginning
 * to its end when it is larger. Neither times nor names count, so a copy has the same one. */
oss_status oss_file_sample_hash(uint64_t *out, const char *path);

#endif
