#include "kernel/bf16.h"

#include <string.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/bf16_table.h"
#include "kernel/cpu.h"
#include "kernel/tile.h"

OSS_CPU_DECLARE_TABLES(oss_bf16_table, bf16);
static const oss_bf16_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(bf16);

#if defined(__x86_64__)
extern const oss_bf16_table oss_bf16_table_avx512bf16;
extern const oss_tile_table oss_bf16_tile_table_avx512bf16;
static const oss_bf16_table *const native = &oss_bf16_table_avx512bf16;
static const oss_tile_table *const native_tile = &oss_bf16_tile_table_avx512bf16;
#else
static const oss_bf16_table *const native = NULL; /* oss_cpu_has_bf16() is false */
static const oss_tile_table *const native_tile = NULL;
#endif

const oss_bf16_table *oss_bf16_table_get(void) {
    return oss_cpu_has_bf16() ? native : tables[oss_cpu_isa()];
}

const oss_tile_table *oss_bf16_tile_get(void) {
    if (oss_cpu_has_bf16()) {
        return native_tile;
    }
    OSS_CONTRACT(oss_bf16_emulated != NULL);
    return oss_bf16_emulated[oss_cpu_isa()];
}

void oss_k_bf16_round(oss_bf16 *y, const float *x, ptrdiff_t ldx, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0 && ldx >= c);
    OSS_CONTRACT(rows == 0 || (y != NULL && x != NULL));
    OSS_CONTRACT(oss_is_aligned(y, 4));
    const oss_bf16_table *table = oss_bf16_table_get();
    if (ldx == c && c % 2 == 0) {
        table->round(y, x, (size_t)rows * (size_t)c);
        return;
    }
    for (int32_t i = 0; i < rows; i++, y += oss_bf16_columns(c), x += ldx) {
        table->round(y, x, (size_t)c);
    }
}

void oss_k_bf16_pair_packed(float *packed, int32_t n, int32_t k) {
    OSS_CONTRACT(n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && oss_is_aligned(packed, 4));
    const oss_bf16_table *table = oss_bf16_table_get();
    uint32_t *to = (uint32_t *)(void *)packed; /* never overtakes `from` */
    const float *from = packed;
    for (int32_t j = 0, width; j < n; j += width) {
        width = oss_tile_panel_vectors(&table->panel, n - j) * table->panel.lanes;
        for (int32_t p = 0; p < k; p += 2, to += width) {
            bool whole = p + 1 < k;
            table->pair_floats(to, from, whole ? from + width : NULL, width);
            from += (whole ? 2 : 1) * width;
        }
    }
}

void oss_k_bf16_widen(float *y, const float *x, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0);
    OSS_CONTRACT(rows == 0 || (y != NULL && x != NULL));
    const oss_bf16_table *table = oss_bf16_table_get();
    for (int32_t i = 0; i < rows; i++, y += c, x += c) {
        table->widen_swapped(y, x, (size_t)c);
    }
}

void oss_k_bf16_widen_packed(float *packed, int32_t n, int32_t k) {
    OSS_CONTRACT(n > 0 && k > 0 && packed != NULL);
    const oss_bf16_table *table = oss_bf16_table_get();
    for (int32_t j = 0, width; j < n; j += width) {
        width = oss_tile_panel_vectors(&table->panel, n - j) * table->panel.lanes;
        for (int32_t left = k; left > 0; left -= 2) {
            float first[OSS_TILE_MAX_WIDTH];
            table->widen(first, packed, (size_t)width);
            if (left > 1) { /* an odd last one stays where it is */
                table->widen(packed, packed + width, (size_t)width);
                packed += width;
            }
            memcpy(packed, first, (size_t)width * sizeof *packed);
            packed += width;
        }
    }
}

