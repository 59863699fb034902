/* GELU and its derivative on lanes: a tenth of the time of inference, so each ISA has what is cheapest on it.
 *
 *     gelu x  = x Phi(x)          = x/2 + |x| q(|x|),        q(a) = Phi(a) - 1/2
 *     gelu' x = Phi(x) + x phi(x) = 1/2 + sign(x) r(|x|),    r(a) = q(a) + a phi(a)
 *
 * AVX-512 holds 16 coefficients in a register and picks one per lane in one instruction: q and r are cut into
 * 16 segments, with a polynomial of degree 4 and 5 on each. Elsewhere one polynomial serves the whole range,
 * in an argument that is centred, because in powers of a^2 itself the terms reach e^14 and cancel.
 * (e^(-x^2/2) with a rational factor costs more than both.) Minimax fits as in lanes_math.h. Error bounds,
 * for any ISA:
 *
 *     lanes_gelu       2e-7 * max(|x|, 1)
 *     lanes_gelu_grad  3e-7
 *
 *     lanes_gelu_steady  3.2e-4, the same bits on every ISA, for results that are rounded to 8 bits
 *
 * For large |x| gelu is exactly x or 0. NaN gives NaN, and so does gelu(-inf) = 0 * inf. */
#ifndef OSS_KERNEL_LANES_GELU_H
#define OSS_KERNEL_LANES_GELU_H

#include "kernel/lanes_math.h"

#if OSS_LANES_ISA == OSS_LANES_AVX512

/* With s = a * segments_per_unit, segment k = round(s) and f = s - k in [-1/2, 1/2]:  p[0][k] + p[1][k] f +
 * p[2][k] f^2 ... a is clamped to the centre of segment 15, where the fit is exactly 1/2. */
LANES_INLINE lanes_f lanes_segments(lanes_f a, float segments_per_unit, const float (*p)[16], int count) {
    const float magic = 0x1.8p23f; /* rounds to an integer, whose low four bits select the coefficient */
    lanes_f clamped = lanes_min(lanes_set(15.0f / segments_per_unit), a);
    lanes_f t = lanes_fma(clamped, lanes_set(segments_per_unit), lanes_set(magic));
    lanes_f f = lanes_fms(clamped, lanes_set(segments_per_unit), t - magic);
    lanes_f y = (lanes_f)_mm512_permutexvar_ps((__m512i)t, _mm512_loadu_ps(p[count - 1]));
    LANES_UNROLL
    for (int i = count - 2; i >= 0; i--) {
        y = lanes_fma(y, f, (lanes_f)_mm512_permutexvar_ps((__m512i)t, _mm512_loadu_ps(p[i])));
    }
    return y;
}

LANES_INLINE lanes_f lanes_gelu(lanes_f x) {
    static const float q[5][16] = {
        {0.0f, 0.137449026f, 0.259064555f, 0.35427478f, 0.420226008f, 0.460646808f, 0.482566088f,
         0.493082881f, 0.497547328f, 0.499224156f, 0.49978134f, 0.499945164f, 0.499987781f, 0.499997586f,
         0.499999583f, 0.5f},
        {0.140286908f, 0.131875709f, 0.109549768f, 0.0804186016f, 0.0521671623f, 0.0299042836f, 0.0151482662f,
         0.00678080553f, 0.0026821529f, 0.000937491597f, 0.000289551681f, 7.90335762e-05f, 1.90548308e-05f,
         4.06006757e-06f, 7.64374761e-07f, 3.93313144e-07f},
        {7.03635715e-06f, -0.00815467257f, -0.0135459639f, -0.0149166286f, -0.0129015753f, -0.00924449787f,
         -0.00561947841f, -0.00293510524f, -0.00132621126f, -0.000522137969f, -0.000178783375f,
         -5.37652486e-05f, -1.4408226e-05f, -3.52480311e-06f, -9.42104009e-07f, 1.46526247e-07f},
        {-0.00292614126f, -0.00237038499f, -0.0011395294f, 0.000178840783f, 0.00104162714f, 0.0012816441f,
         0.00107507117f, 0.000708043284f, 0.000384437997f, 0.00017608075f, 6.89305234e-05f, 2.31904014e-05f,
         6.80124003e-06f, 1.72875684e-06f, 3.83203371e-07f, 6.36641886e-08f},
        {7.22509139e-05f, 0.000244663563f, 0.000345760898f, 0.000290979719f, 0.000136488423f,
         -8.32264595e-06f, -8.3675739e-05f, -9.07725262e-05f, -6.94594783e-05f, -3.61148959e-05f,
         -1.86085763e-05f, -6.69109295e-06f, -1.14368027e-06f, 4.18545085e-07f, 9.69478833e-07f,
         -4.53032278e-08f},
    };
    return lanes_fma(lanes_abs(x), lanes_segments(lanes_abs(x), 2.84375f, q, 5), 0.5f * x);
}

