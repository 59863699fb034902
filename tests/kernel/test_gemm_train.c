#include "kernel/gemm_train.h"

#include <cblas.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/gemm.h"
#include "support/exact.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

/* Stands before OpenBLAS's own, counts the calls and passes them on. */
static atomic_int openblas_calls;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __typeof__(&cblas_sgemm) next;

static void find_next(void) {
    void *symbol = dlsym(RTLD_NEXT, "cblas_sgemm");
    memcpy(&next, &symbol, sizeof next);
}

__attribute__((visibility("default"))) void
cblas_sgemm(OPENBLAS_CONST enum CBLAS_ORDER order, OPENBLAS_CONST enum CBLAS_TRANSPOSE ta,
            OPENBLAS_CONST enum CBLAS_TRANSPOSE tb, OPENBLAS_CONST blasint m, OPENBLAS_CONST blasint n,
            OPENBLAS_CONST blasint k, OPENBLAS_CONST float alpha, OPENBLAS_CONST float *a,
            OPENBLAS_CONST blasint lda, OPENBLAS_CONST float *b, OPENBLAS_CONST blasint ldb,
            OPENBLAS_CONST float beta, float *c, OPENBLAS_CONST blasint ldc) {
    (void)pthread_once(&once, find_next);
    atomic_fetch_add(&openblas_calls, 1);
    next(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

typedef struct product {
    bool ta, tb;
    int32_t m, n, k;
} product;

/* Forward, input gradient and weight gradient of layers like the encoder's; small and odd ones. */
static const product products[] = {
    {false, true, 21, 192, 1024}, {false, false, 21, 1024, 192}, {true, false, 40, 1024, 70},
    {true, false, 33, 768, 101},  {true, false, 76, 192, 101},   {false, true, 31, 61, 192},
    {true, false, 7, 600, 63},    {true, false, 7, 600, 65},     {true, true, 33, 700, 70},
    {true, false, 5, 3, 0},       {true, false, 0, 1024, 1101},  {true, false, 7, 600, 1024},
    {true, false, 7, 600, 1023},  {true, false, 7, 511, 1101},   {true, false, 9, 1024, 1101},
    {true, true, 9, 600, 1101},   {false, false, 9, 600, 1101},
};

static void run(const product *p, const float *a, const float *b, float beta, float *c, float *scratch) {
    oss_k_gemm_train(p->ta, p->tb, p->m, p->n, p->k, a, p->ta ? p->m : p->k, b, p->tb ? p->k : p->n, beta, c,
                     p->n, scratch);
}

static double *multiply(const product *p, const float *a, const float *b, const float *c) {
    double *want = calloc((size_t)(p->m * p->n) + 1, sizeof *want);
    for (int32_t i = 0; i < p->m; i++) {
        for (int32_t j = 0; j < p->n; j++) {
            double sum = (double)c[i * p->n + j];
            for (int32_t l = 0; l < p->k; l++) {
                sum += (double)(p->ta ? a[l * p->m + i] : a[i * p->k + l]) *
                       (double)(p->tb ? b[j * p->k + l] : b[l * p->n + j]);
            }
            want[i * p->n + j] = sum;
        }
    }
    return want;
}

static void check_product(const product *p, float *scratch) {
    size_t count = (size_t)(p->m * p->n);
    float *a = oss_exact_filled((size_t)(p->m * p->k), 1), *b = oss_exact_filled((size_t)(p->k * p->n), 2);
    float *sum = oss_exact_filled(count, 3), *fresh = oss_exact_floats(count),
          *zero = oss_exact_floats(count);
    memset(zero, 0, count * sizeof *zero);
    double *want_sum = multiply(p, a, b, sum), *want = multiply(p, a, b, zero);
    char what[96];
    (void)snprintf(what, sizeof what, "%s ta=%d tb=%d m=%d n=%d k=%d", oss_cpu_isa_name(oss_cpu_isa()), p->ta,
                   p->tb, p->m, p->n, p->k);
    run(p, a, b, 1.0F, sum, scratch);
    oss_assert_close_f32(sum, want_sum, count, what, 1e-6, 2e-6 * (1.0 + sqrt(p->k)));
    run(p, a, b, 0.0F, fresh, scratch); /* over NaN */
    oss_assert_close_f32(fresh, want, count, what, 1e-6, 2e-6 * (1.0 + sqrt(p->k)));
    free(a), free(b), free(sum), free(fresh), free(zero), free(want), free(want_sum);
}

START_TEST(products_are_right_on_either_path) {
    oss_require_isa();
    float *scratch = oss_exact_floats(OSS_GEMM_SCRATCH_FLOATS);
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        check_product(&products[i], scratch);
    }
    free(scratch);
}
END_TEST

START_TEST(openblas_has_its_shapes_and_no_others) {
    oss_require_isa();
    float *scratch = oss_exact_floats(OSS_GEMM_SCRATCH_FLOATS);
    int expected = oss_cpu_isa() == OSS_ISA_AVX512 ? 2 : 0; /* a forced ISA means our own code throughout */
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        const product *p = &products[i];
        float *a = oss_exact_filled((size_t)(p->m * p->k), 1),
              *b = oss_exact_filled((size_t)(p->k * p->n), 2);
        float *c = oss_exact_floats((size_t)(p->m * p->n));
        bool wide = p->ta && !p->tb && p->n >= 512 && p->k >= 1024 && p->m > 0;
        atomic_store(&openblas_calls, 0);
        run(p, a, b, 0.0F, c, scratch);
        run(p, a, b, 0.0F, c, scratch);
        ck_assert_int_eq(atomic_load(&openblas_calls), wide ? expected : 0);
        ck_assert_int_eq(openblas_calls == 0 || openblas_get_num_threads() == 1, 1);
        free(a), free(b), free(c);
    }
    free(scratch);
}
END_TEST

