/* Muon against the iteration as its paper writes it, in double, on whole matrices. */
#include "train/muon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/fill.h"
#include "support/rows.h"
#include "support/suite.h"

enum { VOCAB = 9 };

typedef struct fixture {
    oss_config *config;
    oss_params *params;
    float *value, *before, *m, *m_before, *v, *gradient, *average; /* [floats] */
} fixture;

static float *make_block(const fixture *f, uint64_t seed, double scale) {
    float *block = calloc(f->params->floats, sizeof(float));
    for (int32_t i = 0; i < f->params->count; i++) {
        const oss_param *param = &f->params->item[i];
        oss_fill_f32(block + param->offset, param->count, seed + (uint64_t)i, scale);
    }
    return block;
}

static float *copy_block(const fixture *f, const float *block) {
    float *copy = malloc(f->params->floats * sizeof(float));
    memcpy(copy, block, f->params->floats * sizeof(float));
    return copy;
}

/* Kernels [O,I,3,3] that are wider than high, matrices that are higher than wide, square ones, and three in
 * one tensor. */
static void make(fixture *f) {
    f->config = oss_rows_config("{\"conv_channels\": 8, \"d_model\": 12, \"n_layers\": 2, \"n_heads\": 3, "
                                "\"d_ff\": 40, \"projector_dim\": 8}");
    ck_assert_int_eq(oss_params_create(&f->params, &f->config->model, VOCAB), OSS_OK);
    f->value = make_block(f, 1000, 0.5);
    f->m = make_block(f, 2000, 0.03);
    f->v = make_block(f, 3000, 0.0);
    f->gradient = make_block(f, 4000, 6.0);
    f->average = make_block(f, 5000, 0.5);
    f->before = copy_block(f, f->value);
    f->m_before = copy_block(f, f->m);
}

static void clear(fixture *f) {
    float *blocks[] = {f->value, f->before, f->m, f->m_before, f->v, f->gradient, f->average};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
    oss_params_free(f->params);
    oss_config_free(f->config);
}

static const oss_adamw_step rule = {.lr = 0.02,
                                    .beta1 = 0.9,
                                    .beta2 = 0.999,
                                    .eps = 1e-8,
                                    .decay = 0.1,
                                    .step = 3,
                                    .grad_scale = 0.01F,
                                    .average_gain = 0.25F};

static void update(const fixture *f, const bool *frozen, int32_t threads) {
    oss_pool *pool = NULL;
    oss_muon *muon = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, threads), OSS_OK);
    ck_assert_int_eq(oss_muon_create(&muon, f->params, frozen, pool), OSS_OK);
    const oss_adamw block = {.value = f->value,
                             .m = f->m,
                             .v = f->v,
                             .average = f->average,
                             .gradient = f->gradient,
                             .rule = rule};
    oss_muon_update(muon, &block);
    oss_muon_free(muon);
    oss_pool_free(pool);
}

