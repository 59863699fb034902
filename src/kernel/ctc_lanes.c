/* One frame of CTC's forward-backward recursion (Graves et al. 2006, equations 6 to 11):
 *
 *     alpha'[blank i] = (alpha[blank i] + alpha[label i-1]) p(blank)
 *     alpha'[label i] = (alpha[label i] + alpha[blank i] + skip_i alpha[label i-1]) p(label i)
 *
 * and the mirror image for beta. Over thousands of frames the numbers leave the range of a double in both
 * directions, and states that will matter later may be e^-1000 below the best of their frame, so scaling a
 * whole row loses them. The usual cure, logarithms, costs three exponentials and a logarithm a state and an
 * absolute error that grows with |log p|. Here every number carries its own exponent instead: s * 2^e, 1 <= s
 * < 2, e an integer kept in a double. A sum shifts the smaller terms down to the largest exponent; a product
 * adds exponents. No exponential, no logarithm; each step is exact to 2^-53 RELATIVE, so T = 4000 frames cost
 * 1e-12 at most, whatever the logits: e ranges over +-2^53. "Zero" is an exponent of OSS_CTC_NEVER: it needs
 * no test, because what it adds vanishes in the rounding.
 *
 * Powers of two are made by hand: for an integer k in a double, k + (2^52 + 1023) has k + 1023 in its low
 * bits, and those shifted to the exponent field are 2^k. The reverse reads the exponent of a product. */
#include "kernel/ctc_table.h"
#include "kernel/lanes.h"
#include "kernel/lanes_double.h"

typedef struct wide {
    lanes_d s, e;
} wide;

#define TWO_52        0x1p52
#define EXPONENT_BIAS 1023.0

LANES_INLINE wide load_wide(const double *s, const double *e) {
    return (wide){lanes_load_d(s), lanes_load_d(e)};
}

/* 2^k; below -1000 as good as nothing. */
LANES_INLINE lanes_d make_power(lanes_d k) {
    lanes_d biased = lanes_max_d(k, lanes_set_d(-1000.0)) + (TWO_52 + EXPONENT_BIAS);
    return (lanes_d)((lanes_du)biased << 52);
}

/* a + b + c as x * 2^(*top), 1 <= x < 6 */
LANES_INLINE lanes_d add_three(lanes_d *top, wide a, wide b, wide c) {
    lanes_d high = lanes_max_d(lanes_max_d(a.e, b.e), c.e);
    *top = high;
    lanes_d sum = lanes_fma_d(a.s, make_power(a.e - high), b.s * make_power(b.e - high));
    return lanes_fma_d(c.s, make_power(c.e - high), sum);
}

LANES_INLINE lanes_d add_two(lanes_d *top, wide a, wide b) {
    lanes_d high = lanes_max_d(a.e, b.e);
    *top = high;
    return lanes_fma_d(a.s, make_power(a.e - high), b.s * make_power(b.e - high));
}

/* Stores x * 2^e, x positive and normal, with a significand in [1, 2). */
LANES_INLINE void store_wide(double *s, double *e, lanes_d x, lanes_d exponent) {
    const lanes_du one = (lanes_du)lanes_set_d(1.0);
    lanes_du bits = (lanes_du)x;
    lanes_d k = (lanes_d)((bits >> 52) | (lanes_du)lanes_set_d(TWO_52)) - (TWO_52 + EXPONENT_BIAS);
    lanes_store_d(s, (lanes_d)((bits & 0x000fffffffffffffU) | one));
    lanes_store_d(e, exponent + k);
}

/* e^y = s * 2^k,  k = round(y / ln 2),  s = e^(y - k ln 2) by its series up to r^12: 2e-16 relative, |r| <=
 * 0.35. ln 2 is cut in two so that k times the high part is exact for |k| < 2^20. */
LANES_INLINE wide exponentiate_wide(lanes_d y) {
    static const double c[] = {
        1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
        1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1.0,         1.0};
    const double magic = 0x1.8p52;
    lanes_d k = lanes_fma_d(y, lanes_set_d(0x1.71547652b82fep0), lanes_set_d(magic)) - magic;
    lanes_d r = lanes_fnma_d(k, lanes_set_d(0x1.62e42feep-1), y);
    r = lanes_fnma_d(k, lanes_set_d(0x1.a39ef35793c76p-33), r);
    lanes_d s = lanes_set_d(c[0]);
    LANES_UNROLL
    for (int i = 1; i < 13; i++) {
        s = lanes_fma_d(s, r, lanes_set_d(c[i]));
    }
    return (wide){s, k};
}

static float find_largest(const float *x, int32_t v) {
    lanes_f high = lanes_set(-__builtin_inff());
    int32_t k = 0;
    for (; k + LANES <= v; k += LANES) {
        high = lanes_max(lanes_load(x + k), high);
    }
    float largest = lanes_largest(high);
    for (; k < v; k++) {
        largest = x[k] > largest ? x[k] : largest;
    }
    return largest;
}

/* LANES_D logits; beyond the last, -inf, which is clamped. */
LANES_INLINE lanes_d load_logits(const float *x, int32_t left) {
    if (left >= LANES_D) {
        return lanes_load_half(x);
    }
    lanes_d y = lanes_set_d(-__builtin_inf());
    for (int32_t i = 0; i < left; i++) {
        y[i] = (double)x[i];
    }
    return y;
}

LANES_INLINE void store_floats(float *p, lanes_d y, int32_t left) {
    if (left >= LANES_D) {
        lanes_store_half(p, y);
        return;
    }
    for (int32_t i = 0; i < left; i++) {
        p[i] = (float)y[i];
    }
}

