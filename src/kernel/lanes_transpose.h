/* The transposition of a square of lanes in registers. */
#ifndef OSS_KERNEL_LANES_TRANSPOSE_H
#define OSS_KERNEL_LANES_TRANSPOSE_H

#include "kernel/lanes.h"

/* One step of a transposition: swaps the blocks of `d` x `d` off the diagonal, for every pair of rows d
 * apart. With d = LANES/2 down to 1 the whole [LANES, LANES] is transposed: lane l of row i goes to lane i of
 * row l one bit of (i, l) at a time. */
#define LANES_FROM_LOW(l, d)  (((l) & (d)) ? LANES + (l) - (d) : (l))
#define LANES_FROM_HIGH(l, d) (((l) & (d)) ? LANES + (l) : (l) + (d))
#define LANES_LIST_4(F, l, d) F(l, d), F((l) + 1, d), F((l) + 2, d), F((l) + 3, d)
#if LANES == 16
#define LANES_LIST(F, d)                                                                                     \
    LANES_LIST_4(F, 0, d), LANES_LIST_4(F, 4, d), LANES_LIST_4(F, 8, d), LANES_LIST_4(F, 12, d)
#elif LANES == 8
#define LANES_LIST(F, d) LANES_LIST_4(F, 0, d), LANES_LIST_4(F, 4, d)
#else
#define LANES_LIST(F, d) LANES_LIST_4(F, 0, d)
#endif
#define LANES_SWAP_BLOCKS(rows, d)                                                                           \
    for (int i = 0; i < LANES; i++) {                                                                        \
        if ((i & (d)) == 0) {                                                                                \
            lanes_f low = (rows)[i], high = (rows)[i + (d)];                                                 \
            (rows)[i] = __builtin_shufflevector(low, high, LANES_LIST(LANES_FROM_LOW, d));                   \
            (rows)[i + (d)] = __builtin_shufflevector(low, high, LANES_LIST(LANES_FROM_HIGH, d));            \
        }                                                                                                    \
    }

/* rows[LANES], each a vector: row i lane l becomes row l lane i. */
LANES_INLINE void lanes_transpose(lanes_f *rows) {
#if LANES == 16
    LANES_UNROLL
    LANES_SWAP_BLOCKS(rows, 8)
#endif
#if LANES >= 8
    LANES_UNROLL
    LANES_SWAP_BLOCKS(rows, 4)
#endif
    LANES_UNROLL
    LANES_SWAP_BLOCKS(rows, 2)
    LANES_UNROLL
    LANES_SWAP_BLOCKS(rows, 1)
}

#endif
