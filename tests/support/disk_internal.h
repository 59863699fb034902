/* The tree and the journal of disk.h. */
#ifndef OSS_TESTS_DISK_INTERNAL_H
#define OSS_TESTS_DISK_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "support/disk.h"

typedef enum disk_kind { DISK_FILE, DISK_FOLDER, DISK_LINK } disk_kind;

typedef struct disk_name {
    char *name;
    int32_t node;
} disk_name;

/* What a name stands for: an inode. */
typedef struct disk_node {
    disk_kind kind;
    unsigned char *bytes; /* of a file; a link's target, with its NUL */
    size_t size, room;
    disk_name *entry; /* of a folder */
    int32_t entries;
} disk_node;

enum { DISK_NODES = 512 };

typedef struct disk_tree {
    disk_node *node; /* [count]; 0 is the folder itself */
    int32_t count;
} disk_tree;

typedef enum disk_call {
    DISK_WRITE,
    DISK_SIZE, /* ftruncate, O_TRUNC */
    DISK_ADD,  /* a name: open with O_CREAT, mkdir, symlink */
    DISK_TAKE, /* a name away: unlink, rmdir */
    DISK_MOVE, /* rename */
    DISK_SYNC  /* a file or folder */
} disk_call;

typedef struct disk_operation {
    disk_call call;
    int32_t node; /* file that is written; folder of the name; what is synced */
    int32_t child;
    int32_t to_folder;
    char *name, *to_name;
    size_t offset, count;
    unsigned char *bytes;
} disk_operation;

struct oss_disk {
    char *folder;
    disk_tree begin, now;
    disk_operation *operation;
    int32_t operations;
};

/* ---- disk_tree.c ---- */
int32_t disk_tree_add(disk_tree *tree, disk_kind kind);
void disk_tree_read(disk_tree *tree, const char *folder); /* an empty tree, from the real one */
/* *to: a tree of `count` nodes at least, the others empty files. */
void disk_tree_copy(disk_tree *to, const disk_tree *from, int32_t count);
void disk_tree_free(disk_tree *tree);
int32_t disk_find_entry(const disk_node *folder, const char *name); /* its index, or -1 */
void disk_set_bytes(disk_node *node, size_t offset, const unsigned char *bytes, size_t count);
void disk_set_size(disk_node *node, size_t size, unsigned char fill);
void disk_apply(disk_tree *tree, const disk_operation *operation);
uint64_t disk_tree_hash(const disk_tree *tree);
void disk_tree_write(const disk_tree *tree, const char *folder); /* into an empty real folder */

#endif
