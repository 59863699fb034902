/* The filter bank on LANES frames side by side: spectra are turned so that a vector holds one line of every
 * frame; then a filter is a chain of multiply-adds with one weight each, however short it is, and what comes
 * out is turned back.
 *
 *     re, im[frames,lines] --square, add, turn--> power[line][lane] --filters--> mel[bin][lane] --turn-->
 * mel[frames,bins] */
#include "kernel/lanes.h"
#include "kernel/lanes_double.h"
#include "kernel/lanes_transpose.h"
#include "kernel/mel_bank_table.h"

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* The first n of p[LANES], n often all of them. */
LANES_INLINE lanes_f load_some(const float *p, int32_t n) {
    return n == LANES ? lanes_load(p) : lanes_load_n(p, n);
}

LANES_INLINE void store_some(float *p, lanes_f v, int32_t n) {
    if (n == LANES) {
        lanes_store(p, v);
    } else {
        lanes_store_n(p, v, n);
    }
}

/* t[i][lane] = x[lane, i] for i < n and lane < frames, 0 for other lanes; t has room for n rounded up to
 * LANES. */
static void turn_in(float *t, const float *x, int32_t stride, int32_t frames, int32_t n) {
    for (int32_t i = 0; i < n; i += LANES) {
        int32_t width = least(LANES, n - i);
        lanes_f rows[LANES];
        for (int32_t f = 0; f < LANES; f++) {
            rows[f] = f < frames ? load_some(x + (ptrdiff_t)f * stride + i, width) : lanes_set(0.0f);
        }
        lanes_transpose(rows);
        for (int32_t j = 0; j < LANES; j++) {
            lanes_store(t + (ptrdiff_t)(i + j) * LANES, rows[j]);
        }
    }
}

/* x[lane, i] = t[i][lane] */
static void turn_out(float *x, int32_t stride, const float *t, int32_t frames, int32_t n) {
    for (int32_t i = 0; i < n; i += LANES) {
        int32_t width = least(LANES, n - i);
        lanes_f rows[LANES];
        for (int32_t j = 0; j < LANES; j++) {
            rows[j] = lanes_load(t + (ptrdiff_t)(i + j) * LANES);
        }
        lanes_transpose(rows);
        for (int32_t f = 0; f < frames; f++) {
            store_some(x + (ptrdiff_t)f * stride + i, rows[f], width);
        }
    }
}

/* As turn_in, of re^2 + im^2. */
static void turn_power(float *t, const float *re, const float *im, int32_t stride, int32_t frames,
                       int32_t n) {
    for (int32_t i = 0; i < n; i += LANES) {
        int32_t width = least(LANES, n - i);
        lanes_f rows[LANES];
        for (int32_t f = 0; f < LANES; f++) {
            rows[f] = lanes_set(0.0f);
            if (f < frames) {
                lanes_f a = load_some(re + (ptrdiff_t)f * stride + i, width);
                lanes_f b = load_some(im + (ptrdiff_t)f * stride + i, width);
                rows[f] = a * a + b * b;
            }
        }
        lanes_transpose(rows);
        for (int32_t j = 0; j < LANES; j++) {
            lanes_store(t + (ptrdiff_t)(i + j) * LANES, rows[j]);
        }
    }
}

static void filter_forward(const oss_mel_bank *bank, float *mel, const float *power, float floor) {
    for (int32_t m = 0; m < bank->bins; m++) {
        const float *p = power + (ptrdiff_t)(bank->start[m] - bank->first_line) * LANES;
        const float *w = bank->weight + bank->offset[m];
        lanes_f sum = lanes_set(0.0f);
        for (int32_t k = 0; k < bank->count[m]; k++) {
            sum += w[k] * lanes_load(p + (ptrdiff_t)k * LANES);
        }
        lanes_store(mel + (ptrdiff_t)m * LANES, lanes_max(lanes_set(floor), sum));
    }
}

static void forward(const oss_mel_bank *bank, float *mel, const float *re, const float *im, int32_t frames,
                    float floor, float *scratch) {
    const int32_t used = bank->last_line - bank->first_line;
    float *power = scratch;
    float *turned = scratch + (ptrdiff_t)(used + LANES) * LANES;
    for (int32_t f = 0; f < frames; f += LANES) {
        int32_t lanes = least(LANES, frames - f);
        ptrdiff_t at = (ptrdiff_t)f * bank->lines + bank->first_line;
        turn_power(power, re + at, im + at, bank->lines, lanes, used);
        filter_forward(bank, turned, power, floor);
        turn_out(mel + (ptrdiff_t)f * bank->bins, bank->bins, turned, lanes, bank->bins);
    }
}

