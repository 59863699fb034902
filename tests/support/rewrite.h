/* Files that are whole by their sum and wrong all the same. */
#ifndef OSS_TESTS_REWRITE_H
#define OSS_TESTS_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the sum of a safetensors file, or of the JSON of a checkpoint's state, right where it stands; takes no memory. False: it
 * has none. */
bool oss_rewrite_sum(char *bytes, size_t count);

/* Replaces the first `from` in a safetensors file's header by `to`, of the same length, and makes its sum right
 * again. The test fails when there is none. */
void oss_rewrite_header(const char *path, const char *from, const char *to);

/* Puts bytes[count] at `at` of the data of the tensor, and makes the sum right again. */
void oss_rewrite_data(const char *path, const char *tensor, size_t at, const void *bytes, size_t count);

/* Replaces the first `from` in a checkpoint's state.json by `to`, of any length up to 1000, and makes its sum right. */
void oss_rewrite_state(const char *path, const char *from, const char *to);

#endif
