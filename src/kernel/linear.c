#include "kernel/linear.h"

#include "base/contract.h"
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/cpu.h"
#include "kernel/int16.h"
#include "kernel/int8.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"

enum { CONV_TAPS = 9 };

/* Whether there are gradients in a format. */
static bool is_trained(oss_k_format format) {
    return format == OSS_K_FP32 || format == OSS_K_BF16;
}

oss_k_format oss_k_format_of_inference(oss_k_format format) {
    return format == OSS_K_BF16 && !oss_cpu_has_bf16() ? OSS_K_BF16_FLOATS : format;
}

static bool fits(const oss_k_weight *w) {
    if (w->n <= 0 || w->k <= 0) {
        return false;
    }
    switch (w->format) {
    case OSS_K_BF16:
    case OSS_K_BF16_FLOATS:
        return !w->conv || (w->n % 2 == 0 && w->k % 2 == 0);
    case OSS_K_INT8:
        return w->k <= OSS_INT8_MAX_TERMS / (w->conv ? CONV_TAPS : 1);
    case OSS_K_INT16:
        return w->conv && w->k == 1;
    case OSS_K_FP32:
        break;
    }
    return true;
}

/* ---- Weights ---- */

size_t oss_k_weight_floats(const oss_k_weight *w) {
    if (w->format == OSS_K_INT8) {
        return oss_k_int8_packed_floats(w->n, w->k, w->conv);
    }
    if (w->format == OSS_K_INT16) {
        return oss_k_int16_conv2d_packed_floats(w->n);
    }
    return w->conv ? oss_k_conv2d_packed_floats(w->k, w->n) : oss_k_packed_floats(w->n, w->k);
}

size_t oss_k_weight_back_floats(const oss_k_weight *w) {
    OSS_CONTRACT(is_trained(w->format));
    return w->conv ? oss_k_conv2d_packed_back_floats(w->k, w->n) : oss_k_packed_floats(w->k, w->n);
}

/* What was packed for sums of `k` products each. */
static void convert_packed(const oss_k_weight *w, float *packed, int32_t n, int32_t k) {
    const int32_t terms = (w->conv ? CONV_TAPS : 1) * k;
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_pair_packed(packed, n, terms);
    } else if (w->format == OSS_K_BF16_FLOATS) {
        oss_k_bf16_widen_packed(packed, n, terms);
    }
}

void oss_k_weight_pack(const oss_k_weight *weight, float *packed, const float *w) {
    OSS_CONTRACT(fits(weight));
    if (weight->format == OSS_K_INT8) {
        oss_k_int8_pack(packed, w, weight->n, weight->k, weight->conv);
    } else if (weight->format == OSS_K_INT16) {
        oss_k_int16_conv2d_pack(packed, w, weight->n);
    } else if (weight->conv) {
        oss_k_conv2d_pack(packed, w, weight->k, weight->n);
    } else {
        oss_k_pack_weight(packed, w, weight->n, weight->k);
    }
    convert_packed(weight, packed, weight->n, weight->k);
}

void oss_k_weight_pack_back(const oss_k_weight *weight, float *packed, const float *w) {
    OSS_CONTRACT(fits(weight) && is_trained(weight->format));
    if (weight->conv) {
        oss_k_conv2d_pack_back(packed, w, weight->k, weight->n);
    } else {
        oss_k_pack_weight_back(packed, w, weight->n, weight->k);
    }
    convert_packed(weight, packed, weight->k, weight->n);
}

/* ---- Operands ---- */

size_t oss_k_operand_bytes(oss_k_format format, int32_t rows, int32_t columns) {
    OSS_CONTRACT(rows >= 0 && columns >= 0);
    switch (format) {
    case OSS_K_BF16:
        return (size_t)rows * (size_t)oss_bf16_columns(columns) * sizeof(oss_bf16);
    case OSS_K_BF16_FLOATS:
        return (size_t)rows * (size_t)columns * sizeof(float);
    case OSS_K_INT8:
        return (size_t)rows * oss_int8_row_bytes(columns, 0);
    case OSS_K_INT16:
    case OSS_K_FP32:
        break;
    }
    return 0;
}

const void *oss_k_operand(oss_k_format format, const float *x, int32_t rows, int32_t columns, void *scratch) {
    switch (format) {
    case OSS_K_BF16:
        oss_k_bf16_round(scratch, x, columns, rows, columns);
        return scratch;
    case OSS_K_BF16_FLOATS:
        oss_k_bf16_widen(scratch, x, rows, columns);
        return scratch;
    case OSS_K_INT8:
        oss_k_int8_quantize(scratch, x, rows, columns, 0);
        return scratch;
    case OSS_K_INT16:
    case OSS_K_FP32:
        break;
    }
    return x;
}

