/* Tiles of pairs, the convolution of one channel and softmax in integers. Compiled once per ISA and once more for AVX-512
 * with VNNI. */
#include "kernel/int16_table.h"
#include "kernel/lanes.h"
#include "kernel/lanes_int.h"
#include "kernel/lanes_math.h"

#if defined(__AVX512VNNI__)
#define INT16_TABLE oss_int16_table_avx512vnni
#else
#define INT16_TABLE OSS_LANES_TABLE(int16)
#endif

#if OSS_LANES_ISA == OSS_LANES_AVX512 || defined(__aarch64__) /* 32 registers */
#define MAX_VECTORS 4
#else
#define MAX_VECTORS 2
#endif

enum { MAX_ROWS = 6 };

/* ---- Tiles ---- */

/* sums[rows, vectors]. rows and vectors are constants wherever this is inlined, so that acc becomes registers. */
LANES_INLINE void sum_pairs(int32_t *sums, const oss_int16_tile *tile, const int rows, const int vectors) {
    lanes_i acc[MAX_ROWS * MAX_VECTORS] = {{0}};
    const int32_t *a = tile->a, *b = tile->b;
    const ptrdiff_t a_row = tile->a_row, a_step = tile->a_step, b_step = tile->b_step;
    for (int32_t p = 0; p < tile->k; p++, a += a_step, b += b_step) {
        lanes_i w[MAX_VECTORS];
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            w[v] = lanes_load_i(b + v * LANES);
            LANES_KEEP(w[v]);
        }
        LANES_UNROLL
        for (int i = 0; i < rows; i++) {
            const lanes_i x = lanes_spread(a + i * a_row);
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                acc[i * vectors + v] = lanes_add_halves(acc[i * vectors + v], x, w[v]);
            }
        }
    }
    LANES_UNROLL
    for (int i = 0; i < rows * vectors; i++) {
        *(lanes_i_unaligned *)(sums + i * LANES) = acc[i];
    }
}

#define SUM(rows, vectors)                                                                                   \
    static void sum_##rows##x##vectors(int32_t *sums, const oss_int16_tile *tile) {                          \
        sum_pairs(sums, tile, rows, vectors);                                                                \
    }
#define SUMS(vectors)                                                                                        \
    SUM(1, vectors) SUM(2, vectors) SUM(3, vectors) SUM(4, vectors) SUM(5, vectors) SUM(6, vectors)
