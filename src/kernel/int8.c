#include "kernel/int8.h"

#include <math.h>
#include <string.h>

#include "base/contract.h"

enum { LARGEST = 127 };

/* To 16 significant bits, away from 0. */
static float round_up(float scale) {
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    bits = (bits + 0xff) & ~UINT32_C(0xff);
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

float oss_k_int8_row(int8_t *q, const float *w, size_t n) {
    OSS_CONTRACT(n == 0 || w != NULL);
    float largest = 0.0F;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(w[i])) {
            largest = NAN;
            break;
        }
        largest = fmaxf(largest, fabsf(w[i]));
    }
    float scale = largest < 0x1p-100F ? 0.0F : round_up(largest / (float)LARGEST);
    for (size_t i = 0; i < n && q != NULL; i++) {
        q[i] = scale > 0.0F ? (int8_t)lrintf(w[i] / scale) : 0;
    }
    return scale;
}
