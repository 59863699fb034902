/* Paths as text. Results are new strings (oss_free) or NULL when memory is short. */
#ifndef OSS_BASE_PATH_H
#define OSS_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

char *oss_path_join(const char *folder, const char *name); /* an absolute `name` stays as it is */
char *oss_path_folder(const char *path);                   /* "a/b" -> "a"; "b" -> "." ; "/b" -> "/" */
size_t oss_path_folder_bytes(const char *path);            /* how much of `path` that is; 0: it is "." */
const char *oss_path_name(const char *path);               /* points into `path`: what follows the last '/' */
char *oss_path_stem(const char *path);                     /* the name without its last extension */
bool oss_path_is_absolute(const char *path);
bool oss_path_ends_in(const char *path, const char *end);

#endif
