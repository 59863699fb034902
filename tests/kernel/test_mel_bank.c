#include "kernel/mel_bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/fft.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { LINES = 67, BINS = 21, MOST_LANES = OSS_FFT_MAX_LANES };

/* Filters of 0 to 20 lines that overlap, touch and leave gaps; lines 0..2 and the last ones belong to none. */
typedef struct test_bank {
    oss_mel_bank bank;
    int32_t start[BINS], count[BINS], offset[BINS];
    float weight[BINS * 20];
} test_bank;

static void make_bank(test_bank *t) {
    int32_t weights = 0, first = LINES, last = 0;
    for (int32_t m = 0; m < BINS; m++) {
        t->count[m] = m % 5 == 4 ? 0 : 1 + m * 7 % 20;
        t->start[m] = 3 + m * 2;
        t->offset[m] = weights;
        weights += t->count[m];
        if (t->count[m] > 0) {
            first = t->start[m] < first ? t->start[m] : first;
            last = t->start[m] + t->count[m] > last ? t->start[m] + t->count[m] : last;
        }
    }
    for (int32_t i = 0; i < weights; i++) {
        t->weight[i] = (float)(oss_fill_value(1, (uint64_t)i) + 1.1);
    }
    ck_assert(first == 3 && last < LINES - 1);
    t->bank = (oss_mel_bank){BINS, LINES, first, last, t->start, t->count, t->offset, t->weight};
}

static float *take_floats(size_t count, uint64_t seed) {
    float *x = malloc(count * sizeof *x);
    ck_assert_ptr_nonnull(x);
    oss_fill_f32(x, count, seed, 1.0);
    return x;
}

static float *take_aligned(size_t floats, uint64_t seed) {
    float *block = aligned_alloc(64, (floats * sizeof *block + 63) / 64 * 64);
    ck_assert_ptr_nonnull(block);
    oss_fill_f32(block, floats, seed, 1.0);
    return block;
}

static double power_at(const float *spectrum, int32_t k, int32_t f) {
    const int32_t lanes = oss_fft_lanes();
    return pow((double)spectrum[k * 2 * lanes + f], 2) + pow((double)spectrum[k * 2 * lanes + lanes + f], 2);
}

static double sum_filter(const test_bank *t, const float *spectrum, int32_t m, int32_t f) {
    double sum = 0.0;
    for (int32_t k = 0; k < t->count[m]; k++) {
        sum += (double)t->weight[t->offset[m] + k] * power_at(spectrum, t->start[m] + k, f);
    }
    return sum;
}

/* The second filter is below the floor, the third above. */
static float choose_floor(const test_bank *t, const float *spectrum) {
    return (float)(0.5 * (sum_filter(t, spectrum, 1, 0) + sum_filter(t, spectrum, 2, 0)));
}

START_TEST(test_forward) {
    oss_require_isa();
    test_bank t;
    make_bank(&t);
    const int32_t lanes = oss_fft_lanes();
    float *scratch = take_aligned(oss_k_mel_bank_scratch_floats(&t.bank), 1);
    float *spectrum = take_aligned((size_t)(LINES * 2 * lanes), 2);
    const float floors[] = {0.0f, choose_floor(&t, spectrum)};
    for (int32_t run = 0; run < 2 * lanes; run++) {
        const int32_t frames = 1 + run / 2;
        const float floor = floors[run % 2];
        float mel[(MOST_LANES + 1) * BINS];
        double want[MOST_LANES * BINS];
        memset(mel, 0xff, sizeof mel);
        for (int32_t i = 0; i < frames * BINS; i++) {
            double sum = sum_filter(&t, spectrum, i % BINS, i / BINS);
            want[i] = floor > 0.0f ? log(fmax(sum, (double)floor)) : sum;
        }
        oss_k_mel_bank_fwd(&t.bank, mel, spectrum, frames, floor, scratch);
        oss_assert_close_f32(mel, want, (size_t)(frames * BINS), "mel", 1e-6, 1e-4);
        for (int32_t i = frames * BINS; i < (MOST_LANES + 1) * BINS; i++) {
            ck_assert(isnan(mel[i])); /* nothing past the last frame is written */
        }
    }
    free(spectrum);
    free(scratch);
}
END_TEST

/* want[lines,2,lanes] of the gradient; lanes from `frames` on are 0 */
static void make_gradient(double *want, const test_bank *t, const float *spectrum, const float *dmel,
                          int32_t frames, float floor) {
    const int32_t lanes = oss_fft_lanes();
    for (int32_t i = 0; i < LINES * 2 * lanes; i++) {
        want[i] = 0.0;
    }
    for (int32_t i = 0; i < frames * BINS; i++) {
        const int32_t f = i / BINS, m = i % BINS;
        double sum = sum_filter(t, spectrum, m, f), slope = floor > 0.0f ? 1.0 / sum : 1.0;
        slope = floor > 0.0f && sum <= (double)floor ? 0.0 : slope;
        for (int32_t k = t->start[m]; k < t->start[m] + t->count[m]; k++) {
            double d = 2.0 * (double)t->weight[t->offset[m] + k - t->start[m]] * (double)dmel[i] * slope;
            want[k * 2 * lanes + f] += d * (double)spectrum[k * 2 * lanes + f];
            want[k * 2 * lanes + lanes + f] += d * (double)spectrum[k * 2 * lanes + lanes + f];
        }
    }
}

