/* The bits of every kernel that multiplies and adds, per instruction set: equal for each compiler, at any
 * level of optimisation. What a compiler joins to fused multiply-adds by itself changes them: gcc 12.2, gcc
 * 14 and clang each choose other sums.
 *
 * A line holds one sum (FNV-1a of the results' bytes) for each way in which this code is compiled. When a
 * kernel is changed on purpose the test prints the new ones. NEON's come from `make check-neon`. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/attention.h"
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/ctc.h"
#include "kernel/fft.h"
#include "kernel/gemm.h"
#include "kernel/mel_bank.h"
#include "kernel/resample.h"
#include "kernel/vec.h"
#include "support/exact.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"

enum { SSE2, AVX2, AVX512, NEON, WAYS };

/* Lengths of arrays: no multiple of any vector, so that tails count. */
enum { COUNT = 1019, ROWS = 13, COLUMNS = 53 };

static uint64_t add_bytes(uint64_t sum, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) {
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static uint64_t sum_bytes(const void *bytes, size_t count) {
    return add_bytes(UINT64_C(0xcbf29ce484222325), bytes, count);
}

/* Sums the floats and frees them. */
static uint64_t use_up(float *x, size_t count) {
    uint64_t sum = sum_bytes(x, count * sizeof *x);
    free(x);
    return sum;
}

static float *take_spread(size_t count, uint64_t seed, double scale) {
    float *x = oss_exact_floats(count);
    oss_fill_f32(x, count, seed, scale);
    return x;
}

static uint64_t map(void (*f)(float *y, const float *x, size_t n), double scale) {
    float *x = take_spread(COUNT, 1, scale);
    f(x, x, COUNT);
    return use_up(x, COUNT);
}

static uint64_t sum_exp(void) {
    return map(oss_k_exp, 90.0);
}

static uint64_t sum_log(void) {
    float *x = take_spread(COUNT, 1, 1.0);
    for (int i = 0; i < COUNT; i++) {
        x[i] = (x[i] + 1.0f) * ldexpf(1.0f, i % 3 - 1);
    }
    oss_k_log(x, x, COUNT);
    return use_up(x, COUNT);
}

static uint64_t sum_erf(void) {
    return map(oss_k_erf, 4.0);
}

static uint64_t sum_gelu(void) {
    return map(oss_k_gelu_fwd, 6.0);
}

static uint64_t sum_gelu_bwd(void) {
    float *x = take_spread(COUNT, 1, 6.0), *dy = oss_exact_filled(COUNT, 2), *dx = oss_exact_floats(COUNT);
    oss_k_gelu_bwd(dx, dy, x, COUNT, false);
    oss_k_gelu_bwd(dx, dy, x, COUNT, true);
    free(x);
    free(dy);
    return use_up(dx, COUNT);
}

static uint64_t sum_axpy(void) {
    float *x = oss_exact_filled(COUNT, 1), *y = oss_exact_filled(COUNT, 2);
    oss_k_axpy(y, 0.3f, x, COUNT);
    free(x);
    return use_up(y, COUNT);
}

static uint64_t sum_squares(void) {
    float *x = oss_exact_filled(COUNT, 1);
    double sum = oss_k_sum_squares(x, COUNT);
    free(x);
    return sum_bytes(&sum, sizeof sum);
}

static uint64_t sum_adamw(float *average) {
    const oss_adamw_step step = {1e-3, 0.9, 0.98, 1e-8, 0.01, 7, 0.5f, 0.1f};
    float *w = oss_exact_filled(COUNT, 1), *m = oss_exact_filled(COUNT, 2), *g = oss_exact_filled(COUNT, 3);
    float *v = oss_exact_filled(COUNT, 4);
    for (int i = 0; i < COUNT; i++) {
        v[i] = fabsf(v[i]);
    }
    oss_k_adamw(w, m, v, average, g, COUNT, &step);
    uint64_t sum = add_bytes(use_up(w, COUNT), m, COUNT * sizeof *m);
    sum = add_bytes(sum, v, COUNT * sizeof *v);
    free(m);
    free(v);
    free(g);
    return sum;
}

static uint64_t sum_adamw_alone(void) {
    return sum_adamw(NULL);
}

static uint64_t sum_adamw_average(void) {
    float *average = oss_exact_filled(COUNT, 5);
    uint64_t sum = sum_adamw(average);
    return add_bytes(use_up(average, COUNT), &sum, sizeof sum);
}

static uint64_t sum_rmsnorm(void) {
    float *x = oss_exact_filled(ROWS * COLUMNS, 1), *y = oss_exact_floats(ROWS * COLUMNS);
    float *w = oss_exact_filled(COLUMNS, 2), *inv = oss_exact_floats(ROWS);
    oss_k_rmsnorm_fwd(y, inv, x, w, ROWS, COLUMNS, 1e-6f);
    free(x);
    free(w);
    free(inv);
    return use_up(y, ROWS * COLUMNS);
}

static uint64_t sum_rmsnorm_bwd(bool accumulate) {
    float *x = oss_exact_filled(ROWS * COLUMNS, 1), *dy = oss_exact_filled(ROWS * COLUMNS, 2);
    float *dx = oss_exact_filled(ROWS * COLUMNS, 3), *dw = oss_exact_filled(COLUMNS, 4);
    float *w = oss_exact_filled(COLUMNS, 5), *inv = oss_exact_filled(ROWS, 6);
    oss_k_rmsnorm_bwd(dx, dw, dy, x, w, inv, ROWS, COLUMNS, accumulate);
    free(x);
    free(dy);
    free(w);
    free(inv);
    uint64_t sum = use_up(dx, ROWS * COLUMNS);
    return add_bytes(use_up(dw, COLUMNS), &sum, sizeof sum);
}

static uint64_t sum_rmsnorm_store(void) {
    return sum_rmsnorm_bwd(false);
}

static uint64_t sum_rmsnorm_add(void) {
    return sum_rmsnorm_bwd(true);
}

static uint64_t sum_log_softmax(void) {
    float *x = take_spread(ROWS * COLUMNS, 1, 10.0);
    oss_k_log_softmax(x, x, ROWS, COLUMNS);
    return use_up(x, ROWS * COLUMNS);
}

static uint64_t sum_rope(void) {
    enum { HEADS = 2, D = 22 };
    float *qkv = oss_exact_filled(ROWS * 3 * HEADS * D, 1), *table = oss_exact_filled(ROWS * D, 2);
    oss_k_rope(qkv, table, ROWS, HEADS, D, -1.0f);
    free(table);
    return use_up(qkv, ROWS * 3 * HEADS * D);
}

static uint64_t sum_dropout(void) {
    const oss_dropout_key key = {5, 6, 7, 8};
    float *x = oss_exact_filled(COUNT, 1), *y = oss_exact_filled(COUNT, 2);
    oss_k_dropout(y, x, COUNT, 0.3f, &key, 16, true);
    free(x);
    return use_up(y, COUNT);
}

static uint64_t sum_gemm(void) {
    enum { M = ROWS, N = 71, K = COLUMNS };
    float *a = oss_exact_filled(M * K, 1), *b = oss_exact_filled(N * K, 2), *c = oss_exact_filled(M * N, 3);
    float *scratch = oss_exact_floats(OSS_GEMM_SCRATCH_FLOATS);
    oss_k_gemm(false, true, M, N, K, a, K, b, K, 1.0f, c, N, scratch);
    free(a);
    free(b);
    free(scratch);
    return use_up(c, M * N);
}

static uint64_t sum_bf16_linear(void) {
    enum { M = ROWS, N = 71, K = COLUMNS };
    float *x = oss_exact_filled(M * K, 1), *w = oss_exact_filled(N * K, 2), *y = oss_exact_floats(M * N);
    float *packed = oss_exact_floats(oss_k_packed_floats(N, K)), *half = oss_exact_floats(M * (K + 1));
    oss_k_bf16_round((oss_bf16 *)(void *)half, x, K, M, K);
    oss_k_pack_weight(packed, w, N, K);
    oss_k_bf16_pair_packed(packed, N, K);
    oss_k_bf16_linear(y, NULL, (oss_bf16 *)(void *)half, packed, NULL, M, N, K, OSS_EPI_BIAS_GELU);
    free(x);
    free(w);
    free(packed);
    free(half);
    return use_up(y, M * N);
}

static uint64_t sum_conv2d(void) {
    enum { T = 9, F = 14, CI = 3, CO = 19, CELLS = 5 * 7 };
    float *x = oss_exact_filled(T * F * CI, 1), *w = oss_exact_filled(CO * CI * 9, 2);
    float *bias = oss_exact_filled(CO, 3), *y = oss_exact_floats(CELLS * CO);
    float *packed = oss_exact_floats(oss_k_conv2d_packed_floats(CI, CO));
    oss_k_conv2d_pack(packed, w, CI, CO);
    oss_k_conv2d_fwd(y, NULL, x, packed, bias, T, F, CI, CO, 0, (T + 1) / 2, true);
    free(x);
    free(w);
    free(bias);
    free(packed);
    return use_up(y, CELLS * CO);
}

static uint64_t sum_attention(float p) {
    enum { S = 41, HEADS = 2, D = 22, WIDE = S * HEADS * D };
    const oss_dropout_key key = {1, 2, 3, 4};
    float *qkv = take_spread(3 * WIDE, 1, 3.0), *out = oss_exact_floats(WIDE),
          *lse = oss_exact_floats(S * HEADS);
    float *dout = oss_exact_filled(WIDE, 2), *dqkv = oss_exact_floats(3 * WIDE);
    float *scratch = oss_exact_floats(oss_k_attention_scratch_floats(S, D));
    oss_k_attention_fwd(out, lse, qkv, S, HEADS, D, 0, S, NULL, p, &key, scratch);
    oss_k_attention_bwd(dqkv, dout, out, lse, qkv, S, HEADS, D, NULL, p, &key, scratch);
    free(qkv);
    free(lse);
    free(dout);
    free(scratch);
    uint64_t sum = use_up(out, WIDE);
    return add_bytes(use_up(dqkv, 3 * WIDE), &sum, sizeof sum);
}

static uint64_t sum_attention_whole(void) {
    return sum_attention(0.0f);
}

static uint64_t sum_attention_dropped(void) {
    return sum_attention(0.2f);
}

/* Forward, then back; lanes differ in number, so frames do: those that every ISA has are summed. */
static uint64_t sum_fft(int32_t n, int32_t win) {
    enum { FRAMES = 4, HOP = 50 };
    oss_fft *fft = NULL;
    ck_assert_int_eq(oss_fft_create(&fft, n), OSS_OK);
    const size_t length = (size_t)win + OSS_FFT_MAX_LANES * HOP, floats = (size_t)oss_fft_scratch_floats(fft);
    float *x = oss_exact_filled(length, 1), *window = oss_exact_filled((size_t)win, 2);
    float *dx = oss_exact_filled(length, 3), *spectrum = oss_exact_floats(floats);
    float *scratch = oss_exact_floats(floats);
    oss_fft_forward(fft, spectrum, x, HOP, window, win, scratch);
    oss_fft_transpose(fft, dx, HOP, window, win, FRAMES, spectrum, scratch);
    oss_fft_free(fft);
    free(x);
    free(window);
    free(spectrum);
    free(scratch);
    return use_up(dx, length);
}

static uint64_t sum_fft_padded(void) {
    return sum_fft(1024, 400);
}

static uint64_t sum_fft_radixes(void) {
    return sum_fft(2 * 8 * 4 * 7 * 3, 600);
}

static uint64_t sum_mel_bank(void) {
    enum { BINS = 3, LINES = 40 };
    static const int32_t start[BINS] = {2, 9, 20}, count[BINS] = {11, 14, 19}, offset[BINS] = {0, 11, 25};
    float *weight = oss_exact_filled(44, 1), *mel = oss_exact_floats(OSS_FFT_MAX_LANES * BINS);
    const oss_mel_bank bank = {BINS, LINES, 2, 39, start, count, offset, weight};
    float *spectrum = oss_exact_filled(LINES * 2 * OSS_FFT_MAX_LANES, 2);
    float *scratch = oss_exact_floats(oss_k_mel_bank_scratch_floats(&bank)),
          *dmel = oss_exact_filled(4 * BINS, 3);
    oss_k_mel_bank_fwd(&bank, mel, spectrum, 4, 0.0f, scratch);
    oss_k_mel_bank_bwd(&bank, spectrum, dmel, 4, 0.1f, scratch);
    free(weight);
    free(dmel);
    free(scratch);
    uint64_t sum = sum_bytes(mel, 4 * BINS * sizeof *mel);
    free(mel);
    return add_bytes(use_up(spectrum, (size_t)(LINES * 2 * oss_fft_lanes())), &sum, sizeof sum);
}

static uint64_t sum_columns(void) {
    double sums[2][COLUMNS], mean[COLUMNS], b[COLUMNS];
    float *x = oss_exact_filled(ROWS * COLUMNS, 1), *y = oss_exact_filled(ROWS * COLUMNS, 2);
    float *dx = oss_exact_floats(ROWS * COLUMNS), *scale = oss_exact_filled(COLUMNS, 3);
    memset(sums, 0, sizeof sums);
    oss_fill_f64(mean, COLUMNS, 4, 1.0);
    oss_fill_f64(b, COLUMNS, 5, 1.0);
    oss_k_column_squares(sums[0], x, mean, ROWS, COLUMNS);
    oss_k_column_dots(sums[1], x, y, ROWS, COLUMNS);
    oss_k_column_normalize_bwd(dx, x, y, mean, b, scale, ROWS, COLUMNS);
    free(x);
    free(y);
    free(scale);
    return add_bytes(use_up(dx, ROWS * COLUMNS), sums, sizeof sums);
}

static uint64_t sum_resample(void) {
    enum { TAPS = 48, OUT = 101 };
    float *x = oss_exact_filled(400, 1), *y = oss_exact_floats(OUT);
    float *filter = oss_exact_filled((OSS_RESAMPLE_PHASES + 1) * TAPS, 2);
    oss_k_resample(y, x, OUT, 12345, (3ULL << 32) + 54321987, filter, TAPS);
    free(x);
    free(filter);
    return use_up(y, OUT);
}

static uint64_t sum_ctc(void) {
    enum { T = 60, V = 31, LABELS = 19 };
    int32_t label[LABELS];
    for (int i = 0; i < LABELS; i++) {
        label[i] = 1 + i * 7 % 5;
    }
    float *logits = take_spread(T * V, 1, 5.0), *dlogits = oss_exact_floats(T * V);
    float *scratch = oss_exact_floats(oss_k_ctc_scratch_bytes(T, V, LABELS) / sizeof(float) + 1);
    oss_k_ctc(dlogits, logits, T, V, label, LABELS, 0.7, scratch);
    free(logits);
    free(scratch);
    return use_up(dlogits, T * V);
}

static const struct {
    const char *name;
    uint64_t (*run)(void);
    uint64_t want[WAYS];
} kernels[] = {
#define ROW(name, sse2, avx2, avx512, neon) {#name, sum_##name, {sse2, avx2, avx512, neon}},
    /* clang-format off */
    ROW(exp,              0x12050d8823828e39, 0x0d00f0c870262a81, 0x0d00f0c870262a81, 0x0d00f0c870262a81)
    ROW(log,              0x29614fa8f109d4ef, 0x565ce5011885bab1, 0x565ce5011885bab1, 0x565ce5011885bab1)
    ROW(erf,              0x5d9e6779de83eb3d, 0xab59ce089d5327d1, 0xab59ce089d5327d1, 0xab59ce089d5327d1)
    ROW(gelu,             0x15daddd63aa86cb3, 0xe1bcbae7003f736d, 0xaf8bda4800663b3e, 0xe1bcbae7003f736d)
    ROW(gelu_bwd,         0xf943bd3cd0177d01, 0xe839319ad0e9f024, 0x2ac4361950c85a14, 0xe839319ad0e9f024)
    ROW(axpy,             0xa5916c2499698d46, 0x6663e1b6a6be29d0, 0x6663e1b6a6be29d0, 0x6663e1b6a6be29d0)
    ROW(squares,          0xaef5b9a1553cdc6e, 0xb4a7d265426e2bc3, 0xb4a7d265426e2bc3, 0xaef5b9a1553cdc6e)
    ROW(adamw_alone,      0xe7d8f04606c528ca, 0x8b45d6cbaa3bdc04, 0x8b45d6cbaa3bdc04, 0x8b45d6cbaa3bdc04)
    ROW(adamw_average,    0xc1888178c02cf1fa, 0x0f576e7105240614, 0x0f576e7105240614, 0x0f576e7105240614)
    ROW(rmsnorm,          0xc9a7439eec40ac3e, 0x989788b1ef42940c, 0x22c9744329984ddc, 0x0907bb5b3ef2d3a5)
    ROW(rmsnorm_store,    0x4bce312d61af9fcf, 0xa694bf2db63d9d1d, 0x6613075e33855f78, 0x30751a827900781e)
    ROW(rmsnorm_add,      0x3e57f1708f5fecfe, 0x39ec95ac6ae15941, 0x9a9927dbae658756, 0x4c214b986ad2d34b)
    ROW(log_softmax,      0x2a130d40fff4ca37, 0xcc8ad0dacec287d8, 0x4439e06ce80dc2db, 0x588e74b54cd6d2df)
    ROW(rope,             0x3c232503e887b5c0, 0xf10d0bc396439d8f, 0xf10d0bc396439d8f, 0xf10d0bc396439d8f)
    ROW(dropout,          0xb4ffa7dce9ca9894, 0xc2aca77258e1b2b6, 0xc2aca77258e1b2b6, 0xc2aca77258e1b2b6)
    ROW(gemm,             0x39d4776705dce11e, 0xbc08d2ef378c4c6a, 0xbc08d2ef378c4c6a, 0xbc08d2ef378c4c6a)
    ROW(bf16_linear,      0xfcc5c504f829e4ab, 0x1d770d7b6ca9553e, 0x1ce0e888a206601f, 0x1d770d7b6ca9553e)
    ROW(conv2d,           0xdc69d447f8c440b0, 0xbc14b18f34e6e738, 0xdaf9593561030f1e, 0xbc14b18f34e6e738)
    ROW(attention_whole,  0xd86b304c5692c022, 0x24084f0ed43fdd95, 0x18eba1949e70c327, 0xa3e085b8382a7b04)
    ROW(attention_dropped, 0x56c05448001e0fc7, 0x47d9367c6fe5f237, 0x8d891222c5d671ec, 0x91af67fef3711f63)
    ROW(fft_padded,       0x84ced05ef61585d0, 0x9b4cd3ada6ab1805, 0x9b4cd3ada6ab1805, 0x9b4cd3ada6ab1805)
    ROW(fft_radixes,      0x0df30857ca623d12, 0x8edebcb9448540c4, 0x8edebcb9448540c4, 0x8edebcb9448540c4)
    ROW(mel_bank,         0x1302737fb174fc8f, 0xbb4cf8f6bbedce50, 0x37fd23aa5d489c89, 0xa260a6a6c643acf4)
    ROW(columns,          0xc8c7cb67c2761c65, 0x6145bc69b862d158, 0x6145bc69b862d158, 0x6145bc69b862d158)
    ROW(resample,         0xa1ab3d1027874c31, 0xfa311aa445df057f, 0x0c0327f87b9f5945, 0xdcb8d3898b788224)
    ROW(ctc,              0xd23d2ed245cba18e, 0xd23d2ed245cba18e, 0xd23d2ed245cba18e, 0xd23d2ed245cba18e)
/* clang-format on */
#undef ROW
};
enum { KERNELS = (int)(sizeof kernels / sizeof kernels[0]) };

START_TEST(test_bits_are_those_written) {
    oss_require_isa();
#if defined(__aarch64__)
    const int way = NEON;
#else
    const int way = SSE2 + _i;
#endif
    int wrong = 0;
    for (int k = 0; k < KERNELS; k++) {
        const uint64_t sum = kernels[k].run();
        if (sum != kernels[k].want[way]) {
            fprintf(stderr, "%s: way %d gives 0x%016" PRIx64 "\n", kernels[k].name, way, sum);
            wrong++;
        }
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/bits");
    TCase *tcase = tcase_create("bits");
    oss_add_each_isa(tcase, test_bits_are_those_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
