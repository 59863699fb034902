/* The journal: calls of oss_file on one folder, done and written down. */
#include "support/disk.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "support/disk_internal.h"

enum { MAX_FDS = 1024, PATH_BYTES = 4096, MOST_LINKS = 8 };

static oss_sys_file below;
static oss_disk *active;
static int32_t fd_node[MAX_FDS]; /* node + 1; 0: none of ours */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* ---- Paths ---- */

/* The folder node and last name of a path; false: not below our folder. Links on the way are followed. */
static bool walk(const char *rest, int32_t *folder, char name[PATH_BYTES], int links) {
    ck_assert_int_lt(links, MOST_LINKS);
    *folder = 0;
    name[0] = '\0';
    while (*rest != '\0') {
        rest += strspn(rest, "/");
        size_t length = strcspn(rest, "/");
        memcpy(name, rest, length);
        name[length] = '\0';
        rest += length + strspn(rest + length, "/");
        if (*rest == '\0') {
            return true;
        }
        int32_t at = disk_find_entry(&active->now.node[*folder], name);
        if (at < 0) {
            return false;
        }
        const disk_node *next = &active->now.node[active->now.node[*folder].entry[at].node];
        if (next->kind == DISK_LINK) { /* in our folder alone, and relative to it, as latest and best are */
            char path[PATH_BYTES];
            ck_assert_int_eq(*folder, 0);
            ck_assert_uint_lt(next->size + strlen(rest) + 2, sizeof path);
            strcpy(path, (const char *)next->bytes);
            strcat(path, "/");
            strcat(path, rest);
            return walk(path, folder, name, links + 1);
        }
        *folder = active->now.node[*folder].entry[at].node;
    }
    return true; /* the folder itself: no name */
}

static bool locate(const char *path, int32_t *folder, char name[PATH_BYTES]) {
    size_t length = strlen(active->folder);
    if (strncmp(path, active->folder, length) != 0 || (path[length] != '/' && path[length] != '\0')) {
        return false;
    }
    return walk(path + length, folder, name, 0);
}

/* Its node, -1: none of ours. */
static int32_t find_node(const char *path) {
    int32_t folder;
    char name[PATH_BYTES];
    if (!locate(path, &folder, name)) {
        return -1;
    }
    int32_t at = name[0] == '\0' ? -1 : disk_find_entry(&active->now.node[folder], name);
    return name[0] == '\0' ? 0 : at < 0 ? -1 : active->now.node[folder].entry[at].node;
}

/* ---- The journal ---- */

static disk_operation *note(disk_operation operation) {
    active->operation =
        realloc(active->operation, (size_t)(active->operations + 1) * sizeof *active->operation);
    ck_assert_ptr_nonnull(active->operation);
    active->operation[active->operations] = operation;
    disk_apply(&active->now, &operation);
    return &active->operation[active->operations++];
}

/* A new name for a new node, which is returned; -1: none of ours. */
static int32_t note_new(const char *path, disk_kind kind) {
    int32_t folder;
    char name[PATH_BYTES];
    if (!locate(path, &folder, name)) {
        return -1;
    }
    int32_t node = disk_tree_add(&active->now, kind);
    (void)note((disk_operation){.call = DISK_ADD, .node = folder, .child = node, .name = strdup(name)});
    return node;
}

static int disk_open(const char *path, int flags, mode_t mode) {
    struct stat info;
    bool was_there = below.lstat(path, &info) == 0;
    int fd = below.open(path, flags, mode);
    if (fd < 0 || (flags & O_TMPFILE) == O_TMPFILE) { /* a nameless file is gone after a crash */
        return fd;
    }
    ck_assert_int_lt(fd, MAX_FDS);
    pthread_mutex_lock(&turn);
    int32_t node = was_there ? find_node(path) : note_new(path, DISK_FILE);
    if (node >= 0 && was_there && (flags & O_TRUNC) != 0) {
        (void)note((disk_operation){.call = DISK_SIZE, .node = node});
    }
    fd_node[fd] = node + 1;
    pthread_mutex_unlock(&turn);
    return fd;
}

static ssize_t disk_write(int fd, const void *bytes, size_t count) {
    ssize_t written = below.write(fd, bytes, count);
    if (written > 0 && fd < MAX_FDS && fd_node[fd] > 0) {
        off_t end = below.lseek(fd, 0, SEEK_CUR);
        unsigned char *copy = malloc((size_t)written);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, (size_t)written);
        pthread_mutex_lock(&turn);
        (void)note((disk_operation){.call = DISK_WRITE,
                                    .node = fd_node[fd] - 1,
                                    .offset = (size_t)(end - written),
                                    .count = (size_t)written,
                                    .bytes = copy});
        pthread_mutex_unlock(&turn);
    }
    return written;
}

