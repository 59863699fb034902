/* Rows of integers from rows of floats, and the tile that multiplies them. Compiled once per ISA and once more for
 * AVX-512 with VNNI. Floats are multiplied and added one by one, never fused, and largest values are found exactly, so
 * that every ISA gives the same bits. */
#include <string.h>

#include "kernel/int8_table.h"
#include "kernel/lanes.h"
#include "kernel/lanes_gelu.h"
#include "kernel/lanes_int.h"

#if defined(__AVX512VNNI__)
#define INT8_TABLE oss_int8_table_avx512vnni
#else
#define INT8_TABLE OSS_LANES_TABLE(int8)
#endif

#if OSS_LANES_ISA == OSS_LANES_AVX512 || defined(__aarch64__) /* 32 registers */
#define MAX_VECTORS 4
#define MAX_ROWS    6
#else
#define MAX_VECTORS 2
#define MAX_ROWS    4
#endif

/* ---- Rows ---- */

LANES_INLINE lanes_f load_some(const float *p, int32_t n) {
    return n == LANES ? lanes_load(p) : lanes_load_n(p, n);
}

LANES_INLINE int32_t count_some(int32_t left) {
    return left < LANES ? left : LANES;
}

static void write_head(uint8_t *row, float scale, int32_t zero) {
    const oss_int8_head head = {scale, zero};
    memcpy(row, &head, sizeof head);
}

/* Everything but the integers: the head, and zeros before and behind them. Returns where they go. */
static uint8_t *begin_row(uint8_t *row, int32_t columns, int32_t pad, size_t row_bytes, float scale,
                          int32_t zero) {
    uint8_t *to = row + OSS_INT8_HEAD_BYTES + pad;
    write_head(row, scale, zero);
    memset(row + OSS_INT8_HEAD_BYTES, zero, (size_t)pad);
    memset(to + columns, zero, row_bytes - OSS_INT8_HEAD_BYTES - (size_t)pad - (size_t)columns);
    return to;
}

/* A row that cannot be told in integers: scale NaN makes all that comes of it NaN. A row of zeros: scale 0. */
static void write_constant(uint8_t *row, int32_t columns, int32_t pad, size_t row_bytes, float scale) {
    memset(begin_row(row, columns, pad, row_bytes, scale, OSS_INT8_MIDDLE), OSS_INT8_MIDDLE, (size_t)columns);
}

static float float_of(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool is_finite(int32_t bits_of_size) {
    return bits_of_size < 0x7f800000;
}

/* Sizes are compared as integers, in whose order infinity and NaN come last. */
static float find_largest_size(const float *x, int32_t n) {
    const lanes_i size = lanes_set_i(0x7fffffff);
    lanes_i high[4] = {{0}};
    int32_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        LANES_UNROLL
        for (int k = 0; k < 4; k++) {
            high[k] = lanes_max_i(high[k], (lanes_i)lanes_load(x + i + k * LANES) & size);
        }
    }
    for (; i < n; i += LANES) {
        high[0] = lanes_max_i(high[0], (lanes_i)load_some(x + i, count_some(n - i)) & size);
    }
    return float_of(
        lanes_largest_i(lanes_max_i(lanes_max_i(high[0], high[1]), lanes_max_i(high[2], high[3]))));
}

static void quantize(uint8_t *row, const float *x, int32_t columns, int32_t pad, size_t row_bytes) {
    float largest = find_largest_size(x, columns);
    if (!(largest >= OSS_INT8_LEAST && largest < __builtin_inff())) {
        write_constant(row, columns, pad, row_bytes, largest < OSS_INT8_LEAST ? 0.0F : __builtin_nanf(""));
        return;
    }
    uint8_t *to = begin_row(row, columns, pad, row_bytes, largest / 127.0F, OSS_INT8_MIDDLE);
    const lanes_f factor = lanes_set(127.0F / largest);
    const lanes_i middle = lanes_set_i(OSS_INT8_MIDDLE);
    int32_t i = 0;
    for (; i + LANES <= columns; i += LANES) {
        lanes_store_bytes(to + i, lanes_round(lanes_load(x + i) * factor) + middle, LANES);
    }
    int32_t rest = columns - i;
    lanes_store_bytes(to + i, lanes_round(lanes_load_n(x + i, rest) * factor) + middle, rest);
}