const void *oss_k_operand_at(oss_k_format format, const void *operand, size_t elements) {
    OSS_CONTRACT(is_trained(format));
    return (const char *)operand + elements * (format == OSS_K_BF16 ? sizeof(oss_bf16) : sizeof(float));
}

/* ---- Fully connected ---- */

void oss_k_linear(float *y, float *pre, const void *x, const oss_k_weight *w, int32_t m,
                  oss_epilogue epilogue) {
    OSS_CONTRACT(!w->conv && w->packed != NULL);
    OSS_CONTRACT(pre == NULL || (epilogue == OSS_EPI_BIAS_GELU && w->format != OSS_K_INT8));
    if (w->format == OSS_K_INT8) {
        oss_k_int8_linear(y, x, w->packed, w->bias, m, w->n, w->k, epilogue);
    } else if (w->format == OSS_K_BF16) {
        oss_k_bf16_linear(y, pre, x, w->packed, w->bias, m, w->n, w->k, epilogue);
    } else if (pre != NULL) {
        oss_k_linear_gelu_packed(y, pre, x, w->packed, w->bias, m, w->n, w->k);
    } else {
        oss_k_linear_packed(y, w->n, x, w->k, w->packed, w->bias, m, w->n, w->k, epilogue);
    }
}

void oss_k_linear_bwd_input(float *dx, const void *dy, const oss_k_weight *w, int32_t m, bool add) {
    OSS_CONTRACT(!w->conv && w->packed_back != NULL && is_trained(w->format));
    oss_epilogue epilogue = add ? OSS_EPI_BIAS_ADD : OSS_EPI_BIAS;
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_linear(dx, NULL, dy, w->packed_back, NULL, m, w->k, w->n, epilogue);
    } else {
        oss_k_linear_packed(dx, w->k, dy, w->n, w->packed_back, NULL, m, w->k, w->n, epilogue);
    }
}

/* ---- Convolution ---- */

void oss_k_conv(float *y, float *pre, const void *x, const oss_k_weight *w, int32_t t, int32_t f,
                int32_t row_begin, int32_t row_end, bool gelu) {
    OSS_CONTRACT(w->conv && fits(w) && w->packed != NULL && w->format != OSS_K_INT16);
    if (w->format == OSS_K_INT8) {
        OSS_CONTRACT(pre == NULL);
        for (int32_t row = row_begin; row < row_end; row++) {
            oss_k_int8_conv2d_row(y + (ptrdiff_t)row * oss_len_conv(f) * w->n, x, w->packed, w->bias, t, f,
                                  w->k, w->n, row, gelu);
        }
    } else if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_fwd(y, pre, x, w->packed, w->bias, t, f, w->k, w->n, row_begin, row_end, gelu);
    } else {
        oss_k_conv2d_fwd(y, pre, x, w->packed, w->bias, t, f, w->k, w->n, row_begin, row_end, gelu);
    }
}

void oss_k_conv_bwd_input(float *dx, const void *dpre, const oss_k_weight *w, int32_t t, int32_t f,
                          bool add) {
    OSS_CONTRACT(w->conv && fits(w) && w->packed_back != NULL && is_trained(w->format));
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_bwd_input(dx, dpre, w->packed_back, t, f, w->k, w->n, add);
    } else {
        oss_k_conv2d_bwd_input(dx, dpre, w->packed_back, t, f, w->k, w->n, add);
    }
}

size_t oss_k_conv_scratch_floats(const oss_k_weight *w, int32_t f) {
    OSS_CONTRACT(is_trained(w->format));
    return w->format == OSS_K_BF16 ? oss_k_bf16_conv2d_scratch(f, w->k, w->n)
                                   : oss_k_conv2d_scratch_floats(f, w->k, w->n);
}

void oss_k_conv_bwd_weight(float *dw, float *db, const void *x, const float *dpre, const void *dpre_operand,
                           const oss_k_weight *w, int32_t t, int32_t f, void *scratch) {
    OSS_CONTRACT(w->conv && fits(w) && is_trained(w->format));
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_bwd_weight(dw, x, dpre_operand, t, f, w->k, w->n, scratch);
        oss_k_bias_grad(db, dpre, w->n, oss_len_conv(t) * oss_len_conv(f), w->n);
    } else {
        oss_k_conv2d_bwd_weight(dw, db, x, dpre, t, f, w->k, w->n, scratch);
    }
}

/* ---- From layer to layer, in inference ---- */

/* Numbers of a row that `reader` multiplies. */
static int32_t count_columns(const oss_k_weight *reader, int32_t f) {
    return reader->conv ? f * reader->k : reader->k;
}

