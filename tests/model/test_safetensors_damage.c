/* Files that lie, are cut off, or were changed: each is refused with a message, none is read past its end. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "model/safetensors.h"
#include "model/sum.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "t.safetensors");
}

static void tear_down(void) {
    free(path);
    oss_tempdir_remove(folder);
}

/* Length as claimed, header as given, `data` zero bytes. */
static void write_file(const char *header, uint64_t claimed, size_t data) {
    size_t length = strlen(header);
    char *bytes = calloc(8 + length + data, 1);
    memcpy(bytes, &claimed, 8);
    memcpy(bytes + 8, header, length);
    oss_tempdir_write(path, bytes, (long)(8 + length + data));
    free(bytes);
}

static void assert_refused(oss_st_sum policy, const char *part) {
    oss_safetensors *file = NULL;
    oss_status status = oss_safetensors_open(&file, path, policy);
    ck_assert_msg(status == OSS_EINPUT, "taken, or failed otherwise (%d): \"%s\"", status, part);
    ck_assert_ptr_null(file);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" does not say \"%s\"", oss_last_error(),
                  part);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
}

#define TENSOR(name, dtype, shape, from, to)                                                                 \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" #from "," #to "]}"

static const struct {
    const char *header;
    size_t data;
    const char *part; /* NULL: it is fine */
} files[] = {
    {"{}", 0, NULL},
    {"{}   ", 0, NULL},
    {"{" TENSOR("a", "F32", "2", 0, 8) "}", 8, NULL},
    {"{" TENSOR("a", "F64", "", 0, 8) "}", 8, NULL},
    {"{" TENSOR("a", "F32", "0,5", 0, 0) "," TENSOR("b", "U8", "1", 0, 1) "}", 1, NULL},
    {"{" TENSOR("b", "BF16", "2", 4, 8) "," TENSOR("a", "I32", "1", 0, 4) "}", 8, NULL},
    {"{\"__metadata__\":{\"k\":\"v\"}," TENSOR("a", "BOOL", "3", 0, 3) "}", 3, NULL},
    {"", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {"{", 0, "header: line 1"},
    {"{}x", 0, "header: line 1"},
    {"{} {}", 0, "header: line 1"},
    {"{}", 1, "1 bytes at its end belong to no tensor"},
    {"{" TENSOR("a", "F32", "2", 0, 8) "}", 7, "from 0 to 8 of 7 bytes"},
    {"{" TENSOR("a", "F32", "2", 0, 8) "}", 9, "1 bytes at its end"},
    {"{" TENSOR("a", "F32", "2", 4, 12) "}", 12, "begin behind a gap"},
    {"{" TENSOR("a", "F32", "2", 0, 8) "," TENSOR("b", "F32", "2", 4, 12) "}", 12, "overlap"},
    {"{" TENSOR("a", "F32", "2", 0, 8) "," TENSOR("b", "F32", "2", 0, 8) "}", 8, "overlap"},
    {"{" TENSOR("a", "F32", "1", 0, 4) "," TENSOR("b", "F32", "1", 8, 12) "}", 12, "begin behind a gap"},
    {"{" TENSOR("a", "F32", "3", 0, 8) "}", 8, "need 12 bytes, its data have 8"},
    {"{" TENSOR("a", "F32", "2", 8, 0) "}", 8, "from 8 to 0"},
    {"{" TENSOR("a", "F32", "2", 0, -8) "}", 8, "\"data_offsets\""},
    {"{" TENSOR("a", "F32", "2", 0, 18446744073709551624) "}", 8, "\"data_offsets\""},
    {"{" TENSOR("a", "F32", "2", 0, 9007199254740991) "}", 8, "from 0 to 9007199254740991"},
    {"{" TENSOR("a", "F32", "4294967296,4294967296", 0, 0) "}", 0, "more elements than can be counted"},
    {"{" TENSOR("a", "F32", "4611686018427387905", 0, 4) "}", 4, "\"shape\""},
    {"{" TENSOR("a", "F32", "4503599627370496,4096", 0, 0) "}", 0, "more elements than can be counted"},
    {"{" TENSOR("a", "F32", "-1", 0, 4) "}", 4, "\"shape\" is -1"},
    {"{" TENSOR("a", "F32", "1.5", 0, 4) "}", 4, "\"shape\" is 1.5"},
    {"{" TENSOR("a", "F32", "\"1\"", 0, 4) "}", 4, "\"shape\" must be a number"},
    {"{" TENSOR("a", "F32", "1,1,1,1,1,1,1,1,1", 0, 4) "}", 4, "more than 8 dimensions"},
    {"{" TENSOR("a", "F99", "1", 0, 4) "}", 4, "type \"F99\" is not known"},
    {"{" TENSOR("a", "f32", "1", 0, 4) "}", 4, "type \"f32\" is not known"},
    {"{\"a\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "\"dtype\" must be a string"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "\"shape\" must be an array"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "must be two numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "nothing else"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offset\":[0,4]}}", 4, "\"data_offsets\" is missing"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "nothing else"},
    {"{\"a\":[]}", 0, "tensor \"a\": its entry must have"},
    {"{" TENSOR("a", "F32", "1", 0, 4) "," TENSOR("a", "F32", "1", 4, 8) "}", 8, "\"a\" is there twice"},
    {"{" TENSOR("a", "F32", "1", 0, 4) "," TENSOR("\\u0061", "F32", "1", 4, 8) "}", 8,
     "\"a\" is there twice"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "\"dtype\" is there twice"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__: \"k\" must be a string"},
    {"{\"__metadata__\":\"v\"}", 0, "__metadata__ must be an object"},
    {"{\"a\":\"\xff\"}", 0, "header: line 1"},
    {"{\"a\":\"\\u0000\"}", 0, "header: line 1"},
    {"{\"a\":NaN}", 0, "header: line 1"},
};

START_TEST(test_files) {
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file(files[i].header, strlen(files[i].header), files[i].data);
        if (files[i].part != NULL) {
            assert_refused(OSS_ST_SUM_IF_THERE, files[i].part);
            continue;
        }
        oss_safetensors *file = NULL;
        ck_assert_msg(oss_safetensors_open(&file, path, OSS_ST_SUM_IF_THERE) == OSS_OK, "%s",
                      oss_last_error());
        oss_safetensors_free(file);
        assert_refused(OSS_ST_SUM_NEEDED, "`ossicle import`");
    }
}
END_TEST