#define NAMES(vectors)                                                                                       \
    { sum_1x##vectors, sum_2x##vectors, sum_3x##vectors, sum_4x##vectors, sum_5x##vectors, sum_6x##vectors }

/* clang-format off */
SUMS(1) SUMS(2)
#if MAX_VECTORS == 4
SUMS(4)
#define SHAPES {NAMES(1), NAMES(2), NAMES(4)}
#else
#define SHAPES {NAMES(1), NAMES(2)}
#endif
    /* clang-format on */

    static void scale_sums(const oss_int16_tile *tile, const int32_t *sums, int32_t rows, int32_t vectors) {
    for (int32_t i = 0; i < rows; i++, sums += vectors * LANES) {
        const float scale = tile->scale[i * tile->scale_row];
        float *c = tile->c + i * tile->c_row;
        int32_t j = 0;
        for (; j + LANES <= tile->columns; j += LANES) {
            lanes_store(c + j, lanes_to_float(lanes_load_i(sums + j)) * scale);
        }
        if (j < tile->columns) {
            lanes_store_n(c + j, lanes_to_float(lanes_load_i(sums + j)) * scale, tile->columns - j);
        }
    }
}

static void run_rows(const oss_int16_tile *first, int32_t rows, int32_t vectors) {
    static void (*const shapes[][MAX_ROWS])(int32_t *, const oss_int16_tile *) = SHAPES;
    int32_t sums[MAX_ROWS * MAX_VECTORS * LANES];
    oss_int16_tile tile = *first;
    for (int32_t tiles = (rows + MAX_ROWS - 1) / MAX_ROWS; tiles > 0; tiles--) {
        int32_t height = (rows + tiles - 1) / tiles;
        shapes[vectors / 2][height - 1](sums, &tile);
        scale_sums(&tile, sums, height, vectors);
        tile.a += height * tile.a_row;
        tile.c += height * tile.c_row;
        tile.scale += height * tile.scale_row;
        rows -= height;
    }
}

/* ---- The convolution of one channel ---- */

enum { MAX_SEGMENTS = 3 };

/* Weights of two vectors of columns stay in registers while cells run; a cell shares a pair with the next. */
LANES_INLINE void convolve(const oss_int16_conv_row *row, int32_t j, const int segments, const int vectors) {
    const int32_t width = (row->co + 15) / 16 * 16;
    lanes_i w[MAX_SEGMENTS][2][2];
    lanes_f scale[2], bias[2];
    LANES_UNROLL
    for (int v = 0; v < vectors; v++) {
        int32_t at = j + v * LANES, left = row->co - at;
        scale[v] = lanes_load(row->w_scale + at) * row->x_scale;
        bias[v] = left >= LANES ? lanes_load(row->bias + at) : lanes_load_n(row->bias + at, left);
        LANES_UNROLL
        for (int s = 0; s < 2 * segments; s++) {
            w[s / 2][s % 2][v] = lanes_load_i(row->w + s * width + at);
        }
    }
    lanes_i low[MAX_SEGMENTS];
    LANES_UNROLL
    for (int s = 0; s < segments; s++) {
        low[s] = lanes_spread(row->x + s * row->stride);
    }
    float *y = row->y + j;
    const int32_t *x = row->x + 1;
    const ptrdiff_t stride = row->stride;
    for (int32_t f = 0; f < row->fo; f++, y += row->co, x++) {
        lanes_i sum[2] = {{0}};
        LANES_UNROLL
        for (int s = 0; s < segments; s++) {
            const lanes_i high = lanes_spread(x + s * stride);
            LANES_UNROLL
            for (int v = 0; v < vectors; v++) {
                sum[v] = lanes_add_halves(lanes_add_halves(sum[v], low[s], w[s][0][v]), high, w[s][1][v]);
            }
            low[s] = high;
        }
        LANES_UNROLL
        for (int v = 0; v < vectors; v++) {
            lanes_f out = lanes_to_float(sum[v]) * scale[v] + bias[v];
            int32_t left = row->co - j - v * LANES;
            if (left >= LANES) {
                lanes_store(y + v * LANES, out);
            } else {
                lanes_store_n(y + v * LANES, out, left);
            }
        }
    }
}

LANES_INLINE void convolve_all(const oss_int16_conv_row *row, const int segments) {
    int32_t j = 0;
    for (; j + LANES < row->co; j += 2 * LANES) {
        convolve(row, j, segments, 2);
    }
    if (j < row->co) {
        convolve(row, j, segments, 1);
    }
}

static void conv_row(const oss_int16_conv_row *row) {
    switch (row->segments) {
    case 1:
        convolve_all(row, 1);
        break;
    case 2:
        convolve_all(row, 2);
        break;
    default:
        convolve_all(row, 3);
        break;
    }
}

/* ---- Rows ---- */

static float scale_of(const float *x, int32_t n, int32_t largest) {
    const lanes_i size = lanes_set_i(0x7fffffff);
    lanes_i high = {0};
    int32_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        high = lanes_max_i(high, (lanes_i)lanes_load(x + i) & size);
    }
    if (i < n) {
        high = lanes_max_i(high, (lanes_i)lanes_load_n(x + i, n - i) & size);
    }
    int32_t bits = lanes_largest_i(high);
    float found;
    memcpy(&found, &bits, sizeof found);
    return !(found < __builtin_inff()) ? __builtin_nanf("")
           : found < 0x1p-100F         ? 0.0F
                                       : found / (float)largest;
}

LANES_INLINE void store_halves(int16_t *p, lanes_i v, int32_t n) {
    typedef int16_t halves __attribute__((vector_size(2 * LANES)));
    halves low = __builtin_convertvector(v, halves);
    memcpy(p, &low, (size_t)n * sizeof *p);
}

