/* Real DFTs of LANES frames side by side: lane f of every vector belongs to frame f, so the transform itself
 * has no shuffles, and every twiddle factor is one number spread over a vector.
 *
 *     x, hop --window, transpose--> z[n/2] complex: even samples real, odd samples imaginary
 *       --Stockham stages--> Z[n/2] --split--> X[n/2+1]
 *
 * and stays like that, because what follows (mel_bank_lanes.c) works on frames side by side too. A stage
 * writes to the buffer that it does not read: the spectrum's and one of scratch, 64 KiB each for n = 1024 and
 * 16 lanes. The window of a speech frame fills less than half of n, so half the inputs of the first stage are
 * 0 and not read.
 *
 * A stage (Stockham's self-sorting transform, decimation in frequency; Van Loan 1992, section 1.7) takes
 * `radix` inputs that lie half/radix apart, transforms them in registers, multiplies by twiddles and writes
 * them `stride` apart:
 *
 *     y[q + stride*(radix*p + k)] = w^(p k) sum_j x[q + stride*(p + j*length/radix)] e^(-2 pi i j k / radix)
 *
 * Radix 8 reads and writes 16 vectors a butterfly, which fit the 32 registers of AVX-512; n = 1024 is three
 * such stages.
 *
 * The split (two real transforms in one complex one): with w_k = e^(-2 pi i k / n), A = Z[k] and
 * B = conj Z[half-k],
 *
 *     X[k] = (A + B)/2 - i w_k (A - B)/2,     X[half-k] = conj((A + B)/2 + i w_k (A - B)/2)
 *
 * The transpose of the whole is the transposes of the parts, backwards: merge (the split with conjugated
 * factors), the stages with e^(+...), which is the same stages with real and imaginary parts exchanged, and
 * windows added where they came from. */
#include <stdbool.h>

#include "kernel/fft_plan.h"
#include "kernel/lanes.h"
#include "kernel/lanes_double.h"
#include "kernel/lanes_transpose.h"

typedef struct cplx {
    lanes_f re, im;
} cplx;

/* Element i of a buffer: two vectors. */
LANES_INLINE cplx load(const float *z, ptrdiff_t i) {
    return (cplx){lanes_load(z + 2 * LANES * i), lanes_load(z + 2 * LANES * i + LANES)};
}

LANES_INLINE void store(float *z, ptrdiff_t i, cplx v) {
    lanes_store(z + 2 * LANES * i, v.re);
    lanes_store(z + 2 * LANES * i + LANES, v.im);
}

LANES_INLINE cplx add(cplx a, cplx b) {
    return (cplx){a.re + b.re, a.im + b.im};
}

LANES_INLINE cplx sub(cplx a, cplx b) {
    return (cplx){a.re - b.re, a.im - b.im};
}

/* a - i b and a + i b */
LANES_INLINE cplx sub_i(cplx a, cplx b) {
    return (cplx){a.re + b.im, a.im - b.re};
}

LANES_INLINE cplx add_i(cplx a, cplx b) {
    return (cplx){a.re - b.im, a.im + b.re};
}

LANES_INLINE cplx multiply(cplx a, const float *w) {
    const lanes_f re = lanes_set(w[0]), im = lanes_set(w[1]);
    return (cplx){lanes_fms(a.re, re, a.im * im), lanes_fma(a.re, im, a.im * re)};
}

LANES_INLINE void transform_2(cplx *a) {
    cplx sum = add(a[0], a[1]);
    a[1] = sub(a[0], a[1]);
    a[0] = sum;
}

/* From a[0], a[2] and the sum and difference of a[1] and a[3]. */
LANES_INLINE void finish_4(cplx *a, cplx sum13, cplx diff13) {
    cplx sum02 = add(a[0], a[2]), diff02 = sub(a[0], a[2]);
    a[0] = add(sum02, sum13);
    a[1] = sub_i(diff02, diff13);
    a[2] = sub(sum02, sum13);
    a[3] = add_i(diff02, diff13);
}

