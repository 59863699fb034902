#include "kernel/value_conv.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/value_conv_table.h"

OSS_CPU_DECLARE_TABLES(oss_value_conv_table, value_conv);
static const oss_value_conv_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(value_conv);

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Frames [begin, end) that belong together: those of a chunk, and what they see. */
typedef struct chunk_span {
    int32_t begin, end; /* end of what it sees, too */
    int32_t first_key;
} chunk_span;

static chunk_span find_chunk(int32_t t, int32_t s, const oss_attention_reach *reach) {
    if (reach == NULL || reach->chunk == 0 || reach->chunk >= s) {
        return (chunk_span){.begin = 0, .end = s};
    }
    chunk_span span = {.begin = t - t % reach->chunk};
    span.end = s - span.begin < reach->chunk ? s : span.begin + reach->chunk;
    span.first_key = most(span.begin - reach->left, 0);
    return span;
}

void oss_k_value_conv_pack(float *w, const float *weight, int32_t taps, int32_t width) {
    OSS_CONTRACT(taps % 2 == 1 && width > 0);
    for (int32_t o = 0; o < taps; o++) {
        for (int32_t i = 0; i < width; i++) {
            w[(ptrdiff_t)o * width + i] = weight[(ptrdiff_t)i * taps + o];
        }
    }
}

void oss_k_value_conv_unpack(float *weight, const float *w, int32_t taps, int32_t width, bool accumulate) {
    OSS_CONTRACT(taps % 2 == 1 && width > 0);
    for (int32_t i = 0; i < width; i++) {
        for (int32_t o = 0; o < taps; o++) {
            float *at = weight + (ptrdiff_t)i * taps + o;
            *at = w[(ptrdiff_t)o * width + i] + (accumulate ? *at : 0.0F);
        }
    }
}

void oss_k_value_conv_rows(int32_t taps, int32_t s, int32_t begin, int32_t end, int32_t *out_first,
                           int32_t *out_end) {
    *out_first = most(begin - taps / 2, 0);
    *out_end = least(end + taps / 2, s);
}

void oss_k_value_conv_fwd(float *out, const float *v, int32_t first, ptrdiff_t v_row,
                          const oss_value_conv *conv, int32_t s, int32_t begin, int32_t end,
                          const oss_attention_reach *reach) {
    OSS_CONTRACT(begin >= 0 && begin <= end && end <= s && conv->taps % 2 == 1);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    const oss_value_conv_table *table = tables[oss_cpu_isa()];
    const int32_t half = conv->taps / 2;
    for (int32_t t = begin; t < end; t++) {
        chunk_span span = find_chunk(t, s, reach);
        int32_t from = most(t - half, span.first_key), to = least(t + half + 1, span.end);
        OSS_CONTRACT(from >= first);
        table->add_products(out + (ptrdiff_t)t * conv->width, v + (from - first) * v_row, v_row,
                            conv->w + (ptrdiff_t)(from - t + half) * conv->width, conv->width, to - from,
                            conv->width);
    }
}

/* Frames [*out_from, *out_to) that see `key` and have it under a tap: those of its own chunk and of chunks that reach back to
 * it. */
static void find_users(int32_t key, int32_t half, int32_t s, const oss_attention_reach *reach,
                       int32_t *out_from, int32_t *out_to) {
    *out_from = most(key - half, find_chunk(key, s, reach).begin);
    *out_to = least(key + half + 1, s);
    while (*out_to > *out_from && find_chunk(*out_to - 1, s, reach).first_key > key) {
        --*out_to;
    }
}

void oss_k_value_conv_bwd(float *dv, ptrdiff_t dv_row, float *dw, const float *dout, const float *v,
                          ptrdiff_t v_row, const oss_value_conv *conv, int32_t s,
                          const oss_attention_reach *reach) {
    OSS_CONTRACT(s >= 0 && conv->taps % 2 == 1);
    OSS_CONTRACT(reach == NULL || (reach->chunk >= 0 && reach->left >= 0));
    const oss_value_conv_table *table = tables[oss_cpu_isa()];
    const int32_t half = conv->taps / 2, width = conv->width;
    for (int32_t key = 0; key < s && dv != NULL; key++) {
        int32_t from, to;
        find_users(key, half, s, reach, &from, &to);
        table->add_products(dv + key * dv_row, dout + (ptrdiff_t)from * width, width,
                            conv->w + (ptrdiff_t)(key - from + half) * width, -width, to - from, width);
    }
    for (int32_t begin = 0; begin < s;) {
        chunk_span span = find_chunk(begin, s, reach);
        for (int32_t o = 0; o < conv->taps; o++) {
            int32_t from = most(span.begin, span.first_key - (o - half));
            int32_t to = least(span.end, span.end - (o - half));
            if (from < to) {
                table->add_products(dw + (ptrdiff_t)o * width, dout + (ptrdiff_t)from * width, width,
                                    v + (from + o - half) * v_row, v_row, to - from, width);
            }
        }
        begin = span.end;
    }
}
