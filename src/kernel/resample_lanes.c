/* One output is two dot products of `taps` along x, with the filter's phases before and after its place. A
 * vector runs along the taps, so it ends as LANES partial sums; LANES outputs at a time are transposed in
 * registers and summed as rows, which costs a fraction of LANES sums across a vector. */
#include "kernel/lanes.h"
#include "kernel/lanes_transpose.h"
#include "kernel/resample.h"
#include "kernel/resample_table.h"

enum { FRACTION_BITS = 32 - OSS_RESAMPLE_PHASE_BITS };

/* The partial sums of the output at `position`. */
LANES_INLINE lanes_f sum_taps(const float *x, uint64_t position, const float *h, int32_t taps) {
    const float *from = x + (position >> 32);
    uint32_t place = (uint32_t)position;
    const float *before = h + (size_t)(place >> FRACTION_BITS) * (size_t)taps;
    const float *after = before + taps;
    float fraction = (float)(int32_t)(place & ((1U << FRACTION_BITS) - 1U)) * (1.0f / (1U << FRACTION_BITS));
    lanes_f sum_before = {0};
    lanes_f sum_after = {0};
    for (int32_t k = 0; k < taps; k += LANES) {
        lanes_f v = lanes_load(from + k);
        sum_before = lanes_fma(v, lanes_load(before + k), sum_before);
        sum_after = lanes_fma(v, lanes_load(after + k), sum_after);
    }
    return lanes_fma(sum_after - sum_before, lanes_set(fraction), sum_before);
}

/* Lane i of the result is the sum over row i. */
LANES_INLINE lanes_f sum_rows(lanes_f rows[LANES]) {
    lanes_transpose(rows);
    LANES_UNROLL
    for (int half = LANES / 2; half > 0; half /= 2) {
        LANES_UNROLL
        for (int i = 0; i < half; i++) {
            rows[i] = rows[i] + rows[i + half];
        }
    }
    return rows[0];
}

static void resample(float *y, const float *x, size_t n, uint64_t position, uint64_t step, const float *h,
                     int32_t taps) {
    lanes_f rows[LANES];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            rows[j] = sum_taps(x, position, h, taps);
            position += step;
        }
        lanes_store(y + i, sum_rows(rows));
    }
    int32_t rest = (int32_t)(n - i);
    if (rest == 0) {
        return;
    }
    for (int j = 0; j < LANES; j++) {
        rows[j] = j < rest ? sum_taps(x, position, h, taps) : (lanes_f){0};
        position += step;
    }
    lanes_store_n(y + i, sum_rows(rows), rest);
}

const oss_resample_table OSS_LANES_TABLE(resample) = {.resample = resample};
