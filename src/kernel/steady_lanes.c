#include "kernel/lanes.h"
#include "kernel/steady_table.h"

enum { PARTS = 16 / LANES /* vectors that make up 16 lanes */ };

LANES_INLINE int32_t count_some(int32_t left) {
    return left < 0 ? 0 : left < LANES ? left : LANES;
}

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

/* Lane i of 16 adds the squares of x[i], x[i + 16] ...; then halves are folded onto each other. */
static float sum_squares(const float *x, int32_t c) {
    lanes_f part[PARTS] = {{0}};
    for (int32_t i = 0; i < c; i += 16) {
        LANES_UNROLL
        for (int k = 0; k < PARTS; k++) {
            int32_t n = count_some(c - i - k * LANES);
            lanes_f v = n > 0 ? load_some(x + i + k * LANES, n) : (lanes_f){0};
            part[k] += v * v;
        }
    }
    float sum[16];
    for (int k = 0; k < PARTS; k++) {
        lanes_store(sum + k * LANES, part[k]);
    }
    for (int32_t half = 8; half > 0; half /= 2) {
        for (int32_t i = 0; i < half; i++) {
            sum[i] += sum[i + half];
        }
    }
    return sum[0];
}

static void rmsnorm(float *y, const float *x, const float *w, int32_t rows, int32_t c, float eps) {
    for (int32_t r = 0; r < rows; r++, x += c, y += c) {
        float scale = 1.0F / __builtin_sqrtf(sum_squares(x, c) / (float)c + eps);
        for (int32_t i = 0; i < c; i += LANES) {
            int32_t n = count_some(c - i);
            store_some(y + i, load_some(x + i, n) * scale * load_some(w + i, n), n);
        }
    }
}

static void rotate(float *low, float *high, const float *cosine, const float *sine, int32_t n) {
    for (int32_t i = 0; i < n; i += LANES) {
        int32_t k = count_some(n - i);
        lanes_f a = load_some(low + i, k), b = load_some(high + i, k);
        lanes_f co = load_some(cosine + i, k), si = load_some(sine + i, k);
        store_some(low + i, a * co - b * si, k);
        store_some(high + i, b * co + a * si, k);
    }
}

const oss_steady_table OSS_LANES_TABLE(steady) = {.rmsnorm = rmsnorm, .rotate = rotate};
