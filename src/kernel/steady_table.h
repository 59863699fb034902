/* What steady_lanes.c gives per ISA to steady.c. */
#ifndef OSS_KERNEL_STEADY_TABLE_H
#define OSS_KERNEL_STEADY_TABLE_H

#include <stdint.h>

typedef struct oss_steady_table {
    void (*rmsnorm)(float *y, const float *x, const float *w, int32_t rows, int32_t c, float eps);
    /* (low, high)[n] turned by the angle with this cosine and sine */
    void (*rotate)(float *low, float *high, const float *cosine, const float *sine, int32_t n);
} oss_steady_table;

#endif
