/* Matrix products, row-major, float32, our own (no library, no lock, no allocation).
 * For every element the products are added in the same order whatever the split over rows, so a caller may
 * cut m anywhere among threads and get the same bits. */
#ifndef OSS_KERNEL_GEMM_H
#define OSS_KERNEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Floats of scratch for any oss_k_gemm call (a packed panel of b); 64-byte aligned; one per thread. */
enum { OSS_GEMM_SCRATCH_FLOATS = 64 * 1024 };

/* c[m,n] = op(a) op(b) + beta c, op(a)[m,k], op(b)[k,n]; a is stored [m,k] (lda >= k) or, when `ta`, [k,m]
 * (lda >= m); b is stored [k,n] or, when `tb`, [n,k]. beta is 0 (c is not read) or 1.
 * scratch[OSS_GEMM_SCRATCH_FLOATS]. */
void oss_k_gemm(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch);

/* A weight laid out once for many products, for the ISA in use (oss_cpu_force makes it stale). w[n,k] as
 * PyTorch's Linear stores it; packed is 64-byte aligned for full speed. */
size_t oss_k_packed_floats(int32_t n, int32_t k);
void oss_k_pack_weight(float *packed, const float *w, int32_t n, int32_t k);
/* The same weight for dx[m,k] = dy[m,n] w: oss_k_linear_packed(dx, k, dy, n, packed, NULL, m, k, n, ...).
 * packed[oss_k_packed_floats(k, n)]. */
void oss_k_pack_weight_back(float *packed, const float *w, int32_t n, int32_t k);

typedef enum oss_epilogue {
    OSS_EPI_BIAS,      /* y = x w^T + b */
    OSS_EPI_BIAS_GELU, /* y = gelu(x w^T + b), exact erf form */
    OSS_EPI_BIAS_ADD   /* y = y + x w^T + b (residual, or a gradient that adds up) */
} oss_epilogue;

/* y[m,n] from x[m,k] (ldx), packed w[n,k], bias[n] (NULL: none). No scratch. */
void oss_k_linear_packed(float *y, int32_t ldy, const float *x, int32_t ldx, const float *packed,
                         const float *bias, int32_t m, int32_t n, int32_t k, oss_epilogue epilogue);
/* pre[m,n] = x w^T + b and y[m,n] = gelu(pre), for a backward that needs both. */
void oss_k_linear_gelu_packed(float *y, float *pre, const float *x, const float *packed, const float *bias,
                              int32_t m, int32_t n, int32_t k);

#endif
