#include "kernel/vec.h"

#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/vec_tables.h"

OSS_CPU_DECLARE_TABLES(oss_vec_table, vec);
OSS_CPU_DECLARE_TABLES(oss_vec_more_table, vec_more);
OSS_CPU_DECLARE_TABLES(oss_norm_table, norm);
OSS_CPU_DECLARE_TABLES(oss_norm_more_table, norm_more);
OSS_CPU_DECLARE_TABLES(oss_dropout_table, dropout);
static const oss_vec_table *const vec_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(vec);
static const oss_vec_more_table *const vec_more_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(vec_more);
static const oss_norm_table *const norm_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(norm);
static const oss_norm_more_table *const norm_more_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(norm_more);
static const oss_dropout_table *const dropout_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(dropout);

static const oss_vec_table *get_vec(void) {
    return vec_tables[oss_cpu_isa()];
}

static const oss_vec_more_table *get_vec_more(void) {
    return vec_more_tables[oss_cpu_isa()];
}

static const oss_norm_table *get_norm(void) {
    return norm_tables[oss_cpu_isa()];
}

static const oss_norm_more_table *get_norm_more(void) {
    return norm_more_tables[oss_cpu_isa()];
}

void oss_k_add(float *y, const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || (y != NULL && x != NULL));
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec()->add(y, x, n);
}

void oss_k_scale(float *y, const float *x, float scale, size_t n) {
    OSS_CONTRACT(n == 0 || (y != NULL && x != NULL));
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec()->scale(y, x, scale, n);
}

void oss_k_axpy(float *y, float a, const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || (y != NULL && x != NULL));
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec_more()->axpy(y, a, x, n);
}

void oss_k_bias_add(float *y, int32_t ldy, const float *bias, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c >= 0 && ldy >= c);
    OSS_CONTRACT(bias != NULL && (rows == 0 || y != NULL));
    get_vec_more()->bias_add(y, ldy, bias, rows, c);
}

void oss_k_bias_grad(float *db, const float *dy, int32_t ldy, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c >= 0 && ldy >= c);
    OSS_CONTRACT(db != NULL && (rows == 0 || dy != NULL));
    get_vec_more()->bias_grad(db, dy, ldy, rows, c);
}

double oss_k_sum_squares(const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || x != NULL);
    return get_vec_more()->sum_squares(x, n);
}

bool oss_k_all_finite(const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || x != NULL);
    return get_vec()->all_finite(x, n);
}

/* Bits without the sign are in the order of the values, and integers have a maximum that is taken many at
 * a time. */
float oss_k_max_abs(const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || x != NULL);
    int32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= INT32_MAX;
        largest = bits > largest ? bits : largest;
    }
    float peak;
    memcpy(&peak, &largest, sizeof peak);
    return peak;
}

void oss_k_exp(float *y, const float *x, size_t n) {
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec()->exp(y, x, n);
}

void oss_k_log(float *y, const float *x, size_t n) {
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec_more()->log(y, x, n);
}

void oss_k_erf(float *y, const float *x, size_t n) {
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    get_vec_more()->erf(y, x, n);
}

void oss_k_gelu_fwd(float *y, const float *x, size_t n) {
    OSS_CONTRACT(n == 0 || (y != NULL && x != NULL));
    OSS_CONTRACT(y <= x || oss_is_apart(y, n, x, n));
    get_vec_more()->gelu_fwd(y, x, n);
}

void oss_k_gelu_bwd(float *dx, const float *dy, const float *x, size_t n, bool accumulate) {
    OSS_CONTRACT(n == 0 || (dx != NULL && dy != NULL && x != NULL));
    OSS_CONTRACT(oss_is_same_or_apart(dx, dy, n));
    OSS_CONTRACT(!accumulate || dx != dy);
    get_vec_more()->gelu_bwd(dx, dy, x, n, accumulate);
}

void oss_k_rmsnorm_fwd(float *y, float *inv, const float *x, const float *w, int32_t rows, int32_t c,
                       float eps) {
    OSS_CONTRACT(rows >= 0 && c > 0 && eps > 0.0f);
    OSS_CONTRACT(w != NULL);
    OSS_CONTRACT(oss_is_same_or_apart(y, x, (size_t)rows * (size_t)c));
    OSS_CONTRACT(oss_is_apart(inv, (size_t)rows, y, (size_t)rows * (size_t)c));
    get_norm()->rmsnorm_fwd(y, inv, x, w, rows, c, eps);
}

