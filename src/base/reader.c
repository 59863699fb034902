#include "base/reader.h"

#include <errno.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/sys.h"

oss_status oss_reader_open(oss_reader *reader, const char *path) {
    struct stat info;
    if (oss_file.stat(path, &info) != 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return oss_fail(OSS_EINPUT, "%s is %s; give the path of a file", path,
                        S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    }
    /* Should a FIFO have taken the file's place since, O_NONBLOCK opens it at once and lseek refuses it. */
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
    *reader = (oss_reader){.fd = fd, .size_bytes = size};
    return OSS_OK;
}

void oss_reader_close(oss_reader *reader) {
    if (reader->fd >= 0) {
        (void)oss_file_close_fd(reader->fd); /* nothing was written: nothing can be lost */
    }
    reader->fd = -1;
}

size_t oss_reader_read(oss_reader *reader, void *into, size_t bytes) {
    size_t done = 0;
    while (done < bytes && reader->error_number == 0) {
        ssize_t got = oss_file.read(reader->fd, (char *)into + done, bytes - done);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            done += (size_t)got;
            reader->position_bytes += got;
        } else if (errno != EINTR) {
            reader->error_number = errno;
        }
    }
    return done;
}

bool oss_reader_seek(oss_reader *reader, int64_t position_bytes) {
    if (position_bytes < 0 || reader->error_number != 0) {
        return false;
    }
    if (oss_file.lseek(reader->fd, position_bytes, SEEK_SET) != position_bytes) {
        reader->error_number = errno;
        return false;
    }
    reader->position_bytes = position_bytes;
    return true;
}

oss_status oss_reader_status(const oss_reader *reader, const char *path) {
    return reader->error_number == 0 ? OSS_OK : oss_fail_errno(reader->error_number, "cannot read %s", path);
}
