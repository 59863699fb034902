/* Element-wise and row-wise kernels. n, c: counts of floats; y may equal x unless said otherwise. Sums run in
 * a fixed order per ISA; different ISAs differ in rounding only. */
#ifndef OSS_KERNEL_VEC_H
#define OSS_KERNEL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* y += x;  y = x * scale;  y += a * x */
void oss_k_add(float *y, const float *x, size_t n);
void oss_k_scale(float *y, const float *x, float scale, size_t n);
void oss_k_axpy(float *y, float a, const float *x, size_t n);
/* y[r,:] (ldy) += bias[c];  db[c] += sum_r dy[r,:] */
void oss_k_bias_add(float *y, int32_t ldy, const float *bias, int32_t rows, int32_t c);
void oss_k_bias_grad(float *db, const float *dy, int32_t ldy, int32_t rows, int32_t c);
/* sum of squares in double, fixed order; NaN and inf pass through */
double oss_k_sum_squares(const float *x, size_t n);
bool oss_k_all_finite(const float *x, size_t n);
/* Largest |x| of finite x, 0 for n = 0. */
float oss_k_max_abs(const float *x, size_t n);

/* y = exp(x), ln(x), erf(x): error bounds are stated at the definitions and tested. exp(-inf) = 0; ln(0) =
 * -inf. */
void oss_k_exp(float *y, const float *x, size_t n);
void oss_k_log(float *y, const float *x, size_t n);
void oss_k_erf(float *y, const float *x, size_t n);

/* y = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2  (Hendrycks & Gimpel 2016, exact form); y may also lie before x and
 * overlap it: elements are taken in order. */
void oss_k_gelu_fwd(float *y, const float *x, size_t n);
/* dx (+)= dy * (Phi(x) + x phi(x)); dx may equal dy when storing */
void oss_k_gelu_bwd(float *dx, const float *dy, const float *x, size_t n, bool accumulate);

/* y[r,c] = x[r,c] * inv[r] * w[c], inv[r] = 1/sqrt(mean_c x^2 + eps)  (Zhang & Sennrich 2019). inv may be
 * NULL. */
void oss_k_rmsnorm_fwd(float *y, float *inv, const float *x, const float *w, int32_t rows, int32_t c,
                       float eps);
/* dx[r,:] (+)= inv (w dy) - x inv^3 / C * sum_c(w dy x);  dw[c] += sum_r dy x inv. dx and dy must not
 * overlap. dx or dw may be NULL. */
void oss_k_rmsnorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const float *inv, int32_t rows, int32_t c, bool accumulate);

/* y[r,:] = log softmax(x[r,:]) */
void oss_k_log_softmax(float *y, const float *x, int32_t rows, int32_t c);

/* Rotary position on the q and k parts of qkv[S,3,H,D] in place: pairs (i, i + D/2), angle t * base^(-2i/D),
 * t from 0 (Su et al. 2021, the half-split form of GPT-NeoX). sign +1 forward, -1 backward. D is even.
 * table[S,2,D/2]: the cosines of a row, then its sines. */
void oss_k_rope_table(float *table, int32_t s, int32_t d, double base);
void oss_k_rope(float *qkv, const float *table, int32_t s, int32_t heads, int32_t d, float sign);
/* x[S,C] += pe;  pe[t,2i] = sin(t / base^(2i/C)), pe[t,2i+1] = cos(same)  (Vaswani et al. 2017) */
void oss_k_sinusoidal_add(float *x, int32_t s, int32_t c, double base);

/* Both row after row, for what has no end. Columns in groups of one cache line; a unit vector for each pair of columns
 * turns by its angle from row to row: one cosine and sine a column instead of one an element. The error grows by about
 * 1e-16 a row. */
enum { OSS_TURNING = 8 };
typedef struct oss_turning {
    double cosine[OSS_TURNING], sine[OSS_TURNING];
    double step_cosine[OSS_TURNING], step_sine[OSS_TURNING];
} oss_turning;
/* turning[oss_turning_count(D)] for rows of D (or C) columns, at row 0. */
int32_t oss_turning_count(int32_t d);
void oss_turning_start(oss_turning *turning, int32_t d, double base);
/* The next S rows: those of calls one after the other are the bits of one call above. */
void oss_k_rope_rows(float *table, int32_t s, int32_t d, oss_turning *turning);
void oss_k_sinusoidal_rows(float *x, int32_t s, int32_t c, oss_turning *turning);

/* Dropout masks: a pure function of (seed, step, utterance, site, index). Element i of the region is kept iff
 * its 16-bit draw is >= round(p * 65536); a kept element is scaled by 1/(1 - round(p * 65536)/65536).
 * Backward calls the same function on dy. Draws come from Philox4x32-10 (base/rng.h): key = seed,
 * counter = (low 32 bits of index / 8, site, utterance, step). A block of four words gives eight draws:
 * element index mod 8 = e takes word e / 2, its low half when e is even, else its high half. */
typedef struct oss_dropout_key {
    uint64_t seed;
    uint32_t step;
    uint32_t utterance;
    uint32_t site; /* which dropout of the network, unique in it */
} oss_dropout_key;
/* round(p * 65536), and the factor of what is kept. p in [0, 1); never 65536, so that something is kept. */
static inline uint32_t oss_dropout_threshold(float p) {
    uint32_t threshold = (uint32_t)(p * 65536.0f + 0.5f);
    return threshold > 65535U ? 65535U : threshold;
}

static inline float oss_dropout_scale(uint32_t threshold) {
    return 65536.0f / (float)(65536U - threshold);
}

/* y[i] (+)= x[i] * mask(first + i); first is a multiple of 8. y may equal x when storing. p in [0, 1). */
void oss_k_dropout(float *y, const float *x, size_t n, float p, const oss_dropout_key *key, uint64_t first,
                   bool accumulate);
/* The same times gain. */
void oss_k_dropout_gain(float *y, const float *x, size_t n, float p, float gain, const oss_dropout_key *key,
                        uint64_t first, bool accumulate);

/* AdamW (Loshchilov & Hutter 2019) on n values, g = gradient * grad_scale:
 * m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; w -= lr (m/(1-b1^step)) / (sqrt(v/(1-b2^step)) + eps) + lr *
 * decay * w (old w). Evaluated in the order of torch.optim.AdamW; w, m, v, g do not overlap.
 * average, unless NULL, follows the new weights in the same pass: average += average_gain * (w - average). It
 * changes no bit of the others. */
typedef struct oss_adamw_step {
    double lr, beta1, beta2, eps, decay;
    int64_t step; /* from 1 */
    float grad_scale;
    float average_gain; /* 1 - decay of the running average */
} oss_adamw_step;
void oss_k_adamw(float *w, float *m, float *v, float *average, const float *g, size_t n,
                 const oss_adamw_step *step);

#endif
