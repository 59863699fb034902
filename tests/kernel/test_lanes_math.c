/* The error bounds that kernel/lanes_math.h states, held against libm in double: every SWEEP-th float of all
 * 2^32, denormals, infinities and NaN included, and a denser walk where rounding is tightest. */
#include <math.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/isa.h"
#include "support/suite.h"

enum { BLOCK = 1000, SWEEP = 4001 };

static const double INV_SQRT_2 = 0.70710678118654752440;
static const double INV_SQRT_2PI = 0.39894228040143267794;

typedef struct function {
    const char *name;
    void (*lanes)(float *y, const float *x, size_t n);
    double (*exact)(double x);
    /* What one unit of error is at x, y; and how many are allowed. */
    double (*unit)(double x, double y);
    double bound;
    float from, to; /* the dense walk */
} function;

static double ulp_of(double x, double y) {
    (void)x;
    return fabs(y) < 0x1p-126 ? 0x1p-149 : ldexp(1.0, ilogb((float)y) - 23);
}

static double max_with_one(double x, double y) {
    (void)y;
    return fmax(fabs(x), 1.0);
}

static double one(double x, double y) {
    (void)x;
    (void)y;
    return 1.0;
}

static double exact_gelu(double x) {
    return 0.5 * x * erfc(-x * INV_SQRT_2);
}

static double exact_gelu_grad(double x) {
    return 0.5 * erfc(-x * INV_SQRT_2) + (isinf(x) ? 0.0 : x * exp(-0.5 * x * x) * INV_SQRT_2PI);
}

static void gelu_grad(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = 1.0f;
    }
    oss_k_gelu_bwd(y, y, x, n, false);
}

static const function functions[] = {
    {"exp", oss_k_exp, exp, ulp_of, 1.1, -105.0f, 89.0f},
    {"log", oss_k_log, log, ulp_of, 1.0, 0.4f, 2.5f},
    {"erf", oss_k_erf, erf, ulp_of, 1.5, -4.1f, 4.1f},
    {"gelu", oss_k_gelu_fwd, exact_gelu, max_with_one, 2e-7, -7.0f, 7.0f},
    {"gelu'", gelu_grad, exact_gelu_grad, one, 3e-7, -7.0f, 7.0f},
};
enum { FUNCTIONS = (int)(sizeof functions / sizeof functions[0]) };

/* In units of the bound; where the exact value, rounded to float, is infinite or NaN, anything else is
 * infinitely wrong. */
static double measure(const function *f, float x, float y, double want) {
    if (isnan(want)) {
        return isnan(y) ? 0.0 : INFINITY;
    }
    if (isinf((float)want)) {
        return y == (float)want ? 0.0 : INFINITY;
    }
    double error = fabs((double)y - want) / f->unit((double)x, want);
    return isnan(error) ? INFINITY : error;
}

/* Not ck_assert in the loop: it writes to a pipe even when all is well. */
static void assert_block(const function *f, const float *x, size_t n) {
    float y[BLOCK];
    f->lanes(y, x, n);
    for (size_t i = 0; i < n; i++) {
        double want = f->exact((double)x[i]);
        double error = measure(f, x[i], y[i], want);
        if (error > f->bound) {
            ck_abort_msg("%s(%.9g) = %.9g, want %.9g: error %.4g units, at most %.4g", f->name, (double)x[i],
                         (double)y[i], want, error, f->bound);
        }
    }
}

START_TEST(test_bounds_hold_over_all_floats) {
    oss_require_isa();
    for (int k = 0; k < FUNCTIONS; k++) {
        float x[BLOCK];
        size_t n = 0;
        for (uint64_t bits = (uint64_t)k; bits <= UINT32_MAX; bits += SWEEP) {
            uint32_t word = (uint32_t)bits;
            memcpy(&x[n++], &word, sizeof word);
            if (n == BLOCK) {
                assert_block(&functions[k], x, n);
                n = 0;
            }
        }
        assert_block(&functions[k], x, n);
    }
}
END_TEST

START_TEST(test_bounds_hold_where_it_matters) {
    oss_require_isa();
    enum { POINTS = 200 };
    for (int k = 0; k < FUNCTIONS; k++) {
        const function *f = &functions[k];
        float x[BLOCK];
        for (int block = 0; block < POINTS; block++) {
            for (int i = 0; i < BLOCK; i++) {
                x[i] = f->from + (f->to - f->from) * (float)(block * BLOCK + i) / (float)(POINTS * BLOCK);
            }
            assert_block(f, x, BLOCK);
        }
    }
}
END_TEST

START_TEST(test_special_values) {
    oss_require_isa();
    const float x[] = {0.0f,      -0.0f,      INFINITY,        -INFINITY, NAN,
                       0x1p-149f, -0x1p-149f, 0x1.fffffep127f, 100.0f,    -100.0f};
    enum { COUNT = (int)(sizeof x / sizeof x[0]) };
    float y[COUNT];
    for (int k = 0; k < 3; k++) { /* exp, log, erf agree with libm at all of them */
        assert_block(&functions[k], x, COUNT);
    }
    oss_k_erf(y, x, COUNT);
    ck_assert(signbit(y[1]) != 0 && y[1] == 0.0f);
    oss_k_gelu_fwd(y, x, COUNT);
    ck_assert(y[0] == 0.0f && y[1] == 0.0f && y[2] == INFINITY);
    ck_assert(isnan(y[3]) && isnan(y[4])); /* -inf: 0 * inf, as in PyTorch; a guard shall see it */
    ck_assert(y[7] == x[7] && y[8] == x[8] && y[9] == 0.0f);
    gelu_grad(y, x, COUNT);
    ck_assert(y[0] == 0.5f && isnan(y[4]));
    ck_assert(fabsf(y[2] - 1.0f) < 3e-7f && fabsf(y[3]) < 3e-7f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/lanes_math");
    TCase *tcase = tcase_create("bounds");
    tcase_set_timeout(tcase, 60);
    oss_add_each_isa(tcase, test_bounds_hold_over_all_floats);
    oss_add_each_isa(tcase, test_bounds_hold_where_it_matters);
    oss_add_each_isa(tcase, test_special_values);
    suite_add_tcase(suite, tcase);
    return suite;
}
