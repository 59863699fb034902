/* The transform against the sum that defines it, in double, and its transpose by <F x, y> = <x, F^T y>, on
 * every ISA. */
#include "kernel/fft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { GUARD = 64 };

static void *take(size_t count, size_t size) {
    void *block = malloc(count * size + 1);
    ck_assert_ptr_nonnull(block);
    return block;
}

static float *take_garbage(size_t count) {
    float *block = take(count + GUARD, sizeof(float));
    oss_fill_garbage_f32(block, count + GUARD);
    return block;
}

static void assert_guard(const float *block, size_t count) {
    float *want = take_garbage(count);
    ck_assert_msg(memcmp(block + count, want + count, GUARD * sizeof(float)) == 0, "wrote past element %zu",
                  count);
    free(want);
}

/* cosine[i], sine[i] of 2 pi i / n */
typedef struct circle {
    double *cosine, *sine;
} circle;

static circle make_circle(int32_t n) {
    circle c = {take((size_t)n, sizeof(double)), take((size_t)n, sizeof(double))};
    for (int32_t i = 0; i < n; i++) {
        c.cosine[i] = cos(2.0 * acos(-1.0) * i / n);
        c.sine[i] = sin(2.0 * acos(-1.0) * i / n);
    }
    return c;
}

static void free_circle(circle c) {
    free(c.cosine);
    free(c.sine);
}

/* Bins 0..n/2 of one frame: re, then im. */
static void transform(double *re, double *im, const float *x, int32_t n, circle c) {
    for (int32_t k = 0; k <= n / 2; k++) {
        re[k] = im[k] = 0.0;
        for (int32_t i = 0, at = 0; i < n; i++, at = (at + k) % n) {
            re[k] += (double)x[i] * c.cosine[at];
            im[k] -= (double)x[i] * c.sine[at];
        }
    }
}

static void transform_back(double *dx, const float *dre, const float *dim, int32_t n, circle c) {
    for (int32_t i = 0; i < n; i++) {
        dx[i] = 0.0;
        for (int32_t k = 0, at = 0; k <= n / 2; k++, at = (at + i) % n) {
            dx[i] += (double)dre[k] * c.cosine[at] - (double)dim[k] * c.sine[at];
        }
    }
}

static float *take_aligned(int64_t floats) {
    float *block = aligned_alloc(64, ((size_t)floats * sizeof *block + 63) / 64 * 64);
    ck_assert_ptr_nonnull(block);
    oss_fill_garbage_f32(block, (size_t)floats);
    return block;
}

static float *take_ones(int32_t n) {
    float *one = take((size_t)n, sizeof *one);
    for (int32_t i = 0; i < n; i++) {
        one[i] = 1.0f;
    }
    return one;
}

