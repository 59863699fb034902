/* What the process may do from here on, narrowed for good: by Landlock (Linux 5.13 and later) it changes no file outside
 * the named folders and opens no TCP connection; by a filter of system calls it opens no socket at all and calls nothing
 * that administers the system. Programs that it starts are bound too. Reading stays as it was.
 *
 * Sources: Documentation/userspace-api/landlock.rst and seccomp_filter.rst of Linux. */
#ifndef OSS_BASE_CONFINE_H
#define OSS_BASE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

/* Whether this kernel, on this processor, has all of it. Changes nothing. */
bool oss_confine_is_possible(void);

/* Binds the calling thread and what it starts from now on: to be called before there are other threads. Below
 * `writable[0..count)` files and folders may still be made, written, renamed and removed; one of them that is no folder
 * may be written. Files that are open stay so. OSS_EINPUT: one of them is not there; OSS_EUSAGE: the kernel has none of
 * it; then the process may be bound in part, never loosened. */
oss_status oss_confine(const char *const *writable, int32_t count);

#endif