LANES_INLINE void transform_4(cplx *a) {
    finish_4(a, add(a[1], a[3]), sub(a[1], a[3]));
}

/* Even outputs are a transform of the sums of opposite inputs, odd ones of the differences turned by eighths.
 * padded: the last four inputs are 0, and are not read. */
LANES_INLINE void transform_8(cplx *a, const bool padded) {
    const lanes_f s = lanes_set(0.70710678118654752440f);
    cplx even[4], odd[4];
    LANES_UNROLL
    for (int k = 0; k < 4; k++) {
        even[k] = padded ? a[k] : add(a[k], a[k + 4]);
        odd[k] = padded ? a[k] : sub(a[k], a[k + 4]);
    }
    const cplx one = {odd[1].re + odd[1].im, odd[1].im - odd[1].re}; /* times s */
    const cplx three = {(odd[3].im - odd[3].re) * s, (odd[3].re + odd[3].im) * -s};
    odd[2] = (cplx){odd[2].im, -odd[2].re};
    transform_4(even);
    finish_4(odd, (cplx){lanes_fma(one.re, s, three.re), lanes_fma(one.im, s, three.im)},
             (cplx){lanes_fms(one.re, s, three.re), lanes_fms(one.im, s, three.im)});
    LANES_UNROLL
    for (int k = 0; k < 4; k++) {
        a[2 * k] = even[k];
        a[2 * k + 1] = odd[k];
    }
}

/* radix and padded are constants wherever this is inlined. */
LANES_INLINE void run_stage(float *y, const float *x, const oss_fft_stage *stage, const int radix,
                            const bool padded) {
    const ptrdiff_t stride = stage->stride;
    const ptrdiff_t count = stage->length / radix;
    const float *w = stage->twiddle;
    const int inputs = padded ? radix / 2 : radix;
    for (ptrdiff_t p = 0; p < count; p++, w = w != NULL ? w + 2 * (radix - 1) : NULL) {
        for (ptrdiff_t q = 0; q < stride; q++) {
            cplx a[8];
            LANES_UNROLL
            for (int k = 0; k < inputs; k++) {
                a[k] = load(x, q + stride * (p + k * count));
            }
            if (radix == 8) {
                transform_8(a, padded);
            } else if (radix == 4) {
                transform_4(a);
            } else {
                transform_2(a);
            }
            store(y, q + stride * radix * p, a[0]);
            LANES_UNROLL
            for (int k = 1; k < radix; k++) {
                store(y, q + stride * (radix * p + k), w != NULL ? multiply(a[k], w + 2 * (k - 1)) : a[k]);
            }
        }
    }
}

/* One output of a butterfly of any radix, summed in double: for a large prime the sum is long. */
LANES_INLINE cplx sum_output(const float *x, ptrdiff_t step, const oss_fft_stage *stage, int32_t k) {
    enum { PARTS = 2 }; /* a vector of floats is two of doubles */
    lanes_d re[PARTS] = {{0}}, im[PARTS] = {{0}};
    int32_t at = 0; /* j k mod radix */
    for (int32_t j = 0; j < stage->radix; j++, x += 2 * LANES * step) {
        const lanes_d c = lanes_set_d(stage->root[2 * at]), s = lanes_set_d(stage->root[2 * at + 1]);
        for (int h = 0; h < PARTS; h++) {
            lanes_d a = lanes_load_half(x + h * LANES_D), b = lanes_load_half(x + LANES + h * LANES_D);
            re[h] += lanes_fms_d(a, c, b * s);
            im[h] += lanes_fma_d(a, s, b * c);
        }
        at += k;
        at -= at >= stage->radix ? stage->radix : 0;
    }
    float out[2 * LANES];
    for (int h = 0; h < PARTS; h++) {
        lanes_store_half(out + h * LANES_D, re[h]);
        lanes_store_half(out + LANES + h * LANES_D, im[h]);
    }
    return load(out, 0);
}

