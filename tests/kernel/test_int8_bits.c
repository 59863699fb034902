/* The bits of the kernels of int8 inference, and of one that every precision shares with it: one sum (FNV-1a of the
 * results' bytes) for every instruction set, compiler and level of optimisation, NEON included. When a kernel is changed on
 * purpose the test prints the new one. (test_bits.c has the kernels whose bits depend on the instruction set.) */
#include <inttypes.h>
#include <stdio.h>

#include "kernel/int16.h"
#include "kernel/int8_cases.h"
#include "kernel/lengths.h"
#include "kernel/steady.h"
#include "kernel/value_conv.h"
#include "support/fill.h"
#include "support/suite.h"

enum { ROWS = 13, COLUMNS = 53, N = 71 };

static uint64_t use_up(float *x, size_t bytes) {
    const unsigned char *at = (const unsigned char *)x;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++) {
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    }
    free(x);
    return sum;
}

static float *take_spread(size_t count, uint64_t seed, double scale) {
    float *x = oss_exact_floats(count);
    oss_fill_f32(x, count, seed, scale);
    return x;
}

static float *make_product(oss_epilogue epilogue) {
    float *x = take_spread(ROWS * COLUMNS, 1, 1.0), *w = take_spread(N * COLUMNS, 2, 1.0),
          *bias = take_spread(N, 3, 1.0);
    float *packed = oss_exact_floats(oss_k_int8_packed_floats(N, COLUMNS, false));
    float *rows = oss_exact_floats(ROWS * oss_int8_row_bytes(COLUMNS, 0) / sizeof(float));
    float *y = take_spread(ROWS * N, 4, 1.0);
    oss_k_int8_pack(packed, w, N, COLUMNS, false);
    oss_k_int8_quantize(rows, x, ROWS, COLUMNS, 0);
    oss_k_int8_linear(y, rows, packed, bias, ROWS, N, COLUMNS, epilogue);
    free(x);
    free(w);
    free(bias);
    free(packed);
    free(rows);
    return y;
}

static uint64_t sum_linear_add(void) {
    return use_up(make_product(OSS_EPI_BIAS_ADD), ROWS * N * sizeof(float));
}

static uint64_t sum_linear_gelu(void) {
    return use_up(make_product(OSS_EPI_BIAS_GELU), ROWS * N * sizeof(float));
}

static uint64_t sum_quantize_gelu(void) {
    size_t bytes = ROWS * oss_int8_row_bytes(COLUMNS, 3);
    float *x = take_spread(ROWS * COLUMNS, 1, 6.0), *rows = oss_exact_floats(bytes / sizeof(float));
    oss_k_int8_quantize_gelu(rows, x, ROWS, COLUMNS, 3);
    free(x);
    return use_up(rows, bytes);
}

enum { T = 9, F = 14, CI = 3, CO = 19, CELLS = 5 * 7 };

static uint64_t sum_conv2d(void) {
    float *x = take_spread(T * F * CI, 1, 3.0), *w = take_spread(CO * CI * 9, 2, 1.0),
          *bias = take_spread(CO, 3, 1.0);
    float *packed = oss_exact_floats(oss_k_int8_packed_floats(CO, CI, true)),
          *y = oss_exact_floats(CELLS * CO);
    float *rows = oss_exact_floats(T * oss_int8_row_bytes(F * CI, CI) / sizeof(float));
    oss_k_int8_pack(packed, w, CO, CI, true);
    oss_k_int8_quantize_gelu(rows, x, T, F * CI, CI);
    for (int32_t row = 0; row < 5; row++) {
        oss_k_int8_conv2d_row(y + row * 7 * CO, rows, packed, bias, T, F, CI, CO, row, false);
    }
    free(x);
    free(w);
    free(bias);
    free(packed);
    free(rows);
    return use_up(y, CELLS * CO * sizeof(float));
}

static uint64_t sum_conv2d_of_one(void) {
    float *x = take_spread(T * F, 1, 3.0), *w = take_spread(CO * 9, 2, 1.0), *bias = take_spread(CO, 3, 1.0);
    float *packed = oss_exact_floats(oss_k_int16_conv2d_packed_floats(CO)), *y = oss_exact_floats(CELLS * CO);
    float *scratch = oss_exact_floats(oss_k_int16_conv2d_scratch_floats(F));
    oss_k_int16_conv2d_pack(packed, w, CO);
    for (int32_t row = 0; row < 5; row++) {
        oss_k_int16_conv2d_row(y + row * 7 * CO, x, packed, bias, T, F, CO, row, scratch);
    }
    free(x);
    free(w);
    free(bias);
    free(packed);
    free(scratch);
    return use_up(y, CELLS * CO * sizeof(float));
}

