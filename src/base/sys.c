#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux gives memory in pages of 4 KiB, each at the price of a fault when it is first touched (20 us on a
 * virtual machine: 8 MiB of weights would cost 40 ms), unless it is asked for pages of 2 MiB (a thirtieth of
 * that). A last page of which less than a quarter is wanted is left small. */
enum { HUGE_PAGE_BYTES = 2 << 20 };

static void *alloc_huge(size_t bytes) {
    size_t rest = bytes % HUGE_PAGE_BYTES;
    if (rest >= HUGE_PAGE_BYTES / 4 && bytes <= SIZE_MAX - HUGE_PAGE_BYTES) {
        bytes += HUGE_PAGE_BYTES - rest;
    }
    void *block = NULL;
    int error_number = posix_memalign(&block, HUGE_PAGE_BYTES, bytes);
    if (error_number != 0) {
        errno = error_number;
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(block, bytes - bytes % HUGE_PAGE_BYTES, MADV_HUGEPAGE); /* a wish: small pages do as well */
#endif
    return block;
}

static void *heap_alloc(size_t alignment, size_t bytes) {
    if (bytes >= HUGE_PAGE_BYTES && alignment <= HUGE_PAGE_BYTES) {
        return alloc_huge(bytes);
    }
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
