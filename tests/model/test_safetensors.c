/* Writing and reading tensors; the sum; what is on the disk when writing fails. */
#include "model/safetensors.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;
static float weight[6];
static float bias[3];
static const oss_st_meta meta[] = {{"note", "line\nbreak, \"quotes\", \xc3\xa9, \\\"ossicle_sum\\\""}};
static const oss_st_item item[] = {
    {.name = "b.weight", .rank = 2, .dim = {3, 2}, .data = weight},
    {.name = "b.bias", .rank = 1, .dim = {3}, .data = bias},
    {.name = "a.scalar", .rank = 0, .data = bias},
};
enum { ITEMS = 3 };

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "t.safetensors");
    oss_fill_f32(weight, 6, 1, 2.0);
    oss_fill_f32(bias, 3, 2, 2.0);
}

static void tear_down(void) {
    free(path);
    oss_tempdir_remove(folder);
}

static void save(char sum[17]) {
    ck_assert_msg(oss_safetensors_save(path, item, ITEMS, meta, 1, sum) == OSS_OK, "%s", oss_last_error());
}

START_TEST(test_round_trip) {
    char sum[17];
    save(sum);
    oss_safetensors *file = NULL;
    ck_assert_msg(oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(oss_safetensors_count(file), ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        const oss_st_tensor *tensor = oss_safetensors_get(file, i);
        ck_assert_str_eq(tensor->name, item[i].name);
        ck_assert_str_eq(tensor->dtype, "F32");
        ck_assert_int_eq(tensor->rank, item[i].rank);
        ck_assert_ptr_eq(tensor, oss_safetensors_find(file, item[i].name));
    }
    ck_assert_ptr_null(oss_safetensors_find(file, "b"));
    ck_assert_str_eq(oss_safetensors_metadata(file, "note"), meta[0].value);
    ck_assert_str_eq(oss_safetensors_metadata(file, "ossicle_sum"), sum);
    ck_assert_ptr_null(oss_safetensors_metadata(file, "none"));
    ck_assert_str_eq(oss_safetensors_path(file), path);
    float got[6];
    ck_assert_int_eq(oss_safetensors_read_f32(file, "b.weight", 2, (int32_t[]){3, 2}, got), OSS_OK);
    ck_assert_mem_eq(got, weight, sizeof weight);
    ck_assert_int_eq(oss_safetensors_read_f32(file, "a.scalar", 0, NULL, got), OSS_OK);
    ck_assert(got[0] == bias[0]);
    oss_safetensors_free(file);
}
END_TEST

/* From memory: the same tensors, in the caller's bytes; the same refusals under the caller's name. */
START_TEST(test_from_memory) {
    save(NULL);
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    oss_safetensors *file = NULL;
    ck_assert_int_eq(oss_safetensors_open_memory(&file, all, (size_t)bytes, "a block", OSS_ST_SUM_NEEDED),
                     OSS_OK);
    ck_assert_str_eq(oss_safetensors_path(file), "a block");
    ck_assert_int_eq(oss_safetensors_count(file), ITEMS);
    const oss_st_tensor *tensor = oss_safetensors_find(file, "b.weight");
    ck_assert_mem_eq(tensor->data, weight, sizeof weight);
    ck_assert((const char *)tensor->data > all && (const char *)tensor->data < all + bytes);
    oss_safetensors_free(file);
    file = NULL;
    for (long cut = 0; cut < bytes; cut += 7) {
        ck_assert_int_eq(oss_safetensors_open_memory(&file, all, (size_t)cut, "a block", OSS_ST_SUM_NEEDED),
                         OSS_EINPUT);
        ck_assert_ptr_null(file);
        ck_assert_ptr_eq(strstr(oss_last_error(), "a block: "), oss_last_error());
    }
    all[bytes - 1] ^= 1;
    ck_assert_int_eq(oss_safetensors_open_memory(&file, all, (size_t)bytes, "a block", OSS_ST_SUM_NEEDED),
                     OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "does not fit its ossicle_sum"));
    free(all);
}
END_TEST

static void assert_taken(oss_status wanted, const oss_safetensors *file, const char *name, int32_t rank,
                         const int32_t *dim, const char *part) {
    float got[6] = {42.0f};
    ck_assert_int_eq(oss_safetensors_read_f32(file, name, rank, dim, got), wanted);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "%s", oss_last_error());
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_msg(got[0] == 42.0f, "output untouched");
}

START_TEST(test_wrong_requests) {
    save(NULL);
    oss_safetensors *file = NULL;
    ck_assert_int_eq(oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED), OSS_OK);
    assert_taken(OSS_EINPUT, file, "c", 1, (int32_t[]){3}, "tensor \"c\" is missing");
    assert_taken(OSS_EINPUT, file, "b.weight", 2, (int32_t[]){2, 3},
                 "has shape [3,2]; by the config it must be [2,3]");
    assert_taken(OSS_EINPUT, file, "b.weight", 1, (int32_t[]){6}, "must be [6]");
    assert_taken(OSS_EINPUT, file, "a.scalar", 1, (int32_t[]){1}, "has shape []");
    oss_safetensors_free(file);
}
END_TEST