static void filter_backward(const oss_mel_bank *bank, float *dpower, const float *dmel) {
    const int32_t used = bank->last_line - bank->first_line;
    for (int32_t k = 0; k < used + LANES; k++) {
        lanes_store(dpower + (ptrdiff_t)k * LANES, lanes_set(0.0f));
    }
    for (int32_t m = 0; m < bank->bins; m++) {
        float *p = dpower + (ptrdiff_t)(bank->start[m] - bank->first_line) * LANES;
        const float *w = bank->weight + bank->offset[m];
        lanes_f d = lanes_load(dmel + (ptrdiff_t)m * LANES);
        for (int32_t k = 0; k < bank->count[m]; k++, p += LANES) {
            lanes_store(p, lanes_load(p) + w[k] * d);
        }
    }
}

/* x[f, 0..n) *= 2 dpower, and nothing is left of the lines before and after. */
static void scale_spectrum(float *x, const oss_mel_bank *bank, const float *dpower, int32_t frames) {
    const int32_t used = bank->last_line - bank->first_line;
    for (int32_t i = 0; i < used; i += LANES) {
        int32_t width = least(LANES, used - i);
        lanes_f rows[LANES];
        for (int32_t j = 0; j < LANES; j++) {
            rows[j] = lanes_load(dpower + (ptrdiff_t)(i + j) * LANES);
        }
        lanes_transpose(rows);
        for (int32_t f = 0; f < frames; f++) {
            float *at = x + (ptrdiff_t)f * bank->lines + bank->first_line + i;
            store_some(at, 2.0f * rows[f] * load_some(at, width), width);
        }
    }
    for (int32_t f = 0; f < frames; f++) {
        float *row = x + (ptrdiff_t)f * bank->lines;
        for (int32_t k = 0; k < bank->first_line; k++) {
            row[k] = 0.0f;
        }
        for (int32_t k = bank->last_line; k < bank->lines; k++) {
            row[k] = 0.0f;
        }
    }
}

static void backward(const oss_mel_bank *bank, float *re, float *im, const float *dmel, int32_t frames,
                     float *scratch) {
    float *dpower = scratch;
    float *turned = scratch + (ptrdiff_t)(bank->last_line - bank->first_line + LANES) * LANES;
    for (int32_t f = 0; f < frames; f += LANES) {
        int32_t lanes = least(LANES, frames - f);
        turn_in(turned, dmel + (ptrdiff_t)f * bank->bins, bank->bins, lanes, bank->bins);
        filter_backward(bank, dpower, turned);
        scale_spectrum(re + (ptrdiff_t)f * bank->lines, bank, dpower, lanes);
        scale_spectrum(im + (ptrdiff_t)f * bank->lines, bank, dpower, lanes);
    }
}

static void window(float *y, const float *x, const float *w, int32_t n) {
    int32_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, lanes_load(x + i) * lanes_load(w + i));
    }
    lanes_store_n(y + i, lanes_load_n(x + i, n - i) * lanes_load_n(w + i, n - i), n - i);
}

static void column_sums(double *sum, const float *x, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++, x += c) {
        int32_t i = 0;
        for (; i + LANES_D <= c; i += LANES_D) {
            lanes_store_d(sum + i, lanes_load_d(sum + i) + lanes_load_half(x + i));
        }
        for (; i < c; i++) {
            sum[i] += (double)x[i];
        }
    }
}

static void column_squares(double *sum, const float *x, const double *mean, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++, x += c) {
        int32_t i = 0;
        for (; i + LANES_D <= c; i += LANES_D) {
            lanes_d d = lanes_load_half(x + i) - lanes_load_d(mean + i);
            lanes_store_d(sum + i, lanes_load_d(sum + i) + d * d);
        }
        for (; i < c; i++) {
            double d = (double)x[i] - mean[i];
            sum[i] += d * d;
        }
    }
}

static void column_normalize(float *y, const float *shift, const float *scale, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++, y += c) {
        int32_t i = 0;
        for (; i + LANES <= c; i += LANES) {
            lanes_store(y + i, (lanes_load(y + i) - lanes_load(shift + i)) / lanes_load(scale + i));
        }
        for (; i < c; i++) {
            y[i] = (y[i] - shift[i]) / scale[i];
        }
    }
}

const oss_mel_bank_table OSS_LANES_TABLE(mel_bank) = {.forward = forward,
                                                      .backward = backward,
                                                      .window = window,
                                                      .column_sums = column_sums,
                                                      .column_squares = column_squares,
                                                      .column_normalize = column_normalize};
