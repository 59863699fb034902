/* SHA-256 (FIPS 180-4), to know that a file which a test reads but does not own is the one it was written
 * for. */
#ifndef OSS_TESTS_SHA256_H
#define OSS_TESTS_SHA256_H

#include <stddef.h>

/* 64 lower-case digits and a NUL. */
void oss_sha256(char out[65], const void *bytes, size_t count);

#endif
