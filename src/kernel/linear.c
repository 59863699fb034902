#include "kernel/linear.h"

#include "base/contract.h"
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"

enum { CONV_TAPS = 9 };

static bool fits(const oss_k_weight *w) {
    return w->n > 0 && w->k > 0 && !(w->conv && w->format == OSS_K_BF16 && (w->n % 2 != 0 || w->k % 2 != 0));
}

/* ---- Weights ---- */

size_t oss_k_weight_floats(const oss_k_weight *w) {
    return w->conv ? oss_k_conv2d_packed_floats(w->k, w->n) : oss_k_packed_floats(w->n, w->k);
}

size_t oss_k_weight_back_floats(const oss_k_weight *w) {
    return w->conv ? oss_k_conv2d_packed_back_floats(w->k, w->n) : oss_k_packed_floats(w->k, w->n);
}

/* What was packed for sums of `k` products each. */
static void convert_packed(const oss_k_weight *w, float *packed, int32_t n, int32_t k) {
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_pair_packed(packed, n, (w->conv ? CONV_TAPS : 1) * k);
    }
}

void oss_k_weight_pack(const oss_k_weight *weight, float *packed, const float *w) {
    OSS_CONTRACT(fits(weight));
    if (weight->conv) {
        oss_k_conv2d_pack(packed, w, weight->k, weight->n);
    } else {
        oss_k_pack_weight(packed, w, weight->n, weight->k);
    }
    convert_packed(weight, packed, weight->n, weight->k);
}

void oss_k_weight_pack_back(const oss_k_weight *weight, float *packed, const float *w) {
    OSS_CONTRACT(fits(weight));
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
    return format == OSS_K_BF16 ? (size_t)rows * (size_t)oss_bf16_columns(columns) * sizeof(oss_bf16) : 0;
}

const void *oss_k_operand(oss_k_format format, const float *x, int32_t rows, int32_t columns, void *scratch) {
    if (format == OSS_K_FP32) {
        return x;
    }
    oss_k_bf16_round(scratch, x, columns, rows, columns);
    return scratch;
}

const void *oss_k_operand_at(oss_k_format format, const void *operand, size_t elements) {
    return (const char *)operand + elements * (format == OSS_K_BF16 ? sizeof(oss_bf16) : sizeof(float));
}

/* ---- Fully connected ---- */

void oss_k_linear(float *y, float *pre, const void *x, const oss_k_weight *w, int32_t m,
                  oss_epilogue epilogue) {
    OSS_CONTRACT(!w->conv && w->packed != NULL);
    OSS_CONTRACT(pre == NULL || epilogue == OSS_EPI_BIAS_GELU);
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_linear(y, pre, x, w->packed, w->bias, m, w->n, w->k, epilogue);
    } else if (pre != NULL) {
        oss_k_linear_gelu_packed(y, pre, x, w->packed, w->bias, m, w->n, w->k);
    } else {
        oss_k_linear_packed(y, w->n, x, w->k, w->packed, w->bias, m, w->n, w->k, epilogue);
    }
}

void oss_k_linear_bwd_input(float *dx, const void *dy, const oss_k_weight *w, int32_t m, bool add) {
    OSS_CONTRACT(!w->conv && w->packed_back != NULL);
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
    OSS_CONTRACT(w->conv && fits(w) && w->packed != NULL);
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_fwd(y, pre, x, w->packed, w->bias, t, f, w->k, w->n, row_begin, row_end, gelu);
    } else {
        oss_k_conv2d_fwd(y, pre, x, w->packed, w->bias, t, f, w->k, w->n, row_begin, row_end, gelu);
    }
}

void oss_k_conv_bwd_input(float *dx, const void *dpre, const oss_k_weight *w, int32_t t, int32_t f,
                          bool add) {
    OSS_CONTRACT(w->conv && fits(w) && w->packed_back != NULL);
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_bwd_input(dx, dpre, w->packed_back, t, f, w->k, w->n, add);
    } else {
        oss_k_conv2d_bwd_input(dx, dpre, w->packed_back, t, f, w->k, w->n, add);
    }
}

size_t oss_k_conv_scratch_floats(const oss_k_weight *w, int32_t f) {
    return w->format == OSS_K_BF16 ? oss_k_bf16_conv2d_scratch(f, w->k, w->n)
                                   : oss_k_conv2d_scratch_floats(f, w->k, w->n);
}

void oss_k_conv_bwd_weight(float *dw, float *db, const void *x, const float *dpre, const void *dpre_operand,
                           const oss_k_weight *w, int32_t t, int32_t f, void *scratch) {
    OSS_CONTRACT(w->conv && fits(w));
    if (w->format == OSS_K_BF16) {
        oss_k_bf16_conv2d_bwd_weight(dw, x, dpre_operand, t, f, w->k, w->n, scratch);
        oss_k_bias_grad(db, dpre, w->n, oss_len_conv(t) * oss_len_conv(f), w->n);
    } else {
        oss_k_conv2d_bwd_weight(dw, db, x, dpre, t, f, w->k, w->n, scratch);
    }
}
