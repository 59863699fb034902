/* Row-wise kernels: RMSNorm and log softmax; and the rotation of rotary position. */
#include "kernel/lanes.h"
#include "kernel/lanes_math.h"
#include "kernel/vec_tables.h"

/* The n <= LANES floats at p. n is LANES in all but the last step of a row. */
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

LANES_INLINE int32_t count_some(int32_t left) {
    return left < LANES ? left : LANES;
}

/* sum_c x^2: each lane adds C/LANES squares, then the lanes are folded in pairs; for C = 192 no chain is
 * longer than 12 + 4. */
LANES_INLINE float sum_squares(const float *x, int32_t c) {
    lanes_f sum = lanes_set(0.0f);
    for (int32_t i = 0; i < c; i += LANES) {
        lanes_f v = load_some(x + i, count_some(c - i));
        sum = lanes_fma(v, v, sum);
    }
    return lanes_sum(sum);
}

static void rmsnorm_fwd(float *y, float *inv, const float *x, const float *w, int32_t rows, int32_t c,
                        float eps) {
    for (int32_t r = 0; r < rows; r++) {
        const float *in = x + (int64_t)r * c;
        float *out = y + (int64_t)r * c;
        float rms = __builtin_sqrtf(sum_squares(in, c) / (float)c + eps);
        float scale = 1.0f / rms;
        for (int32_t i = 0; i < c; i += LANES) {
            int32_t n = count_some(c - i);
            store_some(out + i, load_some(in + i, n) * scale * load_some(w + i, n), n);
        }
        if (inv != NULL) {
            inv[r] = scale;
        }
    }
}

/* dx (+)= inv w dy - x inv^3 / C * dot,  dot = sum_c w dy x */
LANES_INLINE void norm_row_bwd(float *dx, const float *dy, const float *x, const float *w, float inv,
                               int32_t c, bool accumulate) {
    lanes_f sum = lanes_set(0.0f);
    for (int32_t i = 0; i < c; i += LANES) {
        int32_t n = count_some(c - i);
        sum = lanes_fma(load_some(w + i, n) * load_some(dy + i, n), load_some(x + i, n), sum);
    }
    float back = inv * inv * inv / (float)c * lanes_sum(sum);
    for (int32_t i = 0; i < c; i += LANES) {
        int32_t n = count_some(c - i);
        lanes_f g = lanes_fms(inv * load_some(w + i, n), load_some(dy + i, n), back * load_some(x + i, n));
        store_some(dx + i, accumulate ? load_some(dx + i, n) + g : g, n);
    }
}

static void rmsnorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w,
                        const float *inv, int32_t rows, int32_t c, bool accumulate) {
    for (int32_t r = 0; r < rows; r++) {
        const float *g = dy + (int64_t)r * c;
        const float *in = x + (int64_t)r * c;
        for (int32_t i = 0; i < c && dw != NULL; i += LANES) {
            int32_t n = count_some(c - i);
            lanes_f product = load_some(g + i, n) * load_some(in + i, n);
            store_some(dw + i, lanes_fma(product, lanes_set(inv[r]), load_some(dw + i, n)), n);
        }
        if (dx != NULL) {
            norm_row_bwd(dx + (int64_t)r * c, g, in, w, inv[r], c, accumulate);
        }
    }
}

/* ln softmax(x) = (x - max) - ln sum e^(x - max). A tail lane is -inf and adds e^-inf = 0. A NaN makes the
 * whole row NaN: it may slip through the maximum, but not through the sum. */
static void log_softmax_row(float *y, const float *x, int32_t c) {
    const lanes_f nothing = lanes_set(-__builtin_inff());
    int32_t whole = c - c % LANES;
    int32_t rest = c - whole;
    lanes_i within = lanes_set_i(0);
    for (int32_t lane = 0; lane < rest; lane++) {
        within[lane] = -1;
    }
    lanes_f tail = lanes_select(within, lanes_load_n(x + whole, rest), nothing);
    lanes_f high = tail;
    for (int32_t i = 0; i < whole; i += LANES) {
        high = lanes_max(lanes_load(x + i), high);
    }
    float largest = lanes_largest(high);
    lanes_f sum = lanes_exp(tail - largest);
    for (int32_t i = 0; i < whole; i += LANES) {
        sum += lanes_exp(lanes_load(x + i) - largest);
    }
    float log_sum = lanes_log(lanes_set(lanes_sum(sum)))[0];
    for (int32_t i = 0; i < whole; i += LANES) {
        lanes_store(y + i, (lanes_load(x + i) - largest) - log_sum);
    }
    lanes_store_n(y + whole, (tail - largest) - log_sum, rest);
}

static void log_softmax(float *y, const float *x, int32_t rows, int32_t c) {
    for (int32_t r = 0; r < rows; r++) {
        log_softmax_row(y + (int64_t)r * c, x + (int64_t)r * c, c);
    }
}

/* (low, high) turned by the angle: low cos - high sin, high cos + low sin. */
static void rotate(float *low, float *high, const float *cosine, const float *sine, int32_t n, float sign) {
    for (int32_t i = 0; i < n; i += LANES) {
        int32_t k = count_some(n - i);
        lanes_f a = load_some(low + i, k);
        lanes_f b = load_some(high + i, k);
        lanes_f co = load_some(cosine + i, k);
        lanes_f si = sign * load_some(sine + i, k);
        store_some(low + i, lanes_fms(a, co, b * si), k);
        store_some(high + i, lanes_fma(b, co, a * si), k);
    }
}

const oss_norm_table OSS_LANES_TABLE(norm) = {
    .rmsnorm_fwd = rmsnorm_fwd,
    .rotate = rotate,
};
const oss_norm_more_table OSS_LANES_TABLE(norm_more) = {
    .rmsnorm_bwd = rmsnorm_bwd,
    .log_softmax = log_softmax,
};
