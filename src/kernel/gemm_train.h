/* The trainer's matrix product: OpenBLAS or our own kernel, decided here and nowhere else, by measurement.
 * The only cblas user; linked into the trainer only. */
#ifndef OSS_KERNEL_GEMM_TRAIN_H
#define OSS_KERNEL_GEMM_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Contract of oss_k_gemm. OpenBLAS runs in the calling thread only. */
void oss_k_gemm_train(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                      const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch);

/* Sets OpenBLAS to one thread and makes it take its buffers now; call once in every thread that will train. */
void oss_k_gemm_train_warm_up(void);

/* What decides the bits of a product besides our own code: OpenBLAS version and build, core type in use, L2
 * setting of the environment; recorded in checkpoints. Writes at most `bytes`, NUL-terminated. */
void oss_k_gemm_train_fingerprint(char *out, int32_t bytes);

#endif