static int32_t fewer(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* re,im[frames,n/2+1] = DFT of x[frames,n], a block of lanes after the other; the last is filled up with NaN. */
static void run_forward(const oss_fft *fft, int32_t n, float *re, float *im, const float *x, int32_t frames) {
    const int32_t lanes = oss_fft_lanes(), bins = n / 2 + 1;
    float *spectrum = take_aligned(oss_fft_scratch_floats(fft)), *one = take_ones(n);
    float *scratch = take_aligned(oss_fft_scratch_floats(fft));
    float *block = take((size_t)lanes * (size_t)n, sizeof *block);
    for (int32_t from = 0; from < frames; from += lanes) {
        const int32_t here = fewer(lanes, frames - from);
        oss_fill_garbage_f32(block, (size_t)lanes * (size_t)n);
        memcpy(block, x + (ptrdiff_t)from * n, (size_t)here * (size_t)n * sizeof *x);
        oss_fft_forward(fft, spectrum, block, n, one, n, scratch);
        for (int32_t i = 0; i < here * bins; i++) {
            const float *at = spectrum + (ptrdiff_t)(i % bins) * 2 * lanes + i / bins;
            re[(ptrdiff_t)from * bins + i] = at[0];
            im[(ptrdiff_t)from * bins + i] = at[lanes];
        }
    }
    float *blocks[] = {spectrum, one, scratch, block};
    for (int i = 0; i < 4; i++) {
        free(blocks[i]);
    }
}

/* dx[frames,n], the transpose of run_forward */
static void run_transpose(const oss_fft *fft, int32_t n, float *dx, const float *dre, const float *dim,
                          int32_t frames) {
    const int32_t lanes = oss_fft_lanes(), bins = n / 2 + 1;
    float *spectrum = take_aligned(oss_fft_scratch_floats(fft)), *one = take_ones(n);
    float *scratch = take_aligned(oss_fft_scratch_floats(fft));
    memset(dx, 0, (size_t)frames * (size_t)n * sizeof *dx);
    for (int32_t from = 0; from < frames; from += lanes) {
        const int32_t here = fewer(lanes, frames - from);
        oss_fill_garbage_f32(spectrum, (size_t)oss_fft_scratch_floats(fft));
        for (int32_t i = 0; i < here * bins; i++) {
            float *at = spectrum + (ptrdiff_t)(i % bins) * 2 * lanes + i / bins;
            at[0] = dre[(ptrdiff_t)from * bins + i];
            at[lanes] = dim[(ptrdiff_t)from * bins + i];
        }
        oss_fft_transpose(fft, dx + (ptrdiff_t)from * n, n, one, n, here, spectrum, scratch);
    }
    float *blocks[] = {spectrum, one, scratch};
    for (int i = 0; i < 3; i++) {
        free(blocks[i]);
    }
}

static oss_fft *create(int32_t n) {
    oss_fft *fft = NULL;
    ck_assert_int_eq(oss_fft_create(&fft, n), OSS_OK);
    return fft;
}

static void check_forward(int32_t n, int32_t frames, double bound) {
    const size_t bins = (size_t)n / 2 + 1, count = (size_t)frames * bins;
    oss_fft *fft = create(n);
    float *x = take((size_t)frames * (size_t)n, sizeof(float));
    float *re = take_garbage(count), *im = take_garbage(count);
    double *want_re = take(count, sizeof(double)), *want_im = take(count, sizeof(double));
    circle c = make_circle(n);
    oss_fill_f32(x, (size_t)frames * (size_t)n, (uint64_t)n, 1.0);
    for (int32_t f = 0; f < frames; f++) {
        transform(want_re + (size_t)f * bins, want_im + (size_t)f * bins, x + (size_t)f * (size_t)n, n, c);
    }
    run_forward(fft, n, re, im, x, frames);
    char what[64];
    (void)snprintf(what, sizeof what, "n %d frames %d", n, frames);
    oss_assert_close_f32(re, want_re, count, what, bound, INFINITY);
    oss_assert_close_f32(im, want_im, count, what, bound, INFINITY);
    for (int32_t f = 0; f < frames; f++) { /* what cannot be anything else is exactly zero */
        ck_assert(im[(size_t)f * bins] == 0.0f && im[(size_t)f * bins + bins - 1] == 0.0f);
    }
    assert_guard(re, count);
    assert_guard(im, count);
    void *blocks[] = {x, re, im, want_re, want_im};
    for (int i = 0; i < 5; i++) {
        free(blocks[i]);
    }
    free_circle(c);
    oss_fft_free(fft);
}

static void check_transpose(int32_t n, int32_t frames, double bound) {
    const size_t bins = (size_t)n / 2 + 1, count = (size_t)frames * (size_t)n;
    oss_fft *fft = create(n);
    float *dre = take((size_t)frames * bins, sizeof(float)),
          *dim = take((size_t)frames * bins, sizeof(float));
    float *dx = take_garbage(count);
    double *want = take(count, sizeof(double));
    circle c = make_circle(n);
    oss_fill_f32(dre, (size_t)frames * bins, 1, 1.0);
    oss_fill_f32(dim, (size_t)frames * bins, 2, 1.0); /* not zero where sine is: it must be ignored */
    for (int32_t f = 0; f < frames; f++) {
        transform_back(want + (size_t)f * (size_t)n, dre + (size_t)f * bins, dim + (size_t)f * bins, n, c);
    }
    run_transpose(fft, n, dx, dre, dim, frames);
    char what[64];
    (void)snprintf(what, sizeof what, "transpose, n %d frames %d", n, frames);
    oss_assert_close_f32(dx, want, count, what, bound, INFINITY);
    assert_guard(dx, count);
    void *blocks[] = {dre, dim, dx, want};
    for (int i = 0; i < 4; i++) {
        free(blocks[i]);
    }
    free_circle(c);
    oss_fft_free(fft);
}

START_TEST(test_many_lengths) {
    oss_require_isa();
    for (int32_t n = 4; n <= 100; n += 2) {
        check_forward(n, 1 + n % 19, 3e-7);
        check_transpose(n, 1 + n % 19, 3e-7);
    }
    const int32_t lengths[] = {128, 210, 256, 400, 480, 512, 998};
    for (int k = 0; k < 7; k++) {
        check_forward(lengths[k], 17, 3e-7);
        check_transpose(lengths[k], 17, 3e-7);
    }
}
END_TEST

START_TEST(test_the_front_ends_length) {
    oss_require_isa();
    check_forward(1024, 35, 2e-7);
    check_transpose(1024, 35, 2e-7);
    check_forward(2048, 3, 3e-7);
    check_transpose(2048, 3, 3e-7);
}
END_TEST

START_TEST(test_frame_counts) {
    oss_require_isa();
    for (int32_t frames = 1; frames <= 34; frames++) {
        check_forward(64, frames, 3e-7);
        check_transpose(64, frames, 3e-7);
    }
}
END_TEST

/* A frame's numbers do not depend on its neighbours, nor on its place among them. */
START_TEST(test_frames_do_not_mix) {
    oss_require_isa();
    enum { N = 96, BINS = N / 2 + 1, FRAMES = 21 };
    static float x[FRAMES * N], re[FRAMES * BINS], im[FRAMES * BINS];
    oss_fft *fft = create(N);
    oss_fill_f32(x, FRAMES * N, 7, 1.0);
    x[3 * N] = NAN;
    run_forward(fft, N, re, im, x, FRAMES);
    for (int f = 0; f < FRAMES; f++) {
        float alone_re[BINS], alone_im[BINS];
        run_forward(fft, N, alone_re, alone_im, x + f * N, 1);
        if (f == 3) {
            ck_assert(isnan(alone_re[5]) && isnan(re[f * BINS + 5]));
            continue;
        }
        ck_assert(memcmp(alone_re, re + f * BINS, sizeof alone_re) == 0);
        ck_assert(memcmp(alone_im, im + f * BINS, sizeof alone_im) == 0);
    }
    oss_fft_free(fft);
}
END_TEST

/* Frames that overlap, windows of every length: as the same frames written out, windowed and padded with
 * zeros. Frames past those asked for are neither read into the others nor written. */
static void check_window(int32_t n, int32_t win, int32_t hop, int32_t frames) {
    const int32_t bins = n / 2 + 1, lanes = oss_fft_lanes();
    const int32_t span = (lanes - 1) * hop + win, wanted = (frames - 1) * hop + win;
    oss_fft *fft = create(n);
    float *x = take((size_t)span, sizeof *x), *w = take((size_t)win, sizeof *w);
    float *rows = take((size_t)(lanes * n), sizeof *rows), *want_dx = take((size_t)span, sizeof *want_dx);
    float *re = take((size_t)(lanes * bins), sizeof *re), *im = take((size_t)(lanes * bins), sizeof *im);
    float *dx = take_garbage((size_t)span), *spectrum = take_aligned(oss_fft_scratch_floats(fft));
    float *scratch = take_aligned(oss_fft_scratch_floats(fft));
    oss_fill_f32(x, (size_t)span, 1, 1.0);
    oss_fill_f32(w, (size_t)win, 2, 1.0);
    for (int32_t i = 0; i < lanes * n; i++) {
        rows[i] = i % n < win ? w[i % n] * x[i / n * hop + i % n] : 0.0f;
    }
    run_forward(fft, n, re, im, rows, lanes);
    oss_fft_forward(fft, spectrum, x, hop, w, win, scratch);
    for (int32_t i = 0; i < lanes * bins; i++) {
        const float *at = spectrum + (ptrdiff_t)(i % bins) * 2 * lanes + i / bins;
        ck_assert_msg(at[0] == re[i] && at[lanes] == im[i], "n %d win %d: bin %d", n, win, i % bins);
    }
    run_transpose(fft, n, rows, re, im, lanes);
    oss_fill_f32(dx, (size_t)span, 3, 1.0);
    memcpy(want_dx, dx, (size_t)span * sizeof *dx);
    for (int32_t i = 0; i < frames * n; i++) {
        if (i % n < win) {
            want_dx[i / n * hop + i % n] += w[i % n] * rows[i];
        }
    }
    oss_fft_transpose(fft, dx, hop, w, win, frames, spectrum, scratch);
    for (int32_t i = 0; i < span; i++) {
        const double bound = i < wanted ? 1e-6 * (fabs((double)want_dx[i]) + n) : 0.0;
        ck_assert_msg(fabs((double)dx[i] - (double)want_dx[i]) <= bound, "n %d win %d: sample %d", n, win, i);
    }
    assert_guard(dx, (size_t)span);
    float *blocks[] = {x, w, rows, want_dx, re, im, dx, spectrum, scratch};
    for (int i = 0; i < 9; i++) {
        free(blocks[i]);
    }
    oss_fft_free(fft);
}

START_TEST(test_windows) {
    oss_require_isa();
    for (int32_t win = 1; win <= 64; win++) {
        check_window(64, win, 7, 1 + win % oss_fft_lanes());
    }
    check_window(1024, 400, 160, oss_fft_lanes());
    check_window(1024, 400, 160, 3);
    check_window(1024, 512, 160, 2);
    check_window(1024, 513, 160, 2);
    check_window(400, 400, 160, 1);
    check_window(32, 9, 40, 3); /* gaps between frames */
}
END_TEST

static double dot(const float *a, const float *b, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* <F x, y> = <x, F^T y>; also for lengths at which the defining sum would take too long. */
static void check_identity(int32_t n) {
    const size_t bins = (size_t)n / 2 + 1;
    oss_fft *fft = create(n);
    float *x = take((size_t)n, sizeof(float)), *dx = take((size_t)n, sizeof(float));
    float *re = take(bins, sizeof(float)), *im = take(bins, sizeof(float));
    float *dre = take(bins, sizeof(float)), *dim = take(bins, sizeof(float));
    oss_fill_f32(x, (size_t)n, 3, 1.0);
    oss_fill_f32(dre, bins, 4, 1.0);
    oss_fill_f32(dim, bins, 5, 1.0);
    run_forward(fft, n, re, im, x, 1);
    run_transpose(fft, n, dx, dre, dim, 1);
    double left = dot(re, dre, bins) + dot(im, dim, bins), right = dot(x, dx, (size_t)n);
    double size = sqrt(dot(x, x, (size_t)n) * dot(dx, dx, (size_t)n));
    ck_assert_msg(fabs(left - right) <= 5e-7 * size, "n %d: <Fx,y> %.9g, <x,F'y> %.9g", n, left, right);
    double energy = 2.0 * (dot(re, re, bins) + dot(im, im, bins)) - (double)re[0] * (double)re[0] -
                    (double)re[bins - 1] * (double)re[bins - 1];
    ck_assert_msg(fabs(energy / n / dot(x, x, (size_t)n) - 1.0) < 5e-7, "n %d: energy", n); /* Parseval */
    void *blocks[] = {x, dx, re, im, dre, dim};
    for (int i = 0; i < 6; i++) {
        free(blocks[i]);
    }
    oss_fft_free(fft);
}

START_TEST(test_transpose_identity) {
    oss_require_isa();
    const int32_t lengths[] = {4,    6,    10,    400,   512,   1024,  2048,  1998,
                               4096, 8192, 16384, 32768, 65536, 65534, 60000, 39366};
    for (int k = 0; k < 16; k++) {
        check_identity(lengths[k]);
    }
    check_identity(4 * 2039); /* a large prime */
}
END_TEST

START_TEST(test_lengths_that_are_refused) {
    const int32_t lengths[] = {-2, 0, 1, 2, 3, 5, 1023, 65535, 65537, 65538, 131072, INT32_MIN, INT32_MAX};
    for (int k = 0; k < 13; k++) {
        oss_fft *fft = NULL;
        ck_assert_int_eq(oss_fft_create(&fft, lengths[k]), OSS_EUSAGE);
        ck_assert_ptr_null(fft);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "use an even number from 4 to 65536"));
    }
    oss_fft_free(NULL);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/fft");
    TCase *tcase = tcase_create("fft");
    tcase_set_timeout(tcase, 30);
    oss_add_each_isa(tcase, test_many_lengths);
    oss_add_each_isa(tcase, test_the_front_ends_length);
    oss_add_each_isa(tcase, test_frame_counts);
    oss_add_each_isa(tcase, test_frames_do_not_mix);
    oss_add_each_isa(tcase, test_windows);
    oss_add_each_isa(tcase, test_transpose_identity);
    tcase_add_test(tcase, test_lengths_that_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
