/* Which cells of a 3-wide, stride-2, padding-1 convolution's axis meet which taps: shared by conv2d.c and
 * conv2d_backward.c. */
#ifndef OSS_KERNEL_CONV2D_GRID_H
#define OSS_KERNEL_CONV2D_GRID_H

#include <stddef.h>
#include <stdint.h>

/* Output rows that are done together: their edge columns share tiles, and the 13 input rows that they read
 * (208 KiB at 64 columns of 64 channels) stay in the second-level cache from one panel of channels to the
 * next. */
enum { OSS_CONV2D_CHUNK_ROWS = 6 };

typedef struct oss_conv2d_taps {
    int32_t begin, end; /* of 0..3 */
} oss_conv2d_taps;

/* Taps of output cell `at` along an axis of `length` that lie inside: those with 2 at + tap - 1 in [0,
 * length). */
static inline oss_conv2d_taps oss_conv2d_get_taps(int32_t at, int32_t length) {
    return (oss_conv2d_taps){at == 0 ? 1 : 0, 2 * at + 1 < length ? 3 : 2};
}

typedef struct oss_conv2d_inside {
    int32_t begin, end;
} oss_conv2d_inside;

/* Output cells that have all three taps: [1, length / 2); the first cell lacks one, the last cell too when
 * length is odd. */
static inline oss_conv2d_inside oss_conv2d_get_inside(int32_t length) {
    return (oss_conv2d_inside){1, length / 2};
}

/* End of the rows from `row` on that have the same taps as it and share a chunk, in [row, end). */
static inline int32_t oss_conv2d_chunk_end(int32_t row, int32_t end, int32_t length) {
    int32_t same = row == 0 ? 1 : row < length / 2 ? length / 2 : row + 1;
    same = same < row + OSS_CONV2D_CHUNK_ROWS ? same : row + OSS_CONV2D_CHUNK_ROWS;
    return same < end ? same : end;
}

#endif
