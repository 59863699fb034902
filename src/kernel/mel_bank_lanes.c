/* The filter bank on LANES frames side by side: a vector holds one line of every frame, so a filter is a
 * chain of multiply-adds with one weight each, however short it is; what comes out is turned.
 *
 *     spectrum[line][2][lane] --square, add--> power[line][lane] --filters--> mel[bin][lane]
 *       --turn--> mel[frames,bins] */
#include "kernel/lanes.h"
#include "kernel/lanes_double.h"
#include "kernel/lanes_math.h"
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

/* power[k][lane] = re^2 + im^2 of the lines that filters use */
static void make_power(const oss_mel_bank *bank, float *power, const float *spectrum) {
    const int32_t used = bank->last_line - bank->first_line;
    const float *z = spectrum + (ptrdiff_t)bank->first_line * 2 * LANES;
    for (ptrdiff_t k = 0; k < used; k++) {
        lanes_f re = lanes_load(z + 2 * LANES * k);
        lanes_f im = lanes_load(z + 2 * LANES * k + LANES);
        lanes_store(power + k * LANES, lanes_fma(re, re, im * im));
    }
}

static void filter_forward(const oss_mel_bank *bank, float *mel, const float *power) {
    for (int32_t m = 0; m < bank->bins; m++) {
        const float *p = power + (ptrdiff_t)(bank->start[m] - bank->first_line) * LANES;
        const float *w = bank->weight + bank->offset[m];
        lanes_f sum = lanes_set(0.0f);
        for (int32_t k = 0; k < bank->count[m]; k++) {
            sum = lanes_fma(lanes_set(w[k]), lanes_load(p + (ptrdiff_t)k * LANES), sum);
        }
        lanes_store(mel + (ptrdiff_t)m * LANES, sum);
    }
}

/* Where the parts of scratch begin. */
typedef struct mel_parts {
    float *power, *mel, *dmel;
} mel_parts;

static mel_parts place_parts(const oss_mel_bank *bank, float *scratch) {
    float *mel = scratch + (ptrdiff_t)(bank->last_line - bank->first_line + LANES) * LANES;
    return (mel_parts){scratch, mel, mel + (ptrdiff_t)(bank->bins + LANES) * LANES};
}

static void forward(const oss_mel_bank *bank, float *mel, const float *spectrum, int32_t frames, float floor,
                    float *scratch) {
    mel_parts parts = place_parts(bank, scratch);
    make_power(bank, parts.power, spectrum);
    filter_forward(bank, parts.mel, parts.power);
    for (ptrdiff_t m = 0; m < bank->bins && floor > 0.0f; m++) {
        float *at = parts.mel + m * LANES;
        lanes_store(at, lanes_log(lanes_max(lanes_set(floor), lanes_load(at))));
    }
    turn_out(mel, bank->bins, parts.mel, frames, bank->bins);
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
            lanes_store(p, lanes_fma(lanes_set(w[k]), d, lanes_load(p)));
        }
    }
}

/* d ln(max(mel, floor)) / d mel is 1/mel above the floor, 0 at it. */
static void undo_log(float *dmel, const float *mel, int32_t bins, float floor) {
    for (ptrdiff_t m = 0; m < bins; m++) {
        lanes_f value = lanes_load(mel + m * LANES);
        lanes_f d = lanes_load(dmel + m * LANES) / value;
        lanes_store(dmel + m * LANES, lanes_select(value > lanes_set(floor), d, lanes_set(0.0f)));
    }
}

/* spectrum *= 2 dpower, and nothing is left of the lines before and after. */
static void scale_spectrum(const oss_mel_bank *bank, float *spectrum, const float *dpower) {
    for (ptrdiff_t k = 0; k < bank->lines; k++) {
        float *at = spectrum + k * 2 * LANES;
        lanes_f d = lanes_set(0.0f);
        if (k < bank->first_line || k >= bank->last_line) {
            lanes_store(at, d);
            lanes_store(at + LANES, d);
            continue;
        }
        d = 2.0f * lanes_load(dpower + (k - bank->first_line) * LANES);
        lanes_store(at, d * lanes_load(at));
        lanes_store(at + LANES, d * lanes_load(at + LANES));
    }
}

static void backward(const oss_mel_bank *bank, float *spectrum, const float *dmel, int32_t frames,
                     float floor, float *scratch) {
    mel_parts parts = place_parts(bank, scratch);
    turn_in(parts.dmel, dmel, bank->bins, frames, bank->bins);
    if (floor > 0.0f) {
        make_power(bank, parts.power, spectrum);
        filter_forward(bank, parts.mel, parts.power);
        undo_log(parts.dmel, parts.mel, bank->bins, floor);
    }
    filter_backward(bank, parts.power, parts.dmel);
    scale_spectrum(bank, spectrum, parts.power);
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
            lanes_store_d(sum + i, lanes_fma_d(d, d, lanes_load_d(sum + i)));
        }
        for (; i < c; i++) {
            double d = (double)x[i] - mean[i];
            sum[i] = lanes_fma_one_d(d, d, sum[i]);
        }
    }
}

static void column_dots(double *sum, const float *x, const float *y, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++, x += c, y += c) {
        int32_t i = 0;
        for (; i + LANES_D <= c; i += LANES_D) {
            lanes_d a = lanes_load_half(x + i), b = lanes_load_half(y + i);
            lanes_store_d(sum + i, lanes_fma_d(a, b, lanes_load_d(sum + i)));
        }
        for (; i < c; i++) {
            sum[i] = lanes_fma_one_d((double)x[i], (double)y[i], sum[i]);
        }
    }
}

static void column_normalize_bwd(float *dx, const float *dy, const float *y, const double *a, const double *b,
                                 const float *scale, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++, dx += c, dy += c, y += c) {
        int32_t i = 0;
        for (; i + LANES_D <= c; i += LANES_D) {
            lanes_d d = lanes_load_half(dy + i) - lanes_load_d(a + i);
            d = lanes_fnma_d(lanes_load_half(y + i), lanes_load_d(b + i), d);
            lanes_store_half(dx + i, d / lanes_load_half(scale + i));
        }
        for (; i < c; i++) {
            double d = lanes_fma_one_d(-(double)y[i], b[i], (double)dy[i] - a[i]);
            dx[i] = (float)(d / (double)scale[i]);
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
                                                      .column_sums = column_sums,
                                                      .column_squares = column_squares,
                                                      .column_normalize = column_normalize};
const oss_mel_bank_bwd_table OSS_LANES_TABLE(mel_bank_bwd) = {
    .backward = backward, .column_dots = column_dots, .column_normalize_bwd = column_normalize_bwd};
