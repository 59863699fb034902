/* Element-wise and row-wise kernels against loops in double, on every ISA and on lengths around the lane
 * widths. */
#include "kernel/vec.h"

#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { MOST = 1100 };
static const int lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 192, 1000};
enum { LENGTHS = (int)(sizeof lengths / sizeof lengths[0]) };

/* A vector of n with guards behind it. */
typedef struct guarded {
    float v[MOST];
} guarded;

static void fill(guarded *g, int n, uint64_t seed) {
    oss_fill_garbage_f32(g->v, MOST);
    oss_fill_f32(g->v, (size_t)n, seed, 3.0);
}

static void assert_guards(const guarded *g, int n) {
    float want[MOST];
    oss_fill_garbage_f32(want, MOST);
    ck_assert_msg(memcmp(g->v + n, want + n, sizeof(float) * (size_t)(MOST - n)) == 0,
                  "wrote past element %d", n);
}

static void assert_vector(const guarded *got, const double *want, int n, const char *what) {
    oss_assert_each_f32(got->v, want, (size_t)n, what, 3e-7, 3e-7);
    assert_guards(got, n);
}

START_TEST(test_add_scale_axpy) {
    oss_require_isa();
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        guarded x, y;
        double want[MOST];
        fill(&x, n, 1);
        fill(&y, n, 2);
        for (int i = 0; i < n; i++) {
            want[i] = (double)y.v[i] + (double)x.v[i];
        }
        oss_k_add(y.v, x.v, (size_t)n);
        assert_vector(&y, want, n, "add");
        for (int i = 0; i < n; i++) {
            want[i] = (double)y.v[i] - 0.37 * (double)x.v[i];
        }
        oss_k_axpy(y.v, -0.37f, x.v, (size_t)n);
        assert_vector(&y, want, n, "axpy");
        oss_fill_garbage_f32(y.v, MOST);
        for (int i = 0; i < n; i++) {
            want[i] = 2.5 * (double)x.v[i];
        }
        oss_k_scale(y.v, x.v, 2.5f, (size_t)n);
        assert_vector(&y, want, n, "scale");
        oss_k_scale(x.v, x.v, 2.5f, (size_t)n);
        assert_vector(&x, want, n, "scale in place");
    }
}
END_TEST

START_TEST(test_maps_do_not_depend_on_place) {
    oss_require_isa();
    void (*const maps[])(float *, const float *, size_t) = {oss_k_exp, oss_k_log, oss_k_erf, oss_k_gelu_fwd};
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        for (int m = 0; m < 4; m++) {
            guarded x, y;
            fill(&x, n, 3);
            oss_fill_garbage_f32(y.v, MOST);
            maps[m](y.v, x.v, (size_t)n);
            assert_guards(&y, n);
            int differ = 0;
            for (int i = 0; i < n; i++) {
                float alone;
                maps[m](&alone, &x.v[i], 1);
                differ += memcmp(&alone, &y.v[i], sizeof alone) != 0 && !(isnan(alone) && isnan(y.v[i]));
            }
            ck_assert_int_eq(differ, 0);
            maps[m](x.v, x.v, (size_t)n);
            ck_assert(n == 0 || memcmp(x.v, y.v, sizeof(float) * (size_t)n) == 0);
        }
    }
}
END_TEST

static double exact_gelu_grad(double x) {
    return 0.5 * erfc(-x * sqrt(0.5)) + x * exp(-0.5 * x * x) * 0.39894228040143267794;
}

