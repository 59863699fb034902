#include "kernel/gemm_train.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/cpu.h"
#include "kernel/gemm.h"

/* Which product goes where: shape and ISA decide, nothing else, so that the choice is the same in every run.
 */
static bool goes_to_openblas(int32_t m, int32_t n, int32_t k) {
    return oss_cpu_isa() == OSS_ISA_AVX512 && m >= 64 && n >= 64 && k >= 64;
}

void oss_k_gemm_train(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                      const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch) {
    if (goes_to_openblas(m, n, k)) {
        cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k,
                    1.0F, a, lda, b, ldb, beta, c, ldc);
    } else {
        oss_k_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
    }
}

void oss_k_gemm_train_warm_up(void) {
    static const float a[64 * 64], b[64 * 64];
    float c[64 * 64];
    openblas_set_num_threads(1);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 64, 64, 64, 1.0F, a, 64, b, 64, 0.0F, c, 64);
}

void oss_k_gemm_train_fingerprint(char *out, int32_t bytes) {
    const char *l2 = getenv("OPENBLAS_L2_SIZE");
    (void)snprintf(out, (size_t)bytes, "isa=%s; %s; core=%s; OPENBLAS_L2_SIZE=%s",
                   oss_cpu_isa_name(oss_cpu_isa()), openblas_get_config(), openblas_get_corename(),
                   l2 != NULL ? l2 : "unset");
}