static uint64_t sum_attention(void) {
    enum { S = 41, HEADS = 2, D = 22, WIDE = S * HEADS * D };
    const oss_attention_reach reach = {6, 5};
    float *qkv = take_spread(3 * WIDE, 1, 3.0), *out = oss_exact_floats(WIDE);
    float *memory = oss_exact_floats(oss_k_int16_qkv_bytes(S, HEADS, D) / sizeof(float));
    float *scratch = oss_exact_floats(oss_k_int16_attention_scratch_floats(S, D));
    oss_int16_qkv whole = oss_k_int16_qkv_place(memory, S, HEADS, D);
    oss_k_int16_qkv_set(&whole, qkv, 0, S);
    oss_k_int16_attention(out, &whole, 0, 20, NULL, scratch);
    oss_k_int16_attention(out, &whole, 20, S, &reach, scratch);
    free(qkv);
    free(memory);
    free(scratch);
    return use_up(out, WIDE * sizeof(float));
}

static uint64_t sum_rmsnorm(void) {
    float *x = take_spread(ROWS * COLUMNS, 1, 1.0), *w = take_spread(COLUMNS, 2, 1.0);
    oss_k_steady_rmsnorm(x, x, w, ROWS, COLUMNS, 1e-6F);
    free(w);
    return use_up(x, ROWS * COLUMNS * sizeof(float));
}

static uint64_t sum_rope(void) {
    enum { HEADS = 2, D = 22, WIDE = ROWS * 3 * HEADS * D };
    float *qkv = take_spread(WIDE, 1, 1.0), *table = take_spread(ROWS * D, 2, 1.0);
    oss_k_steady_rope(qkv, table, ROWS, HEADS, D);
    free(table);
    return use_up(qkv, WIDE * sizeof(float));
}

/* Forward; and back, with both gradients. */
static uint64_t sum_value_conv(void) {
    enum { S = 29, TAPS = 7, WIDE = S * COLUMNS };
    const oss_attention_reach reach = {.chunk = 8, .left = 2};
    float *w = take_spread(TAPS * COLUMNS, 1, 1.0), *qkv = take_spread(3 * WIDE, 2, 1.0);
    float *all = take_spread(4 * WIDE + TAPS * COLUMNS, 3, 1.0), *dqkv = all + WIDE, *dw = dqkv + 3 * WIDE;
    const oss_value_conv conv = {.w = w, .taps = TAPS, .width = COLUMNS};
    oss_k_value_conv_fwd(all, qkv, 0, 3 * COLUMNS, &conv, S, 0, S, &reach);
    oss_k_value_conv_bwd(dqkv, 3 * COLUMNS, dw, all, qkv, 3 * COLUMNS, &conv, S, &reach);
    free(w);
    free(qkv);
    return use_up(all, (4 * WIDE + TAPS * COLUMNS) * sizeof(float));
}

static const struct {
    const char *name;
    uint64_t (*run)(void);
    uint64_t want;
} kernels[] = {
    {"linear_add", sum_linear_add, 0x773d36045dbbfebe},
    {"linear_gelu", sum_linear_gelu, 0xf1a055f3b2987e92},
    {"quantize_gelu", sum_quantize_gelu, 0x59d498686812496f},
    {"conv2d", sum_conv2d, 0x605a9d786eb9e3b7},
    {"conv2d_of_one", sum_conv2d_of_one, 0xc53ccac3063ee0f2},
    {"attention", sum_attention, 0x602be713b3f37dec},
    {"rmsnorm", sum_rmsnorm, 0xecdf131197ffc176},
    {"rope", sum_rope, 0xeeca3ceffeafb670},
    {"value_conv", sum_value_conv, 0x951ebf70159aab97},
};
enum { KERNELS = (int)(sizeof kernels / sizeof kernels[0]) };

START_TEST(test_bits_are_those_written) {
    if (!use_path(_i)) {
        return;
    }
    int wrong = 0;
    for (int k = 0; k < KERNELS; k++) {
        const uint64_t sum = kernels[k].run();
        if (sum != kernels[k].want) {
            fprintf(stderr, "%s: path %d gives 0x%016" PRIx64 "\n", kernels[k].name, _i, sum);
            wrong++;
        }
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/int8_bits");
    TCase *tcase = tcase_create("bits");
    tcase_add_loop_test(tcase, test_bits_are_those_written, 0, PATHS);
    suite_add_tcase(suite, tcase);
    return suite;
}
