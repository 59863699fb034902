#include "kernel/value_conv.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/value_conv_table.h"

OSS_CPU_DECLARE_TABLES(oss_value_conv_table, value_conv);
static const oss_value_conv_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(value_conv);

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* ---- Layout of the weight ---- */

void oss_k_value_conv_pack(float *w, const float *weight, int32_t taps, int32_t width) {
    OSS_CONTRACT(taps > 0 && taps % 2 == 1 && width > 0);
    for (int32_t o = 0; o < taps; o++) {
        for (int32_t i = 0; i < width; i++) {
            w[(ptrdiff_t)o * width + i] = weight[(ptrdiff_t)i * taps + o];
        }
    }
}

void oss_k_value_conv_unpack(float *weight, const float *w, int32_t taps, int32_t width, bool accumulate) {
    OSS_CONTRACT(taps > 0 && taps % 2 == 1 && width > 0);
    for (int32_t i = 0; i < width; i++) {
        for (int32_t o = 0; o < taps; o++) {
            float *at = weight + (ptrdiff_t)i * taps + o;
            *at = w[(ptrdiff_t)o * width + i] + (accumulate ? *at : 0.0F);
        }
    }
}

/* ---- Who sees whom ---- */

void oss_k_value_conv_rows(int32_t taps, int32_t s, int32_t begin, int32_t end, int32_t *out_first,
                           int32_t *out_end) {
    OSS_CONTRACT(taps > 0 && begin >= 0 && begin <= end && end <= s);
    *out_first = larger(begin - taps / 2, 0);
    *out_end = smaller(end + taps / 2, s);
}

/* Frames [*out_from, *out_to) that have `key` under a tap and see it: of its own chunk, and of chunks that reach back to
 * it. */
static void find_readers(int32_t key, int32_t half, int32_t s, const oss_attention_reach *reach,
                         int32_t *out_from, int32_t *out_to) {
    *out_from = larger(key - half, oss_attention_find_chunk(key, s, reach).begin);
    *out_to = smaller(key + half + 1, s);
    while (*out_to > *out_from && oss_attention_find_chunk(*out_to - 1, s, reach).first_key > key) {
        --*out_to;
    }
}

/* ---- Products ---- */

void oss_k_value_conv_fwd(float *out, const float *v, int32_t first, ptrdiff_t v_row,
                          const oss_value_conv *conv, int32_t s, int32_t begin, int32_t end,
                          const oss_attention_reach *reach) {
    OSS_CONTRACT(begin >= 0 && begin <= end && end <= s && conv->taps % 2 == 1);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    OSS_CONTRACT(begin == end || (out != NULL && v != NULL && conv->w != NULL));
    const oss_value_conv_table *table = tables[oss_cpu_isa()];
    const int32_t half = conv->taps / 2, width = conv->width;
    for (int32_t t = begin; t < end; t++) {
        oss_attention_chunk span = oss_attention_find_chunk(t, s, reach);
        int32_t from = larger(t - half, span.first_key), to = smaller(t + half + 1, span.end);
        OSS_CONTRACT(from >= first);
        table->add_products(out + (ptrdiff_t)t * width, v + (from - first) * v_row, v_row,
                            conv->w + (ptrdiff_t)(from - t + half) * width, width, to - from, width);
    }
}

/* Frame t reads key under tap key - t + half: taps fall as t rises. */
static void add_value_grad(float *dv, ptrdiff_t dv_row, const float *dout, const oss_value_conv *conv,
                           int32_t s, const oss_attention_reach *reach) {
    const oss_value_conv_table *table = tables[oss_cpu_isa()];
    const int32_t half = conv->taps / 2, width = conv->width;
    for (int32_t key = 0; key < s; key++) {
        int32_t from, to;
        find_readers(key, half, s, reach, &from, &to);
        table->add_products(dv + key * dv_row, dout + (ptrdiff_t)from * width, width,
                            conv->w + (ptrdiff_t)(key - from + half) * width, -width, to - from, width);
    }
}

/* Tap o of a chunk's frames t reads key t + o - half, where that is seen. */
static void add_weight_grad(float *dw, const float *dout, const float *v, ptrdiff_t v_row,
                            const oss_value_conv *conv, int32_t s, const oss_attention_reach *reach) {
    const oss_value_conv_table *table = tables[oss_cpu_isa()];
    const int32_t half = conv->taps / 2, width = conv->width;
    oss_attention_chunk span;
    for (int32_t begin = 0; begin < s; begin = span.end) {
        span = oss_attention_find_chunk(begin, s, reach);
        for (int32_t o = 0; o < conv->taps; o++) {
            int32_t from = larger(begin, span.first_key - (o - half));
            int32_t to = smaller(span.end, span.end - (o - half));
            if (from < to) {
                table->add_products(dw + (ptrdiff_t)o * width, dout + (ptrdiff_t)from * width, width,
                                    v + (from + o - half) * v_row, v_row, to - from, width);
            }
        }
    }
}

void oss_k_value_conv_bwd(float *dv, ptrdiff_t dv_row, float *dw, const float *dout, const float *v,
                          ptrdiff_t v_row, const oss_value_conv *conv, int32_t s,
                          const oss_attention_reach *reach) {
    OSS_CONTRACT(s >= 0 && conv->taps % 2 == 1);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    OSS_CONTRACT(s == 0 || (dout != NULL && v != NULL && conv->w != NULL));
    if (dv != NULL) {
        add_value_grad(dv, dv_row, dout, conv, s, reach);
    }
    if (dw != NULL) {
        add_weight_grad(dw, dout, v, v_row, conv, s, reach);
    }
}