LANES_INLINE lanes_f lanes_gelu_grad(lanes_f x) {
    static const float r[6][16] = {
        {0.0f, 0.302729756f, 0.519897819f, 0.617953598f, 0.622674048f, 0.585231841f, 0.545549333f,
         0.51960814f, 0.506941915f, 0.502043724f, 0.500503659f, 0.500104308f, 0.500018239f, 0.500002682f,
         0.500000358f, 0.5f},
        {0.319153786f, 0.271046817f, 0.157592237f, 0.0434977002f, -0.0248462632f, -0.0431927852f,
         -0.0336813815f, -0.0184904952f, -0.00785795227f, -0.00268257619f, -0.000749448896f, -0.000173200649f,
         -3.33384269e-05f, -5.36967127e-06f, -7.26103622e-07f, -2.24512277e-07f},
        {8.42330962e-07f, -0.0452500544f, -0.062292736f, -0.0477232784f, -0.0204465799f, -1.11874817e-06f,
         0.00756752025f, 0.00680894405f, 0.00380870514f, 0.00157906674f, 0.000513889012f, 0.000134832546f,
         2.89507243e-05f, 5.13460236e-06f, 7.56928841e-07f, -4.86999134e-08f},
        {-0.0170277357f, -0.0114133684f, 0.000216897839f, 0.00829782616f, 0.00871548988f, 0.00460756384f,
         0.000750874635f, -0.000893736316f, -0.000945504347f, -0.000530304853f, -0.000211283026f,
         -6.4724707e-05f, -1.57809918e-05f, -3.12011662e-06f, -5.06011929e-07f, -6.92686513e-08f},
        {1.96268338e-05f, 0.00252391445f, 0.00278348336f, 0.00105362828f, -0.000665047846f, -0.00113985874f,
         -0.000697980868f, -0.00016431525f, 8.02939539e-05f, 0.000101278354f, 5.61642919e-05f,
         2.13145067e-05f, 6.11663791e-06f, 1.3832182e-06f, 2.51929663e-07f, 3.05037311e-08f},
        {0.000588326191f, 0.000318920094f, -0.000202045019f, -0.000413376489f, -0.000230984559f,
         2.53822818e-05f, 0.000120619748f, 8.07208271e-05f, 2.07493249e-05f, -6.6098396e-06f,
         -9.04801618e-06f, -4.7655476e-06f, -1.67748033e-06f, -4.41451277e-07f, -9.08726037e-08f,
         -2.31202488e-08f},
    };
    lanes_f half = lanes_segments(lanes_abs(x), 2.5f, r, 6);
    return (lanes_f)((lanes_i)half ^ lanes_sign_bit(x)) + 0.5f;
}

#else

/* q = min(a p(a^2/14 - 1), 1/2),  a = min(|x|, sqrt 28). The fit overshoots 1/2 by 1e-7 at the end. */
LANES_INLINE lanes_f lanes_gelu(lanes_f x) {
    static const float p[15] = {0.133606195f,    -0.0666212738f,  0.0493289232f,  -0.0396193266f,
                                0.0320756324f,   -0.025256956f,   0.0188430622f,  -0.0131141515f,
                                0.00881381799f,  -0.00578444824f, 0.00300668902f, -0.00108289754f,
                                0.000786274672f, -0.00074646232f, 0.000256057683f};
    lanes_f a = lanes_min(lanes_set(5.2915026f), lanes_abs(x));
    lanes_f centred = lanes_fms(a * a, lanes_set(1.0f / 14.0f), lanes_set(1.0f));
    lanes_f q = a * lanes_polynomial(centred, p, 15);
    return lanes_fma(lanes_abs(x), lanes_min(q, lanes_set(0.5f)), 0.5f * x);
}

/* r = z p(z^2/17 - 1),  z = x clamped to +-sqrt 34, which carries the sign. */
LANES_INLINE lanes_f lanes_gelu_grad(lanes_f x) {
    static const float p[19] = {0.121344455f,   -0.0612810403f,  0.0482026488f,  -0.0455437042f,
                                0.0492125899f,  -0.0566672906f,  0.0642805472f,  -0.0686767176f,
                                0.0685879216f,  -0.062224973f,   0.0481442623f,  -0.034712635f,
                                0.029649945f,   -0.0221945047f,  0.00764546869f, -0.001012953f,
                                0.00372783444f, -0.00375376269f, 0.00102121499f};
    lanes_f z = lanes_max(lanes_set(-5.8309519f), lanes_min(lanes_set(5.8309519f), x));
    lanes_f centred = lanes_fms(z * z, lanes_set(1.0f / 17.0f), lanes_set(1.0f));
    return lanes_fma(z, lanes_polynomial(centred, p, 19), lanes_set(0.5f));
}

#endif

/* x (z p(z^2) + 1/2),  z = x clamped to +-4, where z p is +-1/2 to the bit. Nothing is fused. */
LANES_INLINE lanes_f lanes_gelu_steady(lanes_f x) {
    static const float p[7] = {0.397871852f,    -0.0645731837f,   0.00877242908f, -0.000814025931f,
                               4.79569026e-05f, -1.59869853e-06f, 2.27845209e-08f};
    lanes_f z = lanes_max(lanes_set(-4.0f), lanes_min(lanes_set(4.0f), x)), square = z * z;
    lanes_f y = lanes_set(p[6]);
    LANES_UNROLL
    for (int i = 5; i >= 0; i--) {
        y = y * square + p[i];
    }
    return x * (z * y + 0.5f);
}

#endif