/* x = 3.4445 x - 4.775 (x x') x + 2.0315 (x x')^2 x, from left to right as it stands. */
static void iterate_once(double *x, int32_t rows, int32_t columns) {
    size_t n = (size_t)rows * (size_t)columns;
    double *a = calloc((size_t)rows * (size_t)rows, sizeof *a), *ax = calloc(n, sizeof *ax),
           *aax = calloc(n, sizeof *aax);
    for (int32_t i = 0; i < rows; i++) {
        for (int32_t j = 0; j < rows; j++) {
            for (int32_t k = 0; k < columns; k++) {
                a[i * rows + j] += x[i * columns + k] * x[j * columns + k];
            }
        }
    }
    for (int twice = 0; twice < 2; twice++) {
        const double *from = twice ? ax : x;
        double *to = twice ? aax : ax;
        for (int32_t i = 0; i < rows; i++) {
            for (int32_t k = 0; k < columns; k++) {
                for (int32_t j = 0; j < rows; j++) {
                    to[i * columns + k] += a[i * rows + j] * from[j * columns + k];
                }
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = 3.4445 * x[i] - 4.775 * ax[i] + 2.0315 * aax[i];
    }
    free(a);
    free(ax);
    free(aax);
}

static void check_matrix(const fixture *f, const char *name, size_t at, int32_t rows, int32_t columns) {
    size_t n = (size_t)rows * (size_t)columns;
    double *x = malloc(n * sizeof *x), squares = 0;
    for (size_t i = 0; i < n; i++) {
        double g = (double)f->gradient[at + i] * 0.01, m = 0.95 * (double)f->m_before[at + i] + g;
        ck_assert_double_eq_tol((double)f->m[at + i], m, 1e-6);
        x[i] = g + 0.95 * m;
        squares += x[i] * x[i];
    }
    for (size_t i = 0; i < n; i++) {
        x[i] /= sqrt(squares);
    }
    for (int i = 0; i < 5; i++) {
        iterate_once(x, rows, columns);
    }
    double size = 0.02 * 0.2 * sqrt(rows > columns ? rows : columns);
    for (size_t i = 0; i < n; i++) {
        double w = (double)f->before[at + i] * (1 - 0.02 * 0.1) - size * x[i];
        ck_assert_msg(fabs((double)f->value[at + i] - w) < 2e-4 * size + 1e-7, "%s[%zu]: %.9g, not %.9g",
                      name, i, (double)f->value[at + i], w);
    }
    free(x);
}

static bool is_same(const fixture *f, const float *a, const float *b, const oss_param *param) {
    (void)f;
    return memcmp(a + param->offset, b + param->offset, param->count * sizeof(float)) == 0;
}

START_TEST(test_update_follows_the_paper) {
    fixture f;
    make(&f);
    update(&f, NULL, 1);
    int32_t matrices = 0;
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        if (!oss_muon_takes(param)) {
            ck_assert_msg(is_same(&f, f.value, f.before, param), "%s is not Muon's", param->name);
            ck_assert(is_same(&f, f.m, f.m_before, param));
            continue;
        }
        int32_t parts = strstr(param->name, "qkv") != NULL ? 3 : 1;
        int32_t rows = param->dim[0] / parts, columns = (int32_t)(param->count / (size_t)param->dim[0]);
        for (int32_t part = 0; part < parts; part++, matrices++) {
            check_matrix(&f, param->name, param->offset + (size_t)(part * rows * columns), rows, columns);
        }
    }
    ck_assert_int_eq(matrices, 3 + 1 + 2 * (3 + 1 + 2)); /* convolutions, projection of the stem, blocks */
    clear(&f);
}
END_TEST

START_TEST(test_who_is_taken) {
    fixture f;
    make(&f);
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        bool hidden = strncmp(param->name, "encoder.", 8) == 0 && param->rank >= 2;
        ck_assert_msg(oss_muon_takes(param) == hidden, "%s", param->name);
    }
    clear(&f);
}
END_TEST

START_TEST(test_average_follows) {
    fixture f;
    make(&f);
    float *average = copy_block(&f, f.average);
    update(&f, NULL, 1);
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        for (size_t j = param->offset; j < param->offset + param->count; j++) {
            double old = (double)average[j];
            double wanted = oss_muon_takes(param) ? old + 0.25 * ((double)f.value[j] - old) : old;
            ck_assert_double_eq_tol((double)f.average[j], wanted, 1e-6);
        }
    }
    free(average);
    clear(&f);
}
END_TEST

/* No gradient yet: the direction is not 0/0, and only decay moves the weights. */
START_TEST(test_no_gradient) {
    fixture f;
    make(&f);
    memset(f.m, 0, f.params->floats * sizeof(float));
    memset(f.gradient, 0, f.params->floats * sizeof(float));
    update(&f, NULL, 2);
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        for (size_t j = param->offset; oss_muon_takes(param) && j < param->offset + param->count; j++) {
            ck_assert_double_eq_tol((double)f.value[j], (double)f.before[j] * 0.998, 1e-7);
        }
    }
    clear(&f);
}
END_TEST

START_TEST(test_frozen_stays) {
    fixture f;
    make(&f);
    bool *frozen = calloc((size_t)f.params->count, sizeof *frozen);
    for (int32_t i = 0; i < f.params->count; i++) {
        frozen[i] = strstr(f.params->item[i].name, "qkv") != NULL;
    }
    update(&f, frozen, 2);
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        ck_assert(is_same(&f, f.value, f.before, param) == (frozen[i] || !oss_muon_takes(param)));
    }
    free(frozen);
    clear(&f);
}
END_TEST

START_TEST(test_threads_change_no_bit) {
    fixture one, three;
    make(&one);
    make(&three);
    update(&one, NULL, 1);
    update(&three, NULL, 3);
    ck_assert_mem_eq(one.value, three.value, one.params->floats * sizeof(float));
    ck_assert_mem_eq(one.average, three.average, one.params->floats * sizeof(float));
    clear(&one);
    clear(&three);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train/muon");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_update_follows_the_paper);
    tcase_add_test(all, test_who_is_taken);
    tcase_add_test(all, test_average_follows);
    tcase_add_test(all, test_no_gradient);
    tcase_add_test(all, test_frozen_stays);
    tcase_add_test(all, test_threads_change_no_bit);
    suite_add_tcase(suite, all);
    return suite;
}
