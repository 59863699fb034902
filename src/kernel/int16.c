#include "kernel/int16.h"

#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/conv2d_grid.h"
#include "kernel/cpu.h"
#include "kernel/int16_table.h"
#include "kernel/lengths.h"

OSS_CPU_DECLARE_TABLES(oss_int16_table, int16);
static const oss_int16_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(int16);

#if defined(__x86_64__)
extern const oss_int16_table oss_int16_table_avx512vnni;
static const oss_int16_table *const native = &oss_int16_table_avx512vnni;
#else
static const oss_int16_table *const native = NULL; /* oss_cpu_has_vnni() is false */
#endif

const oss_int16_table *oss_int16_table_get(void) {
    return oss_cpu_has_vnni() ? native : tables[oss_cpu_isa()];
}

enum { TAPS = 3, PAIRS = 2 /* for three taps, the fourth is 0 */ };

/* Packed: scale[width], then pairs[TAPS][PAIRS][width]. */
static ptrdiff_t get_width(int32_t co) {
    return (ptrdiff_t)oss_round_up((size_t)co, 16);
}

size_t oss_k_int16_conv2d_packed_floats(int32_t co) {
    OSS_CONTRACT(co > 0);
    return (size_t)(1 + TAPS * PAIRS) * (size_t)get_width(co);
}

void oss_k_int16_conv2d_pack(float *packed, const float *w, int32_t co) {
    OSS_CONTRACT(co > 0 && packed != NULL && w != NULL);
    const oss_int16_table *table = oss_int16_table_get();
    const ptrdiff_t width = get_width(co);
    memset(packed, 0, oss_k_int16_conv2d_packed_floats(co) * sizeof *packed);
    for (int32_t o = 0; o < co; o++, w += TAPS * TAPS) {
        packed[o] = table->scale_of(w, TAPS * TAPS, OSS_INT16_TAP);
        for (int32_t a = 0; a < TAPS; a++) {
            int16_t tap[2 * PAIRS];
            table->round(tap, w + a * TAPS, TAPS, 2 * PAIRS, packed[o]);
            for (int32_t p = 0; p < PAIRS; p++) {
                memcpy(packed + width * (1 + a * PAIRS + p) + o, tap + 2 * p, 2 * sizeof *tap);
            }
        }
    }
}

/* Pairs of a row: the cell before the first one, f cells, and zeros for what the last output reads. */
static ptrdiff_t count_pairs(int32_t f) {
    return oss_len_conv(f) + 1;
}

size_t oss_k_int16_conv2d_scratch_floats(int32_t f) {
    OSS_CONTRACT(f > 0);
    return (size_t)(TAPS * count_pairs(f));
}

/* Rows [begin, begin + rows) of x[t,f] in one scale, which is returned. */
static float round_rows(int16_t *to, const float *x, int32_t begin, int32_t rows, int32_t f) {
    const oss_int16_table *table = oss_int16_table_get();
    const ptrdiff_t row = 2 * count_pairs(f);
    x += (ptrdiff_t)begin * f;
    const float scale = table->scale_of(x, rows * f, OSS_INT16_FEATURE);
    for (int32_t i = 0; i < rows; i++, to += row, x += f) {
        to[0] = 0;
        table->round(to + 1, x, f, (int32_t)row - 1, scale);
    }
    return scale;
}

void oss_k_int16_conv2d_row(float *y, const float *x, const float *packed, const float *bias, int32_t t,
                            int32_t f, int32_t co, int32_t row, float *scratch) {
    OSS_CONTRACT(t > 0 && f > 0 && co > 0);
    OSS_CONTRACT(row >= 0 && row < oss_len_conv(t));
    OSS_CONTRACT(y != NULL && x != NULL && packed != NULL && bias != NULL && scratch != NULL);
    const ptrdiff_t width = get_width(co);
    const oss_conv2d_taps taps = oss_conv2d_get_taps(row, t);
    const int32_t segments = taps.end - taps.begin;
    const float scale = round_rows((int16_t *)(void *)scratch, x, 2 * row + taps.begin - 1, segments, f);
    oss_int16_table_get()->conv_row(&(oss_int16_conv_row){
        .x = (const int32_t *)(const void *)scratch,
        .stride = count_pairs(f),
        .segments = segments,
        .w = (const int32_t *)(const void *)(packed + width * (1 + (ptrdiff_t)taps.begin * PAIRS)),
        .x_scale = scale,
        .w_scale = packed,
        .bias = bias,
        .fo = oss_len_conv(f),
        .co = co,
        .y = y});
}
