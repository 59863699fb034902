#include "kernel/ctc.h"

#include <math.h>
#include <string.h>

#include "kernel/lengths.h"

size_t oss_k_ctc_scratch_bytes(int32_t t, int32_t v, int32_t labels) {
    return sizeof(double) * ((size_t)t * (2 * (size_t)labels + 1) + (size_t)t * (size_t)v + (size_t)v +
                             2 * (2 * (size_t)labels + 1) + 64);
}

static double add_logs(double a, double b) {
    double high = a > b ? a : b;
    double low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

static int32_t get_symbol(const int32_t *label, int32_t state) {
    return state % 2 == 0 ? OSS_CTC_BLANK : label[state / 2];
}

oss_ctc_result oss_k_ctc(float *dlogits, const float *logits, int32_t t, int32_t v, const int32_t *label,
                         int32_t labels, double grad_scale, void *scratch) {
    oss_ctc_result result = {0.0, 0.0};
    const int32_t states = 2 * labels + 1;
    double *alpha = scratch;
    double *logp = alpha + (size_t)t * (size_t)states;
    double *post = logp + (size_t)t * (size_t)v;
    double *beta = post + v;
    double *next = beta + states;
    if (dlogits != NULL) {
        memset(dlogits, 0, sizeof(float) * (size_t)t * (size_t)v);
    }
    for (size_t i = 0; i < (size_t)t * (size_t)v; i++) {
        if (!isfinite(logits[i])) {
            result.nll = NAN;
            return result;
        }
    }
    if (t == 0 || oss_len_ctc_needed(label, labels) > t) {
        result.nll = labels == 0 ? 0.0 : INFINITY;
        return result;
    }
    for (int32_t i = 0; i < t; i++) {
        const float *x = logits + (size_t)i * (size_t)v;
        double largest = -INFINITY;
        double sum = 0.0;
        for (int32_t k = 0; k < v; k++) {
            largest = fmax(largest, (double)x[k]);
        }
        for (int32_t k = 0; k < v; k++) {
            sum += exp((double)x[k] - largest);
        }
        for (int32_t k = 0; k < v; k++) {
            logp[(size_t)i * (size_t)v + (size_t)k] = (double)x[k] - largest - log(sum);
        }
    }
    for (int32_t i = 0; i < t; i++) {
        for (int32_t s = 0; s < states; s++) {
            double *a = alpha + (size_t)i * (size_t)states;
            const double *before = a - states;
            double sum = i == 0 ? (s < 2 ? 0.0 : -INFINITY) : before[s];
            if (i > 0 && s > 0) {
                sum = add_logs(sum, before[s - 1]);
            }
            if (i > 0 && s > 2 && s % 2 == 1 && label[s / 2] != label[s / 2 - 1]) {
                sum = add_logs(sum, before[s - 2]);
            }
            a[s] = sum + logp[(size_t)i * (size_t)v + (size_t)get_symbol(label, s)];
        }
    }
    const double *last = alpha + (size_t)(t - 1) * (size_t)states;
    double total = labels > 0 ? add_logs(last[states - 1], last[states - 2]) : last[0];
    result.nll = -total;
    for (int32_t i = t - 1; i >= 0 && dlogits != NULL; i--) {
        const double *a = alpha + (size_t)i * (size_t)states;
        double sum_post = 0.0;
        memset(post, 0, sizeof(double) * (size_t)v);
        for (int32_t s = 0; s < states; s++) {
            double sum = i == t - 1 ? (s >= states - 2 ? 0.0 : -INFINITY) : next[s];
            if (i < t - 1 && s + 1 < states) {
                sum = add_logs(sum, next[s + 1]);
            }
            if (i < t - 1 && s % 2 == 1 && s + 2 < states && label[s / 2] != label[s / 2 + 1]) {
                sum = add_logs(sum, next[s + 2]);
            }
            double gamma = exp(a[s] + sum - total);
            post[get_symbol(label, s)] += gamma;
            sum_post += gamma;
            beta[s] = sum + logp[(size_t)i * (size_t)v + (size_t)get_symbol(label, s)];
        }
        double *swap = next;
        next = beta;
        beta = swap;
        result.max_imbalance = fmax(result.max_imbalance, fabs(sum_post - 1.0));
        for (int32_t k = 0; k < v; k++) {
            size_t at = (size_t)i * (size_t)v + (size_t)k;
            dlogits[at] = (float)(grad_scale * (exp(logp[at]) - post[k]));
        }
    }
    return result;
}
