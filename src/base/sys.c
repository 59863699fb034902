#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static void *heap_alloc(size_t alignment, size_t bytes) {
    if (alignment == 0) {
        return malloc(bytes);
    }
    void *block = NULL;
    int error_number = posix_memalign(&block, alignment, bytes);
    if (error_number != 0) {
        errno = error_number;
        return NULL;
    }
    return block;
}

static int file_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

static int file_stat(const char *path, struct stat *out) {
    return stat(path, out);
}

static int file_lstat(const char *path, struct stat *out) {
    return lstat(path, out);
}

oss_sys_heap oss_heap = {.alloc = heap_alloc, .resize = realloc, .release = free};

oss_sys_file oss_file = {
    .open = file_open,
    .read = read,
    .write = write,
    .lseek = lseek,
    .ftruncate = ftruncate,
    .fsync = fsync,
    .close = close,
    .flock = flock,
    .rename = rename,
    .unlink = unlink,
    .mkdir = mkdir,
    .rmdir = rmdir,
    .symlink = symlink,
    .readlink = readlink,
    .stat = file_stat,
    .lstat = file_lstat,
    .opendir = opendir,
    .readdir = readdir,
    .closedir = closedir,
};
