/* Symbolic links: made, read, followed. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"

enum { LINK_MAX_BYTES = 4096, MOST_LINKS = 40 /* as Linux has it */ };

static int make_link(void *context, const char *temporary) {
    return oss_file.symlink(context, temporary);
}

oss_status oss_file_symlink(const char *path, const char *target) {
    char *temporary = NULL;
    int result = oss_file_make_temporary(&temporary, path, make_link, (void *)(uintptr_t)target);
    int error_number = errno;
    if (result == 0 && oss_file.rename(temporary, path) != 0) {
        result = -1;
        error_number = errno;
        (void)oss_file.unlink(temporary);
    }
    oss_free(temporary);
    if (result != 0 && (error_number == EPERM || error_number == EOPNOTSUPP || error_number == ENOSYS)) {
        return oss_fail(
            OSS_EUSAGE,
            "cannot make the link %s to %s: its file system has no symbolic links; choose a folder on "
            "another one",
            path, target);
    }
    if (result != 0) {
        return oss_fail_errno(error_number, "cannot make the link %s to %s", path, target);
    }
    return oss_file_sync_parent(path);
}

oss_status oss_file_read_link(char **out, const char *path) {
    char target[LINK_MAX_BYTES];
    ssize_t length = oss_file.readlink(path, target, sizeof target);
    if (length < 0) {
        return oss_fail_errno(errno, "cannot read the link %s", path);
    }
    if ((size_t)length == sizeof target) {
        return oss_fail(OSS_EINPUT, "the link %s points to a path of more than %d bytes", path,
                        LINK_MAX_BYTES - 1);
    }
    char *text = oss_strndup(target, (size_t)length);
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    *out = text;
    return OSS_OK;
}

oss_status oss_file_read_pointer(char **out, const char *path) {
    if (!oss_file_is_regular(path) || oss_file_is_link(path)) {
        return oss_file_read_link(out, path);
    }
    char *text = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&text, &bytes, path, LINK_MAX_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    size_t length = strcspn(text, "\r\n");
    if (length == 0 || length + strspn(text + length, "\r\n") != bytes) {
        oss_free(text);
        return oss_fail(OSS_EINPUT, "%s is no link, nor a file with the path of one", path);
    }
    text[length] = '\0';
    *out = text;
    return OSS_OK;
}

/* *out = what `path` names, when it is a link; NULL when it is none. */
static oss_status follow_once(char **out, const char *path) {
    struct stat info;
    *out = NULL;
    if (oss_file.lstat(path, &info) != 0) {
        return errno == ENOENT ? OSS_OK : oss_fail_errno(errno, "cannot look at %s", path);
    }
    if (!S_ISLNK(info.st_mode)) {
        return OSS_OK;
    }
    char *target = NULL;
    oss_status status = oss_file_read_link(&target, path);
    char *folder = status == OSS_OK ? oss_path_folder(path) : NULL;
    *out = folder == NULL ? NULL : oss_path_join(folder, target);
    oss_free(folder);
    oss_free(target);
    return status == OSS_OK && *out == NULL ? OSS_ENOMEM : status;
}

oss_status oss_file_follow(char **out, const char *path) {
    char *at = oss_strdup(path);
    for (int links = 0; at != NULL; links++) {
        char *next = NULL;
        oss_status status = follow_once(&next, at);
        if (status == OSS_OK && next == NULL) {
            *out = at;
            return OSS_OK;
        }
        if (status == OSS_OK && links == MOST_LINKS) {
            status = oss_fail_errno(ELOOP, "cannot follow %s", path);
        }
        oss_free(at);
        if (status != OSS_OK) {
            oss_free(next);
            return status;
        }
        at = next;
    }
    return OSS_ENOMEM;
}