START_TEST(test_lying_lengths) {
    static const uint64_t claimed[] = {
        3, 100000001, UINT32_MAX, (uint64_t)1 << 32, (uint64_t)INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof claimed / sizeof claimed[0]; i++) {
        write_file("{}", claimed[i], 0);
        assert_refused(OSS_ST_SUM_IF_THERE, "claims a header of");
    }
    write_file("{}", 1, 0);
    assert_refused(OSS_ST_SUM_IF_THERE, "header: line 1");
    write_file("{}", 0, 0);
    assert_refused(OSS_ST_SUM_IF_THERE, "does not begin with '{'");
    oss_tempdir_write(path, "1234567", 7);
    assert_refused(OSS_ST_SUM_IF_THERE, "has 7 bytes");
    oss_tempdir_write(path, "", 0);
    assert_refused(OSS_ST_SUM_IF_THERE, "has 0 bytes");
}
END_TEST

/* A header that is there and larger than any has use for is not read. */
START_TEST(test_large_header) {
    write_file("{}", OSS_ST_MAX_HEADER_BYTES + 1, OSS_ST_MAX_HEADER_BYTES);
    assert_refused(OSS_ST_SUM_IF_THERE, "its header has 8388609 bytes; 8388608 are the most");
}
END_TEST

/* The data of a large file are read when they are asked for, and are then those that its head was of. */
START_TEST(test_data_are_fetched) {
    static const char header[] = "{" TENSOR("a", "U8", "33554432", 0, 33554432) "}",
                      other[] = "{" TENSOR("b", "U8", "33554432", 0, 33554432) "}";
    for (int changed = 0; changed < 2; changed++) {
        write_file(header, strlen(header), 33554432);
        oss_safetensors *file = NULL;
        ck_assert_int_eq(oss_safetensors_open(&file, path, OSS_ST_SUM_IF_THERE), OSS_OK);
        ck_assert_ptr_null(oss_safetensors_get(file, 0)->data);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        const char *now = changed ? other : header;
        ck_assert_int_eq(pwrite(fd, now, strlen(now), 8), (ssize_t)strlen(now));
        close(fd);
        if (changed) {
            ck_assert_int_eq(oss_safetensors_fetch(file), OSS_EINPUT);
            ck_assert_ptr_nonnull(strstr(oss_last_error(), "was changed while it was read"));
        } else {
            ck_assert_int_eq(oss_safetensors_fetch(file), OSS_OK);
            ck_assert_int_eq(((const char *)oss_safetensors_get(file, 0)->data)[33554431], 0);
            ck_assert_int_eq(oss_safetensors_fetch(file), OSS_OK);
        }
        oss_safetensors_free(file);
    }
    write_file(header, strlen(header), 33554432);
    assert_refused(OSS_ST_SUM_NEEDED, "no valid ossicle_sum");
    ck_assert_int_eq(truncate(path, 33554432), 0);
    assert_refused(OSS_ST_SUM_IF_THERE, "from 0 to 33554432 of");
}
END_TEST