void oss_k_rmsnorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const float *inv, int32_t rows, int32_t c, bool accumulate) {
    OSS_CONTRACT(rows >= 0 && c > 0);
    OSS_CONTRACT(w != NULL && inv != NULL);
    OSS_CONTRACT(oss_is_apart(dx, (size_t)rows * (size_t)c, dy, (size_t)rows * (size_t)c));
    OSS_CONTRACT(oss_is_apart(dw, (size_t)c, dx, (size_t)rows * (size_t)c));
    get_norm_more()->rmsnorm_bwd(dx, dw, dy, x, w, inv, rows, c, accumulate);
}

void oss_k_log_softmax(float *y, const float *x, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0);
    OSS_CONTRACT(oss_is_same_or_apart(y, x, (size_t)rows * (size_t)c));
    get_norm_more()->log_softmax(y, x, rows, c);
}

/* One copy of what several functions call: unrolled in each of them they would take 10 KiB of the library. */
#define SHARED __attribute__((noinline))

/* Column i turns by base^(-2 (first + i) / width) a row. */
SHARED static oss_turning start_turning(double base, int32_t first, int32_t width) {
    oss_turning v;
    for (int32_t i = 0; i < OSS_TURNING; i++) {
        double angle = pow(base, -2.0 * (first + i) / width);
        v.cosine[i] = 1.0;
        v.sine[i] = 0.0;
        v.step_cosine[i] = cos(angle);
        v.step_sine[i] = sin(angle);
    }
    return v;
}

static void turn(oss_turning *v) {
    for (int32_t i = 0; i < OSS_TURNING; i++) {
        double cosine = v->cosine[i] * v->step_cosine[i] - v->sine[i] * v->step_sine[i];
        v->sine[i] = v->sine[i] * v->step_cosine[i] + v->cosine[i] * v->step_sine[i];
        v->cosine[i] = cosine;
    }
}

int32_t oss_turning_count(int32_t d) {
    return (d + 2 * OSS_TURNING - 1) / (2 * OSS_TURNING);
}

void oss_turning_start(oss_turning *turning, int32_t d, double base) {
    OSS_CONTRACT(d > 0 && base > 0.0);
    for (int32_t group = 0; group < oss_turning_count(d); group++) {
        turning[group] = start_turning(base, group * OSS_TURNING, d);
    }
}

/* The next rows of the group of columns that begins with pair `from`. */
SHARED static void add_rope_rows(float *table, int32_t s, int32_t half, int32_t from, oss_turning *v) {
    const int32_t columns = half - from < OSS_TURNING ? half - from : OSS_TURNING;
    for (int32_t t = 0; t < s; t++) {
        float *row = table + (int64_t)t * 2 * half + from;
        for (int32_t i = 0; i < columns; i++) {
            row[i] = (float)v->cosine[i];
            row[half + i] = (float)v->sine[i];
        }
        turn(v);
    }
}

void oss_k_rope_rows(float *table, int32_t s, int32_t d, oss_turning *turning) {
    OSS_CONTRACT(s >= 0 && d > 0 && d % 2 == 0);
    OSS_CONTRACT(turning != NULL && (table != NULL || s == 0));
    for (int32_t group = 0; group < oss_turning_count(d); group++) {
        add_rope_rows(table, s, d / 2, group * OSS_TURNING, &turning[group]);
    }
}

void oss_k_rope_table(float *table, int32_t s, int32_t d, double base) {
    OSS_CONTRACT(s >= 0 && d > 0 && d % 2 == 0);
    OSS_CONTRACT(base > 0.0);
    OSS_CONTRACT(table != NULL || s == 0);
    for (int32_t group = 0; group < oss_turning_count(d); group++) {
        oss_turning v = start_turning(base, group * OSS_TURNING, d);
        add_rope_rows(table, s, d / 2, group * OSS_TURNING, &v);
    }
}

void oss_k_rope(float *qkv, const float *table, int32_t s, int32_t heads, int32_t d, float sign) {
    OSS_CONTRACT(s >= 0 && heads > 0 && d > 0 && d % 2 == 0);
    OSS_CONTRACT(sign == 1.0f || sign == -1.0f);
    OSS_CONTRACT(s == 0 || (qkv != NULL && table != NULL));
    const oss_norm_table *norm = get_norm();
    const int32_t half = d / 2;
    for (int32_t t = 0; t < s; t++) {
        const float *row = table + (int64_t)t * 2 * half;
        float *position = qkv + (int64_t)t * 3 * heads * d;
        for (int32_t h = 0; h < 2 * heads; h++) { /* the heads of q, then those of k, which follow */
            float *head = position + (int64_t)h * d;
            norm->rotate(head, head + half, row, row + half, half, sign);
        }
    }
}