void oss_k_bf16_linear(float *y, float *pre, const oss_bf16 *x, const float *packed, const float *bias,
                       int32_t m, int32_t n, int32_t k, oss_epilogue epilogue) {
    OSS_CONTRACT(m >= 0 && n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && (m == 0 || (y != NULL && x != NULL)));
    OSS_CONTRACT(pre == NULL || epilogue == OSS_EPI_BIAS_GELU);
    OSS_CONTRACT(oss_is_aligned(x, 4));
    int32_t pairs = (k + 1) / 2;
    oss_tile_run_panels(oss_bf16_tile_get(),
                        (oss_tile){.a = oss_bf16_elements(x),
                                   .a_row = pairs,
                                   .a_step = 1,
                                   .b = packed,
                                   .segments = 1,
                                   .k = pairs,
                                   .c = pre != NULL ? pre : y,
                                   .c_row = n,
                                   .bias = bias,
                                   .add = epilogue == OSS_EPI_BIAS_ADD,
                                   .gelu = epilogue == OSS_EPI_BIAS_GELU ? y : NULL},
                        m, n);
}

/* Pairs of rows between two visits of dw: of 768 columns they take 768 KiB, and less than a second-level
 * cache with the panel beside them. */
enum { BLOCK_PAIRS = 256 };

static int32_t count_block_pairs(int32_t rows) {
    int32_t pairs = (rows + 1) / 2;
    return pairs < BLOCK_PAIRS ? pairs : BLOCK_PAIRS;
}

size_t oss_k_bf16_linear_scratch(int32_t rows, int32_t n) {
    OSS_CONTRACT(rows >= 0 && n > 0);
    return (size_t)count_block_pairs(rows) * (oss_round_up((size_t)n, 16) + OSS_TILE_MAX_WIDTH);
}

/* dst[pairs, width] = rows 2p and 2p + 1 of x[rows, columns] (row stride ld) side by side; an odd last row is
 * paired with zeros, columns up to width are zeros. */
static void pair_rows(const oss_bf16_table *table, uint32_t *dst, ptrdiff_t width, const oss_bf16 *x,
                      ptrdiff_t ld, int32_t rows, int32_t columns) {
    for (int32_t i = 0; i < rows; i += 2, dst += width, x += 2 * ld) {
        table->pair(dst, x, i + 1 < rows ? x + ld : NULL, columns);
        for (ptrdiff_t j = columns; j < width; j++) {
            dst[j] = 0;
        }
    }
}

void oss_k_bf16_linear_bwd_weight(float *dw, const oss_bf16 *dy, const oss_bf16 *x, int32_t rows, int32_t n,
                                  int32_t k, bool add, uint32_t *scratch) {
    OSS_CONTRACT(rows >= 0 && n > 0 && k > 0);
    OSS_CONTRACT(dw != NULL && (rows == 0 || (dy != NULL && x != NULL && scratch != NULL)));
    OSS_CONTRACT(oss_is_aligned(dy, 4) && oss_is_aligned(x, 4));
    OSS_CONTRACT(oss_is_aligned(scratch, 64));
    const oss_bf16_table *table = oss_bf16_table_get();
    ptrdiff_t ldy = oss_bf16_columns(n), ldx = oss_bf16_columns(k),
              dy_width = (ptrdiff_t)oss_round_up((size_t)n, 16);
    uint32_t *dy_pairs = scratch, *x_pairs = scratch + (ptrdiff_t)count_block_pairs(rows) * dy_width;
    for (int32_t begin = 0, block; begin < rows; begin += block) {
        block = rows - begin < 2 * BLOCK_PAIRS ? rows - begin : 2 * BLOCK_PAIRS;
        pair_rows(table, dy_pairs, dy_width, dy + begin * ldy, ldy, block, n);
        for (int32_t j = 0, width; j < k; j += width) {
            int32_t vectors = oss_tile_panel_vectors(&table->panel, k - j);
            width = vectors * table->panel.lanes;
            int32_t columns = k - j < width ? k - j : width;
            pair_rows(table, x_pairs, width, x + begin * ldx + j, ldx, block, columns);
            oss_tile tile = {.a = oss_bf16_elements(dy_pairs),
                             .a_row = 1,
                             .a_step = dy_width,
                             .b = oss_bf16_elements(x_pairs),
                             .b_step = width,
                             .segments = 1,
                             .k = (block + 1) / 2,
                             .c = dw + j,
                             .c_row = k,
                             .columns = columns,
                             .add = add || begin > 0};
            oss_tile_run_rows(oss_bf16_tile_get(), tile, vectors, n);
        }
    }
}