static double exponentiate(double *significand, double *exponent, float *p, const float *x, int32_t v) {
    const double largest = (double)find_largest(x, v);
    const lanes_d lowest = lanes_set_d(-1e9);
    lanes_d sum = lanes_set_d(0.0);
    for (int32_t k = 0; k < v; k += LANES_D) {
        wide w = exponentiate_wide(lanes_max_d(load_logits(x + k, v - k) - largest, lowest));
        lanes_store_d(significand + k, w.s);
        lanes_store_d(exponent + k, w.e);
        sum = lanes_fma_d(w.s, make_power(w.e), sum);
    }
    const double total = lanes_sum_d(sum);
    const double inverse = 1.0 / total;
    for (int32_t k = 0; k < v && p != 0; k += LANES_D) {
        lanes_d y = lanes_load_d(significand + k) * make_power(lanes_load_d(exponent + k));
        store_floats(p + k, y * inverse, v - k);
    }
    return total;
}

/* The first multiple of the register width at or below i. */
LANES_INLINE int32_t align_down(int32_t i) {
    return i & ~(LANES_D - 1);
}

/* Whole registers are computed, from the one that holds band.low to the one that holds band.high. Numbers
 * below band.low may be stale; a stale number reaches one state further up each frame, and so does band.low,
 * so it never catches up. */
static void step_alpha(const oss_ctc_row *now, const oss_ctc_row *before, const oss_ctc_emission *emit,
                       const double *skip, oss_ctc_band band) {
    const lanes_d never = lanes_set_d(OSS_CTC_NEVER);
    const lanes_d one = lanes_set_d(1.0);
    /* Label -1 does not exist; and the next frame may look one register further up than this one goes. */
    now->label[-1] = 1.0;
    now->label_exp[-1] = OSS_CTC_NEVER;
    int32_t i = align_down(band.low);
    for (; i <= band.high; i += LANES_D) {
        wide blank = load_wide(before->blank + i, before->blank_exp + i);
        wide label = load_wide(before->label + i, before->label_exp + i);
        wide previous = load_wide(before->label + i - 1, before->label_exp + i - 1);
        lanes_d top;
        lanes_d x = add_two(&top, blank, previous);
        store_wide(now->blank + i, now->blank_exp + i, x * emit->blank.significand,
                   top + emit->blank.exponent);
        previous.e += lanes_load_d(skip + i);
        x = add_three(&top, label, blank, previous);
        store_wide(now->label + i, now->label_exp + i, x * lanes_load_d(emit->label + i),
                   top + lanes_load_d(emit->label_exp + i));
    }
    lanes_store_d(now->blank + i, one);
    lanes_store_d(now->blank_exp + i, never);
    lanes_store_d(now->label + i, one);
    lanes_store_d(now->label_exp + i, never);
}

/* alpha * beta / total, and 0 below the band, where alpha may be stale. (Above it alpha is zero.) */
LANES_INLINE lanes_d make_posterior(wide alpha, lanes_d beta, lanes_d beta_exp, oss_ctc_wide total,
                                    lanes_di inside) {
    lanes_d power = make_power(alpha.e + beta_exp - total.exponent);
    lanes_d p = alpha.s * beta * (1.0 / total.significand) * power;
    return (lanes_d)((lanes_di)p & inside);
}

static double step_beta(double *posterior, const oss_ctc_row *next, const oss_ctc_row *alpha,
                        const oss_ctc_emission *emit, const double *skip, oss_ctc_band band,
                        oss_ctc_wide total) {
    lanes_di lane;
    for (int k = 0; k < LANES_D; k++) {
        lane[k] = k;
    }
    lanes_d blanks = lanes_set_d(0.0);
    for (int32_t i = align_down(band.low); i <= band.high; i += LANES_D) {
        lanes_di inside = (lane + i) >= band.low;
        wide blank = load_wide(next->blank + i, next->blank_exp + i);
        wide label = load_wide(next->label + i, next->label_exp + i);
        wide blank_after = load_wide(next->blank + i + 1, next->blank_exp + i + 1);
        wide label_after = load_wide(next->label + i + 1, next->label_exp + i + 1);
        lanes_d top;
        lanes_d x = add_two(&top, blank, label);
        wide here = load_wide(alpha->blank + i, alpha->blank_exp + i);
        blanks += make_posterior(here, x, top, total, inside);
        store_wide(next->blank + i, next->blank_exp + i, x * emit->blank.significand,
                   top + emit->blank.exponent);
        label_after.e += lanes_load_d(skip + i + 1);
        x = add_three(&top, label, blank_after, label_after);
        here = load_wide(alpha->label + i, alpha->label_exp + i);
        lanes_store_d(posterior + i, make_posterior(here, x, top, total, inside));
        store_wide(next->label + i, next->label_exp + i, x * lanes_load_d(emit->label + i),
                   top + lanes_load_d(emit->label_exp + i));
    }
    return lanes_sum_d(blanks);
}

static void subtract(float *dx, const double *posterior, int32_t v, double scale) {
    int32_t k = 0;
    for (; k + LANES_D <= v; k += LANES_D) {
        lanes_store_half(dx + k, scale * (lanes_load_half(dx + k) - lanes_load_d(posterior + k)));
    }
    for (; k < v; k++) {
        dx[k] = (float)(scale * ((double)dx[k] - posterior[k]));
    }
}

const oss_ctc_table OSS_LANES_TABLE(ctc) = {
    .exponentiate = exponentiate,
    .step_alpha = step_alpha,
    .step_beta = step_beta,
    .subtract = subtract,
};
