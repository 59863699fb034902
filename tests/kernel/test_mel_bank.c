#include "kernel/mel_bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { LINES = 67, BINS = 21, MOST_FRAMES = 37 };

/* Filters of 0 to 20 lines that overlap, touch and leave gaps; lines 0..2 and the last ones belong to none.
 */
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

START_TEST(test_forward) {
    oss_require_isa();
    test_bank t;
    make_bank(&t);
    float *scratch = malloc(oss_k_mel_bank_scratch_floats(&t.bank) * sizeof *scratch);
    float *re = take_floats(MOST_FRAMES * LINES, 2), *im = take_floats(MOST_FRAMES * LINES, 3);
    for (int32_t frames = 1; frames <= MOST_FRAMES; frames++) {
        float mel[(MOST_FRAMES + 1) * BINS];
        double want[MOST_FRAMES * BINS];
        memset(mel, 0xff, sizeof mel);
        for (int32_t i = 0; i < frames * BINS; i++) {
            int32_t f = i / BINS, m = i % BINS;
            double sum = 0.0;
            for (int32_t k = 0; k < t.count[m]; k++) {
                int32_t at = f * LINES + t.start[m] + k;
                double power = pow((double)re[at], 2) + pow((double)im[at], 2);
                sum += (double)t.weight[t.offset[m] + k] * power;
            }
            want[i] = fmax(sum, 0.5);
        }
        oss_k_mel_bank_fwd(&t.bank, mel, re, im, frames, 0.5f, scratch);
        oss_assert_close_f32(mel, want, (size_t)frames * BINS, "mel", 1e-6, 1e-4);
        for (int32_t i = frames * BINS; i < (MOST_FRAMES + 1) * BINS; i++) {
            ck_assert(isnan(mel[i])); /* nothing past the last frame is written */
        }
    }
    free(re);
    free(im);
    free(scratch);
}
END_TEST

START_TEST(test_backward) {
    oss_require_isa();
    test_bank t;
    make_bank(&t);
    float *scratch = malloc(oss_k_mel_bank_scratch_floats(&t.bank) * sizeof *scratch);
    const float *dmel = take_floats(MOST_FRAMES * BINS, 4);
    for (int32_t frames = 1; frames <= MOST_FRAMES; frames++) {
        float *re = take_floats((MOST_FRAMES + 1) * LINES, 2),
              *im = take_floats((MOST_FRAMES + 1) * LINES, 3);
        const float *old_re = take_floats((MOST_FRAMES + 1) * LINES, 2),
                    *old_im = take_floats((MOST_FRAMES + 1) * LINES, 3);
        double want[2][(MOST_FRAMES + 1) * LINES] = {{0}};
        for (int32_t f = 0; f < frames; f++) {
            for (int32_t m = 0; m < BINS; m++) {
                for (int32_t k = 0; k < t.count[m]; k++) {
                    int32_t at = f * LINES + t.start[m] + k;
                    double d = 2.0 * (double)t.weight[t.offset[m] + k] * (double)dmel[f * BINS + m];
                    want[0][at] += (double)old_re[at] * d;
                    want[1][at] += (double)old_im[at] * d;
                }
            }
        }
        oss_k_mel_bank_bwd(&t.bank, re, im, dmel, frames, scratch);
        oss_assert_close_f32(re, want[0], (size_t)frames * LINES, "re", 1e-6, 1e-4);
        oss_assert_close_f32(im, want[1], (size_t)frames * LINES, "im", 1e-6, 1e-4);
        size_t done = (size_t)frames * LINES, rest = (size_t)(MOST_FRAMES + 1 - frames) * LINES;
        ck_assert_mem_eq(re + done, old_re + done, rest * sizeof *re);
        ck_assert_mem_eq(im + done, old_im + done, rest * sizeof *im);
        free(re);
        free(im);
        free((void *)(uintptr_t)old_re);
        free((void *)(uintptr_t)old_im);
    }
    free((void *)(uintptr_t)dmel);
    free(scratch);
}
END_TEST

START_TEST(test_window) {
    oss_require_isa();
    float *x = take_floats(70, 5), *w = take_floats(70, 6);
    for (int32_t n = 0; n <= 70; n++) {
        float y[71];
        y[n] = 9.0f;
        oss_k_window(y, x, w, n);
        for (int32_t i = 0; i < n; i++) {
            ck_assert(y[i] == x[i] * w[i]);
        }
        ck_assert(y[n] == 9.0f);
    }
    free(x);
    free(w);
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

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/mel_bank");
    TCase *tests = tcase_create("mel_bank");
    oss_add_each_isa(tests, test_forward);
    oss_add_each_isa(tests, test_backward);
    oss_add_each_isa(tests, test_window);
    oss_add_each_isa(tests, test_columns);
    suite_add_tcase(suite, tests);
    return suite;
}
