/* What the tiles of floats (tile_lanes.c) and of bf16 pairs (bf16_lanes.c) share: how sums start and end, and
 * which shapes there are. */
#ifndef OSS_KERNEL_LANES_TILE_H
#define OSS_KERNEL_LANES_TILE_H

#include "kernel/lanes.h"
#include "kernel/lanes_gelu.h"
#include "kernel/tile.h"

static void gelu_row(float *y, const float *x, int32_t n) {
    int32_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        lanes_store(y + j, lanes_gelu(lanes_load(x + j)));
    }
    if (j < n) {
        lanes_store_n(y + j, lanes_gelu(lanes_load_n(x + j, n - j)), n - j);
    }
}

static int32_t count_lanes(int32_t columns, int32_t j) {
    int32_t left = columns - j;
    return left < 0 ? 0 : left < LANES ? left : LANES;
}

/* Rows of acc[rows,width] to c where the last vector holds columns that do not exist. */
static void store_ragged(const oss_tile *tile, const float *acc, int32_t rows, int32_t width) {
    for (int32_t i = 0; i < rows; i++, acc += width) {
        float *c = tile->c + i * tile->c_row;
        for (int32_t j = 0; j < tile->columns; j += LANES) {
            int32_t n = count_lanes(tile->columns, j);
            lanes_f sum = lanes_load(acc + j);
            lanes_store_n(c + j, tile->add ? lanes_load_n(c + j, n) + sum : sum, n);
        }
    }
}

/* The tile's fields are copied first: a store through a vector pointer might alias them. */
LANES_INLINE void store_full(const oss_tile *tile, const lanes_f *acc, const int rows, const int vectors) {
    float *c = tile->c;
    const ptrdiff_t c_row = tile->c_row;
    if (tile->add) {
        LANES_UNROLL
        for (int i = 0; i < rows; i++) {
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                float *to = c + i * c_row + v * LANES;
                lanes_store(to, lanes_load(to) + acc[i * vectors + v]);
            }
        }
    } else {
        LANES_UNROLL
        for (int i = 0; i < rows; i++) {
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                lanes_store(c + i * c_row + v * LANES, acc[i * vectors + v]);
            }
        }
    }
}

/* acc = bias in every row, or 0 */
LANES_INLINE void start_sums(lanes_f *acc, const oss_tile *tile, const int rows, const int vectors) {
    lanes_f bias[OSS_TILE_MAX_VECTORS] = {{0}};
    if (tile->bias != NULL) {
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            bias[v] = tile->columns == vectors * LANES
                          ? lanes_load(tile->bias + v * LANES)
                          : lanes_load_n(tile->bias + v * LANES, count_lanes(tile->columns, v * LANES));
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) {
        acc[i] = bias[i % vectors];
    }
}

/* acc to c, and gelu(c) */
LANES_INLINE void finish_tile(const oss_tile *tile, const lanes_f *acc, const int rows, const int vectors) {
    if (tile->columns == vectors * LANES) {
        store_full(tile, acc, rows, vectors);
    } else {
        float out[OSS_TILE_MAX_ROWS * OSS_TILE_MAX_VECTORS * LANES];
        LANES_UNROLL
        for (int i = 0; i < rows * vectors; i++) {
            lanes_store(out + i * LANES, acc[i]);
        }
        store_ragged(tile, out, rows, vectors * LANES);
    }
    for (int i = 0; i < rows && tile->gelu != NULL; i++) {
        gelu_row(tile->gelu + i * tile->c_row, tile->c + i * tile->c_row, tile->columns);
    }
}

#define TILE(rows, vectors)                                                                                  \
    static void run_##rows##x##vectors(const oss_tile *tile) {                                               \
        run_tile(tile, rows, vectors);                                                                       \
    }
#define TILES_6(v)  TILE(1, v) TILE(2, v) TILE(3, v) TILE(4, v) TILE(5, v) TILE(6, v)
#define TILES_8(v)  TILES_6(v) TILE(7, v) TILE(8, v)
#define TILES_12(v) TILES_8(v) TILE(9, v) TILE(10, v) TILE(11, v) TILE(12, v)
#define TILES_14(v) TILES_12(v) TILE(13, v) TILE(14, v)
#define NAMES_6(v)  run_1x##v, run_2x##v, run_3x##v, run_4x##v, run_5x##v, run_6x##v
#define NAMES_8(v)  NAMES_6(v), run_7x##v, run_8x##v
#define NAMES_12(v) NAMES_8(v), run_9x##v, run_10x##v, run_11x##v, run_12x##v
#define NAMES_14(v) NAMES_12(v), run_13x##v, run_14x##v

/* LANES_DEFINE_TILES: a function for each shape, from the file's run_tile(tile, rows, vectors);
 * LANES_TILE_SHAPES: their places in an oss_tile_table. */
/* clang-format off */
#if OSS_LANES_ISA == OSS_LANES_AVX512 || defined(__aarch64__) /* 32 registers */
#define LANES_DEFINE_TILES TILES_14(1) TILES_12(2) TILES_8(3) TILES_6(4)
#define LANES_TILE_SHAPES .max_vectors = 4, .max_rows = {14, 12, 8, 6}, .run = {{NAMES_14(1)}, {NAMES_12(2)}, {NAMES_8(3)}, {NAMES_6(4)}}
#else
#define LANES_DEFINE_TILES TILES_12(1) TILES_6(2)
#define LANES_TILE_SHAPES .max_vectors = 2, .max_rows = {12, 6}, .run = {{NAMES_12(1)}, {NAMES_6(2)}}
#endif
/* clang-format on */

#endif
