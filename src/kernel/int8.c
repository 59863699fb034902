#include "kernel/int8.h"

#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "kernel/conv2d_grid.h"
#include "kernel/cpu.h"
#include "kernel/int8_table.h"
#include "kernel/lengths.h"

OSS_CPU_DECLARE_TABLES(oss_int8_table, int8);
static const oss_int8_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(int8);

#if defined(__x86_64__)
extern const oss_int8_table oss_int8_table_avx512vnni;
static const oss_int8_table *const native = &oss_int8_table_avx512vnni;
#else
static const oss_int8_table *const native = NULL; /* oss_cpu_has_vnni() is false */
#endif

const oss_int8_table *oss_int8_table_get(void) {
    return oss_cpu_has_vnni() ? native : tables[oss_cpu_isa()];
}

/* ---- Weights ---- */

enum { LARGEST = 127, TAPS = 3, QUAD = 4 };

/* To 16 significant bits, away from 0. */
static float round_up(float scale) {
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    bits = (bits + 0xff) & ~UINT32_C(0xff);
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static int8_t round_weight(float w, float scale) {
    return scale > 0.0F ? (int8_t)lrintf(w / scale) : 0;
}

float oss_k_int8_row(int8_t *q, const float *w, size_t n) {
    OSS_CONTRACT(n == 0 || w != NULL);
    float largest = 0.0F;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(w[i])) {
            largest = NAN;
            break;
        }
        largest = fmaxf(largest, fabsf(w[i]));
    }
    float scale = largest < OSS_INT8_LEAST ? 0.0F : round_up(largest / (float)LARGEST);
    for (size_t i = 0; i < n && q != NULL; i++) {
        q[i] = round_weight(w[i], scale);
    }
    return scale;
}

/* Where the parts of a packed weight lie: scale[columns], then for each segment sum[columns], then panels of
 * [segments][steps][vectors][quads of a vector]. A product has one segment; a convolution has one for each row that its
 * kernel covers, of 3 k numbers that lie together in a row of integers. */
typedef struct layout {
    int32_t segments, terms, steps; /* terms: numbers of a segment */
    ptrdiff_t columns;              /* n in whole vectors of any ISA */
    ptrdiff_t quad_bytes;           /* of one column and step */
    int32_t lanes;
} layout;

static layout make_layout(int32_t n, int32_t k, bool conv) {
    layout l = {.segments = conv ? TAPS : 1, .terms = conv ? TAPS * k : k};
    l.steps = (l.terms + QUAD - 1) / QUAD;
    l.columns = (ptrdiff_t)oss_round_up((size_t)n, 16);
    l.quad_bytes = oss_int8_table_get()->widened ? 2 * QUAD : QUAD;
    l.lanes = oss_int8_table_get()->lanes;
    return l;
}

static const float *get_scale(const float *packed) {
    return packed;
}

static const float *get_sums(const layout *l, const float *packed) {
    return packed + l->columns;
}

static const char *get_panel(const layout *l, const float *packed, int32_t column) {
    const char *panels = (const char *)(packed + (1 + l->segments) * l->columns);
    return panels + (ptrdiff_t)column * l->segments * l->steps * l->quad_bytes;
}

/* Vectors of the panel that begins at a column. */
static int32_t count_vectors(const oss_int8_table *table, int32_t columns) {
    return columns > (table->max_vectors - 1) * table->lanes ? table->max_vectors : 1;
}

size_t oss_k_int8_packed_floats(int32_t n, int32_t k, bool conv) {
    OSS_CONTRACT(n > 0 && k > 0);
    layout l = make_layout(n, k, conv);
    return (size_t)(l.columns * (1 + l.segments) +
                    l.columns * l.segments * l.steps * l.quad_bytes / (ptrdiff_t)sizeof(float));
}

/* Four numbers of a column to their place in a step: as they are, or widened, numbers 0 and 2 of a vector's columns
 * before numbers 1 and 3. */