static int disk_ftruncate(int fd, off_t bytes) {
    int result = below.ftruncate(fd, bytes);
    if (result == 0 && fd < MAX_FDS && fd_node[fd] > 0) {
        pthread_mutex_lock(&turn);
        (void)note((disk_operation){.call = DISK_SIZE, .node = fd_node[fd] - 1, .count = (size_t)bytes});
        pthread_mutex_unlock(&turn);
    }
    return result;
}

/* The real one would only take time. */
static int disk_fsync(int fd) {
    if (fd < MAX_FDS && fd_node[fd] > 0) {
        pthread_mutex_lock(&turn);
        (void)note((disk_operation){.call = DISK_SYNC, .node = fd_node[fd] - 1});
        pthread_mutex_unlock(&turn);
        return 0;
    }
    return below.fsync(fd);
}

static int disk_close(int fd) {
    if (fd >= 0 && fd < MAX_FDS) {
        fd_node[fd] = 0;
    }
    return below.close(fd);
}

static void note_taken(const char *path) {
    int32_t folder;
    char name[PATH_BYTES];
    pthread_mutex_lock(&turn);
    if (locate(path, &folder, name)) {
        (void)note((disk_operation){.call = DISK_TAKE, .node = folder, .name = strdup(name)});
    }
    pthread_mutex_unlock(&turn);
}

static int disk_unlink(const char *path) {
    int result = below.unlink(path);
    if (result == 0) {
        note_taken(path);
    }
    return result;
}

static int disk_rmdir(const char *path) {
    int result = below.rmdir(path);
    if (result == 0) {
        note_taken(path);
    }
    return result;
}

static int disk_mkdir(const char *path, mode_t mode) {
    int result = below.mkdir(path, mode);
    if (result == 0) {
        pthread_mutex_lock(&turn);
        (void)note_new(path, DISK_FOLDER);
        pthread_mutex_unlock(&turn);
    }
    return result;
}

static int disk_symlink(const char *target, const char *path) {
    int result = below.symlink(target, path);
    if (result == 0) {
        pthread_mutex_lock(&turn);
        int32_t node = note_new(path, DISK_LINK);
        if (node >= 0) { /* with its name or not at all: a target is in the inode */
            disk_set_bytes(&active->now.node[node], 0, (const unsigned char *)target, strlen(target) + 1);
        }
        pthread_mutex_unlock(&turn);
    }
    return result;
}

static int disk_rename(const char *from, const char *to) {
    int32_t folder, to_folder;
    char name[PATH_BYTES], to_name[PATH_BYTES];
    int result = below.rename(from, to);
    pthread_mutex_lock(&turn);
    if (result == 0 && locate(from, &folder, name)) {
        ck_assert_msg(locate(to, &to_folder, to_name), "%s is moved out of the folder", from);
        const disk_node *node = &active->now.node[folder];
        int32_t child = node->entry[disk_find_entry(node, name)].node;
        (void)note((disk_operation){.call = DISK_MOVE,
                                    .node = folder,
                                    .child = child,
                                    .name = strdup(name),
                                    .to_folder = to_folder,
                                    .to_name = strdup(to_name)});
    }
    pthread_mutex_unlock(&turn);
    return result;
}

/* ---- Control ---- */

oss_disk *oss_disk_begin(const char *folder) {
    ck_assert_msg(active == NULL, "a disk is journalled already");
    active = calloc(1, sizeof *active);
    ck_assert_ptr_nonnull(active);
    active->folder = strdup(folder);
    disk_tree_read(&active->begin, folder);
    disk_tree_copy(&active->now, &active->begin, 0);
    memset(fd_node, 0, sizeof fd_node);
    below = oss_file;
    oss_file.open = disk_open;
    oss_file.write = disk_write;
    oss_file.ftruncate = disk_ftruncate;
    oss_file.fsync = disk_fsync;
    oss_file.close = disk_close;
    oss_file.unlink = disk_unlink;
    oss_file.rmdir = disk_rmdir;
    oss_file.mkdir = disk_mkdir;
    oss_file.symlink = disk_symlink;
    oss_file.rename = disk_rename;
    return active;
}

void oss_disk_end(oss_disk *disk) {
    ck_assert_ptr_eq(active, disk);
    oss_file = below;
    active = NULL;
}

void oss_disk_free(oss_disk *disk) {
    ck_assert(active != disk);
    for (int32_t i = 0; i < disk->operations; i++) {
        free(disk->operation[i].name);
        free(disk->operation[i].to_name);
        free(disk->operation[i].bytes);
    }
    free(disk->operation);
    disk_tree_free(&disk->begin);
    disk_tree_free(&disk->now);
    free(disk->folder);
    free(disk);
}
