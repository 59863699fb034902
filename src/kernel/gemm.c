#include "kernel/gemm.h"

#include <string.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/tile.h"

/* Steps of k between two visits of c. A panel of b, [K_BLOCK, 64] floats, is 256 KiB: it streams from the
 * second-level cache, which gives the 4 vectors that 24 multiply-adds take in 12 cycles without holding them
 * up. */
enum { K_BLOCK = 1024 };
_Static_assert((int)K_BLOCK *(int)OSS_TILE_MAX_WIDTH <= (int)OSS_GEMM_SCRATCH_FLOATS, "a packed panel fits");

static void zero_rows(float *c, int32_t ldc, int32_t m, int32_t n) {
    for (int32_t i = 0; i < m; i++) {
        memset(c + (ptrdiff_t)i * ldc, 0, (size_t)n * sizeof *c);
    }
}

void oss_k_gemm(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch) {
    OSS_CONTRACT(beta == 0.0F || beta == 1.0F);
    OSS_CONTRACT(lda >= (ta ? m : k) && ldb >= (tb ? k : n) && ldc >= n);
    OSS_CONTRACT(m <= 0 || n <= 0 || (c != NULL && (k <= 0 || (a != NULL && b != NULL && scratch != NULL))));
    if (m <= 0 || n <= 0) {
        return;
    }
    if (k <= 0) {
        if (beta == 0.0F) {
            zero_rows(c, ldc, m, n);
        }
        return;
    }
    const oss_tile_table *table = oss_tile_table_get();
    int32_t k_block = 0;
    for (int32_t k0 = 0, blocks = (k + K_BLOCK - 1) / K_BLOCK; k0 < k; k0 += k_block, blocks--) {
        k_block = (k - k0 + blocks - 1) / blocks;
        int32_t columns = 0;
        for (int32_t j = 0; j < n; j += columns) {
            int32_t vectors = oss_tile_panel_vectors(table, n - j);
            int32_t width = vectors * table->lanes;
            columns = n - j < width ? n - j : width;
            if (tb) {
                table->pack_transposed(scratch, b + (ptrdiff_t)j * ldb + k0, ldb, k_block, columns, width);
            } else {
                table->pack_rows(scratch, b + (ptrdiff_t)k0 * ldb + j, ldb, k_block, columns, width);
            }
            oss_tile tile = {.a = ta ? a + (ptrdiff_t)k0 * lda : a + k0,
                             .a_row = ta ? 1 : lda,
                             .a_step = ta ? lda : 1,
                             .b = scratch,
                             .b_step = width,
                             .segments = 1,
                             .k = k_block,
                             .c = c + j,
                             .c_row = ldc,
                             .columns = columns,
                             .add = k0 > 0 || beta != 0.0F};
            oss_tile_run_rows(table, tile, vectors, m);
        }
    }
}

size_t oss_k_packed_floats(int32_t n, int32_t k) {
    OSS_CONTRACT(n >= 0 && k >= 0);
    return oss_round_up((size_t)n, 16) * (size_t)k;
}

void oss_k_pack_weight(float *packed, const float *w, int32_t n, int32_t k) {
    OSS_CONTRACT(n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && w != NULL);
    OSS_CONTRACT(oss_is_apart(packed, oss_k_packed_floats(n, k), w, (size_t)n * (size_t)k));
    const oss_tile_table *table = oss_tile_table_get();
    int32_t columns = 0;
    for (int32_t j = 0; j < n; j += columns) {
        int32_t width = oss_tile_panel_vectors(table, n - j) * table->lanes;
        columns = n - j < width ? n - j : width;
        table->pack_transposed(packed + (ptrdiff_t)j * k, w + (ptrdiff_t)j * k, k, k, columns, width);
    }
}

void oss_k_pack_weight_back(float *packed, const float *w, int32_t n, int32_t k) {
    OSS_CONTRACT(n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && w != NULL);
    OSS_CONTRACT(oss_is_apart(packed, oss_k_packed_floats(k, n), w, (size_t)n * (size_t)k));
    const oss_tile_table *table = oss_tile_table_get();
    int32_t columns = 0;
    for (int32_t j = 0; j < k; j += columns) {
        int32_t width = oss_tile_panel_vectors(table, k - j) * table->lanes;
        columns = k - j < width ? k - j : width;
        table->pack_rows(packed + (ptrdiff_t)j * n, w + j, k, n, columns, width);
    }
}

void oss_k_linear_packed(float *y, int32_t ldy, const float *x, int32_t ldx, const float *packed,
                         const float *bias, int32_t m, int32_t n, int32_t k, oss_epilogue epilogue) {
    OSS_CONTRACT(m >= 0 && n > 0 && k > 0);
    OSS_CONTRACT(ldy >= n && ldx >= k);
    OSS_CONTRACT(packed != NULL && (m == 0 || (y != NULL && x != NULL)));
    oss_tile_run_panels(oss_tile_table_get(),
                        (oss_tile){.a = x,
                                   .a_row = ldx,
                                   .a_step = 1,
                                   .b = packed,
                                   .segments = 1,
                                   .k = k,
                                   .c = y,
                                   .c_row = ldy,
                                   .bias = bias,
                                   .add = epilogue == OSS_EPI_BIAS_ADD,
                                   .gelu = epilogue == OSS_EPI_BIAS_GELU ? y : NULL},
                        m, n);
}

void oss_k_linear_gelu_packed(float *y, float *pre, const float *x, const float *packed, const float *bias,
                              int32_t m, int32_t n, int32_t k) {
    OSS_CONTRACT(m >= 0 && n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && (m == 0 || (y != NULL && pre != NULL && x != NULL)));
    OSS_CONTRACT(oss_is_apart(pre, (size_t)m * (size_t)n, x, (size_t)m * (size_t)k));
    oss_tile_run_panels(oss_tile_table_get(),
                        (oss_tile){.a = x,
                                   .a_row = k,
                                   .a_step = 1,
                                   .b = packed,
                                   .segments = 1,
                                   .k = k,
                                   .c = pre,
                                   .c_row = n,
                                   .bias = bias,
                                   .gelu = y},
                        m, n);
}