/* The next rows of the group of columns that begins with column `from`. */
SHARED static void add_sinusoidal_rows(float *x, int32_t s, int32_t c, int32_t from, oss_turning *v) {
    const int32_t columns = c - from < 2 * OSS_TURNING ? c - from : 2 * OSS_TURNING;
    for (int32_t t = 0; t < s; t++) {
        float *row = x + (int64_t)t * c + from;
        float pe[2 * OSS_TURNING];
        for (int32_t i = 0; i < OSS_TURNING; i++) {
            pe[2 * i] = (float)v->sine[i];
            pe[2 * i + 1] = (float)v->cosine[i];
        }
        for (int32_t i = 0; i < columns; i++) {
            row[i] += pe[i];
        }
        turn(v);
    }
}

void oss_k_sinusoidal_rows(float *x, int32_t s, int32_t c, oss_turning *turning) {
    OSS_CONTRACT(s >= 0 && c > 0);
    OSS_CONTRACT(turning != NULL && (x != NULL || s == 0));
    for (int32_t group = 0; group < oss_turning_count(c); group++) {
        add_sinusoidal_rows(x, s, c, 2 * group * OSS_TURNING, &turning[group]);
    }
}

void oss_k_sinusoidal_add(float *x, int32_t s, int32_t c, double base) {
    OSS_CONTRACT(s >= 0 && c > 0);
    OSS_CONTRACT(x != NULL || s == 0);
    for (int32_t group = 0; group < oss_turning_count(c); group++) {
        oss_turning v = start_turning(base, group * OSS_TURNING, c);
        add_sinusoidal_rows(x, s, c, 2 * group * OSS_TURNING, &v);
    }
}

void oss_k_dropout(float *y, const float *x, size_t n, float p, const oss_dropout_key *key, uint64_t first,
                   bool accumulate) {
    oss_k_dropout_gain(y, x, n, p, 1.0f, key, first, accumulate);
}

void oss_k_dropout_gain(float *y, const float *x, size_t n, float p, float gain, const oss_dropout_key *key,
                        uint64_t first, bool accumulate) {
    OSS_CONTRACT(p >= 0.0f && p < 1.0f);
    OSS_CONTRACT(first % 8 == 0);
    OSS_CONTRACT(oss_is_same_or_apart(y, x, n));
    OSS_CONTRACT(!accumulate || n == 0 || y != x);
    OSS_CONTRACT(p == 0.0f || key != NULL);
    const uint32_t threshold = oss_dropout_threshold(p);
    if (threshold == 0 && !accumulate) {
        oss_k_scale(y, x, gain, n);
        return;
    }
    if (threshold == 0 && gain == 1.0f) {
        oss_k_add(y, x, n);
        return;
    }
    const uint32_t seed[2] = {(uint32_t)key->seed, (uint32_t)(key->seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)(first / 8), key->site, key->utterance, key->step};
    dropout_tables[oss_cpu_isa()]->dropout(y, x, n, threshold, gain * oss_dropout_scale(threshold), seed,
                                           counter, accumulate);
}

void oss_k_adamw(float *w, float *m, float *v, float *average, const float *g, size_t n,
                 const oss_adamw_step *step) {
    OSS_CONTRACT(step->step >= 1);
    OSS_CONTRACT(step->beta1 >= 0.0 && step->beta1 < 1.0 && step->beta2 >= 0.0 && step->beta2 < 1.0);
    OSS_CONTRACT(step->eps > 0.0 && step->lr >= 0.0);
    OSS_CONTRACT(oss_is_apart(w, n, m, n) && oss_is_apart(w, n, v, n) && oss_is_apart(w, n, g, n));
    OSS_CONTRACT(oss_is_apart(m, n, v, n) && oss_is_apart(average, n, w, n));
    const double bias1 = 1.0 - pow(step->beta1, (double)step->step);
    const double bias2 = 1.0 - pow(step->beta2, (double)step->step);
    const oss_adamw_factors factors = {
        .grad_scale = step->grad_scale,
        .beta1 = (float)step->beta1,
        .one_minus_beta1 = (float)(1.0 - step->beta1),
        .beta2 = (float)step->beta2,
        .one_minus_beta2 = (float)(1.0 - step->beta2),
        .inv_sqrt_bias2 = (float)(1.0 / sqrt(bias2)),
        .eps = (float)step->eps,
        .keep = (float)(1.0 - step->lr * step->decay),
        .rate = (float)(step->lr / bias1),
        .average_gain = step->average_gain,
    };
    get_vec_more()->adamw(w, m, v, average, g, n, &factors);
}
