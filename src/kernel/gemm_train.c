#include "kernel/gemm_train.h"

#include <cblas.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/contract.h"
#include "base/fail.h"
#include "base/mem.h"
#include "kernel/bf16.h"
#include "kernel/cpu.h"
#include "kernel/gemm.h"

/* Not in cblas.h, but exported by every OpenBLAS since GotoBLAS: takes a free slot of a global table (mapping
 * it the first time), gives it back. */
extern void *blas_memory_alloc(int procedure);
extern void blas_memory_free(void *buffer);

/* BUFFER: what OpenBLAS maps for a thread on x86-64, its BUFFER_SIZE (32 << 22). */
enum {
    WARM_SLOTS_MAX = 64,
    WARM_BYTES = 3 << 20,
    PAGE_BYTES = 4096,
    BUFFER_MIB = OSS_K_GEMM_TRAIN_BUFFER_MIB
};

static pthread_mutex_t warm_lock = PTHREAD_MUTEX_INITIALIZER;
static int warm_threads = 0; /* that have called, under warm_lock */
static _Thread_local bool is_warm = false;

/* Which product goes where: shape and ISA decide, nothing else, so that the choice is the same in every run.
 *
 * Measured on one core of a Zen 5 server (fused multiply-adds peak at 236 GFLOP/s; best of many runs),
 * GFLOP/s of ours / of OpenBLAS 0.3.21 with OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset (core Cooperlake),
 * ratio in brackets; m, n, k of the encoder with d = 192 at 101, 400 and 800 packed rows:
 *
 *     y = x w^T    [rows, 192]  k 1024    210 / 160 (1.32)    226 / 203 (1.11)    223 / 204 (1.09)
 *                  [rows, 576]  k  192    212 / 179 (1.19)    222 / 211 (1.05)    224 / 215 (1.04)
 *                  [rows, 192]  k  192    210 / 175 (1.20)    219 / 206 (1.06)    222 / 211 (1.06)
 *                  [rows, 768]  k  192    208 / 177 (1.17)    217 / 210 (1.03)    214 / 209 (1.02)
 *                  [rows, 192]  k  768    216 / 173 (1.25)    225 / 205 (1.10)    220 / 203 (1.08)
 *                  [rows,  60]  k  192    194 / 135 (1.44)    205 / 158 (1.30)    207 / 161 (1.28)
 *     dx = dy w    all six shapes             1.11 to 1.26        1.03 to 1.07        1.02 to 1.08
 *     dw += dy^T x [192, 192]  k rows     224 / 216 (1.04)    223 / 212 (1.05)    222 / 211 (1.05)
 *                  [576, 192]             227 / 217 (1.05)    226 / 216 (1.05)    229 / 217 (1.06)
 *                  [768, 192]             226 / 214 (1.06)    227 / 215 (1.06)    220 / 208 (1.05)
 *                  [192, 768]             221 / 214 (1.03)    220 / 215 (1.02)    214 / 209 (1.02)
 *                  [192, 1024]            218 / 212 (1.03)    219 / 215 (1.02)    215 / 206 (1.04)
 *     wider models [768, 768]             214 / 219 (0.98)    218 / 216 (1.01)    216 / 214 (1.01)
 *                  [1024, 1024]           207 / 211 (0.98)    209 / 209 (1.00)    189 / 201 (0.94)
 *                                         1600 rows: 0.60 to 0.91
 *
 * On one core of a Zen 4 server (peak 118 GFLOP/s, same OpenBLAS), dw += dy^T x:
 *
 *     [192, 1024]                         101 rows 1.15, 128 1.13, 375 1.09
 *     [512, 2048], [768, 3072]            128 rows 1.09, 1.11; 375 rows 1.06, 1.09
 *     [1024, 1024]                        375 rows 1.06, 750 1.01, 1600 0.98
 *     [512, 512] and [1024, 1024] of Muon 2048 rows 1.00, 4096 rows 0.96
 *
 * So ours everywhere but in transposed products with many columns and a thousand rows: there a outgrows the caches, and
 * OpenBLAS copies it into panels first where ours reads a^T in place for every panel. A part of the usual network has
 * fewer rows unless one utterance is longer than 80 s, so its weights depend on no OpenBLAS. With
 * OPENBLAS_CORETYPE=Haswell OpenBLAS reaches half of these figures, on any shape. With OSSICLE_CPU=avx2 or generic, and
 * on a processor without AVX-512, ours runs throughout (at 90 % of the AVX2 peak). */
enum { OPENBLAS_COLUMNS = 512, OPENBLAS_ROWS = 1024 };

bool oss_k_gemm_train_uses_openblas(void) {
    return oss_cpu_isa() == OSS_ISA_AVX512;
}

static bool goes_to_openblas(bool ta, bool tb, int32_t n, int32_t k) {
    return oss_k_gemm_train_uses_openblas() && ta && !tb && n >= OPENBLAS_COLUMNS && k >= OPENBLAS_ROWS;
}

/* ---- Before main ---- */

/* OpenBLAS starts a thread for each processor when it is loaded, before main, though all of its work here is done in
 * threads of ours. One that cannot start makes it end the program by SIGINT, as if somebody had asked for it; and where
 * address space is short they ask for their buffers for ever. For one processor it starts none: the process has one
 * while libraries are loaded, and all of its own again after that. (Environment variables would come too late: the C
 * library does not have them yet.) */
static cpu_set_t own_processors;
static bool is_confined;

#define BEFORE_LIBRARIES __attribute__((no_sanitize("address", "thread", "undefined")))