static void run_odd_stage(float *y, const float *x, const oss_fft_stage *stage) {
    const int32_t radix = stage->radix;
    const ptrdiff_t stride = stage->stride, count = stage->length / radix;
    for (ptrdiff_t p = 0; p < count; p++) {
        for (int32_t k = 0; k < radix; k++) {
            const float one[2] = {1.0f, 0.0f};
            const float *w =
                stage->twiddle != NULL && k > 0 ? stage->twiddle + 2 * (p * (radix - 1) + k - 1) : one;
            for (ptrdiff_t q = 0; q < stride; q++) {
                cplx sum = sum_output(x + 2 * LANES * (q + stride * p), stride * count, stage, k);
                store(y, q + stride * (radix * p + k), multiply(sum, w));
            }
        }
    }
}

static void run_stage_8(float *y, const float *x, const oss_fft_stage *stage) {
    run_stage(y, x, stage, 8, false);
}

/* The first stage when at least half of every frame is 0. */
static void run_padded_stage_8(float *y, const float *x, const oss_fft_stage *stage) {
    run_stage(y, x, stage, 8, true);
}

static void run_stage_4(float *y, const float *x, const oss_fft_stage *stage) {
    run_stage(y, x, stage, 4, false);
}

static void run_stage_2(float *y, const float *x, const oss_fft_stage *stage) {
    run_stage(y, x, stage, 2, false);
}

/* The complex transform of z from stage `from` on; returns which of the two buffers holds it. */
static float *run_stages(const oss_fft *fft, int32_t from, float *z, float *other) {
    for (int32_t s = from; s < fft->stages; s++) {
        const oss_fft_stage *stage = &fft->stage[s];
        if (stage->radix == 8) {
            run_stage_8(other, z, stage);
        } else if (stage->radix == 4) {
            run_stage_4(other, z, stage);
        } else if (stage->radix == 2) {
            run_stage_2(other, z, stage);
        } else {
            run_odd_stage(other, z, stage);
        }
        float *swap = z;
        z = other;
        other = swap;
    }
    return z;
}

/* z[i][f] = window[i] x[f * hop + i] for i < win, 0 from there to `end`. */
static void turn_frames(float *z, const float *x, ptrdiff_t hop, const float *window, int32_t win,
                        int32_t end) {
    for (int32_t i = 0; i < win; i += LANES) {
        lanes_f rows[LANES];
        if (win - i >= LANES) {
            const lanes_f w = lanes_load(window + i);
            LANES_UNROLL
            for (int f = 0; f < LANES; f++) {
                rows[f] = lanes_load(x + f * hop + i) * w;
            }
        } else {
            const lanes_f w = lanes_load_n(window + i, win - i);
            for (int f = 0; f < LANES; f++) {
                rows[f] = lanes_load_n(x + f * hop + i, win - i) * w;
            }
        }
        lanes_transpose(rows);
        const int here = win - i < LANES ? win - i : LANES;
        for (int k = 0; k < here; k++) {
            lanes_store(z + (ptrdiff_t)(i + k) * LANES, rows[k]);
        }
    }
    for (ptrdiff_t i = win; i < end; i++) {
        lanes_store(z + i * LANES, lanes_set(0.0f));
    }
}

/* dx[f * hop + i] += window[i] z[i ^ 1][f] for i < win, f < frames: the stages ran with real and imaginary
 * parts exchanged. */
