#include "support/ctc_reference.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/ctc.h"

static void *take_zero(size_t count, size_t size) {
    void *block = calloc(count + 1, size);
    ck_assert_ptr_nonnull(block);
    return block;
}

void oss_ref_softmax(double *p, const float *x, int32_t t, int32_t v) {
    for (int32_t i = 0; i < t; i++, x += v, p += v) {
        double largest = -INFINITY, sum = 0.0;
        for (int32_t k = 0; k < v; k++) {
            largest = fmax(largest, (double)x[k]);
        }
        for (int32_t k = 0; k < v; k++) {
            p[k] = exp((double)x[k] - largest);
            sum += p[k];
        }
        for (int32_t k = 0; k < v; k++) {
            p[k] /= sum;
        }
    }
}

static double add_logs(double a, double b) {
    double high = fmax(a, b), low = fmin(a, b);
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

typedef struct reference {
    int32_t t, v, states;
    const int32_t *label;
    double *logp, *alpha, *beta;
} reference;

static int32_t get_symbol(const reference *r, int32_t s) {
    return s % 2 == 0 ? OSS_CTC_BLANK : r->label[s / 2];
}

static double get_logp(const reference *r, int32_t frame, int32_t s) {
    return r->logp[frame * r->v + get_symbol(r, s)];
}

static int may_skip(const reference *r, int32_t s) {
    return s % 2 == 1 && s >= 3 && s < r->states && r->label[s / 2] != r->label[s / 2 - 1];
}

static void fill_alpha_beta(const reference *r) {
    const int32_t n = r->states;
    for (int32_t i = 0; i < r->t; i++) {
        for (int32_t s = 0; s < n; s++) {
            const double *before = r->alpha + (i - 1) * n;
            double sum = i == 0 ? (s < 2 ? 0.0 : -INFINITY) : before[s];
            sum = i > 0 && s > 0 ? add_logs(sum, before[s - 1]) : sum;
            sum = i > 0 && may_skip(r, s) ? add_logs(sum, before[s - 2]) : sum;
            r->alpha[i * n + s] = sum + get_logp(r, i, s);
        }
    }
    for (int32_t i = r->t - 1; i >= 0; i--) {
        for (int32_t s = n - 1; s >= 0; s--) {
            const double *after = r->beta + (i + 1) * n;
            double sum = i == r->t - 1 ? (s >= n - 2 ? 0.0 : -INFINITY) : after[s] + get_logp(r, i + 1, s);
            if (i < r->t - 1 && s + 1 < n) {
                sum = add_logs(sum, after[s + 1] + get_logp(r, i + 1, s + 1));
            }
            if (i < r->t - 1 && may_skip(r, s + 2)) {
                sum = add_logs(sum, after[s + 2] + get_logp(r, i + 1, s + 2));
            }
            r->beta[i * n + s] = sum;
        }
    }
}

double oss_ref_ctc(double *want, const float *x, int32_t t, int32_t v, const int32_t *label, int32_t labels) {
    reference r = {.t = t, .v = v, .states = 2 * labels + 1, .label = label};
    const size_t cells = (size_t)t * (size_t)r.states;
    r.logp = take_zero((size_t)t * (size_t)v, sizeof(double));
    r.alpha = take_zero(cells, sizeof(double));
    r.beta = take_zero(cells, sizeof(double));
    oss_ref_softmax(want, x, t, v);
    for (int32_t i = 0; i < t; i++) {
        double largest = -INFINITY, sum = 0.0;
        for (int32_t k = 0; k < v; k++) {
            largest = fmax(largest, (double)x[i * v + k]);
        }
        for (int32_t k = 0; k < v; k++) {
            sum += exp((double)x[i * v + k] - largest);
        }
        for (int32_t k = 0; k < v; k++) {
            r.logp[i * v + k] = (double)x[i * v + k] - largest - log(sum);
        }
    }
    fill_alpha_beta(&r);
    const double *last = r.alpha + (t - 1) * r.states;
    double total = labels > 0 ? add_logs(last[r.states - 1], last[r.states - 2]) : last[0];
    for (int32_t i = 0; i < t; i++) {
        for (int32_t s = 0; s < r.states; s++) {
            want[i * v + get_symbol(&r, s)] -=
                exp(r.alpha[i * r.states + s] + r.beta[i * r.states + s] - total);
        }
    }
    free(r.logp);
    free(r.alpha);
    free(r.beta);
    return -total;
}
