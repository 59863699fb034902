/* exp, ln, erf, GELU and its derivative on lanes.
 *
 * Polynomials are minimax fits (Remez exchange) with coefficients rounded to float one after the other, the
 * others refitted each time; scripts/lanes_math_coefficients.py prints every table below. Bounds are for any
 * ISA, measured against libm in double and held by tests/kernel/test_lanes_math.c:
 *
 *     lanes_exp        1.1 ulp; results below 2^-126: 1.1 steps of the denormal grid
 *     lanes_log        1 ulp
 *     lanes_erf        1.5 ulp
 *
 * NaN gives NaN in all of them. No division, no branch: cost is that of the multiply-adds. (GELU:
 * lanes_gelu.h.) */
#ifndef OSS_KERNEL_LANES_MATH_H
#define OSS_KERNEL_LANES_MATH_H

#include "kernel/lanes.h"

/* c[0] + c[1] x + ... + c[n-1] x^(n-1), by Horner's rule; n is a constant, so the loop unrolls. */
LANES_INLINE lanes_f lanes_polynomial(lanes_f x, const float *c, int n) {
    lanes_f y = lanes_set(c[n - 1]);
    LANES_UNROLL
    for (int i = n - 2; i >= 0; i--) {
        y = lanes_fma(y, x, lanes_set(c[i]));
    }
    return y;
}

/* |x| and the sign bit of x. */
LANES_INLINE lanes_f lanes_abs(lanes_f x) {
    return (lanes_f)((lanes_i)x & 0x7fffffff);
}

LANES_INLINE lanes_i lanes_sign_bit(lanes_f x) {
    return (lanes_i)((lanes_u)x & 0x80000000U);
}

/* y * 2^k for k in [-152, 129] and y in (0.5, 2): rounded once, also where the result is denormal. kf is k as
 * a float. */
LANES_INLINE lanes_f lanes_scale_by_power(lanes_f y, lanes_f kf, lanes_i k) {
#if OSS_LANES_ISA == OSS_LANES_AVX512
    (void)k;
    return (lanes_f)_mm512_scalef_ps((__m512)y, (__m512)kf);
#else
    (void)kf;
    lanes_i half =
        k >> 1; /* two factors, because 2^k itself may be out of range; the first product is exact */
    return y * (lanes_f)((lanes_u)(half + 127) << 23) * (lanes_f)((lanes_u)(k - half + 127) << 23);
#endif
}

/* e^x = 2^k e^r,  k = round(x log2 e),  r = x - k ln 2 in [-0.347, 0.347],  e^r = 1 + r + r^2 p(r).
 * ln 2 is cut in two so that k times the high part is exact. 0 below -104, inf above 88.73. */
LANES_INLINE lanes_f lanes_exp(lanes_f x) {
    static const float p[5] = {0.49999994f, 0.166665152f, 0.0416680872f, 0.00836929772f, 0.00138382777f};
    const float magic = 0x1.8p23f; /* adding it rounds to an integer, which then sits in the low bits */
    x = lanes_min(lanes_set(89.0f), x);
    x = lanes_max(lanes_set(-104.5f), x);
    lanes_f t = lanes_fma(x, lanes_set(0x1.715476p0f), lanes_set(magic));
    lanes_f kf = t - magic;
    lanes_i k = (lanes_i)t - (lanes_i)lanes_set(magic);
    lanes_f r = lanes_fnma(kf, lanes_set(0x1.62e4p-1f), x);
    r = lanes_fnma(kf, lanes_set(0x1.7f7d1cp-20f), r);
    lanes_f e = lanes_fma(r * r, lanes_polynomial(r, p, 5), r) + 1.0f;
    return lanes_scale_by_power(e, kf, k);
}

/* ln x = k ln 2 + ln(1 + f),  x = 2^k (1 + f),  1 + f in [sqrt(1/2), sqrt 2),  ln(1 + f) = f - f^2/2 + f^3
 * p(f). ln(+-0) = -inf, ln of a negative number is NaN, denormals are exact to the same bound. */
LANES_INLINE lanes_f lanes_log(lanes_f x) {
    static const float p[8] = {0.333333313f, -0.250008255f, 0.200012654f, -0.166232228f,
                               0.142006963f, -0.13160418f,  0.127698377f, -0.0764476582f};
    const lanes_f infinity = lanes_set(__builtin_inff());
    lanes_i denormal = x < lanes_set(0x1p-126f);
    lanes_u bits = (lanes_u)lanes_select(denormal, x * 0x1p23f, x);
    lanes_i k = (lanes_i)(bits - 0x3f3504f3U) >> 23; /* 0x3f3504f3 is sqrt(1/2) */
    lanes_f f = (lanes_f)(bits - ((lanes_u)k << 23)) - 1.0f;
    lanes_f kf = lanes_to_float(k + (denormal & -23));
    lanes_f y = lanes_fma(f * f, f * lanes_polynomial(f, p, 8), kf * -0x1.bd0106p-13f);
    y = lanes_fnma(lanes_set(0.5f), f * f, y) + f;
    y = lanes_fma(kf, lanes_set(0x1.63p-1f), y);
    lanes_f odd = lanes_select(x == lanes_set(0.0f), -infinity, lanes_set(__builtin_nanf("")));
    y = lanes_select(x > lanes_set(0.0f), y, odd);
    return lanes_select(x == infinity, x, y);
}

/* erf x = x + x p(x^2) below 0.9;  sign(x) (1 - e^q(|x|)) above, where e^q fits erfc; +-1 from 3.95 on. */
LANES_INLINE lanes_f lanes_erf(lanes_f x) {
    static const float p[7] = {0.128379166f,   -0.376126349f,    0.112837151f,   -0.0268605091f,
                               0.00520385895f, -0.000817563909f, 8.51310397e-05f};
    static const float q[7] = {-0.000177496724f, -1.12774956f,    -0.637059748f,  -0.104037359f,
                               0.0222770795f,    -0.00305560208f, 0.000197180532f};
    lanes_f a = lanes_abs(x);
    lanes_f small = lanes_fma(x, lanes_polynomial(x * x, p, 7), x);
    lanes_f large = 1.0f - lanes_exp(lanes_polynomial(lanes_min(lanes_set(3.95f), a), q, 7));
    large = (lanes_f)((lanes_i)large | lanes_sign_bit(x));
    return lanes_select(a < lanes_set(0.9f), small, large);
}

#endif
