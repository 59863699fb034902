/* Durable writing: a reader, and a machine whose power fails, sees the old file or the new one. */
#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/sys.h"

enum { BUFFER_BYTES = 1 << 16 };

/* All of the bytes, whatever write makes of them; 0 or an errno. */
static int write_bytes(int fd, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    while (count > 0) {
        ssize_t written = oss_file.write(fd, at, count);
        if (written > 0) {
            at += written;
            count -= (size_t)written;
        } else if (written == 0) {
            return EIO; /* no progress and no reason given: do not loop for ever */
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* ---- The writer ---- */

static void release_writer(oss_writer *writer) {
    oss_free(writer->path);
    oss_free(writer->target);
    oss_free(writer->temporary);
    oss_free(writer->buffer);
    *writer = (oss_writer){0};
}

/* What is there already: its permissions, or false when nothing is. */
static oss_status check_target(const char *path, mode_t *mode, bool *out_is_there) {
    struct stat info;
    if (oss_file.stat(path, &info) != 0) {
        *out_is_there = false;
        return errno == ENOENT ? OSS_OK : oss_fail_errno(errno, "cannot write %s", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return oss_fail(OSS_EUSAGE, "cannot write %s: it is there and is %s; give another path", path,
                        S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    }
    *mode = info.st_mode & 0777;
    *out_is_there = true;
    return OSS_OK;
}

static int open_new(void *context, const char *temporary) {
    const mode_t *mode = context;
    return oss_file_open_mode(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, *mode);
}

/* What is private stays so from the first byte on, and what others may write does in spite of the umask. */
static oss_status open_temporary(oss_writer *writer) {
    mode_t mode = 0666;
    bool is_there = false;
    oss_status status = check_target(writer->path, &mode, &is_there);
    if (status == OSS_OK) {
        status = oss_file_follow(&writer->target, writer->path);
    }
    if (status != OSS_OK) {
        return status;
    }
    writer->fd = oss_file_make_temporary(&writer->temporary, writer->target, open_new, &mode);
    if (writer->fd < 0) {
        return oss_fail_errno(errno, "cannot write %s", writer->path);
    }
    writer->open = true;
    return is_there && oss_file.fchmod(writer->fd, mode) != 0
               ? oss_fail_errno(errno, "cannot write %s with the permissions that it has", writer->path)
               : OSS_OK;
}

void oss_writer_abort(oss_writer *writer) {
    if (!writer->open) {
        return;
    }
    (void)oss_file_close_fd(writer->fd);
    (void)oss_file.unlink(writer->temporary); /* a leftover does no harm: it is no kept file's name */
    release_writer(writer);
}

oss_status oss_writer_open(oss_writer *writer, const char *path) {
    oss_writer opened = {.path = oss_strdup(path), .buffer = oss_alloc(BUFFER_BYTES, 1)};
    oss_status status = opened.path == NULL || opened.buffer == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        status = open_temporary(&opened);
    }
    if (status != OSS_OK) {
        oss_writer_abort(&opened);
        release_writer(&opened);
        return status;
    }
    *writer = opened;
    return OSS_OK;
}

static void note_failure(oss_writer *writer, int error_number) {
    if (error_number != 0 && writer->status == OSS_OK) {
        writer->error_number = error_number;
        writer->status = oss_fail_errno(error_number, "cannot write %s", writer->path);
    }
}

static void write_out(oss_writer *writer, const void *bytes, size_t count) {
    note_failure(writer, write_bytes(writer->fd, bytes, count));
}

static void flush_buffer(oss_writer *writer) {
    write_out(writer, writer->buffer, writer->buffered_bytes);
    writer->buffered_bytes = 0;
}

void oss_writer_put(oss_writer *writer, const void *bytes, size_t count) {
    if (!writer->open || writer->status != OSS_OK || count == 0) {
        return;
    }
    writer->written_bytes += count;
    if (count > BUFFER_BYTES - writer->buffered_bytes) {
        flush_buffer(writer);
    }
    if (count >= BUFFER_BYTES) {
        if (writer->status == OSS_OK) {
            write_out(writer, bytes, count);
        }
        return;
    }
    memcpy(writer->buffer + writer->buffered_bytes, bytes, count);
    writer->buffered_bytes += count;
}

static void move_writer(oss_writer *writer, uint64_t offset_bytes) {
    if (writer->status == OSS_OK && oss_file.lseek(writer->fd, (off_t)offset_bytes, SEEK_SET) < 0) {
        note_failure(writer, errno);
    }
}

void oss_writer_put_over(oss_writer *writer, uint64_t offset_bytes, const void *bytes, size_t count) {
    if (writer->open && writer->status == OSS_OK) {
        flush_buffer(writer);
        move_writer(writer, offset_bytes);
    }
    if (writer->open && writer->status == OSS_OK) {
        write_out(writer, bytes, count);
        move_writer(writer, writer->written_bytes);
    }
}

static void close_writer(oss_writer *writer) {
    if (writer->open) {
        writer->open = false;
        note_failure(writer, oss_file_close_fd(writer->fd));
    }
}

/* Everything is in the temporary and, unless nobody waits for that, on the disk; or the first failure is noted. */
static void finish_temporary(oss_writer *writer) {
    if (writer->status == OSS_OK) {
        flush_buffer(writer);
    }
    if (writer->status == OSS_OK && !writer->unsynced) {
        note_failure(writer, oss_file_sync_fd(writer->fd));
    }
    close_writer(writer);
}

oss_status oss_writer_commit(oss_writer *writer) {
    if (!writer->open) {
        return oss_fail(OSS_EBUG, "a file was committed that is not open");
    }
    finish_temporary(writer);
    if (writer->status == OSS_OK && oss_file.rename(writer->temporary, writer->target) != 0) {
        note_failure(writer, errno);
    }
    oss_status status = writer->status;
    if (status == OSS_OK) {
        status = writer->unsynced ? OSS_OK : oss_file_sync_parent(writer->target);
    } else {
        (void)oss_file.unlink(writer->temporary);
        status = oss_fail_errno(writer->error_number, "cannot write %s", writer->path);
    }
    release_writer(writer);
    return status;
}

static oss_status write_all(const char *path, const void *bytes, size_t count, bool unsynced) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    writer.unsynced = unsynced;
    oss_writer_put(&writer, bytes, count);
    return oss_writer_commit(&writer);
}

oss_status oss_file_write_all(const char *path, const void *bytes, size_t count) {
    return write_all(path, bytes, count, false);
}

oss_status oss_file_write_soon(const char *path, const void *bytes, size_t count) {
    return write_all(path, bytes, count, true);
}

/* ---- Growing files ---- */

/* 0 or an errno; after a failure the file has its old length again. */
static int append_fd(int fd, off_t end, const void *bytes, size_t count) {
    int error_number = write_bytes(fd, bytes, count);
    if (error_number == 0) {
        error_number = oss_file_sync_fd(fd);
    }
    if (error_number != 0) {
        (void)oss_file.ftruncate(fd, end); /* the failure that is reported is the first one */
    }
    return error_number;
}

oss_status oss_file_append(const char *path, const void *bytes, size_t count) {
    int fd = oss_file_open_fd(path, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot append to %s", path);
    }
    off_t end = oss_file.lseek(fd, 0, SEEK_END);
    oss_status status = end < 0 ? oss_fail_errno(errno, "cannot append to %s", path) : OSS_OK;
    /* It may be new: its name must last as well, before there is anything that would be told as lost. */
    if (end == 0) {
        status = oss_file_sync_parent(path);
    }
    int error_number = status == OSS_OK ? append_fd(fd, end, bytes, count) : 0;
    if (error_number != 0) {
        status = oss_fail_errno(error_number, "cannot append to %s", path);
    }
    (void)oss_file_close_fd(fd); /* all of it was synced */
    return status;
}

oss_status oss_file_truncate(const char *path, int64_t bytes) {
    int fd = oss_file_open_fd(path, O_WRONLY);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot cut %s", path);
    }
    int error_number = oss_file.ftruncate(fd, (off_t)bytes) != 0 ? errno : oss_file_sync_fd(fd);
    int close_error = oss_file_close_fd(fd);
    error_number = error_number != 0 ? error_number : close_error;
    return error_number == 0 ? OSS_OK : oss_fail_errno(error_number, "cannot cut %s", path);
}
