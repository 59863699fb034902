/* NumPy's .npy, version 1.0: float32, C order (numpy.lib.format). */
#ifndef OSS_BASE_NPY_H
#define OSS_BASE_NPY_H

#include <stdint.h>

#include "ossicle/status.h"

/* Writes x[rows,columns] durably (file.h). */
oss_status oss_npy_write(const char *path, const float *x, int64_t rows, int64_t columns);

#endif