START_TEST(test_gelu_bwd_stores_and_adds) {
    oss_require_isa();
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        guarded x, dy, dx;
        double want[MOST];
        fill(&x, n, 4);
        fill(&dy, n, 5);
        oss_fill_garbage_f32(dx.v, MOST);
        for (int i = 0; i < n; i++) {
            want[i] = (double)dy.v[i] * exact_gelu_grad((double)x.v[i]);
        }
        oss_k_gelu_bwd(dx.v, dy.v, x.v, (size_t)n, false);
        oss_assert_each_f32(dx.v, want, (size_t)n, "gelu backward", 1e-6, 1e-6);
        fill(&dx, n, 6);
        for (int i = 0; i < n; i++) {
            want[i] += (double)dx.v[i];
        }
        oss_k_gelu_bwd(dx.v, dy.v, x.v, (size_t)n, true);
        oss_assert_each_f32(dx.v, want, (size_t)n, "gelu backward, added", 1e-6, 1e-6);
        assert_guards(&dx, n);
        for (int i = 0; i < n; i++) {
            want[i] -= (double)(float)(3.0 * oss_fill_value(6, (uint64_t)i));
        }
        oss_k_gelu_bwd(dy.v, dy.v, x.v, (size_t)n, false);
        oss_assert_each_f32(dy.v, want, (size_t)n, "gelu backward in place", 1e-6, 1e-6);
    }
}
END_TEST

START_TEST(test_bias) {
    oss_require_isa();
    const int columns[] = {1, 3, 4, 7, 8, 9, 16, 17, 33};
    for (int k = 0; k < 9; k++) {
        enum { ROWS = 37, LDY = 35 };
        const int c = columns[k];
        guarded bias, db;
        static float y[ROWS * LDY], before[ROWS * LDY];
        double want[LDY];
        oss_fill_f32(y, ROWS * LDY, 7, 1.0);
        memcpy(before, y, sizeof y);
        fill(&bias, c, 8);
        oss_k_bias_add(y, LDY, bias.v, ROWS, c);
        int wrong = 0;
        for (int i = 0; i < ROWS * LDY; i++) {
            float add = i % LDY < c ? bias.v[i % LDY] : 0.0f;
            wrong += y[i] != before[i] + add;
        }
        ck_assert_int_eq(wrong, 0);
        fill(&db, c, 9);
        for (int i = 0; i < c; i++) {
            want[i] = (double)db.v[i];
            for (int r = 0; r < ROWS; r++) {
                want[i] += (double)y[r * LDY + i];
            }
        }
        oss_k_bias_grad(db.v, y, LDY, ROWS, c);
        oss_assert_each_f32(db.v, want, (size_t)c, "bias gradient", 1e-6, 1e-5);
        assert_guards(&db, c);
    }
}
END_TEST

START_TEST(test_sum_squares_and_finite) {
    oss_require_isa();
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        guarded x;
        fill(&x, n, 10);
        double want = 0.0;
        for (int i = 0; i < n; i++) {
            want += (double)x.v[i] * (double)x.v[i];
        }
        ck_assert_double_eq_tol(oss_k_sum_squares(x.v, (size_t)n), want, 1e-13 * want + 1e-300);
        ck_assert(oss_k_all_finite(x.v, (size_t)n));
        int missed = 0;
        for (int i = 0; i < n; i++) { /* every place is looked at */
            const float bad[] = {NAN, INFINITY, -INFINITY};
            float kept = x.v[i];
            x.v[i] = bad[i % 3];
            double sum = oss_k_sum_squares(x.v, (size_t)n);
            missed += oss_k_all_finite(x.v, (size_t)n) || !(i % 3 == 0 ? isnan(sum) : isinf(sum));
            x.v[i] = kept;
        }
        ck_assert_int_eq(missed, 0);
        x.v[n] = NAN; /* and nothing behind the end */
        ck_assert(oss_k_all_finite(x.v, (size_t)n));
    }
}
END_TEST