#if defined(__SANITIZE_THREAD__)
enum { THREAD_SANITIZER = 1 };
#elif defined(__has_feature)
enum { THREAD_SANITIZER = __has_feature(thread_sanitizer) };
#else
enum { THREAD_SANITIZER = 0 };
#endif

enum { THREADS = 3, ROUNDS = 8 };
static pthread_barrier_t barrier;

static void *train(void *argument) {
    static const product p = {true, false, 192, 1024, 400};
    float *c = oss_exact_floats((size_t)(p.m * p.n)), *scratch = oss_exact_floats(OSS_GEMM_SCRATCH_FLOATS);
    float *a = oss_exact_filled((size_t)(p.m * p.k), 1), *b = oss_exact_filled((size_t)(p.k * p.n), 2);
    (void)argument;
    (void)pthread_barrier_wait(
        &barrier); /* memory is there; now one after the other, so that no call overlaps another */
    oss_k_gemm_train_warm_up();
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier); /* the main thread measures */
    for (int i = 0; i < ROUNDS; i++) {
        run(&p, a, b, 0.0F, c, scratch);
    }
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier); /* the main thread measures */
    free(a), free(b), free(c), free(scratch);
    return NULL;
}

/* Pages of address space that the process has; no heap call of its own. */
static long read_mapped_pages(void) {
    char text[128] = "";
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert_int_gt(read(file, text, sizeof text - 1), 0);
    (void)close(file);
    return strtol(text, NULL, 10);
}

START_TEST(warm_threads_map_nothing_more) {
    oss_require_isa();
    pthread_t threads[THREADS];
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, train, NULL), 0);
    }
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier);
    (void)read_mapped_pages(); /* its own first call may map */
    long before = read_mapped_pages();
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier);
    long after = read_mapped_pages();
    (void)pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    (void)pthread_barrier_destroy(&barrier);
    if (!THREAD_SANITIZER) { /* which maps shadow memory as it goes */
        ck_assert_int_eq(before, after);
    }
}
END_TEST