static void add_frames(float *dx, ptrdiff_t hop, const float *window, int32_t win, const float *z,
                       int32_t frames) {
    for (int32_t i = 0; i < win; i += LANES) {
        const int32_t here = win - i < LANES ? win - i : LANES;
        lanes_f rows[LANES];
        LANES_UNROLL
        for (int k = 0; k < LANES; k++) {
            /* Past the window, and perhaps past z, nothing is wanted: its last element will do. */
            rows[k] = lanes_load(z + (ptrdiff_t)((k < here ? i + k : i) ^ 1) * LANES);
        }
        lanes_transpose(rows);
        for (int f = 0; f < frames; f++) {
            float *at = dx + f * hop + i;
            if (here == LANES) {
                lanes_store(at, lanes_fma(rows[f], lanes_load(window + i), lanes_load(at)));
            } else {
                lanes_f sum = lanes_fma(rows[f], lanes_load_n(window + i, here), lanes_load_n(at, here));
                lanes_store_n(at, sum, here);
            }
        }
    }
}

/* X[0..half] from Z[0..half-1]; x may be z. */
static void split(const oss_fft *fft, float *x, const float *z) {
    const int32_t half = fft->half;
    cplx zero = load(z, 0);
    store(x, 0, (cplx){zero.re + zero.im, lanes_set(0.0f)});
    store(x, half, (cplx){zero.re - zero.im, lanes_set(0.0f)});
    for (int32_t k = 1; k <= half - k; k++) {
        cplx a = load(z, k), b = load(z, half - k);
        cplx even = {0.5f * (a.re + b.re), 0.5f * (a.im - b.im)};
        cplx odd = multiply((cplx){0.5f * (a.im + b.im), 0.5f * (b.re - a.re)}, fft->split + 2 * k);
        store(x, k, add(even, odd));
        store(x, half - k, (cplx){even.re - odd.re, odd.im - even.im});
    }
}

/* The transpose of split, in place, with real and imaginary parts exchanged for the stages. With D = dX[k], E
 * = conj dX[half-k]: dZ[k] = ((D + E) + i conj(w_k) (D - E)) / 2,  dZ[half-k] = conj of the same with a minus
 * sign. */
static void merge(const oss_fft *fft, float *z) {
    const int32_t half = fft->half;
    lanes_f first = load(z, 0).re, last = load(z, half).re;
    store(z, 0, (cplx){first - last, first + last});
    for (int32_t k = 1; k <= half - k; k++) {
        cplx d = load(z, k), e = load(z, half - k);
        const float conjugate[2] = {fft->split[2 * k], -fft->split[2 * k + 1]};
        cplx even = {0.5f * (d.re + e.re), 0.5f * (d.im - e.im)};
        cplx odd = multiply((cplx){-0.5f * (d.im + e.im), 0.5f * (d.re - e.re)}, conjugate);
        cplx z_k = add(even, odd);
        store(z, k, (cplx){z_k.im, z_k.re});
        store(z, half - k, (cplx){odd.im - even.im, even.re - odd.re});
    }
}

static void forward(const oss_fft *fft, float *spectrum, const float *x, ptrdiff_t hop, const float *window,
                    int32_t win, float *scratch) {
    const oss_fft_stage *first = &fft->stage[0];
    const bool padded = first->radix == 8 && 2 * win <= fft->n;
    turn_frames(spectrum, x, hop, window, win, padded ? fft->half : fft->n);
    float *z = spectrum, *other = scratch;
    if (padded) {
        run_padded_stage_8(scratch, spectrum, first);
        z = scratch;
        other = spectrum;
    }
    split(fft, spectrum, run_stages(fft, padded ? 1 : 0, z, other));
}

static void transpose(const oss_fft *fft, float *dx, ptrdiff_t hop, const float *window, int32_t win,
                      int32_t frames, float *spectrum, float *scratch) {
    merge(fft, spectrum);
    add_frames(dx, hop, window, win, run_stages(fft, 0, spectrum, scratch), frames);
}

const oss_fft_table OSS_LANES_TABLE(fft) = {.lanes = LANES, .forward = forward};
const oss_fft_transpose_table OSS_LANES_TABLE(fft_transpose) = {.transpose = transpose};