START_TEST(test_max_abs) {
    ck_assert_float_eq(oss_k_max_abs(NULL, 0), 0.0f);
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        guarded x;
        fill(&x, n, 11);
        int missed = 0;
        for (int i = 0; i < n; i++) { /* every place is looked at, and both signs */
            float kept = x.v[i];
            x.v[i] = i % 2 == 0 ? -1e4f : 1e4f;
            missed += oss_k_max_abs(x.v, (size_t)n) != 1e4f;
            x.v[i] = kept;
        }
        ck_assert_int_eq(missed, 0);
        float want = 0.0f;
        for (int i = 0; i < n; i++) {
            want = fmaxf(want, fabsf(x.v[i]));
        }
        x.v[n] = 1e5f; /* and nothing behind the end */
        ck_assert_float_eq(oss_k_max_abs(x.v, (size_t)n), want);
    }
}
END_TEST

static void norm_row(double *y, double *inv, const float *x, const float *w, int c, double eps) {
    double sum = 0.0;
    for (int i = 0; i < c; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    *inv = 1.0 / sqrt(sum / c + eps);
    for (int i = 0; i < c; i++) {
        y[i] = (double)x[i] * *inv * (double)w[i];
    }
}

START_TEST(test_rmsnorm_fwd) {
    oss_require_isa();
    for (int k = 1; k < LENGTHS - 1; k++) {
        enum { ROWS = 5 };
        const int c = lengths[k];
        guarded x, w, y, inv;
        double want[MOST], want_inv[ROWS];
        fill(&x, ROWS * c, 11);
        fill(&w, c, 12);
        memset(x.v, 0, sizeof(float) * (size_t)c); /* a row of zeros: eps alone */
        for (int r = 0; r < ROWS; r++) {
            norm_row(want + r * c, want_inv + r, x.v + r * c, w.v, c, 1e-5);
        }
        oss_fill_garbage_f32(y.v, MOST);
        oss_fill_garbage_f32(inv.v, MOST);
        oss_k_rmsnorm_fwd(y.v, inv.v, x.v, w.v, ROWS, c, 1e-5f);
        oss_assert_each_f32(y.v, want, (size_t)(ROWS * c), "rmsnorm", 6e-7, 0.0);
        oss_assert_each_f32(inv.v, want_inv, ROWS, "1/rms", 4e-7, 0.0);
        assert_guards(&y, ROWS * c);
        assert_guards(&inv, ROWS);
        oss_k_rmsnorm_fwd(x.v, NULL, x.v, w.v, ROWS, c, 1e-5f);
        ck_assert(memcmp(x.v, y.v, sizeof(float) * (size_t)(ROWS * c)) == 0);
    }
}
END_TEST

START_TEST(test_rmsnorm_bwd) {
    oss_require_isa();
    for (int k = 1; k < LENGTHS - 1; k++) {
        enum { ROWS = 5 };
        const int c = lengths[k];
        guarded x, w, y, inv, dy, dx, dw;
        double want_dx[MOST], want_dw[MOST];
        fill(&x, ROWS * c, 13);
        fill(&w, c, 14);
        fill(&dy, ROWS * c, 15);
        fill(&dw, c, 16);
        oss_k_rmsnorm_fwd(y.v, inv.v, x.v, w.v, ROWS, c, 1e-5f);
        for (int i = 0; i < c; i++) {
            want_dw[i] = (double)dw.v[i];
        }
        for (int r = 0; r < ROWS; r++) {
            const float *row = x.v + r * c;
            const double scale = (double)inv.v[r];
            double dot = 0.0;
            for (int i = 0; i < c; i++) {
                dot += (double)w.v[i] * (double)dy.v[r * c + i] * (double)row[i];
                want_dw[i] += (double)dy.v[r * c + i] * (double)row[i] * scale;
            }
            for (int i = 0; i < c; i++) {
                want_dx[r * c + i] = scale * (double)w.v[i] * (double)dy.v[r * c + i] -
                                     (double)row[i] * scale * scale * scale / c * dot;
            }
        }
        oss_fill_garbage_f32(dx.v, MOST);
        oss_k_rmsnorm_bwd(dx.v, dw.v, dy.v, x.v, w.v, inv.v, ROWS, c, false);
        oss_assert_each_f32(dx.v, want_dx, (size_t)(ROWS * c), "rmsnorm dx", 2e-6, 5e-6);
        oss_assert_each_f32(dw.v, want_dw, (size_t)c, "rmsnorm dw", 2e-6, 5e-6);
        assert_guards(&dx, ROWS * c);
        assert_guards(&dw, c);
        guarded kept = dx, kept_dw = dw;
        oss_k_rmsnorm_bwd(dx.v, NULL, dy.v, x.v, w.v, inv.v, ROWS, c, true);
        for (int i = 0; i < ROWS * c; i++) {
            want_dx[i] += (double)kept.v[i];
        }
        oss_assert_each_f32(dx.v, want_dx, (size_t)(ROWS * c), "rmsnorm dx, added", 2e-6, 1e-5);
        oss_k_rmsnorm_bwd(NULL, dw.v, dy.v, x.v, w.v, inv.v, ROWS, c, true);
        for (int i = 0; i < c; i++) {
            double once = want_dw[i] - (double)(float)(3.0 * oss_fill_value(16, (uint64_t)i));
            want_dw[i] = (double)kept_dw.v[i] + once;
        }
        oss_assert_each_f32(dw.v, want_dw, (size_t)c, "rmsnorm dw alone", 2e-6, 1e-5);
    }
}
END_TEST

START_TEST(test_log_softmax) {
    oss_require_isa();
    for (int k = 1; k < LENGTHS - 1; k++) {
        enum { ROWS = 4 };
        const int c = lengths[k];
        guarded x, y;
        double want[MOST];
        fill(&x, ROWS * c, 17);
        for (int i = 0; i < c; i++) {
            x.v[c + i] *= 100.0f; /* row 1: far apart; row 2: far from zero */
            x.v[2 * c + i] += 30000.0f;
        }
        for (int r = 0; r < ROWS; r++) {
            double sum = 0.0, largest = -INFINITY;
            for (int i = 0; i < c; i++) {
                largest = fmax(largest, (double)x.v[r * c + i]);
            }
            for (int i = 0; i < c; i++) {
                sum += exp((double)x.v[r * c + i] - largest);
            }
            for (int i = 0; i < c; i++) {
                want[r * c + i] = (double)x.v[r * c + i] - largest - log(sum);
            }
        }
        oss_fill_garbage_f32(y.v, MOST);
        oss_k_log_softmax(y.v, x.v, ROWS, c);
        oss_assert_each_f32(y.v, want, (size_t)(ROWS * c), "log softmax", 3e-7, 5e-7);
        assert_guards(&y, ROWS * c);
        int wrong = 0;
        for (int i = 0; i < c; i++) { /* NaN anywhere makes the row NaN, and only that row */
            guarded bad = x;
            bad.v[i] = NAN;
            oss_k_log_softmax(y.v, bad.v, ROWS, c);
            for (int j = 0; j < 2 * c; j++) {
                wrong += isnan(y.v[j]) != (j < c);
            }
        }
        ck_assert_int_eq(wrong, 0);
        oss_k_log_softmax(x.v, x.v, ROWS, c);
        oss_assert_each_f32(x.v, want, (size_t)(ROWS * c), "log softmax in place", 3e-7, 5e-7);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/vec");
    TCase *tcase = tcase_create("elements");
    oss_add_each_isa(tcase, test_add_scale_axpy);
    oss_add_each_isa(tcase, test_maps_do_not_depend_on_place);
    oss_add_each_isa(tcase, test_gelu_bwd_stores_and_adds);
    oss_add_each_isa(tcase, test_bias);
    oss_add_each_isa(tcase, test_sum_squares_and_finite);
    tcase_add_test(tcase, test_max_abs);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("rows");
    oss_add_each_isa(tcase, test_rmsnorm_fwd);
    oss_add_each_isa(tcase, test_rmsnorm_bwd);
    oss_add_each_isa(tcase, test_log_softmax);
    suite_add_tcase(suite, tcase);
    return suite;
}
