/* What the files file*.c, source.c and others of this folder share. */
#ifndef OSS_BASE_FILE_INTERNAL_H
#define OSS_BASE_FILE_INTERNAL_H

#include <fcntl.h>
#include <stddef.h>

#include "base/file.h"

/* open, again after EINTR; close-on-exec always. */
int oss_file_open_fd(const char *path, int flags);
/* The same, with the permissions of a file that is made. */
int oss_file_open_mode(const char *path, int flags, mode_t mode);
/* 0 or an errno. On Linux the descriptor is gone also after EINTR, and all that was written is with the
 * kernel. */
int oss_file_close_fd(int fd);
/* Reads to the end: *out[*out_bytes], NUL-terminated (not counted), at most max_bytes; free with oss_free.
 * expected: bytes that are likely to come. */
oss_status oss_file_read_fd(char **out, size_t *out_bytes, int fd, const char *path, size_t expected,
                            size_t max_bytes);
/* 0 or an errno. */
int oss_file_sync_fd(int fd);
/* *out = a name beside `path`, so that a rename stays within a file system, that make() took (oss_free); what make()
 * returned. It is called until it does not fail with EEXIST: whatever has such a name is left alone. -1: errno. */
int oss_file_make_temporary(char **out, const char *path, int (*make)(void *context, const char *temporary),
                            void *context);
/* Syncs the folder that `path` is in. Without the heap, for by then what was to be done is done: memory that is short must not call
 * it a failure. */
oss_status oss_file_sync_parent(const char *path);

#endif
