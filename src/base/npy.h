/* NumPy's .npy (numpy.lib.format): tables in C order; written as version 1.0 and float32. */
#ifndef OSS_BASE_NPY_H
#define OSS_BASE_NPY_H

#include <stdint.h>

#include "base/file.h"

/* Writes x[rows,columns] durably (file.h). */
oss_status oss_npy_write(const char *path, const float *x, int64_t rows, int64_t columns);

/* *out[*out_rows, *out_columns] (oss_free): a table of float32 or float64, of this machine's byte order, any version. OSS_EINPUT:
 * not such a file, cut off or longer than it says, more than max_bytes: says which. */
oss_status oss_npy_read(float **out, int64_t *out_rows, int64_t *out_columns, const char *path,
                        size_t max_bytes);

/* Writing by and by, when nobody knows how many rows there will be. Zero-initialise; abort does nothing after
 * commit. `add` after a failure does nothing, commit reports it. */
typedef struct oss_npy_rows {
    oss_writer writer;
    int64_t rows;
    int32_t columns;
} oss_npy_rows;
oss_status oss_npy_rows_open(oss_npy_rows *npy, const char *path, int32_t columns);
/* x[rows, columns] */
void oss_npy_rows_add(oss_npy_rows *npy, const float *x, int64_t rows);
oss_status oss_npy_rows_commit(oss_npy_rows *npy);
void oss_npy_rows_abort(oss_npy_rows *npy);

#endif
