/* Channels across lanes: nothing is folded, and the sums of a channel depend on no other. */
#include "kernel/lanes.h"
#include "kernel/value_conv_table.h"

enum { VECTORS = 4 /* sums that run side by side */ };

/* Channels of `vectors` whole vectors. */
LANES_INLINE void add_vectors(float *y, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                              int32_t rows, int vectors) {
    lanes_f sum[VECTORS];
    LANES_UNROLL
    for (int k = 0; k < vectors; k++) {
        sum[k] = lanes_load(y + k * LANES);
    }
    for (int32_t r = 0; r < rows; r++) {
        LANES_UNROLL
        for (int k = 0; k < vectors; k++) {
            sum[k] += lanes_load(a + r * a_row + k * LANES) * lanes_load(b + r * b_row + k * LANES);
        }
    }
    LANES_UNROLL
    for (int k = 0; k < vectors; k++) {
        lanes_store(y + k * LANES, sum[k]);
    }
}

static void add_products(float *y, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                         int32_t rows, int32_t n) {
    int32_t i = 0;
    for (; i + VECTORS * LANES <= n; i += VECTORS * LANES) {
        add_vectors(y + i, a + i, a_row, b + i, b_row, rows, VECTORS);
    }
    for (; i + LANES <= n; i += LANES) {
        add_vectors(y + i, a + i, a_row, b + i, b_row, rows, 1);
    }
    if (i < n) {
        lanes_f sum = lanes_load_n(y + i, n - i);
        for (int32_t r = 0; r < rows; r++) {
            sum += lanes_load_n(a + r * a_row + i, n - i) * lanes_load_n(b + r * b_row + i, n - i);
        }
        lanes_store_n(y + i, sum, n - i);
    }
}

const oss_value_conv_table OSS_LANES_TABLE(value_conv) = {.add_products = add_products};