START_TEST(fingerprint_names_all_that_decides_bits) {
    char text[512], cut[16];
    setenv("OPENBLAS_L2_SIZE", "321", 1);
    oss_k_gemm_train_fingerprint(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "OpenBLAS"));
    ck_assert_ptr_nonnull(strstr(text, openblas_get_corename()));
    ck_assert_ptr_nonnull(strstr(text, "OPENBLAS_L2_SIZE=321"));
    ck_assert_ptr_nonnull(strstr(text, oss_cpu_isa_name(oss_cpu_isa())));
    unsetenv("OPENBLAS_L2_SIZE");
    oss_k_gemm_train_fingerprint(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "OPENBLAS_L2_SIZE=unset"));
    oss_k_gemm_train_fingerprint(cut, sizeof cut);
    ck_assert_uint_eq(strlen(cut), sizeof cut - 1);
    ck_assert_int_eq(strncmp(cut, text, sizeof cut - 1), 0);
}
END_TEST

/* Small whole numbers, which every format holds and every sum gives exactly. */
static void fill_whole(float *x, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        x[i] = (float)(oss_fill_bits(seed, i) % 17) - 8.0f;
    }
}

static void check_weight_gradient(oss_k_format format, int32_t rows, int32_t n, int32_t k, bool add) {
    size_t taps = (size_t)(n * k), floats = oss_k_linear_scratch_floats(format, rows, n);
    float *dy = oss_exact_floats((size_t)(rows * n)), *x = oss_exact_floats((size_t)(rows * k));
    float *dw = oss_exact_floats(taps), *scratch = oss_exact_floats(floats);
    float *dy_memory = oss_exact_floats((size_t)(rows * (n + 1))),
          *x_memory = oss_exact_floats((size_t)(rows * (k + 1)));
    fill_whole(dy, (size_t)(rows * n), 1);
    fill_whole(x, (size_t)(rows * k), 2);
    for (size_t i = 0; add && i < taps; i++) {
        dw[i] = 3.0f;
    }
    oss_k_linear_bwd_weight(dw, oss_k_operand(format, dy, rows, n, dy_memory),
                            oss_k_operand(format, x, rows, k, x_memory), format, rows, n, k, add, scratch);
    for (int32_t i = 0; i < n * k; i++) {
        float want = add ? 3.0f : 0.0f;
        for (int32_t r = 0; r < rows; r++) {
            want += dy[r * n + i / k] * x[r * k + i % k];
        }
        ck_assert_msg(dw[i] == want, "format %d: %g at %d, want %g", (int)format, (double)dw[i], i,
                      (double)want);
    }
    float *const block[] = {dy, x, dw, scratch, dy_memory, x_memory};
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
        free(block[i]);
    }
}

START_TEST(weight_gradients_in_every_format) {
    oss_require_isa();
    for (int add = 0; add < 2; add++) {
        check_weight_gradient(OSS_K_FP32, 9, 6, 5, add);
        check_weight_gradient(OSS_K_FP32, 70, 7, 513, add); /* OpenBLAS, with AVX-512 */
        check_weight_gradient(OSS_K_BF16, 9, 6, 5, add);
        check_weight_gradient(OSS_K_BF16, 70, 7, 130, add);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/gemm_train");
    TCase *tcase = tcase_create("gemm_train");
    tcase_set_timeout(tcase, 60);
    oss_add_each_isa(tcase, products_are_right_on_either_path);
    oss_add_each_isa(tcase, openblas_has_its_shapes_and_no_others);
    oss_add_each_isa(tcase, weight_gradients_in_every_format);
    oss_add_each_isa(tcase, warm_threads_map_nothing_more);
    tcase_add_test(tcase, fingerprint_names_all_that_decides_bits);
    suite_add_tcase(suite, tcase);
    return suite;
}
