/* Locks of whole folders: a file in them that one process at a time holds. */
#include <errno.h>
#include <sys/file.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/sys.h"

static oss_status refuse_lock(int error_number, const char *path) {
    switch (error_number) {
    case EWOULDBLOCK:
        return oss_fail(OSS_EUSAGE, "%s is locked: another process is at work there; wait for it or end it",
                        path);
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOLCK:
        return oss_fail(
            OSS_EUSAGE,
            "cannot lock %s: its file system has no locks (flock), without which two processes could write "
            "there: choose a folder on another one",
            path);
    default:
        return oss_fail_errno(error_number, "cannot lock %s", path);
    }
}

oss_status oss_file_lock_check(int fd, const char *path) {
    struct stat held, there;
    if (fd < 0) {
        return OSS_OK;
    }
    if (oss_file.fstat(fd, &held) != 0) {
        return oss_fail_errno(errno, "cannot look at the lock %s", path);
    }
    bool is_there = oss_file.stat(path, &there) == 0;
    if (!is_there && errno != ENOENT && errno != ENOTDIR) {
        return oss_fail_errno(errno, "cannot look at the lock %s", path);
    }
    if (is_there && held.st_dev == there.st_dev && held.st_ino == there.st_ino) {
        return OSS_OK;
    }
    return oss_fail(
        OSS_EUSAGE,
        "%s is not the lock that this process holds: its folder was moved or replaced, or the lock removed, "
        "while it was at work; nothing more is written there",
        path);
}

/* The file may have been removed between open and flock: then the lock is on what nobody else will find. */
static oss_status lock_fd(int fd, const char *path) {
    int result;
    do {
        result = oss_file.flock(fd, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result != 0 ? refuse_lock(errno, path) : oss_file_lock_check(fd, path);
}

oss_status oss_file_lock(int *out_fd, const char *path) {
    int fd = oss_file_open_fd(path, O_RDWR | O_CREAT);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open lock file %s", path);
    }
    oss_status status = lock_fd(fd, path);
    if (status != OSS_OK) {
        (void)oss_file_close_fd(fd);
        return status;
    }
    *out_fd = fd;
    return OSS_OK;
}

void oss_file_unlock(int fd) {
    (void)oss_file_close_fd(fd); /* the lock goes with the descriptor */
}
