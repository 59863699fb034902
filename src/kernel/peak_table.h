#ifndef OSS_KERNEL_PEAK_TABLE_H
#define OSS_KERNEL_PEAK_TABLE_H

#include <stdint.h>

typedef struct oss_peak_table {
    double (*run)(int64_t rounds, float *out);
} oss_peak_table;

#endif
