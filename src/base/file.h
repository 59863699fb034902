/* Whole files in, durable files out. */
#ifndef OSS_BASE_FILE_H
#define OSS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

/* Reads all of a regular file, at most `max_bytes`; *out is NUL-terminated (not counted), free with oss_free. */
oss_status oss_file_read_all(char **out, size_t *out_bytes, const char *path, size_t max_bytes);

/* A file that appears whole or not at all: written to ossicle.tmp-PID-N beside it, and on commit synced, renamed
 * over PATH, its folder synced. It has the permissions of the PATH that was there; where PATH is a symbolic link, the
 * file that it names is replaced, and the link stays. `put` after a failure does nothing; commit reports the first
 * failure, with its message, and removes the temporary. abort is for cleanup paths; after commit, or for a zeroed
 * writer, it does nothing. A PATH that exists and is not a regular file (a folder, /dev/null) is refused: the rename
 * would put a file in its place. */
typedef struct oss_writer {
    int fd;
    bool open;
    bool unsynced; /* commit does not wait for the disk */
    oss_status status;
    int error_number; /* errno of the first failure */
    uint64_t written_bytes;
    char *path;            /* as the caller calls it */
    char *target;          /* what that names */
    char *temporary;       /* beside the target */
    unsigned char *buffer; /* so that many small puts make few write calls */
    size_t buffered_bytes;
} oss_writer;

oss_status oss_writer_open(oss_writer *writer, const char *path);
void oss_writer_put(oss_writer *writer, const void *bytes, size_t count);
/* The same over what was put at offset_bytes before; all of it was. The next put is at the end again. */
void oss_writer_put_over(oss_writer *writer, uint64_t offset_bytes, const void *bytes, size_t count);
oss_status oss_writer_commit(oss_writer *writer);
void oss_writer_abort(oss_writer *writer);

/* One call for a text or blob: open, put, commit. */
oss_status oss_file_write_all(const char *path, const void *bytes, size_t count);

/* As oss_file_write_all, but without waiting for the disk, which takes longer than making a small file does: readers, and
 * whoever comes after this process was killed, see all of it or nothing; but when power fails within seconds it may be
 * there and empty. */
oss_status oss_file_write_soon(const char *path, const void *bytes, size_t count);

/* A file that grows: appended text is synced before the call returns. On failure the file is cut back to what
 * it was, so that no half line stays. */
oss_status oss_file_append(const char *path, const void *bytes, size_t count);
/* Its first bytes alone stay, synced. */
oss_status oss_file_truncate(const char *path, int64_t bytes);

/* Relative symlink `path` -> `target`, replaced by rename, folder synced. */
oss_status oss_file_symlink(const char *path, const char *target);
/* *out = what the symlink points to, as text (oss_free). */
oss_status oss_file_read_link(char **out, const char *path);
/* *out = the file that `path` names by way of symbolic links, there or not; `path` when it is none (oss_free). */
oss_status oss_file_follow(char **out, const char *path);
/* The same of a link, or of the file that a program which knows no links has made of one: its text is the path. OSS_EINPUT
 * for any other file. */
oss_status oss_file_read_pointer(char **out, const char *path);

/* mkdir -p, and the folders that new ones are in are synced. */
oss_status oss_file_make_folders(const char *path);
/* The same, and the names of those that are there are synced as well: whoever made them may have been killed before it
 * did, or knew of no need (mkdir of a shell). For a folder whose contents are to survive a power failure. */
oss_status oss_file_settle_folders(const char *path);
/* rm -r of a folder of ours: removes files and folders below `path`, follows no link. A missing path is fine. */
oss_status oss_file_remove_tree(const char *path);
/* Names in a folder (without . and ..), sorted by byte; free with oss_file_free_names. */
oss_status oss_file_list(char ***out_names, size_t *out_count, const char *folder);
void oss_file_free_names(char **names, size_t count);

bool oss_file_exists(const char *path); /* anything, through links */
/* *out: whether it is a folder; fails when the disk does not tell. */
oss_status oss_file_find_folder(bool *out, const char *path);
bool oss_file_is_folder(const char *path);
bool oss_file_is_regular(const char *path);          /* no folder, pipe or device: it can be read twice */
bool oss_file_is_special(const char *path);          /* a pipe or device; not what cannot be looked at */
bool oss_file_is_same(const char *a, const char *b); /* both there and one file, whatever its names */
/* What a file is, whatever its names: two that are equal are one file. */
typedef struct oss_file_id {
    uint64_t device, inode;
} oss_file_id;
bool oss_file_identify(oss_file_id *out, const char *path); /* through links; false: nothing is there */
bool oss_file_is_link(const char *path);                    /* itself, wherever it leads */
oss_status oss_file_size(int64_t *out_bytes, const char *path);
oss_status oss_file_rename(const char *from, const char *to); /* and syncs the folder of `to` */
/* Renames `path` to PATH.SUFFIX or, when that is there, to the first of PATH.SUFFIX-2, -3... that is free; *out = the
 * new name (oss_free). */
oss_status oss_file_set_aside(char **out, const char *path, const char *suffix);

/* Exclusive advisory lock on `path` (created when missing), for as long as the process lives or until unlock.
 * A lock held by another process is OSS_EUSAGE with its message. */
oss_status oss_file_lock(int *out_fd, const char *path);
/* A lock is a thing, its path a name: OSS_EUSAGE, with a message, when `path` is not the file that `fd` holds a lock on
 * any more, so that somebody else may hold the one that is there. A negative fd: none is held, OSS_OK. */
oss_status oss_file_lock_check(int fd, const char *path);
void oss_file_unlock(int fd);

#endif