static void store_quad(char *step, int32_t column, int32_t lanes, const int8_t quad[QUAD], bool widened) {
    if (!widened) {
        memcpy(step + (ptrdiff_t)column * QUAD, quad, QUAD);
        return;
    }
    const int32_t lane = column % lanes, vector = column - lane;
    for (int32_t r = 0; r < QUAD; r++) {
        int16_t wide = quad[r];
        memcpy(step + (2 * vector + r % 2 * lanes + lane) * QUAD + (size_t)(r / 2) * sizeof wide, &wide,
               sizeof wide);
    }
}

/* Number `term` of a segment of the weights of one output, w[k] or w[k,3,3]. */
static float get_weight(const float *w, int32_t k, bool conv, int32_t segment, int32_t term) {
    return conv ? w[(term % k) * TAPS * TAPS + segment * TAPS + term / k] : w[term];
}

/* One output's weights to its place in a panel; returns their sum. */
static float pack_column(const layout *l, char *panel, int32_t column, int32_t width, const float *w,
                         float scale, int32_t k, bool conv, int32_t segment) {
    const ptrdiff_t step_bytes = l->quad_bytes * width;
    int32_t sum = 0;
    for (int32_t p = 0; p < l->steps; p++) {
        int8_t quad[QUAD] = {0};
        for (int32_t r = 0; r < QUAD && p * QUAD + r < l->terms && w != NULL; r++) {
            quad[r] = round_weight(get_weight(w, k, conv, segment, p * QUAD + r), scale);
            sum += quad[r];
        }
        store_quad(panel + (segment * l->steps + p) * step_bytes, column, l->lanes, quad,
                   l->quad_bytes > QUAD);
    }
    return (float)sum;
}

void oss_k_int8_pack(float *packed, const float *w, int32_t n, int32_t k, bool conv) {
    OSS_CONTRACT(n > 0 && k > 0 && k <= OSS_INT8_MAX_TERMS / (conv ? TAPS * TAPS : 1));
    OSS_CONTRACT(packed != NULL && w != NULL);
    const oss_int8_table *table = oss_int8_table_get();
    layout l = make_layout(n, k, conv);
    ptrdiff_t row = conv ? (ptrdiff_t)k * TAPS * TAPS : k;
    for (int32_t j = 0, width; j < l.columns; j += width) {
        width = count_vectors(table, n - j) * table->lanes;
        char *panel = (char *)packed + (get_panel(&l, packed, j) - (const char *)packed);
        for (int32_t o = j; o < j + width; o++) {
            const float *from = o < n ? w + o * row : NULL;
            float scale = from != NULL ? oss_k_int8_row(NULL, from, (size_t)row) : 0.0F;
            packed[o] = scale;
            for (int32_t s = 0; s < l.segments; s++) {
                packed[l.columns * (1 + s) + o] =
                    pack_column(&l, panel, o - j, width, from, scale, k, conv, s);
            }
        }
    }
}

/* ---- Rows ---- */

typedef void (*quantize_fn)(uint8_t *row, const float *x, int32_t columns, int32_t pad, size_t row_bytes);

static void quantize_rows(quantize_fn quantize, uint8_t *y, const float *x, int32_t rows, int32_t columns,
                          int32_t pad) {
    OSS_CONTRACT(rows >= 0 && columns > 0 && pad >= 0);
    OSS_CONTRACT(rows == 0 || (y != NULL && x != NULL));
    size_t bytes = oss_int8_row_bytes(columns, pad);
    for (int32_t i = 0; i < rows; i++, y += bytes, x += columns) {
        quantize(y, x, columns, pad, bytes);
    }
}

void oss_k_int8_quantize(void *y, const float *x, int32_t rows, int32_t columns, int32_t pad) {
    quantize_rows(oss_int8_table_get()->quantize, y, x, rows, columns, pad);
}

