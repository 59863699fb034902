/* The running average of the outputs: what it becomes, whatever shards and micro-batches brought it. */
#include "train/label_prior.h"

#include <math.h>

#include "support/suite.h"

enum { V = 4, SHARDS = 3 };

typedef struct fixture {
    oss_config *config;
    float prior[V];
    oss_label_prior *p;
} fixture;

static fixture make(double weight, double decay) {
    fixture f = {0};
    ck_assert_int_eq(oss_config_create(&f.config), OSS_OK);
    f.config->training.grad_shards = SHARDS;
    f.config->training.label_prior_weight = weight;
    f.config->training.label_prior_decay = decay;
    oss_label_prior_init(f.prior, V);
    return f;
}

static void begin(fixture *f) {
    ck_assert_int_eq(oss_label_prior_create(&f->p, f->prior, V, f->config), OSS_OK);
    oss_label_prior_begin(f->p);
}

static void clear(fixture *f) {
    oss_label_prior_free(f->p);
    oss_config_free(f->config);
}

/* Rows of a shard that give every symbol `a` but the first, which gets the rest. */
static void add_rows(const fixture *f, int32_t shard, int32_t rows, double a) {
    const oss_ctc_prior *given = oss_label_prior_of(f->p, shard);
    for (int32_t v = 0; v < V; v++) {
        given->sum[v] += rows * (v == 0 ? 1 - 3 * a : a);
    }
    *given->rows += rows;
}

START_TEST(test_shift) {
    fixture f = make(0.4, 0.9);
    f.prior[0] = 0.7f;
    f.prior[1] = 0.0f; /* a float that underflowed: a rare symbol, no infinity */
    begin(&f);
    const float *shift = oss_label_prior_of(f.p, 2)->shift;
    ck_assert_double_eq_tol((double)shift[0], 0.4 * log(0.7), 1e-6);
    ck_assert_double_eq_tol((double)shift[1], 0.4 * log(1e-8), 1e-5);
    ck_assert_double_eq_tol((double)shift[2], 0.4 * log(0.25), 1e-6);
    clear(&f);
}
END_TEST

/* Two micro-batches, of which one leaves a shard empty: the mean over all rows. Early updates forget sooner. */
START_TEST(test_update) {
    fixture f = make(0.3, 0.9);
    begin(&f);
    add_rows(&f, 0, 10, 0.1);
    add_rows(&f, 2, 30, 0.2);
    oss_label_prior_collect(f.p);
    add_rows(&f, 1, 60, 0.05);
    oss_label_prior_collect(f.p);
    oss_label_prior_update(f.p, 1);
    double mean = (10 * 0.1 + 30 * 0.2 + 60 * 0.05) / 100, kept = 2.0 / 11.0;
    for (int32_t v = 0; v < V; v++) {
        double want = kept * 0.25 + (1 - kept) * (v == 0 ? 1 - 3 * mean : mean);
        ck_assert_double_eq_tol((double)f.prior[v], want, 1e-6);
    }
    oss_label_prior_begin(f.p); /* nothing is left of the step before */
    add_rows(&f, 1, 5, 0.25);
    oss_label_prior_collect(f.p);
    double before = (double)f.prior[1];
    oss_label_prior_update(f.p, 1000);
    ck_assert_double_eq_tol((double)f.prior[1], 0.9 * before + 0.1 * 0.25, 1e-6);
    clear(&f);
}
END_TEST

START_TEST(test_no_rows_change_nothing) {
    fixture f = make(0.3, 0.9);
    begin(&f);
    oss_label_prior_collect(f.p);
    oss_label_prior_update(f.p, 1);
    for (int32_t v = 0; v < V; v++) {
        ck_assert(f.prior[v] == 0.25f);
    }
    clear(&f);
}
END_TEST

START_TEST(test_none) {
    oss_label_prior_begin(NULL);
    oss_label_prior_collect(NULL);
    oss_label_prior_update(NULL, 1);
    ck_assert_ptr_null(oss_label_prior_of(NULL, 0));
    oss_label_prior_free(NULL);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("label priors");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_shift);
    tcase_add_test(tcase, test_update);
    tcase_add_test(tcase, test_no_rows_change_nothing);
    tcase_add_test(tcase, test_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
