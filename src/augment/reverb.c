#include "augment/reverb.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/round.h"
#include "kernel/fft.h"
#include "kernel/noise.h"
#include "kernel/vec.h"

enum { SMALLEST = 2048, PLANS = 6 /* 2048 to 65536 */, ALIGN_FLOATS = 16 };

static const double TAIL_FROM_S = 0.0025; /* a metre or so of detour */

struct oss_reverb {
    oss_fft *fft[PLANS]; /* of SMALLEST << i; NULL: longer than needed */
    int32_t plans;
    int32_t max_taps;
    float *ones; /* [longest plan] */
};

/* The longest transform: half as long again as the response, so that a block brings a third of it onward. */
static int32_t count_plans(int32_t taps) {
    int32_t plans = 1;
    while (plans < PLANS && (int64_t)SMALLEST << (plans - 1) < taps + (int64_t)taps / 2) {
        plans++;
    }
    return plans;
}

oss_status oss_reverb_create(oss_reverb **out, int32_t max_taps) {
    oss_reverb *reverb = oss_alloc_zero(1, sizeof *reverb);
    if (reverb == NULL) {
        return OSS_ENOMEM;
    }
    reverb->max_taps = max_taps < OSS_REVERB_MAX_TAPS ? max_taps : OSS_REVERB_MAX_TAPS;
    reverb->plans = count_plans(reverb->max_taps);
    int32_t longest = SMALLEST << (reverb->plans - 1);
    reverb->ones = oss_alloc_aligned((size_t)longest, sizeof *reverb->ones);
    oss_status status = reverb->ones == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < reverb->plans && status == OSS_OK; i++) {
        status = oss_fft_create(&reverb->fft[i], SMALLEST << i);
    }
    if (status != OSS_OK) {
        oss_reverb_free(reverb);
        return status;
    }
    for (int32_t i = 0; i < longest; i++) {
        reverb->ones[i] = 1.0f;
    }
    *out = reverb;
    return OSS_OK;
}

void oss_reverb_free(oss_reverb *reverb) {
    if (reverb == NULL) {
        return;
    }
    for (int32_t i = 0; i < reverb->plans; i++) {
        oss_fft_free(reverb->fft[i]);
    }
    oss_free(reverb->ones);
    oss_free(reverb);
}

int32_t oss_reverb_max_taps(const oss_reverb *reverb) {
    return reverb->max_taps;
}

/* ---- Blocks ---- */

/* Where the parts of the work space are. `lanes` blocks are transformed together. */
typedef struct layout {
    const oss_fft *fft;
    int32_t n, hop, lanes;
    float *in;       /* [lanes * hop + n] samples of these blocks; the end is for reading beyond a hop */
    float *sum;      /* [lanes * hop + n] what they add up to; the last n - hop go to the next blocks */
    float *spectrum; /* this and the next two: oss_fft_scratch_floats */
    float *response;
    float *scratch;
} layout;

static int64_t lay_out(layout *to, const oss_fft *fft, int32_t n, int32_t lanes, int32_t hop, float *work) {
    int64_t block = (int64_t)oss_round_up((size_t)((int64_t)lanes * hop + n), ALIGN_FLOATS);
    int64_t spectrum = (int64_t)oss_round_up((size_t)oss_fft_scratch_floats(fft), ALIGN_FLOATS);
    if (work != NULL) {
        *to = (layout){.fft = fft, .n = n, .hop = hop, .lanes = lanes};
        to->in = work;
        to->sum = to->in + block;
        to->spectrum = to->sum + block;
        to->response = to->spectrum + spectrum;
        to->scratch = to->response + spectrum;
    }
    return 2 * block + 3 * spectrum;
}

int64_t oss_reverb_work_floats(const oss_reverb *reverb) {
    int32_t n = SMALLEST << (reverb->plans - 1);
    return lay_out(NULL, reverb->fft[reverb->plans - 1], n, OSS_FFT_MAX_LANES, n, NULL);
}

