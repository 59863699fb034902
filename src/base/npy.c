#include "base/npy.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"

enum { HEADER_BYTES = 128 /* a multiple of 64, so that the data are aligned in a mapped file */ };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FLOAT32 "<f4"
#else
#define FLOAT32 ">f4"
#endif

/* Magic, version 1.0, length of what follows as two bytes (little-endian), a Python dict, blanks, a newline. */
static void make_header(char out[HEADER_BYTES], int64_t rows, int64_t columns) {
    enum { PREFIX_BYTES = 10, DICT_BYTES = HEADER_BYTES - PREFIX_BYTES };
    memset(out, ' ', HEADER_BYTES);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)DICT_BYTES;
    out[9] = 0;
    char dict[DICT_BYTES];
    int length = oss_format(dict, sizeof dict,
                            "{'descr': '" FLOAT32 "', 'fortran_order': False, 'shape': (%lld, %lld), }",
                            (long long)rows, (long long)columns);
    memcpy(out + PREFIX_BYTES, dict, (size_t)length); /* two 19-digit numbers fit */
    out[HEADER_BYTES - 1] = '\n';
}

oss_status oss_npy_write(const char *path, const float *x, int64_t rows, int64_t columns) {
    size_t bytes;
    if (rows < 0 || columns < 0 || !oss_mul_size((size_t)rows, (size_t)columns, &bytes) ||
        !oss_mul_size(bytes, sizeof *x, &bytes)) {
        return oss_fail(OSS_EBUG, "%s: an array of %lld x %lld numbers cannot be", path, (long long)rows,
                        (long long)columns);
    }
    char header[HEADER_BYTES];
    make_header(header, rows, columns);
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    oss_writer_put(&writer, header, sizeof header);
    oss_writer_put(&writer, x, bytes);
    return oss_writer_commit(&writer);
}

oss_status oss_npy_rows_open(oss_npy_rows *npy, const char *path, int32_t columns) {
    char header[HEADER_BYTES];
    oss_npy_rows opened = {.columns = columns};
    oss_status status = oss_writer_open(&opened.writer, path);
    if (status != OSS_OK) {
        return status;
    }
    make_header(header, 0, columns);
    oss_writer_put(&opened.writer, header, sizeof header);
    *npy = opened;
    return OSS_OK;
}

void oss_npy_rows_add(oss_npy_rows *npy, const float *x, int64_t rows) {
    oss_writer_put(&npy->writer, x, (size_t)rows * (size_t)npy->columns * sizeof *x);
    npy->rows += rows;
}

oss_status oss_npy_rows_commit(oss_npy_rows *npy) {
    char header[HEADER_BYTES];
    make_header(header, npy->rows, npy->columns);
    oss_writer_put_over(&npy->writer, 0, header, sizeof header);
    return oss_writer_commit(&npy->writer);
}

void oss_npy_rows_abort(oss_npy_rows *npy) {
    oss_writer_abort(&npy->writer);
}
