/* A temporary folder for a test, made under $TMPDIR or /tmp. The test stops when that fails. */
#ifndef OSS_TESTS_TEMPDIR_H
#define OSS_TESTS_TEMPDIR_H

char *oss_tempdir_make(void); /* its absolute path */
void oss_tempdir_remove(
    char *folder); /* with everything in it, by its own means, not those under test; frees the path */

/* folder/name; free with free(). */
char *oss_tempdir_path(const char *folder, const char *name);

/* mkdir -p of the folder that the file `path` (absolute) is to be in. */
void oss_tempdir_make_folders(const char *path);

/* Number of entries in the folder (not below), and whether one of them has `part` in its name. */
int oss_tempdir_count(const char *folder);
int oss_tempdir_has(const char *folder, const char *part);

/* A whole file as a NUL-terminated block for free(); NULL when it is not there. Written: replaced. */
char *oss_tempdir_read(const char *path, long *out_bytes);
void oss_tempdir_write(const char *path, const void *bytes, long count);

#endif
