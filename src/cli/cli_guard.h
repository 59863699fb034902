/* The files that a command reads and writes, by what they are and not by their names. */
#ifndef OSS_CLI_CLI_GUARD_H
#define OSS_CLI_CLI_GUARD_H

#include <stdint.h>

#include "base/file.h"

/* A file that is there. */
typedef struct oss_guarded {
    oss_file_id id;
    char *path;         /* as it was called first */
    const char *option; /* that names it, or its folder, for writing; NULL: it is read */
} oss_guarded;

/* Zero-initialise. */
typedef struct oss_guard {
    oss_guarded *slot; /* [slots], a power of two; an empty one has no path */
    int64_t slots, files;
} oss_guard;

/* NULL: no such file was added. */
const oss_guarded *oss_guard_find(const oss_guard *guard, oss_file_id id);
/* A file that is not there yet; the guard keeps a copy of its path. OSS_ENOMEM. */
oss_status oss_guard_add(oss_guard *guard, const oss_guarded *file);
void oss_guard_deinit(oss_guard *guard);

#endif
