/* Sums of shard gradients, their norm, and the update, against plain loops. */
#include "train/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/fill.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tolerance.h"
#include "train/adamw.h"

enum { VOCAB = 9, MAX_BLOCKS = 33 };

typedef struct fixture {
    oss_config *config;
    oss_params *params;
    oss_spans spans;
    float *block[MAX_BLOCKS];
    float *total;
    double *partial;
} fixture;

static void make(fixture *f, const bool *frozen) {
    f->config = oss_rows_config(
        "{\"conv_channels\": 16, \"d_model\": 48, \"n_layers\": 2, \"n_heads\": 3, \"d_ff\": 192, "
        "\"projector_dim\": 8}");
    ck_assert_int_eq(oss_params_create(&f->params, &f->config->model, VOCAB), OSS_OK);
    ck_assert_int_eq(oss_spans_init(&f->spans, f->params, frozen), OSS_OK);
    for (int32_t b = 0; b < MAX_BLOCKS; b++) {
        f->block[b] = calloc(f->params->floats, sizeof(float));
        for (int32_t i = 0; i < f->params->count; i++) { /* padding stays zero, as in training */
            const oss_param *param = &f->params->item[i];
            oss_fill_f32(f->block[b] + param->offset, param->count, (uint64_t)(b * 1000 + i), 1.0);
        }
    }
    f->total = calloc(f->params->floats, sizeof(float));
    oss_fill_garbage_f32(f->total, f->params->floats);
    f->partial = calloc((size_t)f->spans.count, sizeof(double));
}

static void clear(fixture *f) {
    for (int32_t b = 0; b < MAX_BLOCKS; b++) {
        free(f->block[b]);
    }
    free(f->total);
    free(f->partial);
    oss_spans_deinit(&f->spans);
    oss_params_free(f->params);
    oss_config_free(f->config);
}

static double reduce(fixture *f, int32_t blocks, bool accumulate, int32_t threads) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, threads), OSS_OK);
    const oss_reduction reduction = {.total = f->total,
                                     .block = f->block,
                                     .blocks = blocks,
                                     .accumulate = accumulate,
                                     .partial = f->partial};
    double squares = oss_reduce(&reduction, &f->spans, pool);
    oss_pool_free(pool);
    return squares;
}

START_TEST(test_spans_cover_what_trains) {
    fixture f;
    make(&f, NULL);
    size_t covered = 0, trained = 0;
    for (int32_t i = 0; i < f.params->count; i++) {
        trained += f.params->item[i].trained ? f.params->item[i].count : 0;
    }
    for (int32_t i = 0; i < f.spans.count; i++) {
        const oss_span *span = &f.spans.item[i];
        ck_assert_uint_le(span->floats, OSS_SPAN_FLOATS);
        covered += span->floats;
        const oss_param *owner = NULL;
        for (int32_t p = 0; p < f.params->count; p++) {
            const oss_param *param = &f.params->item[p];
            if (span->offset >= param->offset &&
                span->offset + span->floats <= param->offset + param->count) {
                owner = param;
            }
        }
        ck_assert_ptr_nonnull(owner);
        ck_assert(owner->trained && owner->decay == span->decay);
        ck_assert(i == 0 || span->offset >= f.spans.item[i - 1].offset + f.spans.item[i - 1].floats);
    }
    ck_assert_uint_eq(covered, trained);
    ck_assert_uint_eq(f.spans.parameters, trained);
    ck_assert_uint_lt(trained, f.params->parameters); /* the projector is not trained */
    clear(&f);
}
END_TEST

START_TEST(test_sum_and_norm) {
    static const int32_t counts[] = {1, 2, 3, 5, 16, 33};
    fixture f;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        make(&f, NULL);
        double *want = calloc(f.params->floats, sizeof *want);
        double squares = 0;
        for (size_t i = 0; i < f.params->floats; i++) {
            for (int32_t b = 0; b < counts[c]; b++) {
                want[i] += (double)f.block[b][i];
            }
        }
        double got = reduce(&f, counts[c], false, 2);
        for (int32_t s = 0; s < f.spans.count; s++) {
            const oss_span *span = &f.spans.item[s];
            oss_assert_close_f32(f.total + span->offset, want + span->offset, span->floats, "sum", 1e-6,
                                 1e-5);
            for (size_t i = span->offset; i < span->offset + span->floats; i++) {
                squares += want[i] * want[i];
            }
        }
        ck_assert_double_eq_tol(got / squares, 1.0, 1e-5);
        free(want);
        clear(&f);
    }
}
END_TEST

