#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/npy.h"

enum { MAGIC_BYTES = 6, SHORT_PREFIX = 10, LONG_PREFIX = 12 };

/* What the header says. */
typedef struct npy_header {
    size_t begin; /* of the numbers */
    size_t width; /* bytes of one: 4 or 8 */
    int64_t rows, columns;
} npy_header;

/* The text behind the dict's key, blanks skipped; NULL: there is no such key. */
static const char *find_value(const char *dict, const char *key) {
    const char *at = strstr(dict, key);
    return at == NULL ? NULL : at + strlen(key) + strspn(at + strlen(key), " ");
}

/* Digits, and blanks behind them. */
static bool read_count(const char **at, int64_t *out) {
    int64_t value = 0;
    const char *digit = *at;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (value > INT64_MAX / 16) {
            return false;
        }
        value = 10 * value + (*digit - '0');
    }
    bool found = digit > *at;
    *at = digit + strspn(digit, " ");
    *out = value;
    return found;
}

static bool read_shape(const char *at, npy_header *out) {
    if (at == NULL || *at != '(') {
        return false;
    }
    at += 1 + strspn(at + 1, " ");
    if (!read_count(&at, &out->rows) || *at != ',') {
        return false;
    }
    at += 1 + strspn(at + 1, " ");
    return read_count(&at, &out->columns) && *at == ')';
}

static bool read_dict(const char *dict, npy_header *out) {
    const char *type = find_value(dict, "'descr':"), *order = find_value(dict, "'fortran_order':");
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const char *single = "'<f4'", *twice = "'<f8'";
#else
    const char *single = "'>f4'", *twice = "'>f8'";
#endif
    if (type == NULL || order == NULL || strncmp(order, "False", 5) != 0) {
        return false;
    }
    bool is_single = strncmp(type, single, 5) == 0;
    out->width = is_single ? sizeof(float) : sizeof(double);
    return (is_single || strncmp(type, twice, 5) == 0) && read_shape(find_value(dict, "'shape':"), out);
}

static oss_status read_header(const char *path, const char *bytes, size_t count, npy_header *out) {
    const unsigned char *head = (const unsigned char *)bytes;
    if (count < LONG_PREFIX || memcmp(bytes, "\x93NUMPY", MAGIC_BYTES) != 0 || head[6] < 1 || head[6] > 3) {
        return oss_fail(OSS_EINPUT, "%s: no NumPy file (.npy)", path);
    }
    bool is_long = head[6] > 1;
    size_t prefix = is_long ? LONG_PREFIX : SHORT_PREFIX;
    size_t length = head[8] + 256U * head[9] + (is_long ? 65536U * head[10] + 16777216U * head[11] : 0U);
    if (length > count - prefix) {
        return oss_fail(OSS_EINPUT, "%s: ends in its header of %zu bytes", path, length);
    }
    char *dict = oss_strndup(bytes + prefix, length);
    if (dict == NULL) {
        return OSS_ENOMEM;
    }
    out->begin = prefix + length;
    bool fits = read_dict(dict, out);
    oss_free(dict);
    return fits ? OSS_OK
                : oss_fail(OSS_EINPUT,
                           "%s: is not of two dimensions, float32 or float64, in C order: save "
                           "x.astype('float32') with numpy.save",
                           path);
}

static void copy_numbers(float *out, const char *from, size_t numbers, size_t width) {
    for (size_t i = 0; i < numbers; i++) {
        double number;
        if (width == sizeof(float)) {
            memcpy(&out[i], from + i * sizeof(float), sizeof(float));
        } else {
            memcpy(&number, from + i * sizeof number, sizeof number);
            out[i] = (float)number;
        }
    }
}

oss_status oss_npy_read(float **out, int64_t *out_rows, int64_t *out_columns, const char *path,
                        size_t max_bytes) {
    char *bytes = NULL;
    size_t count = 0, numbers = 0, wanted = 0;
    npy_header header = {0};
    float *made = NULL;
    oss_status status = oss_file_read_all(&bytes, &count, path, max_bytes);
    if (status == OSS_OK) {
        status = read_header(path, bytes, count, &header);
    }
    if (status == OSS_OK &&
        (!oss_mul_size((size_t)header.rows, (size_t)header.columns, &numbers) ||
         !oss_mul_size(numbers, header.width, &wanted) || wanted != count - header.begin)) {
        status = oss_fail(OSS_EINPUT, "%s: %zu bytes behind the header are not %lld x %lld numbers", path,
                          count - header.begin, (long long)header.rows, (long long)header.columns);
    }
    if (status == OSS_OK) {
        made = oss_alloc(numbers, sizeof *made);
        status = made == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        copy_numbers(made, bytes + header.begin, numbers, header.width);
        *out = made;
        *out_rows = header.rows;
        *out_columns = header.columns;
    }
    oss_free(bytes);
    return status;
}
