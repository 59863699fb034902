#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/disk_internal.h"
#include "support/tempdir.h"

int32_t disk_tree_add(disk_tree *tree, disk_kind kind) {
    if (tree->node == NULL) {
        tree->node = calloc(DISK_NODES, sizeof *tree->node);
        ck_assert_ptr_nonnull(tree->node);
    }
    ck_assert_int_lt(tree->count, DISK_NODES);
    tree->node[tree->count] = (disk_node){.kind = kind};
    return tree->count++;
}

static void clear_node(disk_node *node) {
    free(node->bytes);
    for (int32_t i = 0; i < node->entries; i++) {
        free(node->entry[i].name);
    }
    free(node->entry);
    *node = (disk_node){0};
}

void disk_tree_free(disk_tree *tree) {
    for (int32_t i = 0; i < tree->count; i++) {
        clear_node(&tree->node[i]);
    }
    free(tree->node);
    *tree = (disk_tree){0};
}

int32_t disk_find_entry(const disk_node *folder, const char *name) {
    for (int32_t i = 0; i < folder->entries; i++) {
        if (strcmp(folder->entry[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static void set_entry(disk_node *folder, const char *name, int32_t node) {
    int32_t at = disk_find_entry(folder, name);
    if (at < 0) {
        at = folder->entries++;
        folder->entry = realloc(folder->entry, (size_t)folder->entries * sizeof *folder->entry);
        ck_assert_ptr_nonnull(folder->entry);
        folder->entry[at].name = strdup(name);
    }
    folder->entry[at].node = node;
}

static void take_entry(disk_node *folder, const char *name) {
    int32_t at = disk_find_entry(folder, name);
    if (at >= 0) {
        free(folder->entry[at].name);
        folder->entry[at] = folder->entry[--folder->entries];
    }
}

void disk_set_size(disk_node *node, size_t size, unsigned char fill) {
    if (size > node->room) {
        node->room = 2 * size;
        node->bytes = realloc(node->bytes, node->room);
        ck_assert_ptr_nonnull(node->bytes);
    }
    if (size > node->size) {
        memset(node->bytes + node->size, fill, size - node->size);
    }
    node->size = size;
}

void disk_set_bytes(disk_node *node, size_t offset, const unsigned char *bytes, size_t count) {
    if (offset + count > node->size) {
        disk_set_size(node, offset + count, 0);
    }
    if (count > 0) {
        memcpy(node->bytes + offset, bytes, count);
    }
}

static void read_link(disk_node *node, const char *path) {
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target - 1);
    ck_assert_int_gt(length, 0);
    target[length] = '\0';
    disk_set_bytes(node, 0, (const unsigned char *)target, (size_t)length + 1);
}

static void read_file(disk_node *node, const char *path) {
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_ptr_nonnull(text);
    disk_set_bytes(node, 0, (const unsigned char *)text, (size_t)bytes);
    free(text);
}

static void read_folder(disk_tree *tree, int32_t at, const char *folder);

static void read_entry(disk_tree *tree, int32_t at, const char *folder, const char *name) {
    char *path = oss_tempdir_path(folder, name);
    struct stat info;
    ck_assert_int_eq(lstat(path, &info), 0);
    disk_kind kind = S_ISDIR(info.st_mode) ? DISK_FOLDER : S_ISLNK(info.st_mode) ? DISK_LINK : DISK_FILE;
    int32_t node = disk_tree_add(tree, kind);
    set_entry(&tree->node[at], name, node);
    if (kind == DISK_FOLDER) {
        read_folder(tree, node, path);
    } else if (kind == DISK_LINK) {
        read_link(&tree->node[node], path);
    } else {
        read_file(&tree->node[node], path);
    }
    free(path);
}

static void read_folder(disk_tree *tree, int32_t at, const char *folder) {
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "cannot list %s", folder);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            read_entry(tree, at, folder, entry->d_name);
        }
    }
    closedir(dir);
}

void disk_tree_read(disk_tree *tree, const char *folder) {
    read_folder(tree, disk_tree_add(tree, DISK_FOLDER), folder);
}

void disk_tree_copy(disk_tree *to, const disk_tree *from, int32_t count) {
    for (int32_t i = 0; i < from->count; i++) {
        const disk_node *node = &from->node[i];
        int32_t copy = disk_tree_add(to, node->kind);
        disk_set_bytes(&to->node[copy], 0, node->bytes, node->size);
        for (int32_t j = 0; j < node->entries; j++) {
            set_entry(&to->node[copy], node->entry[j].name, node->entry[j].node);
        }
    }
    while (to->count < count) {
        (void)disk_tree_add(to, DISK_FILE);
    }
}

/* A name that was to be moved or taken away may never have come: then there is none to take. */
void disk_apply(disk_tree *tree, const disk_operation *operation) {
    disk_node *node = &tree->node[operation->node];
    switch (operation->call) {
    case DISK_WRITE:
        disk_set_bytes(node, operation->offset, operation->bytes, operation->count);
        return;
    case DISK_SIZE:
        disk_set_size(node, operation->count, 0);
        return;
    case DISK_ADD:
        set_entry(node, operation->name, operation->child);
        return;
    case DISK_TAKE:
        take_entry(node, operation->name);
        return;
    case DISK_MOVE:
        take_entry(node, operation->name);
        set_entry(&tree->node[operation->to_folder], operation->to_name, operation->child);
        return;
    case DISK_SYNC:
        return;
    }
}

static int compare_names(const void *a, const void *b) {
    return strcmp(((const disk_name *)a)->name, ((const disk_name *)b)->name);
}

/* FNV-1a. */
static uint64_t add_to_hash(uint64_t sum, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3U;
    }
    return sum;
}

static uint64_t hash_node(const disk_tree *tree, int32_t at, uint64_t sum) {
    const disk_node *node = &tree->node[at];
    sum = add_to_hash(sum, &node->kind, sizeof node->kind);
    sum = add_to_hash(sum, &node->size, sizeof node->size);
    sum = add_to_hash(sum, node->bytes, node->size);
    if (node->entries > 1) {
        qsort(node->entry, (size_t)node->entries, sizeof *node->entry, compare_names);
    }
    for (int32_t i = 0; i < node->entries; i++) {
        sum = add_to_hash(sum, node->entry[i].name, strlen(node->entry[i].name) + 1);
        sum = hash_node(tree, node->entry[i].node, sum);
    }
    return sum;
}

uint64_t disk_tree_hash(const disk_tree *tree) {
    return hash_node(tree, 0, 0xcbf29ce484222325U);
}

static void write_node(const disk_tree *tree, int32_t at, const char *path) {
    const disk_node *node = &tree->node[at];
    if (node->kind == DISK_FILE) {
        oss_tempdir_write(path, node->bytes, (long)node->size);
        return;
    }
    if (node->kind == DISK_LINK) {
        ck_assert_int_eq(symlink((const char *)node->bytes, path), 0);
        return;
    }
    for (int32_t i = 0; i < node->entries; i++) {
        char *below = oss_tempdir_path(path, node->entry[i].name);
        if (tree->node[node->entry[i].node].kind == DISK_FOLDER) {
            ck_assert_int_eq(mkdir(below, 0777), 0);
        }
        write_node(tree, node->entry[i].node, below);
        free(below);
    }
}

void disk_tree_write(const disk_tree *tree, const char *folder) {
    write_node(tree, 0, folder);
}
