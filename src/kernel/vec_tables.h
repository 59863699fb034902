/* What vec_lanes.c, norm_lanes.c and dropout_lanes.c give per ISA to vec.c. Contracts: vec.h. */
#ifndef OSS_KERNEL_VEC_TABLES_H
#define OSS_KERNEL_VEC_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The factors of one AdamW step, worked out once in double: g = gradient * grad_scale,
 * m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,  w = keep w - rate m / (sqrt(v) *
 * inv_sqrt_bias2 + eps). */
typedef struct oss_adamw_factors {
    float grad_scale;
    float beta1, one_minus_beta1;
    float beta2, one_minus_beta2;
    float inv_sqrt_bias2; /* 1 / sqrt(1 - beta2^step) */
    float eps;
    float keep; /* 1 - lr * decay */
    float rate; /* lr / (1 - beta1^step) */
    float average_gain;
} oss_adamw_factors;

typedef struct oss_vec_table {
    void (*add)(float *y, const float *x, size_t n);
    void (*scale)(float *y, const float *x, float scale, size_t n);
    bool (*all_finite)(const float *x, size_t n);
    void (*exp)(float *y, const float *x, size_t n);
} oss_vec_table;

/* What training, augmentation and tests need beside it: a table of its own, so that a linker leaves it out with what
 * calls it. */
typedef struct oss_vec_more_table {
    void (*axpy)(float *y, float a, const float *x, size_t n);
    void (*bias_add)(float *y, int32_t ldy, const float *bias, int32_t rows, int32_t c);
    void (*bias_grad)(float *db, const float *dy, int32_t ldy, int32_t rows, int32_t c);
    double (*sum_squares)(const float *x, size_t n);
    void (*log)(float *y, const float *x, size_t n);
    void (*erf)(float *y, const float *x, size_t n);
    void (*gelu_fwd)(float *y, const float *x, size_t n);
    void (*gelu_bwd)(float *dx, const float *dy, const float *x, size_t n, bool accumulate);
    void (*adamw)(float *w, float *m, float *v, float *average, const float *g, size_t n,
                  const oss_adamw_factors *factors);
} oss_vec_more_table;

typedef struct oss_norm_table {
    void (*rmsnorm_fwd)(float *y, float *inv, const float *x, const float *w, int32_t rows, int32_t c,
                        float eps);
    void (*rotate)(float *low, float *high, const float *cosine, const float *sine, int32_t n, float sign);
} oss_norm_table;

/* As oss_vec_more_table. */
typedef struct oss_norm_more_table {
    void (*rmsnorm_bwd)(float *dx, float *dw, const float *dy, const float *x, const float *w,
                        const float *inv, int32_t rows, int32_t c, bool accumulate);
    void (*log_softmax)(float *y, const float *x, int32_t rows, int32_t c);
} oss_norm_more_table;

typedef struct oss_dropout_table {
    /* counter[1..3] and key as in vec.h; a draw below `threshold` drops; kept values are multiplied by
     * `scale`. */
    void (*dropout)(float *y, const float *x, size_t n, uint32_t threshold, float scale,
                    const uint32_t key[2], const uint32_t counter[4], bool accumulate);
} oss_dropout_table;

#endif
