#ifndef OSS_BASE_ROUND_H
#define OSS_BASE_ROUND_H

#include <stddef.h>

/* The least multiple of `unit` (above 0) that is not below n. */
static inline size_t oss_round_up(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

#endif
