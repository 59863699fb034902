/* What bf16_lanes.c gives per ISA to bf16.c and bf16_conv2d.c. */
#ifndef OSS_KERNEL_BF16_TABLE_H
#define OSS_KERNEL_BF16_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/bf16.h"
#include "kernel/tile.h"

typedef struct oss_bf16_table {
    oss_tile_table panel; /* lanes and max_vectors alone: how wide panels are, as wide as those of floats */
    /* y[0..n-1] = x rounded; n odd: y[n] = 0 */
    void (*round)(oss_bf16 *y, const float *x, size_t n);
    /* dst[j] = (low[j], high[j]) rounded; high NULL: zeros. dst may be the memory of `low`. */
    void (*pair_floats)(uint32_t *dst, const float *low, const float *high, int32_t n);
    /* y[0..n-1] = x rounded, as floats */
    void (*widen)(float *y, const float *x, size_t n);
    /* The same with the two of each pair swapped; an odd last one stays. */
    void (*widen_swapped)(float *y, const float *x, size_t n);
    /* dst[j] = (low[j], high[j]); either NULL: zeros */
    void (*pair)(uint32_t *dst, const oss_bf16 *low, const oss_bf16 *high, int32_t n);
} oss_bf16_table;

/* The tables of the ISA in use, with or without the instruction: the second is the tile of tile.h whose elements are
 * pairs. */
const oss_bf16_table *oss_bf16_table_get(void);
const oss_tile_table *oss_bf16_tile_get(void);

/* The tiles without the instruction, by oss_isa: bf16_emulated.c, which is the trainer's. Programs that only run models
 * do not have it, and do not need it: without the instruction they multiply rounded floats (oss_k_format_of_inference).
 * Those that do are linked with -u oss_bf16_emulated, since a weak reference alone takes nothing out of an archive. */
extern const oss_tile_table *const oss_bf16_emulated[] __attribute__((weak, visibility("hidden")));

/* Pairs as the element type of oss_tile, which only a tile of this table reads. */
static inline const float *oss_bf16_elements(const void *pairs) {
    return pairs;
}

#endif
