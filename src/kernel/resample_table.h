/* What resample_lanes.c gives per ISA to resample.c. Contract: resample.h. */
#ifndef OSS_KERNEL_RESAMPLE_TABLE_H
#define OSS_KERNEL_RESAMPLE_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct oss_resample_table {
    void (*resample)(float *y, const float *x, size_t n, uint64_t position, uint64_t step, const float *h,
                     int32_t taps);
} oss_resample_table;

#endif
