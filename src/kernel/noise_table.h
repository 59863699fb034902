/* What noise_lanes.c gives per ISA to noise.c. Contract: noise.h. */
#ifndef OSS_KERNEL_NOISE_TABLE_H
#define OSS_KERNEL_NOISE_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct oss_noise_table {
    /* counter[1..3]: as given; counter[0]: the first block */
    void (*white_noise)(float *y, size_t n, const uint32_t key[2], const uint32_t counter[4]);
} oss_noise_table;

#endif