/* The plan that takes the least time for n samples: as many transforms as lanes hold cost the same as one. */
static int32_t choose_plan(const oss_reverb *reverb, int64_t samples, int32_t taps, int32_t lanes) {
    int32_t best = reverb->plans - 1;
    double best_cost = HUGE_VAL;
    for (int32_t i = 0; i < reverb->plans; i++) {
        int32_t n = SMALLEST << i;
        if (n < taps + taps / 4) {
            continue;
        }
        int64_t group = (int64_t)(n - taps + 1) * lanes;
        double groups = (double)((samples + group - 1) / group);
        double cost = (2.0 * groups + 1.0) * n * (11 + i);
        if (cost < best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    return best;
}

/* response[n/2+1, 2, lanes]: the spectrum of h in every lane, times what makes oss_fft_transpose the inverse
 * transform: 2/n, 1/n for the two lines that have no mirror image. */
static void transform_response(const layout *to, const float *h, int32_t taps, const float *ones) {
    oss_fft_forward(to->fft, to->response, h, 0, ones, taps, to->scratch);
    size_t line = 2 * (size_t)to->lanes;
    size_t last = (size_t)to->n / 2;
    float scale = 1.0f / (float)to->n;
    oss_k_scale(to->response, to->response, scale, line);
    oss_k_scale(to->response + line, to->response + line, 2.0f * scale, line * (last - 1));
    oss_k_scale(to->response + last * line, to->response + last * line, scale, line);
}

/* spectrum *= response, complex, over [n/2+1, 2, lanes] */
static void multiply_spectra(const layout *to) {
    size_t lanes = (size_t)to->lanes;
    for (int32_t k = 0; k <= to->n / 2; k++) {
        float *x = to->spectrum + 2 * lanes * (size_t)k;
        const float *h = to->response + 2 * lanes * (size_t)k;
        for (size_t f = 0; f < lanes; f++) {
            float re = x[f] * h[f] - x[lanes + f] * h[lanes + f];
            float im = x[f] * h[lanes + f] + x[lanes + f] * h[f];
            x[f] = re;
            x[lanes + f] = im;
        }
    }
}

static void convolve(float *y, int64_t n, const layout *to, const float *ones) {
    int64_t group = (int64_t)to->lanes * to->hop;
    int64_t carried = to->n - to->hop;
    memset(to->sum, 0, (size_t)carried * sizeof *y);
    for (int64_t i = 0; i < n; i += group) {
        int64_t count = n - i < group ? n - i : group;
        memcpy(to->in, y + i, (size_t)count * sizeof *y);
        memset(to->in + count, 0, (size_t)(group - count) * sizeof *y);
        memset(to->sum + carried, 0, (size_t)group * sizeof *y);
        oss_fft_forward(to->fft, to->spectrum, to->in, to->hop, ones, to->hop, to->scratch);
        multiply_spectra(to);
        oss_fft_transpose(to->fft, to->sum, to->hop, ones, to->n, to->lanes, to->spectrum, to->scratch);
        memcpy(y + i, to->sum, (size_t)count * sizeof *y);
        memmove(to->sum, to->sum + group, (size_t)carried * sizeof *y);
    }
}

void oss_reverb_apply(float *y, int64_t n, const float *h, int32_t taps, const oss_reverb *reverb,
                      float *work) {
    layout to = {0};
    int32_t lanes = oss_fft_lanes();
    int32_t plan = choose_plan(reverb, n, taps, lanes);
    int32_t length = SMALLEST << plan;
    (void)lay_out(&to, reverb->fft[plan], length, lanes, length - taps + 1, work);
    double before = oss_k_sum_squares(y, (size_t)n);
    transform_response(&to, h, taps, reverb->ones);
    convolve(y, n, &to, reverb->ones);
    double after = oss_k_sum_squares(y, (size_t)n);
    if (after > 0) {
        oss_k_scale(y, y, (float)sqrt(before / after), (size_t)n);
    }
}

/* ---- Synthetic responses ---- */

int32_t oss_reverb_taps(double rt60_s, int32_t rate_hz) {
    double taps = rt60_s * rate_hz;
    return taps < 1.0 ? 1 : taps < (double)OSS_REVERB_MAX_TAPS ? (int32_t)taps : OSS_REVERB_MAX_TAPS;
}

void oss_reverb_make(float *h, double rt60_s, double drr_db, int32_t rate_hz, uint64_t seed, uint32_t key) {
    int32_t taps = oss_reverb_taps(rt60_s, rate_hz);
    int32_t from = 1 + (int32_t)(TAIL_FROM_S * rate_hz);
    double fall = pow(10.0, -3.0 / (rt60_s * rate_hz)); /* of the amplitude, from a sample to the next */
    double envelope = 1.0;
    oss_k_white_noise(h, (size_t)taps, seed, OSS_RNG_REVERB, key);
    for (int32_t i = 0; i < taps; i++) {
        h[i] = i < from ? 0.0f : h[i] * (float)envelope;
        envelope *= fall;
    }
    double tail = oss_k_sum_squares(h, (size_t)taps);
    if (tail > 0) {
        oss_k_scale(h, h, (float)sqrt(pow(10.0, -drr_db / 10.0) / tail), (size_t)taps);
    }
    h[0] = 1.0f;
}
