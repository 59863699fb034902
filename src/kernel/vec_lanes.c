/* Element-wise kernels. All of them stream: LANES floats in, a few operations, LANES out; the last n mod
 * LANES elements go through the same code with masked loads and stores, so a value does not depend on where
 * it lies in the array. */
#include "kernel/lanes.h"
#include "kernel/lanes_double.h"
#include "kernel/lanes_gelu.h"
#include "kernel/lanes_math.h"
#include "kernel/vec_tables.h"

/* y = f(x) */
LANES_INLINE void map(float *y, const float *x, size_t n, lanes_f (*f)(lanes_f)) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, f(lanes_load(x + i)));
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        lanes_store_n(y + i, f(lanes_load_n(x + i, rest)), rest);
    }
}

static void map_exp(float *y, const float *x, size_t n) {
    map(y, x, n, lanes_exp);
}

static void map_log(float *y, const float *x, size_t n) {
    map(y, x, n, lanes_log);
}

static void map_erf(float *y, const float *x, size_t n) {
    map(y, x, n, lanes_erf);
}

static void map_gelu(float *y, const float *x, size_t n) {
    map(y, x, n, lanes_gelu);
}

/* dx = dy gelu'(x), or dx += */
LANES_INLINE void step_gelu_bwd(float *dx, const float *dy, const float *x, size_t n, bool accumulate) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_f g = lanes_load(dy + i), slope = lanes_gelu_grad(lanes_load(x + i));
        lanes_store(dx + i, accumulate ? lanes_fma(g, slope, lanes_load(dx + i)) : g * slope);
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        lanes_f g = lanes_load_n(dy + i, rest), slope = lanes_gelu_grad(lanes_load_n(x + i, rest));
        lanes_store_n(dx + i, accumulate ? lanes_fma(g, slope, lanes_load_n(dx + i, rest)) : g * slope, rest);
    }
}

static void gelu_bwd(float *dx, const float *dy, const float *x, size_t n, bool accumulate) {
    if (accumulate) {
        step_gelu_bwd(dx, dy, x, n, true);
    } else {
        step_gelu_bwd(dx, dy, x, n, false);
    }
}

static void axpy(float *y, float a, const float *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, lanes_fma(lanes_set(a), lanes_load(x + i), lanes_load(y + i)));
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        lanes_store_n(y + i, lanes_fma(lanes_set(a), lanes_load_n(x + i, rest), lanes_load_n(y + i, rest)),
                      rest);
    }
}

static void add(float *y, const float *x, size_t n) {
    axpy(y, 1.0f, x, n);
}

static void scale_all(float *y, const float *x, float scale, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, scale * lanes_load(x + i));
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        lanes_store_n(y + i, scale * lanes_load_n(x + i, rest), rest);
    }
}

static void bias_add(float *y, int32_t ldy, const float *bias, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++) {
        axpy(y + (size_t)r * (size_t)ldy, 1.0f, bias, (size_t)c);
    }
}

/* Columns are taken LANES at a time and rows in blocks of BLOCK, each block's sum kept in a register: short
 * sums are more exact than one long one, and db is touched once a block. */
static void bias_grad(float *db, const float *dy, int32_t ldy, int32_t rows, int32_t c) {
    enum { BLOCK = 32 };
    for (int32_t from = 0; from < rows; from += BLOCK) {
        int32_t to = rows - from < BLOCK ? rows : from + BLOCK;
        for (int32_t i = 0; i < c; i += LANES) {
            int32_t n = c - i < LANES ? c - i : LANES;
            lanes_f sum = lanes_set(0.0f);
            for (int32_t r = from; r < to; r++) {
                const float *row = dy + (int64_t)r * ldy + i;
                sum += n == LANES ? lanes_load(row) : lanes_load_n(row, n);
            }
            lanes_store_n(db + i, lanes_load_n(db + i, n) + sum, n);
        }
    }
}

/* Four running sums of LANES/2 doubles hide the latency of the additions. */
static double sum_squares(const float *x, size_t n) {
    enum { SUMS = 4 };
    lanes_d sum[SUMS] = {{0}};
    size_t i = 0;
    for (; i + SUMS * LANES_D <= n; i += SUMS * LANES_D) {
        for (int s = 0; s < SUMS; s++) {
            lanes_d v = lanes_load_half(x + i + (size_t)s * LANES_D);
            sum[s] = lanes_fma_d(v, v, sum[s]);
        }
    }
    double total = lanes_sum_d((sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (; i < n; i++) {
        total = lanes_fma_one_d((double)x[i], (double)x[i], total);
    }
    return total;
}

/* An exponent of all ones is infinity or NaN. */
static bool all_finite(const float *x, size_t n) {
    const lanes_i exponent = lanes_set_i(0x7f800000);
    lanes_i bad = lanes_set_i(0);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        bad |= ((lanes_i)lanes_load(x + i) & exponent) == exponent;
    }
    int32_t rest = (int32_t)(n - i);
    if (rest > 0) {
        bad |= ((lanes_i)lanes_load_n(x + i, rest) & exponent) == exponent;
    }
    int32_t any = 0;
    for (int lane = 0; lane < LANES; lane++) {
        any |= bad[lane];
    }
    return any == 0;
}

/* Plain C: the compiler vectorises it, square root and division included. */
LANES_INLINE void step_adamw(float *restrict w, float *restrict m, float *restrict v, float *restrict average,
                             const float *restrict g, size_t n, const oss_adamw_factors *factors,
                             bool averaged) {
    const oss_adamw_factors f = *factors;
    for (size_t i = 0; i < n; i++) {
        float grad = g[i] * f.grad_scale;
        float mean = lanes_fma_one(m[i], f.beta1, f.one_minus_beta1 * grad);
        float square = lanes_fma_one(v[i], f.beta2, f.one_minus_beta2 * (grad * grad));
        m[i] = mean;
        v[i] = square;
        float divisor = lanes_fma_one(__builtin_sqrtf(square), f.inv_sqrt_bias2, f.eps);
        w[i] = lanes_fma_one(w[i], f.keep, -(f.rate * (mean / divisor)));
        if (averaged) {
            average[i] = lanes_fma_one(f.average_gain, w[i] - average[i], average[i]);
        }
    }
}

static void adamw(float *w, float *m, float *v, float *average, const float *g, size_t n,
                  const oss_adamw_factors *factors) {
    if (average == NULL) {
        step_adamw(w, m, v, average, g, n, factors, false);
    } else {
        step_adamw(w, m, v, average, g, n, factors, true);
    }
}

const oss_vec_table OSS_LANES_TABLE(vec) = {
    .add = add,
    .scale = scale_all,
    .all_finite = all_finite,
    .exp = map_exp,
};
const oss_vec_more_table OSS_LANES_TABLE(vec_more) = {
    .axpy = axpy,
    .bias_add = bias_add,
    .bias_grad = bias_grad,
    .sum_squares = sum_squares,
    .log = map_log,
    .erf = map_erf,
    .gelu_fwd = map_gelu,
    .gelu_bwd = gelu_bwd,
    .adamw = adamw,
};
