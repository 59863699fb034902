/* NumPy files: a table that was read is written and read as the same. */
#include <string.h>

#include "base/mem.h"
#include "base/npy.h"
#include "fuzz/fuzz.h"

enum { MAX_BYTES = 1 << 20 };

static void check_written(const float *x, int64_t rows, int64_t columns) {
    float *again = NULL;
    int64_t rows_again = 0, columns_again = 0;
    const char *path = oss_fuzz_scratch();
    if (!oss_fuzz_ok(oss_npy_write(path, x, rows, columns))) {
        ck_assert(oss_fuzz_has_faults());
        return;
    }
    if (oss_fuzz_ok(oss_npy_read(&again, &rows_again, &columns_again, path, 2 * MAX_BYTES))) {
        ck_assert(rows == rows_again && columns == columns_again);
        ck_assert(memcmp(x, again, (size_t)(rows * columns) * sizeof *x) == 0);
    } else {
        ck_assert(oss_fuzz_has_faults());
    }
    oss_free(again);
}

static void run(const uint8_t *data, size_t size) {
    float *x = NULL;
    int64_t rows = -1, columns = -1;
    if (!oss_fuzz_ok(oss_npy_read(&x, &rows, &columns, oss_fuzz_file(data, size), MAX_BYTES))) {
        ck_assert(x == NULL && rows == -1 && columns == -1);
        return;
    }
    ck_assert(rows >= 0 && columns >= 0);
    oss_fuzz_read_all(x, (size_t)(rows * columns) * sizeof *x);
    check_written(x, rows, columns);
    oss_free(x);
}

static void seeds(void) {
    static const float x[6] = {1.0F, -2.0F, 0.5F, 1e30F, 0.0F, -0.0F};
    static const char wide[] =
        "\x93NUMPY\x02\x00\x36\x00\x00\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}"
        "01234567ABCDEFGH";
    const char *path = oss_fuzz_scratch();
    ck_assert_int_eq(oss_npy_write(path, x, 2, 3), OSS_OK);
    oss_fuzz_seed_file(path, -1);
    OSS_FUZZ_SEED(wide);
}

const oss_fuzz_target oss_target_npy = {.name = "npy", .run = run, .seeds = seeds};