/* The largest of x, and whether all are finite. Of no number: -inf. */
static float find_largest(const float *x, int32_t n, bool *finite) {
    const lanes_i size = lanes_set_i(0x7fffffff);
    lanes_f high[2] = {lanes_set(-__builtin_inff()), lanes_set(-__builtin_inff())};
    lanes_i wide[2] = {{0}};
    int32_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        LANES_UNROLL
        for (int k = 0; k < 2; k++) {
            lanes_f v = lanes_load(x + i + k * LANES);
            high[k] = lanes_max(high[k], v);
            wide[k] = lanes_max_i(wide[k], (lanes_i)v & size);
        }
    }
    float largest = lanes_largest(lanes_max(high[0], high[1]));
    for (; i < n; i++) {
        int32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        wide[0] = lanes_max_i(wide[0], lanes_set_i(bits & 0x7fffffff));
        largest = x[i] > largest ? x[i] : largest;
    }
    *finite = is_finite(lanes_largest_i(lanes_max_i(wide[0], wide[1])));
    return largest;
}

/* gelu is at least LOWEST, and grows from -0.75 on: its largest value is that of the largest x, or LOWEST < 0. So one
 * pass finds the range. 254 steps, not 255, leave room for the rounding of `zero`. */
static void quantize_gelu(uint8_t *row, const float *x, int32_t columns, int32_t pad, size_t row_bytes) {
    const float lowest = -0.1705F;
    bool finite;
    float largest = find_largest(x, columns, &finite);
    if (!finite) {
        write_constant(row, columns, pad, row_bytes, __builtin_nanf(""));
        return;
    }
    float high = largest > 0.0F ? lanes_gelu_steady(lanes_set(largest))[0] : 0.0F;
    float range = high - lowest, factor = 254.0F / range;
    int32_t zero = lanes_round(lanes_set(-lowest * factor))[0];
    uint8_t *to = begin_row(row, columns, pad, row_bytes, range / 254.0F, zero);
    const lanes_f zeros = lanes_set((float)zero), factors = lanes_set(factor);
    int32_t i = 0;
    for (; i + LANES <= columns; i += LANES) {
        lanes_store_bytes(to + i, lanes_round(lanes_gelu_steady(lanes_load(x + i)) * factors + zeros), LANES);
    }
    int32_t rest = columns - i;
    lanes_store_bytes(to + i, lanes_round(lanes_gelu_steady(lanes_load_n(x + i, rest)) * factors + zeros),
                      rest);
}

/* ---- Tiles ---- */

enum { MAX_SUMS = MAX_ROWS * MAX_VECTORS * LANES };

/* sums[rows, vectors] of one segment. rows and vectors are constants wherever this is inlined, so that acc becomes
 * registers. */
LANES_INLINE void sum_quads(int32_t *sums, const uint8_t *a, ptrdiff_t a_row, const char *b, int32_t steps,
                            const int rows, const int vectors) {
    lanes_i acc[MAX_ROWS * MAX_VECTORS] = {{0}};
    for (int32_t p = 0; p < steps; p++, a += 4, b += vectors * LANES_QUADS_BYTES) {
        LANES_UNROLL
        for (int i = 0; i < rows; i++) {
            lanes_i from = lanes_spread(a + i * a_row);
            LANES_KEEP(from);
            const lanes_quads x = lanes_split_quads(from);
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                acc[i * vectors + v] = lanes_add_quads(acc[i * vectors + v], x, b + v * LANES_QUADS_BYTES);
            }
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) {
        *(lanes_i_unaligned *)(sums + i * LANES) = acc[i];
    }
}

#define SUM(rows, vectors)                                                                                   \
    static void sum_##rows##x##vectors(int32_t *sums, const uint8_t *a, ptrdiff_t a_row, const char *b,      \
                                       int32_t steps) {                                                      \
        sum_quads(sums, a, a_row, b, steps, rows, vectors);                                                  \
    }
/* clang-format off */
#if MAX_ROWS == 6
#define SUMS(vectors)  SUM(1, vectors) SUM(2, vectors) SUM(3, vectors) SUM(4, vectors) SUM(5, vectors) SUM(6, vectors)
#define NAMES(vectors) {sum_1x##vectors, sum_2x##vectors, sum_3x##vectors, sum_4x##vectors, sum_5x##vectors, sum_6x##vectors}
SUMS(1) SUMS(4)
#define SHAPES {NAMES(1), NAMES(4)}
#else
#define SUMS(vectors)  SUM(1, vectors) SUM(2, vectors) SUM(3, vectors) SUM(4, vectors)
#define NAMES(vectors) {sum_1x##vectors, sum_2x##vectors, sum_3x##vectors, sum_4x##vectors}
SUMS(1) SUMS(2)
#define SHAPES {NAMES(1), NAMES(2)}
#endif
    /* clang-format on */

    typedef void (*sum_fn)(int32_t *sums, const uint8_t *a, ptrdiff_t a_row, const char *b, int32_t steps);
