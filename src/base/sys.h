/* The two tables through which every heap and file call of Ossicle goes, so that a test can make any of
 * them fail, count them, or cut a write short. Third-party libraries make their own calls. Only src/base
 * calls through the tables; other folders use mem.h, file.h and path.h. Not to be changed while another
 * thread runs. */
#ifndef OSS_BASE_SYS_H
#define OSS_BASE_SYS_H

#include <dirent.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef struct oss_sys_heap {
    void *(*alloc)(size_t alignment, size_t bytes); /* alignment 0: malloc's; else a power of two */
    void *(*resize)(void *block, size_t bytes);     /* only for blocks with alignment 0 */
    void (*release)(void *block);
} oss_sys_heap;

/* Each member has the contract of the POSIX call of that name. */
typedef struct oss_sys_file {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*read)(int fd, void *buffer, size_t bytes);
    ssize_t (*write)(int fd, const void *buffer, size_t bytes);
    off_t (*lseek)(int fd, off_t offset, int whence);
    int (*ftruncate)(int fd, off_t bytes);
    int (*fchmod)(int fd, mode_t mode);
    int (*fsync)(int fd);
    int (*close)(int fd);
    int (*flock)(int fd, int operation);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*mkdir)(const char *path, mode_t mode);
    int (*rmdir)(const char *path);
    int (*symlink)(const char *target, const char *path);
    ssize_t (*readlink)(const char *path, char *buffer, size_t bytes);
    int (*stat)(const char *path, struct stat *out);
    int (*lstat)(const char *path, struct stat *out);
    int (*fstat)(int fd, struct stat *out);
    DIR *(*opendir)(const char *path);
    struct dirent *(*readdir)(DIR *dir);
    int (*closedir)(DIR *dir);
    void *(*map)(int fd, size_t bytes); /* a file's first bytes, to be read, all pages at once; NULL: errno */
    int (*unmap)(void *block, size_t bytes);
} oss_sys_file;

extern oss_sys_heap oss_heap; /* starts as the C library's */
extern oss_sys_file oss_file;

#endif
