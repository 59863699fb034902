#include "support/rewrite.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/safetensors.h"
#include "model/sum.h"
#include "support/tempdir.h"

static size_t read_header_bytes(const char *file) {
    uint64_t bytes = 0;
    memcpy(&bytes, file, sizeof bytes);
    return (size_t)bytes;
}

static void put_sum(char *bytes, size_t count, size_t digits_at) {
    char sum[OSS_SUM_DIGITS + 1];
    memset(bytes + digits_at, '0', OSS_SUM_DIGITS);
    oss_hash_hex(sum, oss_hash(bytes, count));
    memcpy(bytes + digits_at, sum, OSS_SUM_DIGITS);
}

bool oss_rewrite_sum(char *bytes, size_t count) {
    static const char *const in_file[] = {"__metadata__", "ossicle_sum"}, *const in_state[] = {"ossicle_sum"};
    size_t header = count >= 8 ? read_header_bytes(bytes) : 0, at = 0;
    if (header >= 2 && header <= count - 8 && oss_sum_find(&at, bytes + 8, header, in_file, 2)) {
        put_sum(bytes, count, 8 + at);
    } else if (oss_sum_find(&at, bytes, count, in_state, 1)) {
        put_sum(bytes, count, at);
    } else {
        return false;
    }
    return true;
}

/* Frees `file`. */
static void write_with_sum(const char *path, char *file, long bytes) {
    ck_assert(oss_rewrite_sum(file, (size_t)bytes));
    oss_tempdir_write(path, file, bytes);
    free(file);
}

void oss_rewrite_header(const char *path, const char *from, const char *to) {
    ck_assert_uint_eq(strlen(from), strlen(to));
    long bytes = 0;
    char *file = oss_tempdir_read(path, &bytes);
    char *at = memmem(file + 8, read_header_bytes(file), from, strlen(from));
    ck_assert_msg(at != NULL, "no %s in %s", from, file + 8);
    memcpy(at, to, strlen(to));
    write_with_sum(path, file, bytes);
}

void oss_rewrite_data(const char *path, const char *tensor, size_t at, const void *bytes, size_t count) {
    oss_safetensors *read = NULL;
    ck_assert_msg(oss_safetensors_open(&read, path, OSS_ST_SUM_IF_THERE) == OSS_OK, "%s", oss_last_error());
    const oss_st_tensor *first = oss_safetensors_get(read, 0), *found = oss_safetensors_find(read, tensor);
    ck_assert_msg(found != NULL && at + count <= found->bytes, "%s", tensor);
    size_t place = (size_t)((const char *)found->data - (const char *)first->data) + at;
    oss_safetensors_free(read);
    long size = 0;
    char *file = oss_tempdir_read(path, &size);
    memcpy(file + 8 + read_header_bytes(file) + place, bytes, count);
    write_with_sum(path, file, size);
}

void oss_rewrite_state(const char *path, const char *from, const char *to) {
    const char *const key[] = {"ossicle_sum"};
    char *text = oss_tempdir_read(path, NULL);
    char *edited = calloc(strlen(text) + 1024, 1);
    ck_assert_ptr_nonnull(edited);
    char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "no %s in %s", from, text);
    sprintf(edited, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    size_t digits = 0;
    ck_assert(oss_sum_find(&digits, edited, strlen(edited), key, 1));
    char sum[OSS_SUM_DIGITS + 1];
    ck_assert_int_eq(oss_sum_digest(sum, edited, strlen(edited), digits, NULL, 0), 0);
    memcpy(edited + digits, sum, OSS_SUM_DIGITS);
    oss_tempdir_write(path, edited, (long)strlen(edited));
    free(edited);
    free(text);
}
