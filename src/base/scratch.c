#include "base/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sys.h"

/* File systems without nameless files: one with a name, which is taken away at once. */
static int open_named(const char *folder) {
    oss_strbuf name = {0};
    oss_strbuf_printf(&name, "%s/ossicle.tmp-%ld", folder, (long)getpid());
    char *path = oss_strbuf_take(&name);
    int fd = -1;
    if (path == NULL) {
        errno = ENOMEM;
        return -1;
    }
    fd = oss_file.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && oss_file.unlink(path) != 0) {
        int error_number = errno;
        (void)oss_file_close_fd(fd);
        errno = error_number;
        fd = -1;
    }
    oss_free(path);
    return fd;
}

oss_status oss_scratch_open(oss_scratch *scratch, const char *folder) {
    int fd;
    *scratch = (oss_scratch){.fd = -1, .folder = folder};
    do {
        fd = oss_file.open(folder, O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        fd = open_named(folder);
    }
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot make a temporary file in %s", folder);
    }
    scratch->fd = fd;
    return OSS_OK;
}

void oss_scratch_close(oss_scratch *scratch) {
    if (scratch->fd >= 0) {
        (void)oss_file_close_fd(scratch->fd); /* nobody reads it any more: nothing can be lost */
    }
    scratch->fd = -1;
}

static oss_status seek(oss_scratch *scratch, uint64_t offset) {
    if (oss_file.lseek(scratch->fd, (off_t)offset, SEEK_SET) < 0) {
        return oss_fail_errno(errno, "cannot use a temporary file in %s", scratch->folder);
    }
    return OSS_OK;
}

oss_status oss_scratch_append(oss_scratch *scratch, const void *bytes, size_t count) {
    const char *at = bytes;
    oss_status status = seek(scratch, scratch->bytes);
    while (status == OSS_OK && count > 0) {
        ssize_t written = oss_file.write(scratch->fd, at, count);
        if (written > 0) {
            at += written;
            count -= (size_t)written;
            scratch->bytes += (uint64_t)written;
        } else if (written == 0 || errno != EINTR) {
            status = oss_fail_errno(written == 0 ? EIO : errno, "cannot write a temporary file in %s",
                                    scratch->folder);
        }
    }
    return status;
}

oss_status oss_scratch_read(oss_scratch *scratch, uint64_t offset, void *into, size_t count) {
    char *at = into;
    oss_status status = seek(scratch, offset);
    while (status == OSS_OK && count > 0) {
        ssize_t got = oss_file.read(scratch->fd, at, count);
        if (got > 0) {
            at += got;
            count -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            status =
                oss_fail_errno(got == 0 ? EIO : errno, "cannot read a temporary file in %s", scratch->folder);
        }
    }
    return status;
}
