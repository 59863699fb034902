/* AdamW against its equation in double, step after step, on every ISA. (Golden steps of torch.optim.AdamW:
 * tests/train.) */
#include <math.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { N = 83, STEPS = 12 };

START_TEST(test_steps_follow_the_equation) {
    oss_require_isa();
    for (int decayed = 0; decayed < 2; decayed++) {
        float w[N + 1], m[N + 1], v[N + 1], g[N];
        double rw[N], rm[N], rv[N];
        oss_fill_f32(w, N + 1, 1, 1.0);
        memset(m, 0, sizeof m);
        memset(v, 0, sizeof v);
        for (int i = 0; i < N; i++) {
            rw[i] = (double)w[i];
            rm[i] = rv[i] = 0.0;
        }
        for (int t = 1; t <= STEPS; t++) {
            const oss_adamw_step step = {1e-2, 0.9, 0.999, 1e-8, decayed == 0 ? 0.0 : 0.1, t, 0.25f, 0};
            oss_fill_f32(g, N, (uint64_t)(100 + t), 1.0);
            g[0] = 0.0f;    /* a weight without gradient moves by its decay alone */
            g[1] *= 1e-12f; /* eps matters */
            g[2] = 1e12f * fabsf(g[2]);
            for (int i = 0; i < N; i++) {
                double grad = 0.25 * (double)g[i];
                rm[i] = 0.9 * rm[i] + 0.1 * grad;
                rv[i] = 0.999 * rv[i] + 0.001 * grad * grad;
                double rate = step.lr * rm[i] / (1.0 - pow(0.9, t));
                rw[i] -= rate / (sqrt(rv[i] / (1.0 - pow(0.999, t))) + 1e-8) + step.lr * step.decay * rw[i];
            }
            oss_k_adamw(w, m, v, NULL, g, N, &step);
            oss_assert_each_f32(w, rw, N, "weights", 1e-6, 1e-7 * t);
            oss_assert_each_f32(m, rm, N, "first moment", 2e-6, 2e-7);
            oss_assert_each_f32(v, rv, N, "second moment", 3e-6, 1e-12);
        }
        ck_assert(w[N] == (float)oss_fill_value(1, N) && m[N] == 0.0f && v[N] == 0.0f);
    }
}
END_TEST

/* average += gain (w - average) after each step, and not a bit of the rest differs from a step without. */
START_TEST(test_average_follows_and_changes_nothing) {
    oss_require_isa();
    float w[2][N], m[2][N] = {{0}}, v[2][N] = {{0}}, average[N + 1], g[N];
    double wanted[N];
    oss_fill_f32(average, N + 1, 2, 1.0);
    for (int i = 0; i < N; i++) {
        w[0][i] = w[1][i] = (float)oss_fill_value(1, (uint64_t)i);
        wanted[i] = (double)average[i];
    }
    for (int t = 1; t <= STEPS; t++) {
        const float gain = 1.0f / (float)t;
        const oss_adamw_step step = {1e-2, 0.9, 0.999, 1e-8, 0.1, t, 0.25f, gain};
        oss_fill_f32(g, N, (uint64_t)(100 + t), 1.0);
        oss_k_adamw(w[0], m[0], v[0], NULL, g, N, &step);
        oss_k_adamw(w[1], m[1], v[1], average, g, N, &step);
        for (int i = 0; i < N; i++) {
            wanted[i] += (double)gain * ((double)w[0][i] - wanted[i]);
        }
        oss_assert_each_f32(average, wanted, N, "average", 1e-6, 1e-7);
    }
    ck_assert(memcmp(w[0], w[1], sizeof w[0]) == 0 && memcmp(m[0], m[1], sizeof m[0]) == 0 &&
              memcmp(v[0], v[1], sizeof v[0]) == 0);
    ck_assert(average[N] == (float)oss_fill_value(2, N));
}
END_TEST

START_TEST(test_late_steps_have_no_bias_left) {
    oss_require_isa();
    float w = 1.0f, m = 0.5f, v = 0.25f, g = 0.5f;
    const oss_adamw_step step = {1e-3, 0.9, 0.999, 1e-8, 0.1, 1000000, 1.0f, 0};
    oss_k_adamw(&w, &m, &v, NULL, &g, 1, &step);
    ck_assert_double_eq_tol((double)w, 1.0 - 1e-3 - 1e-4, 1e-7);
}
END_TEST

START_TEST(test_nan_is_not_hidden) {
    oss_require_isa();
    float w[20] = {0}, m[20] = {0}, v[20] = {0}, g[20] = {0};
    g[13] = NAN;
    const oss_adamw_step step = {1e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1.0f, 0};
    oss_k_adamw(w, m, v, NULL, g, 20, &step);
    for (int i = 0; i < 20; i++) {
        ck_assert(isnan(w[i]) == (i == 13));
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/adamw");
    TCase *tcase = tcase_create("adamw");
    oss_add_each_isa(tcase, test_steps_follow_the_equation);
    oss_add_each_isa(tcase, test_average_follows_and_changes_nothing);
    oss_add_each_isa(tcase, test_late_steps_have_no_bias_left);
    oss_add_each_isa(tcase, test_nan_is_not_hidden);
    suite_add_tcase(suite, tcase);
    return suite;
}