static const sum_fn sum_shapes[2][MAX_ROWS] = SHAPES;

static void sum_segment(const oss_int8_tile *tile, int32_t *sums, int32_t segment, int32_t rows,
                        int32_t vectors) {
    sum_shapes[vectors > 1][rows - 1](sums, tile->head + segment * tile->head_segment + tile->first,
                                      tile->a_row, tile->b + segment * tile->b_segment, tile->steps);
}

/* The scale of a row of integers, and what its zero takes from a sum for each unit of the weights' sum. */
static void read_head(const uint8_t *row, float *scale, float *shift) {
    oss_int8_head head;
    memcpy(&head, row, sizeof head);
    *scale = head.scale;
    *shift = head.scale * (float)head.zero;
}

LANES_INLINE lanes_f load_sums(const int32_t *sums) {
    return lanes_to_float(lanes_load_i(sums));
}

LANES_INLINE void store_output(const oss_int8_tile *tile, float *c, lanes_f y, int32_t n) {
    y = tile->gelu ? lanes_gelu_steady(y) : y;
    y = tile->add ? load_some(c, n) + y : y;
    if (n == LANES) {
        lanes_store(c, y);
    } else {
        lanes_store_n(c, y, n);
    }
}

static void product(const oss_int8_tile *tile, int32_t rows, int32_t vectors) {
    int32_t sums[MAX_SUMS];
    float scale[MAX_ROWS], shift[MAX_ROWS];
    sum_segment(tile, sums, 0, rows, vectors);
    for (int32_t i = 0; i < rows; i++) {
        read_head(tile->head + i * tile->head_row, &scale[i], &shift[i]);
    }
    for (int32_t j = 0; j < tile->columns; j += LANES) {
        int32_t n = count_some(tile->columns - j);
        const lanes_f weight_scale = lanes_load(tile->weight_scale + j),
                      weight_sum = lanes_load(tile->weight_sum + j);
        const lanes_f bias = tile->bias != NULL ? load_some(tile->bias + j, n) : lanes_set(0.0F);
        for (int32_t i = 0; i < rows; i++) {
            lanes_f sum = load_sums(sums + i * vectors * LANES + j) * scale[i] - weight_sum * shift[i];
            store_output(tile, tile->c + i * tile->c_row + j, sum * weight_scale + bias, n);
        }
    }
}

static void convolution(const oss_int8_tile *tile, int32_t rows, int32_t vectors) {
    int32_t sums[OSS_INT8_SEGMENTS][MAX_SUMS];
    float scale[OSS_INT8_SEGMENTS] = {0}, shift[OSS_INT8_SEGMENTS] = {0};
    for (int32_t s = 0; s < tile->segments; s++) {
        sum_segment(tile, sums[s], s, rows, vectors);
        read_head(tile->head + s * tile->head_segment, &scale[s], &shift[s]);
    }
    for (int32_t j = 0; j < tile->columns; j += LANES) {
        int32_t n = count_some(tile->columns - j);
        const lanes_f weight_scale = lanes_load(tile->weight_scale + j);
        const lanes_f bias = tile->bias != NULL ? load_some(tile->bias + j, n) : lanes_set(0.0F);
        lanes_f back = lanes_set(0.0F);
        for (int32_t s = 0; s < tile->segments; s++) {
            back += lanes_load(tile->weight_sum + s * tile->sum_segment + j) * shift[s];
        }
        for (int32_t i = 0; i < rows; i++) {
            lanes_f sum = -back;
            for (int32_t s = 0; s < tile->segments; s++) {
                sum += load_sums(sums[s] + i * vectors * LANES + j) * scale[s];
            }
            store_output(tile, tile->c + i * tile->c_row + j, sum * weight_scale + bias, n);
        }
    }
}

const oss_int8_table INT8_TABLE = {.lanes = LANES,
                                   .max_vectors = MAX_VECTORS,
                                   .max_rows = MAX_ROWS,
                                   .widened = LANES_QUADS_BYTES == 8 * LANES,
                                   .product = product,
                                   .convolution = convolution,
                                   .quantize = quantize,
                                   .quantize_gelu = quantize_gelu};
