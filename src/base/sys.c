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
 * that) or for many pages in one call (a thirteenth). A last page of 2 MiB of which less than a quarter is
 * wanted is left small. */
enum { HUGE_PAGE_BYTES = 2 << 20, LEAST_POPULATED_BYTES = 64 << 10 };

/* Only a wish: a kernel before 5.14 does not know it, and the pages come one by one. */
static void populate(void *block, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)block & ~(page - 1);
    uintptr_t end = ((uintptr_t)block + bytes + page - 1) & ~(page - 1);
    if (bytes >= LEAST_POPULATED_BYTES) {
        int error_number = errno;
        (void)madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
        errno = error_number;
    }
#else
    (void)block;
    (void)bytes;
#endif
}

static void *alloc_huge(size_t bytes) {
    size_t rest = bytes % HUGE_PAGE_BYTES;
    if (rest >= HUGE_PAGE_BYTES / 4 && bytes <= SIZE_MAX - HUGE_PAGE_BYTES) {
        bytes += HUGE_PAGE_BYTES - rest;
        rest = 0;
    }
    void *block = NULL;
    int error_number = posix_memalign(&block, HUGE_PAGE_BYTES, bytes);
    if (error_number != 0) {
        errno = error_number;
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(block, bytes - rest, MADV_HUGEPAGE); /* a wish: small pages do as well */
#endif
    populate((char *)block + (bytes - rest), rest);
    return block;
}

static void *heap_alloc(size_t alignment, size_t bytes) {
    if (bytes >= HUGE_PAGE_BYTES && alignment <= HUGE_PAGE_BYTES) {
        return alloc_huge(bytes);
    }
    void *block = NULL;
    if (alignment == 0) {
        block = malloc(bytes);
    } else {
        int error_number = posix_memalign(&block, alignment, bytes);
        if (error_number != 0) {
            errno = error_number;
            return NULL;
        }
    }
    if (block != NULL) {
        populate(block, bytes);
    }
    return block;
}

static void *heap_resize(void *block, size_t bytes) {
    void *grown = realloc(block, bytes);
    if (grown != NULL) {
        populate(grown, bytes);
    }
    return grown;
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

static int file_fstat(int fd, struct stat *out) {
    return fstat(fd, out);
}

/* A page that is touched for the first time costs as much as reading all of it: the kernel is asked for all in one call. */
static void *file_map(int fd, size_t bytes) {
#ifdef MAP_POPULATE
    void *block = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
#else
    void *block = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
#endif
    return block == MAP_FAILED ? NULL : block;
}

oss_sys_heap oss_heap = {.alloc = heap_alloc, .resize = heap_resize, .release = free};

oss_sys_file oss_file = {
    .open = file_open,
    .read = read,
    .write = write,
    .lseek = lseek,
    .ftruncate = ftruncate,
    .fchmod = fchmod,
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
    .fstat = file_fstat,
    .opendir = opendir,
    .readdir = readdir,
    .closedir = closedir,
    .map = file_map,
    .unmap = munmap,
};
