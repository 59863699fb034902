#include "base/npy.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
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
