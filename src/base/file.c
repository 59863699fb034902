#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/sys.h"

/* ---- Descriptors ---- */

int oss_file_open_mode(const char *path, int flags, mode_t mode) {
    int fd;
    do {
        fd = oss_file.open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int oss_file_open_fd(const char *path, int flags) {
    return oss_file_open_mode(path, flags, 0666);
}

int oss_file_close_fd(int fd) {
    return oss_file.close(fd) == 0 || errno == EINTR ? 0 : errno;
}

int oss_file_sync_fd(int fd) {
    while (oss_file.fsync(fd) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* ---- Reading ---- */

static oss_status check_regular(const char *path, size_t *out_bytes) {
    struct stat info;
    if (oss_file.stat(path, &info) != 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return oss_fail(OSS_EINPUT, "%s is %s; give the path of a file", path,
                        S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    }
    *out_bytes = (size_t)info.st_size;
    return OSS_OK;
}

/* Bytes read, 0 at the end, -1 with errno. */
static ssize_t read_some(int fd, char *into, size_t bytes) {
    ssize_t got;
    do {
        got = oss_file.read(fd, into, bytes);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* The block starts at `expected` bytes and grows: a file may change while it is read. */
oss_status oss_file_read_fd(char **out, size_t *out_bytes, int fd, const char *path, size_t expected,
                            size_t max_bytes) {
    size_t capacity =
        (expected < max_bytes ? expected : max_bytes) + 2; /* a NUL, and a byte to see the end by */
    size_t length = 0;
    char *text = oss_alloc(capacity, 1);
    oss_status status = text == NULL ? OSS_ENOMEM : OSS_OK;
    while (status == OSS_OK) {
        ssize_t got = read_some(fd, text + length, capacity - 1 - length);
        if (got < 0) {
            status = oss_fail_errno(errno, "cannot read %s", path);
        } else if (got == 0) {
            text[length] = '\0';
            *out = text;
            *out_bytes = length;
            return OSS_OK;
        } else if ((length += (size_t)got) > max_bytes) {
            status = oss_fail(OSS_EINPUT, "%s is larger than the %zu bytes that such a file may have", path,
                              max_bytes);
        } else if (length == capacity - 1) {
            char *grown = oss_resize(text, capacity * 2, 1);
            status = grown == NULL ? OSS_ENOMEM : OSS_OK;
            text = grown == NULL ? text : grown;
            capacity *= 2;
        }
    }
    oss_free(text);
    return status;
}

oss_status oss_file_read_all(char **out, size_t *out_bytes, const char *path, size_t max_bytes) {
    size_t expected = 0;
    oss_status status = check_regular(path, &expected);
    if (status != OSS_OK) {
        return status;
    }
    int fd = oss_file_open_fd(path, O_RDONLY);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    status = oss_file_read_fd(out, out_bytes, fd, path, expected, max_bytes);
    (void)oss_file_close_fd(fd); /* nothing was written: nothing can be lost */
    return status;
}

/* ---- Folders ---- */

/* fsync of a folder, after files in it were renamed. */
static oss_status sync_folder(const char *path) {
    int fd = oss_file_open_fd(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open folder %s to sync it", path);
    }
    int error_number = oss_file_sync_fd(fd);
    (void)oss_file_close_fd(fd);
    if (error_number != 0 &&
        error_number != EINVAL) { /* EINVAL: a file system whose folders need no syncing */
        return oss_fail_errno(error_number, "cannot sync folder %s", path);
    }
    return OSS_OK;
}

oss_status oss_file_sync_parent(const char *path) {
    char folder[PATH_MAX] = "."; /* no call of the system takes a longer one */
    size_t bytes = oss_path_folder_bytes(path);
    if (bytes >= sizeof folder) {
        return oss_fail_errno(ENAMETOOLONG, "cannot sync the folder of %s", path);
    }
    if (bytes > 0) {
        memcpy(folder, path, bytes);
        folder[bytes] = '\0';
    }
    return sync_folder(folder);
}

bool oss_file_exists(const char *path) {
    struct stat info;
    return oss_file.stat(path, &info) == 0;
}

bool oss_file_identify(oss_file_id *out, const char *path) {
    struct stat info;
    if (oss_file.stat(path, &info) != 0) {
        return false;
    }
    *out = (oss_file_id){.device = (uint64_t)info.st_dev, .inode = (uint64_t)info.st_ino};
    return true;
}

bool oss_file_is_same(const char *a, const char *b) {
    oss_file_id left, right;
    return oss_file_identify(&left, a) && oss_file_identify(&right, b) && left.device == right.device &&
           left.inode == right.inode;
}

oss_status oss_file_find_folder(bool *out, const char *path) {
    struct stat info = {0};
    if (oss_file.stat(path, &info) != 0 && errno != ENOENT && errno != ENOTDIR) {
        return oss_fail_errno(errno, "cannot look at %s", path);
    }
    *out = S_ISDIR(info.st_mode);
    return OSS_OK;
}

bool oss_file_is_folder(const char *path) {
    struct stat info;
    return oss_file.stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool oss_file_is_regular(const char *path) {
    struct stat info;
    return oss_file.stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool oss_file_is_link(const char *path) {
    struct stat info;
    return oss_file.lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

bool oss_file_is_special(const char *path) {
    struct stat info;
    return oss_file.stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

oss_status oss_file_size(int64_t *out_bytes, const char *path) {
    struct stat info;
    if (oss_file.stat(path, &info) != 0) {
        return oss_fail_errno(errno, "cannot look at %s", path);
    }
    *out_bytes = (int64_t)info.st_size;
    return OSS_OK;
}

static oss_status make_folder(const char *path) {
    if (oss_file_is_folder(path)) {
        return OSS_OK;
    }
    if (oss_file.mkdir(path, 0777) != 0) {
        int error_number = errno;
        /* Another process may have made it in between. */
        return oss_file_is_folder(path) ? OSS_OK
                                        : oss_fail_errno(error_number, "cannot make folder %s", path);
    }
    return oss_file_sync_parent(path);
}

/* The same, and a name that was there is synced too; but what we may not open, or may not change, was not made by us. */
static oss_status settle_folder(const char *path) {
    if (!oss_file_is_folder(path)) {
        return make_folder(path);
    }
    oss_status status = oss_file_sync_parent(path);
    int error_number = status == OSS_EIO ? oss_last_errno() : 0;
    bool is_foreign = error_number == EACCES || error_number == EPERM || error_number == EROFS;
    return is_foreign ? OSS_OK : status;
}

/* For each folder that leads to `path`, and then for itself. */
static oss_status walk_folders(const char *path, oss_status (*step)(const char *folder)) {
    char *prefix = oss_strdup(path);
    if (prefix == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    for (size_t at = 1; status == OSS_OK && path[0] != '\0' && path[at] != '\0'; at++) {
        if (path[at] == '/' && path[at - 1] != '/') {
            prefix[at] = '\0';
            status = step(prefix);
            prefix[at] = '/';
        }
    }
    if (status == OSS_OK) {
        status = step(path);
    }
    oss_free(prefix);
    return status;
}

oss_status oss_file_make_folders(const char *path) {
    return walk_folders(path, make_folder);
}

oss_status oss_file_settle_folders(const char *path) {
    return walk_folders(path, settle_folder);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static oss_status add_name(char ***names, size_t *count, size_t *capacity, const char *name) {
    if (*count == *capacity) {
        size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
        char **grown = oss_resize(*names, wanted, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        *names = grown;
        *capacity = wanted;
    }
    char *copy = oss_strdup(name);
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    (*names)[(*count)++] = copy;
    return OSS_OK;
}

static oss_status read_names(DIR *dir, char ***names, size_t *count, const char *folder) {
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = oss_file.readdir(dir);
        if (entry == NULL) {
            return errno == 0 ? OSS_OK : oss_fail_errno(errno, "cannot list folder %s", folder);
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            oss_status status = add_name(names, count, &capacity, entry->d_name);
            if (status != OSS_OK) {
                return status;
            }
        }
    }
}

oss_status oss_file_list(char ***out_names, size_t *out_count, const char *folder) {
    DIR *dir = oss_file.opendir(folder);
    if (dir == NULL) {
        return oss_fail_errno(errno, "cannot list folder %s", folder);
    }
    char **names = NULL;
    size_t count = 0;
    oss_status status = read_names(dir, &names, &count, folder);
    (void)oss_file.closedir(dir);
    if (status != OSS_OK) {
        oss_file_free_names(names, count);
        return status;
    }
    if (count > 0) {
        qsort(names, count, sizeof *names, compare_names);
    }
    *out_names = names;
    *out_count = count;
    return OSS_OK;
}

void oss_file_free_names(char **names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        oss_free(names[i]);
    }
    oss_free(names);
}

/* ---- Removing, renaming ---- */

/* The parts of a folder, then the folder. What another process removed first is fine. */
static oss_status remove_folder(const char *path) {
    char **names = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&names, &count, path);
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        char *part = oss_path_join(path, names[i]);
        status = part == NULL ? OSS_ENOMEM : oss_file_remove_tree(part);
        oss_free(part);
    }
    oss_file_free_names(names, count);
    if (status == OSS_OK && oss_file.rmdir(path) != 0 && errno != ENOENT) {
        status = oss_fail_errno(errno, "cannot remove folder %s", path);
    }
    return status;
}

oss_status oss_file_remove_tree(const char *path) {
    struct stat info;
    if (oss_file.lstat(path, &info) != 0) {
        return errno == ENOENT ? OSS_OK : oss_fail_errno(errno, "cannot remove %s", path);
    }
    if (S_ISDIR(info.st_mode)) {
        return remove_folder(path);
    }
    if (oss_file.unlink(path) != 0 && errno != ENOENT) {
        return oss_fail_errno(errno, "cannot remove %s", path);
    }
    return OSS_OK;
}

oss_status oss_file_rename(const char *from, const char *to) {
    if (oss_file.rename(from, to) != 0) {
        return oss_fail_errno(errno, "cannot rename %s to %s", from, to);
    }
    return oss_file_sync_parent(to);
}

/* NULL when memory is short. */
static char *name_aside(const char *path, const char *suffix) {
    for (int i = 1;; i++) {
        oss_strbuf text = {0};
        oss_strbuf_printf(&text, "%s.%s", path, suffix);
        if (i > 1) {
            oss_strbuf_printf(&text, "-%d", i);
        }
        char *name = oss_strbuf_take(&text);
        struct stat info;
        if (name == NULL || oss_file.lstat(name, &info) != 0) {
            return name;
        }
        oss_free(name);
    }
}

oss_status oss_file_set_aside(char **out, const char *path, const char *suffix) {
    char *aside = name_aside(path, suffix);
    oss_status status = aside == NULL ? OSS_ENOMEM : oss_file_rename(path, aside);
    if (status != OSS_OK) {
        oss_free(aside);
        return status;
    }
    *out = aside;
    return OSS_OK;
}
