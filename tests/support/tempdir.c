#include "support/tempdir.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *oss_tempdir_make(void) {
    const char *parent = getenv("TMPDIR");
    char *path =
        oss_tempdir_path(parent != NULL && parent[0] != '\0' ? parent : "/tmp", "ossicle-test-XXXXXX");
    if (mkdtemp(path) == NULL) {
        ck_abort_msg("cannot make the temporary folder %s: %s", path, strerror(errno));
    }
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void oss_tempdir_remove(char *folder) {
    if (folder != NULL && nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        ck_abort_msg("cannot remove the temporary folder %s: %s", folder, strerror(errno));
    }
    free(folder);
}

char *oss_tempdir_path(const char *folder, const char *name) {
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = malloc(bytes);
    ck_assert_ptr_nonnull(path);
    snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

static int count_entries(const char *folder, const char *part) {
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "cannot list %s: %s", folder, strerror(errno));
    int count = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        int is_self = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        count += !is_self && (part == NULL || strstr(entry->d_name, part) != NULL);
    }
    closedir(dir);
    return count;
}

int oss_tempdir_count(const char *folder) {
    return count_entries(folder, NULL);
}

int oss_tempdir_has(const char *folder, const char *part) {
    return count_entries(folder, part) > 0;
}

char *oss_tempdir_read(const char *path, long *out_bytes) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    /* To its end, not by its size: a file of /proc says 0, or whatever this C library makes of it. */
    long bytes = 0, room = 0, got = 0;
    char *text = NULL;
    do {
        bytes += got;
        if (bytes == room) {
            room = 2 * room + 4096;
            text = realloc(text, (size_t)room + 1);
            ck_assert_ptr_nonnull(text);
        }
        got = (long)fread(text + bytes, 1, (size_t)(room - bytes), file);
    } while (got > 0);
    ck_assert_int_eq(ferror(file), 0);
    text[bytes] = '\0';
    fclose(file);
    if (out_bytes != NULL) {
        *out_bytes = bytes;
    }
    return text;
}

void oss_tempdir_write(const char *path, const void *bytes, long count) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s: %s", path, strerror(errno));
    ck_assert(count == 0 || (long)fwrite(bytes, 1, (size_t)count, file) == count);
    ck_assert_int_eq(fclose(file), 0);
}

void oss_tempdir_make_folders(const char *path) {
    char *copy = strdup(path);
    ck_assert_ptr_nonnull(copy);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ck_assert_msg(mkdir(copy, 0755) == 0 || errno == EEXIST, "%s: %s", copy, strerror(errno));
        *slash = '/';
    }
    free(copy);
}
