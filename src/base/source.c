#include "base/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/sys.h"

/* ---- Opening ---- */

static oss_status look_at(const char *path, struct stat *info) {
    if (oss_file.stat(path, info) != 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    return S_ISDIR(info->st_mode) ? oss_fail(OSS_EINPUT, "%s is a folder; give the path of a file", path)
                                  : OSS_OK;
}

/* Should a FIFO have taken the file's place since stat, O_NONBLOCK opens it at once and lseek refuses it. */
static oss_status open_regular(oss_source *source, const char *path) {
    int fd = oss_file_open_fd(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    off_t size = oss_file.lseek(fd, 0, SEEK_END);
    if (size < 0 || oss_file.lseek(fd, 0, SEEK_SET) != 0) {
        int error_number = errno;
        (void)oss_file_close_fd(fd);
        return oss_fail_errno(error_number, "cannot read %s", path);
    }
    *source = (oss_source){.fd = fd, .size_bytes = size};
    return OSS_OK;
}

static oss_status open_stream(oss_source *source, const char *path, size_t max_bytes) {
    int fd = oss_file_open_fd(path, O_RDONLY);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    enum { FIRST_BYTES = 1 << 16 };
    char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_file_read_fd(&bytes, &count, fd, path, FIRST_BYTES, max_bytes);
    (void)oss_file_close_fd(fd); /* nothing was written: nothing can be lost */
    if (status == OSS_EINPUT) {
        return oss_fail(status,
                        "%s gives more than %zu bytes, which is the most that is taken from a pipe; "
                        "save it as a file and give its path",
                        path, max_bytes);
    }
    if (status == OSS_OK) {
        oss_source_memory(source, bytes, count);
        source->owned = bytes;
    }
    return status;
}

oss_status oss_source_open(oss_source *source, const char *path) {
    struct stat info;
    oss_status status = look_at(path, &info);
    if (status == OSS_OK && !S_ISREG(info.st_mode)) {
        status = oss_fail(OSS_EINPUT, "%s is not a regular file; give the path of a file", path);
    }
    return status == OSS_OK ? open_regular(source, path) : status;
}

oss_status oss_source_open_any(oss_source *source, const char *path, size_t max_bytes) {
    struct stat info;
    oss_status status = look_at(path, &info);
    if (status != OSS_OK) {
        return status;
    }
    return S_ISREG(info.st_mode) ? open_regular(source, path) : open_stream(source, path, max_bytes);
}

void oss_source_memory(oss_source *source, const void *bytes, size_t count) {
    /* An empty block may be NULL, which would say: a file. */
    *source = (oss_source){.fd = -1, .bytes = count == 0 ? "" : bytes, .size_bytes = (int64_t)count};
}

void oss_source_close(oss_source *source) {
    if (source->fd >= 0) {
        (void)oss_file_close_fd(source->fd); /* nothing was written: nothing can be lost */
    }
    oss_free(source->owned);
    *source = (oss_source){.fd = -1};
}

/* ---- Reading ---- */

static bool move_descriptor(oss_source *source, int64_t offset_bytes) {
    if (offset_bytes == source->fd_position_bytes) {
        return true;
    }
    if (oss_file.lseek(source->fd, offset_bytes, SEEK_SET) != offset_bytes) {
        source->error_number = errno;
        return false;
    }
    source->fd_position_bytes = offset_bytes;
    return true;
}

static size_t read_file(oss_source *source, int64_t offset_bytes, char *into, size_t bytes) {
    size_t done = 0;
    if (source->error_number != 0 || !move_descriptor(source, offset_bytes)) {
        return 0;
    }
    while (done < bytes && source->error_number == 0) {
        ssize_t got = oss_file.read(source->fd, into + done, bytes - done);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            done += (size_t)got;
            source->fd_position_bytes += got;
        } else if (errno != EINTR) {
            source->error_number = errno;
        }
    }
    return done;
}

size_t oss_source_read(oss_source *source, int64_t offset_bytes, void *into, size_t bytes) {
    if (source->bytes == NULL) {
        return source->fd < 0 ? 0 : read_file(source, offset_bytes, into, bytes);
    }
    int64_t left = offset_bytes < source->size_bytes ? source->size_bytes - offset_bytes : 0;
    size_t count = bytes < (size_t)left ? bytes : (size_t)left;
    if (count > 0) {
        memcpy(into, source->bytes + offset_bytes, count);
    }
    return count;
}

oss_status oss_source_status(const oss_source *source, const char *name) {
    return source->error_number == 0 ? OSS_OK : oss_fail_errno(source->error_number, "cannot read %s", name);
}

static oss_status load_file(oss_source *source, const char *name, size_t max_bytes) {
    oss_status status = oss_source_status(source, name);
    if (status != OSS_OK) {
        return status;
    }
    if (!move_descriptor(source, 0)) {
        return oss_source_status(source, name);
    }
    char *bytes = NULL;
    size_t count = 0;
    status = oss_file_read_fd(&bytes, &count, source->fd, name, (size_t)source->size_bytes, max_bytes);
    if (status == OSS_OK) {
        oss_source_close(source);
        oss_source_memory(source, bytes, count);
        source->owned = bytes;
    } else {
        source->fd_position_bytes = -1; /* wherever it stopped: the next read moves it */
    }
    return status;
}

oss_status oss_source_load(oss_source *source, const char *name, size_t max_bytes, const char **out,
                           size_t *out_bytes) {
    oss_status status = source->bytes == NULL ? load_file(source, name, max_bytes) : OSS_OK;
    if (status == OSS_OK && (uint64_t)source->size_bytes > max_bytes) {
        status = oss_fail(OSS_EINPUT, "%s is larger than the %zu bytes that such a file may have", name,
                          max_bytes);
    }
    if (status == OSS_OK) {
        *out = source->bytes;
        *out_bytes = (size_t)source->size_bytes;
    }
    return status;
}