START_TEST(test_accumulates) {
    fixture f;
    make(&f, NULL);
    (void)reduce(&f, 3, false, 1);
    const oss_span *span = &f.spans.item[2];
    float before = f.total[span->offset + 5];
    (void)reduce(&f, 3, true, 1); /* the blocks are as they were */
    ck_assert(f.total[span->offset + 5] == before + before);
    float other = f.total[span->offset + 6];
    (void)reduce(&f, 0, true, 1); /* a batch in which nothing could be loaded */
    ck_assert(f.total[span->offset + 6] == other);
    ck_assert_double_eq(reduce(&f, 0, false, 1), 0.0);
    ck_assert(f.total[span->offset + 6] == 0.0f);
    clear(&f);
}
END_TEST

START_TEST(test_threads_change_no_bit) {
    float *first = NULL;
    double squares = 0;
    for (int32_t threads = 1; threads <= 5; threads++) {
        fixture f;
        make(&f, NULL);
        double again = reduce(&f, 16, false, threads);
        size_t bytes = f.params->floats * sizeof *first;
        if (first == NULL) {
            first = malloc(bytes);
            memcpy(first, f.total, bytes);
            squares = again;
        }
        ck_assert_mem_eq(first, f.total, bytes);
        ck_assert_mem_eq(&squares, &again, sizeof again);
        clear(&f);
    }
    free(first);
}
END_TEST

START_TEST(test_evidence_stays) {
    fixture f;
    make(&f, NULL);
    size_t bad = f.spans.item[3].offset + 7;
    f.block[4][bad] = _i == 0 ? NAN : INFINITY;
    ck_assert(!isfinite(reduce(&f, 16, false, 2)));
    ck_assert(!isfinite(f.block[4][bad]));
    clear(&f);
}
END_TEST

START_TEST(test_update_touches_trained_spans_only) {
    fixture f;
    make(&f, NULL);
    bool *frozen = calloc((size_t)f.params->count, sizeof *frozen);
    frozen[0] = frozen[4] = true;
    oss_spans_deinit(&f.spans);
    ck_assert_int_eq(oss_spans_init(&f.spans, f.params, frozen), OSS_OK);
    size_t floats = f.params->floats;
    float *value = f.block[0], *m = calloc(floats, sizeof *m), *v = calloc(floats, sizeof *v);
    float *before = malloc(floats * sizeof *before), *average = malloc(floats * sizeof *average);
    memcpy(before, value, floats * sizeof *before);
    memcpy(average, value, floats * sizeof *average);
    const oss_adamw adamw = {.value = value,
                             .m = m,
                             .v = v,
                             .average = average,
                             .gradient = f.block[1],
                             .rule = {.lr = 0.01,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .eps = 1e-8,
                                      .decay = 0.1,
                                      .step = 1,
                                      .grad_scale = 1,
                                      .average_gain = 0.25f}};
    oss_adamw_update(&adamw, &f.spans, NULL);
    for (int32_t i = 0; i < f.params->count; i++) {
        const oss_param *param = &f.params->item[i];
        float *want = malloc(param->count * sizeof *want);
        float *want_average = malloc(param->count * sizeof *want_average);
        float *want_m = calloc(param->count, sizeof *want_m), *want_v = calloc(param->count, sizeof *want_v);
        memcpy(want, before + param->offset, param->count * sizeof *want);
        memcpy(want_average, want, param->count * sizeof *want);
        if (param->trained && !frozen[i]) {
            oss_adamw_step rule = adamw.rule;
            rule.decay = param->decay ? rule.decay : 0.0;
            oss_k_adamw(want, want_m, want_v, want_average, f.block[1] + param->offset, param->count, &rule);
        }
        oss_assert_close_f32_f32(value + param->offset, want, param->count, param->name, 1e-7, 1e-7);
        oss_assert_close_f32_f32(average + param->offset, want_average, param->count, param->name, 1e-7,
                                 1e-7);
        oss_assert_close_f32_f32(m + param->offset, want_m, param->count, param->name, 1e-7, 1e-7);
        free(want);
        free(want_average);
        free(want_m);
        free(want_v);
    }
    free(frozen);
    free(m);
    free(v);
    free(before);
    free(average);
    clear(&f);
}
END_TEST

START_TEST(test_clip_factor) {
    ck_assert_double_eq(oss_clip_factor(0.5, 1.0), 1.0);
    ck_assert_double_eq_tol(oss_clip_factor(4.0, 1.0), 0.25, 1e-6);
    ck_assert_double_eq(oss_clip_factor(0.0, 1.0), 1.0);
    ck_assert_double_eq(oss_clip_factor(4.0, 0.0), 1.0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("reduce");
    TCase *all = tcase_create("reduce");
    tcase_add_test(all, test_spans_cover_what_trains);
    tcase_add_test(all, test_sum_and_norm);
    tcase_add_test(all, test_accumulates);
    tcase_add_test(all, test_threads_change_no_bit);
    tcase_add_loop_test(all, test_evidence_stays, 0, 2);
    tcase_add_test(all, test_update_touches_trained_spans_only);
    tcase_add_test(all, test_clip_factor);
    suite_add_tcase(suite, all);
    return suite;
}