START_TEST(test_deep_nesting) {
    enum { DEPTH = 100000 };
    char *header = calloc(2 * DEPTH + 16, 1);
    ck_assert_ptr_nonnull(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    memset(header + 5 + DEPTH, ']', DEPTH);
    header[5 + 2 * DEPTH] = '}';
    write_file(header, strlen(header), 0);
    assert_refused(OSS_ST_SUM_IF_THERE, "header: line 1");
    free(header);
}
END_TEST

/* ---- A good file, damaged ---- */

static char *good;
static long good_bytes;
static size_t header_bytes;

static void set_up_good(void) {
    set_up();
    static const float data[] = {1.0f, -2.0f, 3.5f, 0.0f, 5.0f};
    const oss_st_item item[] = {{.name = "w", .rank = 2, .dim = {2, 2}, .data = data},
                                {.name = "b", .rank = 1, .dim = {1}, .data = data + 4}};
    const oss_st_meta meta[] = {{"ossicle_format", "1"}};
    ck_assert_int_eq(oss_safetensors_save(path, item, 2, meta, 1, NULL), OSS_OK);
    good = oss_tempdir_read(path, &good_bytes);
    uint64_t length = 0;
    memcpy(&length, good, 8);
    header_bytes = 8 + (size_t)length;
}

static void tear_down_good(void) {
    free(good);
    tear_down();
}

/* From the longest to the shortest, in place: some file systems take milliseconds to replace a file. */
START_TEST(test_every_truncation) {
    for (long bytes = good_bytes - 1; bytes >= 0; bytes--) {
        ck_assert_int_eq(truncate(path, bytes), 0);
        assert_refused(OSS_ST_SUM_NEEDED, "");
        if (bytes < (long)header_bytes) {
            assert_refused(OSS_ST_SUM_IF_THERE, "");
        }
    }
}
END_TEST

static void put_byte(int fd, long at, char byte) {
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
}

/* All bits, of the header as of the data: the sum covers every byte. */
START_TEST(test_every_bit) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (long at = 0; at < good_bytes; at++) {
        for (int bit = 0; bit < 8; bit++) {
            put_byte(fd, at, (char)(good[at] ^ (1 << bit)));
            assert_refused(OSS_ST_SUM_NEEDED, "");
        }
        put_byte(fd, at, good[at]);
    }
    close(fd);
}
END_TEST

START_TEST(test_appended_bytes) {
    char *longer = calloc((size_t)good_bytes + 64, 1);
    memcpy(longer, good, (size_t)good_bytes);
    for (long extra = 1; extra <= 64; extra += 21) {
        oss_tempdir_write(path, longer, good_bytes + extra);
        assert_refused(OSS_ST_SUM_NEEDED, "bytes at its end");
    }
    free(longer);
}
END_TEST

typedef struct heard {
    int warnings;
} heard;

static void hear(void *context, oss_log_level level, const char *line) {
    ck_assert_int_eq(level, OSS_LOG_WARN);
    ck_assert_ptr_nonnull(strstr(line, "ossicle_sum"));
    ((heard *)context)->warnings++;
}

/* What another program saved over our metadata, or a disk damaged, is taken when that is asked for, and said. */
START_TEST(test_stale_sum_is_taken_by_force_only) {
    good[good_bytes - 1] = (char)(good[good_bytes - 1] ^ 1);
    oss_tempdir_write(path, good, good_bytes);
    heard ear = {0};
    oss_log_set(hear, &ear);
    oss_safetensors *file = NULL;
    oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_IGNORED);
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(status, OSS_OK);
    ck_assert_int_eq(ear.warnings, 1);
    oss_safetensors_free(file);
    assert_refused(OSS_ST_SUM_NEEDED, "does not fit its ossicle_sum");
    assert_refused(OSS_ST_SUM_IF_THERE, "`ossicle import --force`");
}
END_TEST

