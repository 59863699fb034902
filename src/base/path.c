#include "base/path.h"

#include <string.h>

#include "base/mem.h"

bool oss_path_is_absolute(const char *path) {
    return path[0] == '/';
}

bool oss_path_ends_in(const char *path, const char *end) {
    size_t bytes = strlen(path), end_bytes = strlen(end);
    return bytes >= end_bytes && strcmp(path + bytes - end_bytes, end) == 0;
}

char *oss_path_join(const char *folder, const char *name) {
    size_t folder_length = strlen(folder);
    if (folder_length == 0 || oss_path_is_absolute(name)) {
        return oss_strdup(name);
    }
    size_t slash = folder[folder_length - 1] != '/';
    size_t name_length = strlen(name);
    char *joined = oss_alloc(folder_length + slash + name_length + 1, 1);
    if (joined == NULL) {
        return NULL;
    }
    memcpy(joined, folder, folder_length);
    if (slash != 0) {
        joined[folder_length] = '/';
    }
    memcpy(joined + folder_length + slash, name, name_length + 1);
    return joined;
}

size_t oss_path_folder_bytes(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--; /* "a/b/" is "a/b" */
    }
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    return length;
}

char *oss_path_folder(const char *path) {
    size_t length = oss_path_folder_bytes(path);
    return length == 0 ? oss_strdup(".") : oss_strndup(path, length);
}

const char *oss_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *oss_path_stem(const char *path) {
    const char *name = oss_path_name(path);
    const char *dot = strrchr(name, '.');
    bool has_extension = dot != NULL && dot != name; /* ".profile" is all name */
    return has_extension ? oss_strndup(name, (size_t)(dot - name)) : oss_strdup(name);
}