/* The layout that other readers rely on, and the sum as docs/file-formats.md defines it, computed here from the bytes. */
START_TEST(test_layout) {
    char sum[17];
    save(sum);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    uint64_t header = 0;
    memcpy(&header, text, 8);
    ck_assert_uint_eq((8 + header) % 64, 0);
    ck_assert_int_eq(bytes, (long)(8 + header + sizeof weight + sizeof bias + 4));
    ck_assert_mem_eq(text + 8 + header, weight, sizeof weight);
    ck_assert_mem_eq(text + 8 + header + sizeof weight, bias, sizeof bias);
    char *digits = strstr(text + 8, "\"ossicle_sum\":\"") + strlen("\"ossicle_sum\":\"");
    ck_assert_mem_eq(digits, sum, 16);
    memset(digits, '0', 16);
    char hex[17];
    oss_hash_hex(hex, oss_hash(text, (size_t)bytes));
    ck_assert_str_eq(hex, sum);
    free(text);
}
END_TEST

START_TEST(test_same_input_same_bytes) {
    save(NULL);
    long first_bytes = 0;
    char *first = oss_tempdir_read(path, &first_bytes);
    save(NULL);
    long second_bytes = 0;
    char *second = oss_tempdir_read(path, &second_bytes);
    ck_assert_int_eq(first_bytes, second_bytes);
    ck_assert_mem_eq(first, second, (size_t)first_bytes);
    bias[1] = nextafterf(bias[1], 9.0f);
    save(NULL);
    char *third = oss_tempdir_read(path, NULL);
    ck_assert_msg(memcmp(first, third, (size_t)first_bytes - 16) != 0, "another value, another sum");
    free(first);
    free(second);
    free(third);
}
END_TEST

START_TEST(test_values_must_be_finite) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    bias[2] = bad[_i];
    ck_assert_int_eq(oss_safetensors_save(path, item, ITEMS, meta, 1, NULL), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "tensor \"b.bias\": element 2"));
    ck_assert_int_eq(oss_tempdir_count(folder), 0);
}
END_TEST

START_TEST(test_no_tensors) {
    ck_assert_int_eq(oss_safetensors_save(path, NULL, 0, NULL, 0, NULL), OSS_OK);
    oss_safetensors *file = NULL;
    ck_assert_msg(oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(oss_safetensors_count(file), 0);
    oss_safetensors_free(file);
}
END_TEST

/* ---- Faults ---- */

/* The old file or the new one, whichever call fails. */
START_TEST(test_save_is_all_or_nothing) {
    save(NULL);
    char *old = oss_tempdir_read(path, NULL);
    bias[0] += 1.0f;
    save(NULL);
    long bytes = 0;
    char *new = oss_tempdir_read(path, &bytes);
    ck_assert_mem_ne(old, new, (size_t)bytes);
    static const int errors[] = {EIO, ENOSPC};
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_tempdir_write(path, old, bytes);
        oss_faults_fail(_i < 2 ? OSS_CALL_ANY_FILE : OSS_CALL_ANY_HEAP, k, _i < 2 ? errors[_i] : 0);
        oss_status status = oss_safetensors_save(path, item, ITEMS, meta, 1, NULL);
        bool fired = oss_faults_clear();
        char *now = oss_tempdir_read(path, NULL);
        bool is_old = memcmp(now, old, (size_t)bytes) == 0;
        bool is_new = memcmp(now, new, (size_t)bytes) == 0;
        ck_assert_msg(is_old || is_new, "call %d left neither the old nor the new file", (int)k);
        ck_assert_msg(status != OSS_OK || is_new, "call %d: success, but the old file is there", (int)k);
        free(now);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
    free(old);
    free(new);
}
END_TEST

START_TEST(test_load_survives_faults) {
    save(NULL);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(_i == 0 ? OSS_CALL_ANY_FILE : OSS_CALL_ANY_HEAP, k, EIO);
        oss_safetensors *file = NULL;
        oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED);
        bool fired = oss_faults_clear();
        ck_assert((status == OSS_OK) == (file != NULL));
        oss_safetensors_free(file);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

START_TEST(test_short_and_interrupted_calls) {
    oss_faults_install();
    oss_faults_short(7);
    oss_faults_interrupt();
    save(NULL);
    oss_safetensors *file = NULL;
    oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED);
    oss_faults_clear();
    oss_faults_remove();
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    oss_safetensors_free(file);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("safetensors");
    TCase *format = tcase_create("format");
    tcase_add_checked_fixture(format, set_up, tear_down);
    tcase_add_test(format, test_round_trip);
    tcase_add_test(format, test_from_memory);
    tcase_add_test(format, test_wrong_requests);
    tcase_add_test(format, test_layout);
    tcase_add_test(format, test_same_input_same_bytes);
    tcase_add_loop_test(format, test_values_must_be_finite, 0, 3);
    tcase_add_test(format, test_no_tensors);
    suite_add_tcase(suite, format);
    TCase *faults = tcase_create("faults");
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_loop_test(faults, test_save_is_all_or_nothing, 0, 3);
    tcase_add_loop_test(faults, test_load_survives_faults, 0, 2);
    tcase_add_test(faults, test_short_and_interrupted_calls);
    suite_add_tcase(suite, faults);
    return suite;
}