static void round_row(int16_t *y, const float *x, int32_t n, int32_t end, float scale) {
    memset(y + n, 0, (size_t)(end - n) * sizeof *y);
    if (!(scale > 0.0F)) {
        memset(y, 0, (size_t)n * sizeof *y);
        return;
    }
    const float factor = 1.0F / scale;
    int32_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        store_halves(y + i, lanes_round(lanes_load(x + i) * factor), LANES);
    }
    if (i < n) {
        store_halves(y + i, lanes_round(lanes_load_n(x + i, n - i) * factor), n - i);
    }
}

/* ---- Softmax ---- */

/* 2^x for x <= 0, within 3e-6; below 2^-126 that. NaN gives NaN. */
LANES_INLINE lanes_f exp2_steady(lanes_f x) {
    static const float p[5] = {0.999999285f, 0.693121433f, 0.240245908f, 0.0559209511f, 0.00957944803f};
    x = lanes_max(lanes_set(-126.0f), x);
    const lanes_i k = lanes_round(x);
    const lanes_f r = x - lanes_to_float(k);
    lanes_f y = lanes_set(p[4]);
    LANES_UNROLL
    for (int i = 3; i >= 0; i--) {
        y = y * r + p[i];
    }
    return y * (lanes_f)((lanes_u)(k + 127) << 23);
}

static float find_largest_scale(const float *scale, ptrdiff_t stride, int32_t n) {
    float largest = 0x1p-100F;
    for (int32_t j = 0; j < n; j++) {
        largest = scale[j * stride] > largest ? scale[j * stride] : largest;
    }
    return largest;
}

/* One vector of queries. */
LANES_INLINE void softmax_column(float *st, int32_t keys, int32_t width, int32_t odd, float *factor,
                                 const float *v_scale, ptrdiff_t v_row, float largest_scale) {
    lanes_f high[2] = {lanes_set(-__builtin_inff()), lanes_set(-__builtin_inff())};
    for (int32_t j = 0; j < keys; j++) {
        high[j & 1] = lanes_max(lanes_load(st + (ptrdiff_t)j * width), high[j & 1]);
    }
    const lanes_f largest = lanes_max(high[0], high[1]), slope = lanes_load(factor);
    lanes_f sum = lanes_set(0.0F), weight = lanes_set(0.0F);
    for (int32_t j = 0; j < keys; j++) {
        float *at = st + (ptrdiff_t)j * width;
        lanes_f e = exp2_steady((lanes_load(at) - largest) * slope);
        lanes_f weighted = e * v_scale[j * v_row];
        sum += e;
        weight += weighted;
        lanes_store(at, weighted);
    }
    /* Weights of at most 15 bits. NaN in `weight` stays. */
    const lanes_f unit =
        lanes_min(lanes_set(32767.0F / largest_scale), (float)OSS_INT16_MAX_WEIGHTS / weight);
    lanes_store(factor, 1.0F / (unit * sum));
    for (int32_t pair = 0, j = -odd; j < keys; pair++, j += 2) {
        const lanes_f none = lanes_set(0.0F);
        lanes_i first = lanes_round(j >= 0 ? lanes_load(st + (ptrdiff_t)j * width) * unit : none);
        lanes_i second =
            lanes_round(j + 1 < keys ? lanes_load(st + (ptrdiff_t)(j + 1) * width) * unit : none);
        lanes_store(st + (ptrdiff_t)pair * width, (lanes_f)((first & 0xffff) | second << 16));
    }
}

static void softmax(float *st, int32_t keys, int32_t width, int32_t odd, float *factor, const float *v_scale,
                    ptrdiff_t v_row) {
    const float largest = find_largest_scale(v_scale, v_row, keys);
    for (int32_t first = 0; first < width; first += LANES) {
        softmax_column(st + first, keys, width, odd, factor + first, v_scale, v_row, largest);
    }
}

const oss_int16_table INT16_TABLE = {.lanes = LANES,
                                     .max_vectors = MAX_VECTORS,
                                     .run = run_rows,
                                     .conv_row = conv_row,
                                     .scale_of = scale_of,
                                     .round = round_row,
                                     .softmax = softmax};