/* ---- Where the digits are ---- */

static const struct {
    const char *json;
    int at; /* -1: none */
} places[] = {
    {"{\"m\":{\"s\":\"0123456789abcdef\"}}", 11},
    {" { \"m\" :\t{ \"s\" : \"0123456789abcdef\" } } ", 18},
    {"{\"a\":[\"m\",{\"m\":{\"s\":\"ffffffffffffffff\"}}],\"m\":{\"s\":\"0123456789abcdef\"}}", 52},
    {"{\"m\":{\"x\":{\"s\":\"ffffffffffffffff\"},\"s\":\"0123456789abcdef\"}}", 40},
    {"{\"m\":{\"x\":\"\\\"s\\\":\\\"ffffffffffffffff\\\"\",\"s\":\"0123456789abcdef\"}}", 44},
    {"{\"x\":\"}\\\\\",\"m\":{\"s\":\"0123456789abcdef\"}}", 21},
    {"{\"x\":\"a\\\"b\",\"m\":{\"s\":\"0123456789abcdef\"}}", 22},
    {"{\"m\":{\"t\":true,\"n\":-1.5e3,\"s\":\"0123456789abcdef\"}}", 31},
    {"{}", -1},
    {"{\"m\":{}}", -1},
    {"{\"m\":[]}", -1},
    {"{\"m\":{\"s\":1}}", -1},
    {"{\"m\":{\"s\":\"0123456789abcde\"}}", -1},
    {"{\"m\":{\"s\":\"0123456789abcdef0\"}}", -1},
    {"{\"m\":{\"s\":\"0123456789ABCDEF\"}}", -1},
    {"{\"m\":{\"\\u0073\":\"0123456789abcdef\"}}", -1},
    {"{\"s\":\"0123456789abcdef\"}", -1},
    {"{\"mm\":{\"s\":\"0123456789abcdef\"}}", -1},
    {"[]", -1},
    {"\"m\"", -1},
    {"", -1},
};

START_TEST(test_find_digits) {
    const char *const key[] = {"m", "s"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t at = 999;
        bool found = oss_sum_find(&at, places[i].json, strlen(places[i].json), key, 2);
        ck_assert_msg(found == (places[i].at >= 0), "%s", places[i].json);
        ck_assert_msg(at == (found ? (size_t)places[i].at : 999), "%s: %zu", places[i].json, at);
    }
}
END_TEST

/* Text that is not whole JSON must not lead past its end. */
START_TEST(test_find_digits_is_bounded) {
    const char *const key[] = {"m", "s"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t bytes = 0; bytes < strlen(places[i].json); bytes++) {
            char *copy = malloc(bytes + 1);
            char *exact = bytes == 0 ? copy : realloc(copy, bytes); /* a sanitizer sees any byte too many */
            memcpy(exact, places[i].json, bytes);
            size_t at = 0;
            if (oss_sum_find(&at, exact, bytes, key, 2)) {
                ck_assert_uint_le(at + OSS_SUM_DIGITS + 1, bytes);
            }
            free(exact);
        }
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("damaged safetensors");
    TCase *made = tcase_create("made to deceive");
    tcase_add_checked_fixture(made, set_up, tear_down);
    tcase_add_test(made, test_files);
    tcase_add_test(made, test_lying_lengths);
    tcase_add_test(made, test_large_header);
    tcase_add_test(made, test_data_are_fetched);
    tcase_add_test(made, test_deep_nesting);
    suite_add_tcase(suite, made);
    TCase *damaged = tcase_create("damaged");
    tcase_set_timeout(damaged, 30);
    tcase_add_checked_fixture(damaged, set_up_good, tear_down_good);
    tcase_add_test(damaged, test_every_truncation);
    tcase_add_test(damaged, test_every_bit);
    tcase_add_test(damaged, test_appended_bytes);
    tcase_add_test(damaged, test_stale_sum_is_taken_by_force_only);
    suite_add_tcase(suite, damaged);
    TCase *digits = tcase_create("digits");
    tcase_add_test(digits, test_find_digits);
    tcase_add_test(digits, test_find_digits_is_bounded);
    suite_add_tcase(suite, digits);
    return suite;
}
