#include "kernel/lanes.h"
#include "kernel/lanes_tile.h"
#include "kernel/lanes_transpose.h"
#include "kernel/tile.h"

/* rows and vectors are constants wherever this is inlined, so that acc becomes registers. */
LANES_INLINE void run_tile(const oss_tile *tile, const int rows, const int vectors) {
    lanes_f acc[OSS_TILE_MAX_ROWS * OSS_TILE_MAX_VECTORS];
    start_sums(acc, tile, rows, vectors);
    const ptrdiff_t a_row = tile->a_row, a_step = tile->a_step, b_step = tile->b_step;
    int32_t s = 0;
    do {
        const float *a = tile->a + s * tile->a_segment;
        const float *b = tile->b + s * tile->b_segment;
        for (int32_t p = 0; p < tile->k; p++, a += a_step, b += b_step) {
            lanes_f w[OSS_TILE_MAX_VECTORS];
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                w[v] = lanes_load(b + v * LANES);
                LANES_KEEP(w[v]);
            }
            LANES_UNROLL
            for (int i = 0; i < rows; i++) {
                lanes_f x = lanes_set(a[i * a_row]);
                LANES_UNROLL
                for (int v = 0; v < vectors; v++) {
                    acc[i * vectors + v] = lanes_fma(x, w[v], acc[i * vectors + v]);
                }
            }
        }
    } while (++s < tile->segments);
    finish_tile(tile, acc, rows, vectors);
}

LANES_DEFINE_TILES

static void pack_rows(float *dst, const float *src, ptrdiff_t ld, int32_t k, int32_t columns, int32_t width) {
    for (int32_t p = 0; p < k; p++, src += ld, dst += width) {
        int32_t j = 0;
        for (; j + LANES <= columns; j += LANES) {
            lanes_store(dst + j, lanes_load(src + j));
        }
        if (j < width) {
            lanes_store(dst + j, lanes_load_n(src + j, columns - j));
        }
    }
}

/* dst[0..steps-1, LANES] (row stride width) = transpose of src[columns, steps], steps and columns at most
 * LANES */
static void pack_corner(float *dst, const float *src, ptrdiff_t ld, int32_t steps, int32_t columns,
                        int32_t width) {
    lanes_f rows[LANES];
    for (int32_t i = 0; i < LANES; i++) {
        rows[i] = i < columns ? lanes_load_n(src + i * ld, steps) : (lanes_f){0};
    }
    lanes_transpose(rows);
    for (int32_t p = 0; p < steps; p++) {
        lanes_store(dst + (ptrdiff_t)p * width, rows[p]);
    }
}

static void pack_transposed(float *dst, const float *src, ptrdiff_t ld, int32_t k, int32_t columns,
                            int32_t width) {
    for (int32_t j = 0; j < width; j += LANES, dst += LANES, src += LANES * ld) {
        int32_t here = columns - j < LANES ? columns - j : LANES, p = 0;
        for (; p + LANES <= k && here == LANES; p += LANES) {
            lanes_f rows[LANES];
            LANES_UNROLL
            for (int32_t i = 0; i < LANES; i++) {
                rows[i] = lanes_load(src + p + i * ld);
            }
            lanes_transpose(rows);
            LANES_UNROLL
            for (int32_t i = 0; i < LANES; i++) {
                lanes_store(dst + (ptrdiff_t)(p + i) * width, rows[i]);
            }
        }
        for (int32_t steps; p < k; p += steps) {
            steps = k - p < LANES ? k - p : LANES;
            pack_corner(dst + (ptrdiff_t)p * width, src + p, ld, steps, here, width);
        }
    }
}

/* Even and odd rows have sums of their own, to halve the chain of additions. `vectors` is a constant where
 * this is inlined. */
LANES_INLINE void sum_panel(float *sum, const float *src, ptrdiff_t ld, int32_t k, const int vectors) {
    lanes_f even[OSS_TILE_MAX_VECTORS] = {{0}}, odd[OSS_TILE_MAX_VECTORS] = {{0}};
    int32_t p = 0;
    for (; p + 2 <= k; p += 2, src += 2 * ld) {
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            even[v] += lanes_load(src + v * LANES);
            odd[v] += lanes_load(src + ld + v * LANES);
        }
    }
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) {
        lanes_f last = p < k ? lanes_load(src + v * LANES) : lanes_set(0.0F);
        lanes_store(sum + v * LANES, even[v] + odd[v] + last);
    }
}

static void sum_rows(float *sum, const float *src, ptrdiff_t ld, int32_t k, int32_t vectors) {
    switch (vectors) {
    case 1:
        sum_panel(sum, src, ld, k, 1);
        break;
    case 2:
        sum_panel(sum, src, ld, k, 2);
        break;
    case 3:
        sum_panel(sum, src, ld, k, 3);
        break;
    default:
        sum_panel(sum, src, ld, k, 4);
        break;
    }
}

const oss_tile_table OSS_LANES_TABLE(tile) = {.lanes = LANES,
                                              LANES_TILE_SHAPES,
                                              .pack_rows = pack_rows,
                                              .pack_transposed = pack_transposed,
                                              .sum_rows = sum_rows};
