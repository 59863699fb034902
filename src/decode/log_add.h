/* ln(e^a + e^b) and e^x in float arithmetic without calls: polynomials (Chebyshev fits; errors of 2e-7 at most, relative for
 * e^x). */
#ifndef OSS_DECODE_LOG_ADD_H
#define OSS_DECODE_LOG_ADD_H

#include <stdint.h>
#include <string.h>

/* x at most 0; below -87: 0. */
static inline float oss_exp_fast(float x) {
    float y = x < -87.0F ? -87.0F : x;
    float t = y * 1.44269504F;
    int32_t whole = (int32_t)(t - 0.5F);
    float f = t - (float)whole;
    float p = 0.00134004322F;
    p = p * f + 0.0096760371F;
    p = p * f + 0.0555032721F;
    p = p * f + 0.240221074F;
    p = p * f + 0.693147207F;
    p = p * f + 1.00000008F;
    uint32_t bits = (uint32_t)(whole + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return x < -87.0F ? 0.0F : p * scale;
}

/* ln(1 + x), 0 <= x <= 1. */
static inline float oss_log1p_fast(float x) {
    float p = -0.0085746762F;
    p = p * x + 0.0442141923F;
    p = p * x - 0.107853679F;
    p = p * x + 0.17757024F;
    p = p * x - 0.244996117F;
    p = p * x + 0.332761766F;
    p = p * x - 0.499974494F;
    p = p * x + 0.99999981F;
    return p * x;
}

/* -INFINITY stands for nothing. */
static inline float oss_log_add(float a, float b) {
    float high = a > b ? a : b, low = a > b ? b : a;
    /* Below a float's last place: the sum is the larger one. Also where both are nothing. */
    if (!(low > high - 17.0F)) {
        return high;
    }
    return high + oss_log1p_fast(oss_exp_fast(low - high));
}

#endif
