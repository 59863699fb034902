#include "augment/telephone.h"

#include <math.h>

enum { HIGH_PASS_SECTIONS = 2, LOW_PASS_SECTIONS = 4, MOST_SECTIONS = 4, LOWEST_RATE_HZ = 7000 };

static const double LOW_HZ = 300.0, HIGH_HZ = 3400.0;
static const double PI = 3.14159265358979323846;

/* y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y'' */
typedef struct section {
    double b0, b1, b2, a1, a2;
} section;

/* Section k of a Butterworth filter of order 2 * sections (Oppenheim, Schafer: "Discrete-time signal
 * processing", 7.2): the bilinear transform of 1 / (s^2 + s / q + 1), s in units of the corner, or of s^2
 * over the same. */
static section make_section(int32_t k, int32_t sections, double corner_hz, int32_t rate_hz, bool high_pass) {
    double w = tan(PI * corner_hz / rate_hz);
    double damping = 2.0 * cos(PI * (2 * k + 1) / (4.0 * sections));
    double scale = 1.0 / (1.0 + damping * w + w * w);
    double gain = (high_pass ? 1.0 : w * w) * scale;
    return (section){.b0 = gain,
                     .b1 = high_pass ? -2.0 * gain : 2.0 * gain,
                     .b2 = gain,
                     .a1 = 2.0 * (w * w - 1.0) * scale,
                     .a2 = (1.0 - damping * w + w * w) * scale};
}

/* All sections in one pass: they overlap in time, one sample apart. Transposed direct form II. */
static void filter(float *y, int64_t n, int32_t sections, double corner_hz, int32_t rate_hz, bool high_pass) {
    section part[MOST_SECTIONS];
    double first[MOST_SECTIONS] = {0};
    double second[MOST_SECTIONS] = {0};
    for (int32_t k = 0; k < sections; k++) {
        part[k] = make_section(k, sections, corner_hz, rate_hz, high_pass);
    }
    for (int64_t i = 0; i < n; i++) {
        double x = (double)y[i];
        for (int32_t k = 0; k < sections; k++) {
            const section *s = &part[k];
            double out = s->b0 * x + first[k];
            first[k] = s->b1 * x - s->a1 * out + second[k];
            second[k] = s->b2 * x - s->a2 * out;
            x = out;
        }
        y[i] = (float)x;
    }
}

/* G.711 in integers: a magnitude of 14 bits plus 33 lies in [2^(5+e), 2^(6+e)); its four bits below the
 * first are kept, and stand for the middle of their step. */
float oss_telephone_mu_law(float x) {
    enum { BIAS = 33, TOP = 8191 - BIAS };
    float size = fabsf(x) * 8192.0f;
    int32_t biased = (size < (float)TOP ? (int32_t)(size + 0.5f) : TOP) + BIAS;
    int32_t shift = 1;
    while (biased >> shift >= 32) {
        shift++;
    }
    int32_t middle = (biased >> shift << shift) + (1 << (shift - 1));
    return copysignf((float)(middle - BIAS) / 8192.0f, x);
}

void oss_telephone_apply(float *y, int64_t n, int32_t rate_hz, bool mu_law) {
    bool has_low_pass = rate_hz > LOWEST_RATE_HZ;
    filter(y, n, HIGH_PASS_SECTIONS, LOW_HZ, rate_hz, true);
    if (has_low_pass) {
        filter(y, n, LOW_PASS_SECTIONS, HIGH_HZ, rate_hz, false);
    }
    for (int64_t i = 0; mu_law && i < n; i++) {
        y[i] = oss_telephone_mu_law(y[i]);
    }
    if (mu_law && has_low_pass) {
        filter(y, n, LOW_PASS_SECTIONS, HIGH_HZ, rate_hz, false);
    }
}
