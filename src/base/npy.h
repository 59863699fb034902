/* NumPy's .npy, version 1.0: float32, C order (numpy.lib.format). */
#ifndef OSS_BASE_NPY_H
#define OSS_BASE_NPY_H

#include <stdint.h>

#include "base/file.h"

/* Writes x[rows,columns] durably (file.h). */
oss_status oss_npy_write(const char *path, const float *x, int64_t rows, int64_t columns);

/* The same by and by, when nobody knows how many rows there will be. Zero-initialise; abort does nothing after
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