BEFORE_LIBRARIES static void confine(void) {
    static cpu_set_t one;
    if (sched_getaffinity(0, sizeof own_processors, &own_processors) != 0) {
        return;
    }
    for (size_t i = 0; i < CPU_SETSIZE && !is_confined; i++) {
        if (CPU_ISSET(i, &own_processors)) {
            CPU_SET(i, &one);
            is_confined = true;
        }
    }
    is_confined = is_confined && sched_setaffinity(0, sizeof one, &one) == 0;
}

__attribute__((section(".preinit_array"), used)) static void (*confine_first)(void) = confine;

__attribute__((constructor)) static void release(void) {
    if (is_confined) {
        (void)sched_setaffinity(0, sizeof own_processors, &own_processors);
    }
}

/* ---- Buffers ---- */

static oss_status refuse_room(int32_t threads) {
    static const struct {
        int resource;
        const char *name;
    } limits[] = {{RLIMIT_AS, "ulimit -v"}, {RLIMIT_DATA, "ulimit -d"}};
    for (int i = 0; i < 2; i++) {
        struct rlimit limit;
        if (getrlimit((unsigned)limits[i].resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
            return oss_fail(
                OSS_ENOMEM,
                "OpenBLAS needs %d MiB of address space for %d threads, and the process may have %llu MiB "
                "in all (%s): raise the limit or take fewer threads (--threads N)",
                threads * BUFFER_MIB, threads, (unsigned long long)limit.rlim_cur >> 20, limits[i].name);
        }
    }
    return oss_fail(
        OSS_ENOMEM,
        "OpenBLAS needs %d MiB of address space for %d threads, which the system does not give: take fewer "
        "threads (--threads N)",
        threads * BUFFER_MIB, threads);
}

oss_status oss_k_gemm_train_find_room(int32_t threads) {
    void *block[WARM_SLOTS_MAX] = {0};
    int32_t count = threads < WARM_SLOTS_MAX ? threads : WARM_SLOTS_MAX, found = 0;
    while (found < count && (block[found] = oss_alloc((size_t)BUFFER_MIB << 20, 1)) != NULL) {
        found++;
    }
    for (int32_t i = 0; i < found; i++) {
        oss_free(block[i]);
    }
    return found == count ? OSS_OK : refuse_room(count);
}

/* Takes `count` buffers at once, so that OpenBLAS has mapped as many, and touches what products of our size
 * use of the last. */
static void warm_slots(int count) {
    void *slots[WARM_SLOTS_MAX];
    for (int i = 0; i < count; i++) {
        slots[i] = blas_memory_alloc(0);
    }
    for (ptrdiff_t at = 0; at < WARM_BYTES && count > 0; at += PAGE_BYTES) {
        ((volatile char *)slots[count - 1])[at] = 0;
    }
    for (int i = count - 1; i >= 0; i--) {
        blas_memory_free(slots[i]);
    }
}

/* A call of OpenBLAS takes the first buffer that is free in a table that all threads share, and maps it if
 * nobody used it before. So the n-th thread to train needs n buffers in that table, whatever thread uses
 * them: each call here takes one more than the last. */
void oss_k_gemm_train_warm_up(void) {
    if (is_warm) {
        return;
    }
    is_warm = true;
    (void)pthread_mutex_lock(&warm_lock);
    if (warm_threads == 0) {
        openblas_set_num_threads(1);
    }
    if (warm_threads < WARM_SLOTS_MAX) {
        warm_threads++;
        warm_slots(warm_threads);
    }
    (void)pthread_mutex_unlock(&warm_lock);
}

void oss_k_gemm_train(bool ta, bool tb, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda,
                      const float *b, int32_t ldb, float beta, float *c, int32_t ldc, float *scratch) {
    OSS_CONTRACT(m >= 0 && n >= 0 && k >= 0);
    OSS_CONTRACT(beta == 0.0F || beta == 1.0F);
    OSS_CONTRACT(lda >= (ta ? m : k) && ldb >= (tb ? k : n) && ldc >= n);
    if (m > 0 && goes_to_openblas(ta, tb, n, k)) {
        oss_k_gemm_train_warm_up(); /* does nothing in a warm thread; without it OpenBLAS would use threads of
                                       its own */
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, 1.0F, a, lda, b, ldb, beta, c, ldc);
    } else {
        oss_k_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
    }
}

size_t oss_k_linear_scratch_floats(oss_k_format format, int32_t rows, int32_t n) {
    return format == OSS_K_BF16 ? oss_k_bf16_linear_scratch(rows, n) : OSS_GEMM_SCRATCH_FLOATS;
}

void oss_k_linear_bwd_weight(float *dw, const void *dy, const void *x, oss_k_format format, int32_t rows,
                             int32_t n, int32_t k, bool add, void *scratch) {
    if (format == OSS_K_BF16) {
        oss_k_bf16_linear_bwd_weight(dw, dy, x, rows, n, k, add, scratch);
    } else {
        oss_k_gemm_train(true, false, n, k, rows, dy, n, x, k, add ? 1.0F : 0.0F, dw, k, scratch);
    }
}

void oss_k_gemm_train_fingerprint(char *out, int32_t bytes) {
    OSS_CONTRACT(out != NULL && bytes > 0);
    const char *l2 = getenv("OPENBLAS_L2_SIZE");
    (void)snprintf(out, (size_t)bytes, "isa=%s; %s; core=%s; OPENBLAS_L2_SIZE=%s",
                   oss_cpu_isa_name(oss_cpu_isa()), openblas_get_config(), openblas_get_corename(),
                   l2 != NULL ? l2 : "unset");
}
