/* .npy files in: what NumPy and Ossicle write, and what is none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/npy.h"
#include "support/exact.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { MOST = 1 << 20 };

/* A file of a version, a dict and numbers. */
static void write_file(const char *path, int version, const char *dict, const void *number, size_t bytes) {
    FILE *file = fopen(path, "wbe");
    ck_assert_ptr_nonnull(file);
    size_t length = strlen(dict);
    const unsigned char size[4] = {(unsigned char)length, (unsigned char)(length >> 8)};
    const unsigned char head[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version, 0};
    (void)fwrite(head, 1, sizeof head, file);
    (void)fwrite(size, 1, version == 1 ? 2 : 4, file);
    (void)fwrite(dict, 1, length, file);
    (void)fwrite(number, 1, bytes, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(what_was_written_is_read) {
    enum { ROWS = 7, COLUMNS = 5 };
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "x.npy");
    float *x = oss_exact_filled((size_t)ROWS * COLUMNS, 5), *got = NULL;
    int64_t rows = 0, columns = 0;
    ck_assert_int_eq(oss_npy_write(path, x, ROWS, COLUMNS), OSS_OK);
    ck_assert_int_eq(oss_npy_read(&got, &rows, &columns, path, MOST), OSS_OK);
    ck_assert_int_eq(rows, ROWS);
    ck_assert_int_eq(columns, COLUMNS);
    ck_assert_mem_eq(got, x, sizeof *x * ROWS * COLUMNS);
    oss_free(got);
    ck_assert_int_eq(oss_npy_write(path, x, 0, COLUMNS), OSS_OK);
    ck_assert_int_eq(oss_npy_read(&got, &rows, &columns, path, MOST), OSS_OK);
    ck_assert_int_eq(rows, 0);
    oss_free(got);
    free(x);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ORDER "<"
#define OTHER ">"
#else
#define ORDER ">"
#define OTHER "<"
#endif

/* Forms of the header that are one: versions, keys in another order, blanks, doubles. */
START_TEST(other_headers) {
    static const double number[6] = {1, -2.5, 3, 4, 5, 6};
    static const struct {
        int version;
        const char *dict;
    } form[] = {
        {1, "{'descr': '" ORDER "f8', 'fortran_order': False, 'shape': (2, 3), }   \n"},
        {2, "{'shape': (2,3), 'fortran_order':False, 'descr':'" ORDER "f8'}\n"},
        {3, "{'descr': '" ORDER "f8', 'fortran_order': False, 'shape': ( 2 , 3 ), }\n"},
    };
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "x.npy");
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        float *got = NULL;
        int64_t rows = 0, columns = 0;
        write_file(path, form[i].version, form[i].dict, number, sizeof number);
        ck_assert_msg(oss_npy_read(&got, &rows, &columns, path, MOST) == OSS_OK, "%s", oss_last_error());
        ck_assert_int_eq(rows, 2);
        ck_assert_int_eq(columns, 3);
        ck_assert_float_eq(got[1], -2.5F);
        ck_assert_float_eq(got[5], 6.0F);
        oss_free(got);
    }
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

static const struct {
    int version;
    const char *dict;
    size_t bytes;
    const char *message;
} refused[] = {
    {4, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (2, 3), }", 24, "no NumPy file"},
    {1, "{'descr': '" OTHER "f4', 'fortran_order': False, 'shape': (2, 3), }", 24, "float32 or float64"},
    {1, "{'descr': '" ORDER "i4', 'fortran_order': False, 'shape': (2, 3), }", 24, "float32 or float64"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': True, 'shape': (2, 3), }", 24, "in C order"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (6,), }", 24, "two dimensions"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (1, 2, 3), }", 24, "two dimensions"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (2, -3), }", 24, "two dimensions"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (2, 3", 24, "two dimensions"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False}", 24, "two dimensions"},
    {1, "", 24, "two dimensions"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (2, 3), }", 20,
     "20 bytes behind the header"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (2, 3), }", 28,
     "28 bytes behind the header"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", 24,
     "behind the header"},
    {1, "{'descr': '" ORDER "f4', 'fortran_order': False, 'shape': (99999999999999999999, 0), }", 24,
     "two dimensions"},
};

START_TEST(what_is_none) {
    static const float number[7];
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "x.npy");
    float *got = NULL;
    int64_t rows = -1, columns = -1;
    write_file(path, refused[_i].version, refused[_i].dict, number, refused[_i].bytes);
    ck_assert_int_eq(oss_npy_read(&got, &rows, &columns, path, MOST), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "x.npy: "));
    ck_assert_msg(strstr(oss_last_error(), refused[_i].message) != NULL, "%s", oss_last_error());
    ck_assert(got == NULL && rows == -1 && columns == -1);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* Cut off at every byte, larger than allowed, memory short. */
START_TEST(damage_is_told) {
    static const float number[6] = {1, 2, 3, 4, 5, 6};
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "x.npy");
    ck_assert_int_eq(oss_npy_write(path, number, 2, 3), OSS_OK);
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    float *got = NULL;
    int64_t rows = 0, columns = 0;
    ck_assert_int_eq(oss_npy_read(&got, &rows, &columns, path, (size_t)bytes - 1), OSS_EINPUT);
    for (long kept = 0; kept < bytes; kept++) {
        FILE *file = fopen(path, "wbe");
        (void)fwrite(all, 1, (size_t)kept, file);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_int_eq(oss_npy_read(&got, &rows, &columns, path, MOST), OSS_EINPUT);
    }
    ck_assert_int_eq(oss_npy_write(path, number, 2, 3), OSS_OK);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_npy_read(&got, &rows, &columns, path, MOST);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            ck_assert_int_gt(k, 2);
            break;
        }
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_free(got);
    oss_faults_remove();
    free(all);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/npy_read");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, other_headers);
    tcase_add_loop_test(tests, what_is_none, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tests, damage_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
