/* The trainer's matrix product: OpenBLAS or our own kernel, decided here and nowhere else, by measurement.
 * The only cblas user; linked into the trainer only. */
#ifndef OSS_KERNEL_GEMM_TRAIN_H
#define OSS_KERNEL_GEMM_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/linear.h"
#include "ossicle/status.h"

/* Contract of oss_k_gemm. OpenBLAS runs in the calling thread only. */
void oss_k_gemm_train(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                      const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch);

/* dw[n,k] (+)= dy^T x from the operands dy[rows,n] and x[rows,k] (linear.h); add false: stores.
 * scratch[oss_k_linear_scratch_floats], 64-byte aligned. */
size_t oss_k_linear_scratch_floats(oss_k_format format, int32_t rows, int32_t n);
void oss_k_linear_bwd_weight(float *dw, const void *dy, const void *x, oss_k_format format, int32_t rows,
                             int32_t n, int32_t k, bool add, void *scratch);

/* Whether OpenBLAS takes part at all, with the instruction set in use. */
bool oss_k_gemm_train_uses_openblas(void);
enum { OSS_K_GEMM_TRAIN_BUFFER_MIB = 128 }; /* of address space that OpenBLAS takes for a thread */
/* OSS_ENOMEM when the process may not have the address space that OpenBLAS needs for so many threads: it would ask for
 * it for ever. Before any thread is warmed up. */
oss_status oss_k_gemm_train_find_room(int32_t threads);
/* Sets OpenBLAS to one thread and makes it take its buffers now; call once in every thread that will train. */
void oss_k_gemm_train_warm_up(void);

/* What decides the bits of a product besides our own code: OpenBLAS version and build, core type in use, L2
 * setting of the environment; recorded in checkpoints. Writes at most `bytes`, NUL-terminated. */
void oss_k_gemm_train_fingerprint(char *out, int32_t bytes);

#endif