START_TEST(test_backward) {
    oss_require_isa();
    test_bank t;
    make_bank(&t);
    const int32_t lanes = oss_fft_lanes();
    const size_t count = (size_t)(LINES * 2 * lanes);
    float *scratch = take_aligned(oss_k_mel_bank_scratch_floats(&t.bank), 1);
    float *spectrum = take_aligned(count, 2), *got = take_aligned(count, 3);
    float *dmel = take_floats(MOST_LANES * BINS, 4);
    double want[LINES * 2 * MOST_LANES];
    const float floors[] = {0.0f, choose_floor(&t, spectrum)};
    for (int32_t run = 0; run < 2 * lanes; run++) {
        const int32_t frames = 1 + run / 2;
        make_gradient(want, &t, spectrum, dmel, frames, floors[run % 2]);
        memcpy(got, spectrum, count * sizeof *got);
        oss_k_mel_bank_bwd(&t.bank, got, dmel, frames, floors[run % 2], scratch);
        oss_assert_close_f32(got, want, count, "gradient", 1e-6, 1e-4);
    }
    float *blocks[] = {scratch, spectrum, got, dmel};
    for (int i = 0; i < 4; i++) {
        free(blocks[i]);
    }
}
END_TEST

START_TEST(test_columns) {
    oss_require_isa();
    enum { ROWS = 13, MOST = 37 };
    for (int32_t c = 1; c <= MOST; c++) {
        float *x = take_floats(ROWS * MOST, 7), *shift = take_floats(MOST, 8), *scale = take_floats(MOST, 9);
        double sum[MOST + 1] = {0}, square[MOST + 1] = {0}, mean[MOST];
        double want_sum[MOST] = {0}, want_square[MOST] = {0}, want[ROWS * MOST];
        for (int32_t i = 0; i < c; i++) {
            scale[i] += 2.0f;
            sum[i] = want_sum[i] = i; /* added to what is there */
            mean[i] = 0.1 * i;
        }
        for (int32_t i = 0; i < ROWS * c; i++) {
            want_sum[i % c] += (double)x[i];
            want_square[i % c] += pow((double)x[i] - mean[i % c], 2);
            want[i] = ((double)x[i] - (double)shift[i % c]) / (double)scale[i % c];
        }
        oss_k_column_sums(sum, x, ROWS, c);
        oss_k_column_squares(square, x, mean, ROWS, c);
        oss_assert_close_f64(sum, want_sum, (size_t)c, "sums", 1e-14, INFINITY);
        oss_assert_close_f64(square, want_square, (size_t)c, "squares", 1e-14, INFINITY);
        ck_assert(sum[c] == 0.0 && square[c] == 0.0);
        oss_k_column_normalize(x, shift, scale, ROWS, c);
        oss_assert_close_f32(x, want, (size_t)(ROWS * c), "normalised", 2e-7, INFINITY);
        free(x);
        free(shift);
        free(scale);
    }
}
END_TEST

START_TEST(test_columns_bwd) {
    oss_require_isa();
    enum { ROWS = 13, MOST = 37 };
    for (int32_t c = 1; c <= MOST; c++) {
        float *dy = take_floats(ROWS * MOST, 7), *y = take_floats(ROWS * MOST, 8),
              *scale = take_floats(MOST, 9);
        float dx[ROWS * MOST + 1];
        double sum[MOST + 1] = {0}, want_sum[MOST] = {0}, a[MOST], b[MOST], want[ROWS * MOST];
        for (int32_t i = 0; i < c; i++) {
            scale[i] += 2.0f;
            sum[i] = want_sum[i] = i; /* added to what is there */
            a[i] = 0.3 * i;
            b[i] = 0.1 * i;
        }
        for (int32_t i = 0; i < ROWS * c; i++) {
            const int32_t m = i % c;
            want_sum[m] += (double)dy[i] * (double)y[i];
            want[i] = ((double)dy[i] - a[m] - (double)y[i] * b[m]) / (double)scale[m];
        }
        dx[ROWS * c] = 9.0f;
        oss_k_column_dots(sum, dy, y, ROWS, c);
        oss_k_column_normalize_bwd(dx, dy, y, a, b, scale, ROWS, c);
        oss_assert_close_f64(sum, want_sum, (size_t)c, "dots", 1e-14, INFINITY);
        oss_assert_close_f32(dx, want, (size_t)(ROWS * c), "gradient", 1e-7, INFINITY);
        ck_assert(sum[c] == 0.0 && dx[ROWS * c] == 9.0f);
        free(dy);
        free(y);
        free(scale);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/mel_bank");
    TCase *tests = tcase_create("mel_bank");
    oss_add_each_isa(tests, test_forward);
    oss_add_each_isa(tests, test_backward);
    oss_add_each_isa(tests, test_columns_bwd);
    oss_add_each_isa(tests, test_columns);
    suite_add_tcase(suite, tests);
    return suite;
}
