/* What the tiles of floats (tile_lanes.c) and of bf16 pairs (bf16_lanes.c) share: how sums start and end, and
 * which shapes there are. */
#ifndef OSS_KERNEL_LANES_TILE_H
#define OSS_KERNEL_LANES_TILE_H

#include "kernel/lanes.h"
#include "kernel/lanes_gelu.h"
#include "kernel/tile.h"

/* What seldom happens, or takes longer than a call, stands once and not in each of up to 40 shapes. */
#define LANES_APART static __attribute__((noinline))

/* gelu(c) of the tile's rows. */
LANES_APART void gelu_rows(const oss_tile *tile, int32_t rows) {
    const int32_t n = tile->columns;
    for (int32_t i = 0; i < rows; i++) {
        float *y = tile->gelu + i * tile->c_row;
        const float *x = tile->c + i * tile->c_row;
        int32_t j = 0;
        for (; j + LANES <= n; j += LANES) {
            lanes_store(y + j, lanes_gelu(lanes_load(x + j)));
        }
        if (j < n) {
            lanes_store_n(y + j, lanes_gelu(lanes_load_n(x + j, n - j)), n - j);
        }
    }
}

/* wide[width] = the first n of x, then zeros. */
LANES_APART void widen_bias(float *wide, const float *x, int32_t n, int32_t width) {
    for (int32_t j = 0; j < width; j++) {
        wide[j] = j < n ? x[j] : 0.0f;
    }
}

/* Rows of sums[rows,width] to c where the last vector holds columns that do not exist. */
LANES_APART void store_ragged(const oss_tile *tile, const float *sums, int32_t rows, int32_t width) {
    for (int32_t i = 0; i < rows; i++, sums += width) {
        float *c = tile->c + i * tile->c_row;
        for (int32_t j = 0; j < tile->columns; j += LANES) {
            int32_t left = tile->columns - j, n = left < LANES ? left : LANES;
            lanes_f sum = lanes_load(sums + j);
            lanes_store_n(c + j, tile->add ? lanes_load_n(c + j, n) + sum : sum, n);
        }
    }
}

/* acc = bias in every row, or 0 */
LANES_INLINE void start_sums(lanes_f *acc, const oss_tile *tile, const int rows, const int vectors) {
    const float *bias = tile->bias;
    float wide[OSS_TILE_MAX_VECTORS * LANES];
    lanes_f first[OSS_TILE_MAX_VECTORS] = {{0}};
    if (bias != NULL) {
        if (tile->columns < vectors * LANES) {
            widen_bias(wide, bias, tile->columns, vectors * LANES);
            bias = wide;
        }
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            first[v] = lanes_load(bias + v * LANES);
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) {
        acc[i] = first[i % vectors];
    }
}

/* Makes a pointer one of which the compiler knows nothing: gcc otherwise works out where each vector of a tile goes,
 * for c and for the stack, before it stores the first. */
#define LANES_FORGET(pointer) __asm__("" : "+r"(pointer))

/* acc to c, and gelu(c) */
LANES_INLINE void finish_tile(const oss_tile *tile, const lanes_f *acc, const int rows, const int vectors) {
    const bool ragged = tile->columns < vectors * LANES, add = tile->add && !ragged;
    float out[OSS_TILE_MAX_ROWS * OSS_TILE_MAX_VECTORS * LANES];
    float *to = ragged ? out : tile->c;
    const ptrdiff_t to_row = ragged ? vectors * LANES : tile->c_row;
    LANES_UNROLL
    for (int i = 0; i < rows; i++, to += to_row) {
        LANES_FORGET(to);
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            lanes_f sum = acc[i * vectors + v];
            lanes_store(to + v * LANES, add ? lanes_load(to + v * LANES) + sum : sum);
        }
    }
    if (ragged) {
        store_ragged(tile, out, rows, vectors * LANES);
    }
    if (tile->gelu != NULL) {
        gelu_rows(tile, rows);
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
#define LANES_TILE_VECTORS 4
#define LANES_TILE_SHAPES .max_vectors = 4, .max_rows = {14, 12, 8, 6}, .run = {{NAMES_14(1)}, {NAMES_12(2)}, {NAMES_8(3)}, {NAMES_6(4)}}
#else
#define LANES_DEFINE_TILES TILES_12(1) TILES_6(2)
#define LANES_TILE_VECTORS 2
#define LANES_TILE_SHAPES .max_vectors = 2, .max_rows = {12, 6}, .run = {{NAMES_12(1)}, {NAMES_6(2)}}
#endif
/* clang-format on */

#endif