void oss_k_int8_quantize_gelu(void *y, const float *x, int32_t rows, int32_t columns, int32_t pad) {
    quantize_rows(oss_int8_table_get()->quantize_gelu, y, x, rows, columns, pad);
}

/* ---- Products ---- */

/* All columns of `rows` rows, in tiles as even as possible; `tile` is the first one of the first panel, which
 * b_segment is left out of. begin: the first segment that is there. */
static void run_tiles(const layout *l, oss_int8_tile tile, bool conv, const float *packed, int32_t begin,
                      int32_t rows, int32_t n) {
    const oss_int8_table *table = oss_int8_table_get();
    for (int32_t j = 0, width; j < n; j += width) {
        int32_t vectors = count_vectors(table, n - j);
        width = vectors * table->lanes;
        oss_int8_tile at = tile;
        at.b_segment = (ptrdiff_t)l->steps * width * l->quad_bytes;
        at.b = get_panel(l, packed, j) + begin * at.b_segment;
        at.weight_scale = get_scale(packed) + j;
        at.weight_sum = get_sums(l, packed) + begin * l->columns + j;
        at.bias = tile.bias != NULL ? tile.bias + j : NULL;
        at.c += j;
        at.columns = n - j < width ? n - j : width;
        int32_t tiles = (rows + table->max_rows - 1) / table->max_rows;
        for (int32_t left = rows, height; left > 0; left -= height, tiles--) {
            height = (left + tiles - 1) / tiles;
            (conv ? table->convolution : table->product)(&at, height, vectors);
            at.head += height * at.head_row;
            at.first += conv ? height * at.a_row : 0;
            at.c += height * at.c_row;
        }
    }
}

void oss_k_int8_linear(float *y, const void *x, const float *packed, const float *bias, int32_t m, int32_t n,
                       int32_t k, oss_epilogue epilogue) {
    OSS_CONTRACT(m >= 0 && n > 0 && k > 0);
    OSS_CONTRACT(packed != NULL && (m == 0 || (y != NULL && x != NULL)));
    const layout l = make_layout(n, k, false);
    const ptrdiff_t row = (ptrdiff_t)oss_int8_row_bytes(k, 0);
    run_tiles(&l,
              (oss_int8_tile){.head = x,
                              .head_row = row,
                              .first = OSS_INT8_HEAD_BYTES,
                              .a_row = row,
                              .bias = bias,
                              .segments = 1,
                              .steps = l.steps,
                              .c = y,
                              .c_row = n,
                              .add = epilogue == OSS_EPI_BIAS_ADD,
                              .gelu = epilogue == OSS_EPI_BIAS_GELU},
              false, packed, 0, m, n);
}

void oss_k_int8_conv2d_row(float *y, const void *x, const float *packed, const float *bias, int32_t t,
                           int32_t f, int32_t ci, int32_t co, int32_t row, bool gelu) {
    OSS_CONTRACT(t > 0 && f > 0 && ci > 0 && co > 0);
    OSS_CONTRACT(row >= 0 && row < oss_len_conv(t));
    OSS_CONTRACT(y != NULL && x != NULL && packed != NULL && bias != NULL);
    const layout l = make_layout(co, ci, true);
    const ptrdiff_t row_bytes = (ptrdiff_t)oss_int8_row_bytes(f * ci, ci);
    const oss_conv2d_taps taps = oss_conv2d_get_taps(row, t);
    run_tiles(&l,
              (oss_int8_tile){.head = (const uint8_t *)x + (2 * row + taps.begin - 1) * row_bytes,
                              .head_segment = row_bytes,
                              .first = OSS_INT8_HEAD_BYTES,
                              .a_row = (ptrdiff_t)2 * ci,
                              .sum_segment = l.columns,
                              .bias = bias,
                              .segments = taps.end - taps.begin,
                              .steps = l.steps,
                              .c = y,
                              .c_row = co,
                              .gelu = gelu},
              true, packed, taps.begin, oss_len_conv(f), co);
}