size_t oss_k_input_bytes(const oss_k_weight *reader, int32_t rows, int32_t f) {
    OSS_CONTRACT(rows >= 0 && f > 0);
    int32_t columns = count_columns(reader, f);
    switch (reader->format) {
    case OSS_K_BF16:
    case OSS_K_BF16_FLOATS:
        return oss_k_operand_bytes(reader->format, rows, columns);
    case OSS_K_INT8:
        return (size_t)rows * oss_int8_row_bytes(columns, reader->conv ? reader->k : 0);
    case OSS_K_INT16:
    case OSS_K_FP32:
        break;
    }
    return (size_t)rows * (size_t)columns * sizeof(float);
}

size_t oss_k_linear_gelu_floats(const oss_k_weight *reader, const oss_k_weight *w, int32_t m) {
    return reader->format == OSS_K_FP32 ? 0 : (size_t)m * (size_t)w->n;
}

void oss_k_linear_gelu(void *y, const oss_k_weight *reader, const void *x, const oss_k_weight *w, int32_t m,
                       float *scratch) {
    OSS_CONTRACT(reader->k == w->n && !reader->conv);
    switch (reader->format) {
    case OSS_K_INT16:
    case OSS_K_FP32:
        oss_k_linear(y, NULL, x, w, m, OSS_EPI_BIAS_GELU);
        break;
    case OSS_K_BF16:
    case OSS_K_BF16_FLOATS:
        oss_k_linear(scratch, NULL, x, w, m, OSS_EPI_BIAS_GELU);
        (void)oss_k_operand(reader->format, scratch, m, w->n, y);
        break;
    case OSS_K_INT8:
        oss_k_linear(scratch, NULL, x, w, m, OSS_EPI_BIAS);
        oss_k_int8_quantize_gelu(y, scratch, m, w->n, 0);
        break;
    }
}

/* Integers make one row at a time, which a first-level cache holds until it is rounded. */
static bool runs_by_row(const oss_k_weight *reader, const oss_k_weight *w) {
    return reader->format == OSS_K_INT8 && (w->format == OSS_K_INT8 || w->format == OSS_K_INT16);
}

size_t oss_k_conv_gelu_floats(const oss_k_weight *reader, const oss_k_weight *w, int32_t rows, int32_t f) {
    const size_t row = (size_t)oss_len_conv(f) * (size_t)w->n;
    if (reader->format == OSS_K_FP32) {
        return 0;
    }
    return (runs_by_row(reader, w) ? 1 : (size_t)rows) * row +
           (w->format == OSS_K_INT16 ? oss_k_int16_conv2d_scratch_floats(f) : 0);
}

/* Row `row` before gelu. */
static void run_row(float *y, const void *x, const oss_k_weight *w, int32_t t, int32_t f, int32_t row) {
    if (w->format == OSS_K_INT16) {
        oss_k_int16_conv2d_row(y, x, w->packed, w->bias, t, f, w->n, row,
                               y + (ptrdiff_t)oss_len_conv(f) * w->n);
    } else {
        oss_k_int8_conv2d_row(y, x, w->packed, w->bias, t, f, w->k, w->n, row, false);
    }
}

void oss_k_conv_gelu(void *y, const oss_k_weight *reader, const void *x, const oss_k_weight *w, int32_t t,
                     int32_t f, int32_t row_begin, int32_t row_end, float *scratch) {
    const int32_t fo = oss_len_conv(f), columns = fo * w->n, pad = reader->conv ? reader->k : 0;
    OSS_CONTRACT(count_columns(reader, fo) == columns);
    unsigned char *to = (unsigned char *)y + oss_k_input_bytes(reader, row_begin, fo);
    if (runs_by_row(reader, w)) {
        for (int32_t row = row_begin; row < row_end; row++, to += oss_k_input_bytes(reader, 1, fo)) {
            run_row(scratch, x, w, t, f, row);
            oss_k_int8_quantize_gelu(to, scratch, 1, columns, pad);
        }
        return;
    }
    OSS_CONTRACT(reader->format != OSS_K_INT16 && w->format != OSS_K_INT16);
    const float *first = reader->format == OSS_K_FP32 ? NULL : scratch + (ptrdiff_t)row_begin * columns;
    oss_k_conv(reader->format == OSS_K_FP32 ? y : scratch, NULL, x, w, t, f, row_begin, row_end,
               reader->format != OSS_K_INT8);
    if (reader->format == OSS_K_INT8) {
        oss_k_int8_quantize_gelu(to, first, row_end - row_begin, columns, pad);
    } else if (reader->format != OSS_K_FP32) {
        (void)oss_k_operand(reader->format, first, row_end - row_begin, columns, to);
    }
}
