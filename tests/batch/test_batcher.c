#include "batch/batcher.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"

enum { ROWS = 300 };

typedef struct fixture {
    oss_config *config;
    oss_manifest rows;
    oss_batcher *batcher;
} fixture;

/* Rows of 1 to 11 seconds; the second half belongs to the second CSV. */
static void make(fixture *f, const char *json, int32_t rows) {
    *f = (fixture){.config = oss_rows_config(json)};
    for (int32_t i = 0; i < rows; i++) {
        double seconds = 1.0 + 10.0 * oss_rng_uniform(3, OSS_RNG_TEST, (uint64_t)i, 0);
        oss_rows_add(&f->rows, i, "a", NULL, (int64_t)(seconds * 16000));
        f->rows.row[i].source = f->config->data.train_csvs > 1 && i >= rows / 2;
    }
    ck_assert_int_eq(oss_batcher_create(&f->batcher, &f->rows, f->config), OSS_OK);
}

static void clear(fixture *f) {
    oss_batcher_free(f->batcher);
    oss_manifest_deinit(&f->rows);
    oss_config_free(f->config);
}

static int64_t batch_samples(const fixture *f, const oss_epoch_plan *plan, int32_t b) {
    int64_t samples = 0;
    for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
        samples += f->rows.row[plan->item[i].row].sound.samples;
    }
    return samples;
}

static const char plain[] = "{\"train_csv\": \"t.csv\", \"batch_seconds\": 30, \"seed\": 5}";

START_TEST(test_every_row_once_an_epoch) {
    fixture f;
    make(&f, plain, ROWS);
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        int32_t seen[ROWS] = {0};
        ck_assert_int_eq(plan->items, ROWS);
        ck_assert_int_eq(plan->epoch, epoch);
        ck_assert_int_eq(plan->first[0], 0);
        ck_assert_int_eq(plan->first[plan->batches], ROWS);
        for (int32_t i = 0; i < plan->items; i++) {
            seen[plan->item[i].row]++;
        }
        for (int32_t i = 0; i < ROWS; i++) {
            ck_assert_int_eq(seen[i], 1);
        }
    }
    clear(&f);
}
END_TEST

START_TEST(test_budget) {
    fixture f;
    make(&f, plain, ROWS);
    f.rows.row[17].sound.samples = 45 * 16000; /* longer than a batch */
    oss_batcher_free(f.batcher);
    ck_assert_int_eq(oss_batcher_create(&f.batcher, &f.rows, f.config), OSS_OK);
    const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, 2);
    bool alone = false;
    for (int32_t b = 0; b < plan->batches; b++) {
        int32_t count = plan->first[b + 1] - plan->first[b];
        int64_t samples = batch_samples(&f, plan, b);
        ck_assert_int_gt(count, 0);
        ck_assert_int_le(count, oss_batcher_max_items(f.batcher));
        ck_assert_int_le(samples, oss_batcher_max_samples(f.batcher));
        ck_assert(samples <= 30 * 16000 || count == 1);
        alone = alone || (count == 1 && plan->item[plan->first[b]].row == 17);
    }
    ck_assert(alone);
    ck_assert_int_lt(plan->batches,
                     ROWS * 6 / 30 * 13 / 10); /* batches are filled: at most 30 % more than needed */
    clear(&f);
}
END_TEST

/* A fingerprint of the order, and one of which rows meet in a batch, whatever the order. */
static void hash_plan(const oss_epoch_plan *plan, uint64_t *order, uint64_t *company) {
    *order = 0;
    *company = 0;
    for (int32_t b = 0; b < plan->batches; b++) {
        uint64_t batch = 0;
        for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
            uint64_t row = oss_rng_u64(1, OSS_RNG_TEST, (uint64_t)plan->item[i].row, 0);
            *order = *order * 1099511628211u + row;
            batch += row;
        }
        *company += batch * batch;
    }
}

START_TEST(test_order_is_repeatable_and_differs) {
    uint64_t order[6], company[6];
    fixture f, g, other;
    make(&f, plain, ROWS);
    make(&g, plain, ROWS);
    make(&other, "{\"train_csv\": \"t.csv\", \"batch_seconds\": 30, \"seed\": 6}", ROWS);
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        hash_plan(oss_batcher_plan(f.batcher, epoch), &order[epoch], &company[epoch]);
    }
    for (int64_t epoch = 4; epoch >= 0; epoch--) { /* in any order of asking */
        uint64_t again, company_again;
        hash_plan(oss_batcher_plan(g.batcher, epoch), &again, &company_again);
        ck_assert(again == order[epoch] && company_again == company[epoch]);
    }
    hash_plan(oss_batcher_plan(other.batcher, 0), &order[5], &company[5]);
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < i; j++) {
            ck_assert_msg(order[i] != order[j], "orders %d and %d are equal", i, j);
            ck_assert_msg(company[i] != company[j], "batches of %d and %d hold the same rows", i, j);
        }
    }
    clear(&f);
    clear(&g);
    clear(&other);
}
END_TEST

/* A set that fits one window must not be cut the same way in every epoch. */
START_TEST(test_small_sets_are_mixed) {
    fixture f;
    make(&f, plain, 20);
    uint64_t company[10], order;
    int32_t distinct = 0;
    for (int64_t epoch = 0; epoch < 10; epoch++) {
        hash_plan(oss_batcher_plan(f.batcher, epoch), &order, &company[epoch]);
        bool fresh = true;
        for (int64_t before = 0; before < epoch; before++) {
            fresh = fresh && company[before] != company[epoch];
        }
        distinct += fresh;
    }
    ck_assert_int_ge(distinct, 8);
    clear(&f);
}
END_TEST

START_TEST(test_lengths_are_alike_in_a_batch) {
    fixture f;
    make(&f, "{\"train_csv\": \"t.csv\", \"batch_seconds\": 60}", ROWS);
    const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, 0);
    double spread = 0;
    for (int32_t b = 0; b < plan->batches; b++) {
        int64_t low = INT64_MAX, high = 0;
        for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
            int64_t samples = f.rows.row[plan->item[i].row].sound.samples;
            low = samples < low ? samples : low;
            high = samples > high ? samples : high;
        }
        spread += (double)(high - low) / 16000.0 / plan->batches;
    }
    ck_assert_double_lt(spread, 4.5); /* unsorted batches of ten spread over 8 of the 10 seconds */
    clear(&f);
}
END_TEST

/* Mean length of the utterances of a batch. */
static double mean_seconds(const fixture *f, const oss_epoch_plan *plan, int32_t b) {
    return (double)batch_samples(f, plan, b) / 16000.0 / (plan->first[b + 1] - plan->first[b]);
}

/* In the first epochs no row is shorter than one of an earlier batch by more than two jitters of a fifth. */
START_TEST(test_curriculum) {
    fixture f, g;
    make(&f, plain, ROWS);
    make(&g, "{\"train_csv\": \"t.csv\", \"batch_seconds\": 30, \"seed\": 5, \"curriculum_epochs\": 2}",
         ROWS);
    uint64_t order[4], company[4];
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(g.batcher, epoch);
        int32_t falls = 0, seen[ROWS] = {0};
        double before = 0;
        for (int32_t b = 0; b < plan->batches; b++) {
            for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
                double seconds = (double)f.rows.row[plan->item[i].row].sound.samples / 16000.0;
                falls += seconds * 1.2 < before * 0.8;
                seen[plan->item[i].row]++;
            }
            for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
                before = fmax(before, (double)f.rows.row[plan->item[i].row].sound.samples / 16000.0);
            }
            ck_assert(batch_samples(&g, plan, b) <= 30 * 16000);
        }
        for (int32_t i = 0; i < ROWS; i++) {
            ck_assert_int_eq(seen[i], 1);
        }
        bool rises = mean_seconds(&g, plan, 0) < 2.5 && mean_seconds(&g, plan, plan->batches - 1) > 8.5;
        ck_assert_msg((falls == 0 && rises) == (epoch < 2), "epoch %d: %d falls", (int)epoch, falls);
        hash_plan(plan, &order[epoch], &company[epoch]);
        uint64_t plain_order, plain_company; /* later epochs are as without */
        hash_plan(oss_batcher_plan(f.batcher, epoch), &plain_order, &plain_company);
        ck_assert((plain_order == order[epoch]) == (epoch >= 2));
    }
    ck_assert(company[0] != company[1]);
    uint64_t again, company_again;
    hash_plan(oss_batcher_plan(g.batcher, 0), &again, &company_again); /* in any order of asking */
    ck_assert(again == order[0] && company_again == company[0]);
    clear(&f);
    clear(&g);
}
END_TEST

START_TEST(test_weights) {
    fixture f;
    make(&f, "{\"train_csv\": [{\"csv\": \"a\", \"weight\": 2.5}, {\"csv\": \"b\", \"weight\": 0.3}]}", 60);
    enum { EPOCHS = 200 };
    int64_t total[2] = {0};
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        int32_t seen[60] = {0};
        for (int32_t i = 0; i < plan->items; i++) {
            seen[plan->item[i].row]++;
        }
        for (int32_t i = 0; i < 60; i++) {
            bool second = f.rows.row[i].source == 1;
            ck_assert(second ? seen[i] <= 1 : seen[i] == 2 || seen[i] == 3);
            total[second] += seen[i];
        }
    }
    /* 30 rows x 200 epochs: 4 standard deviations of a mean of 6000 draws are below 0.026 */
    ck_assert_double_eq_tol((double)total[0] / (30.0 * (double)EPOCHS), 2.5, 0.026);
    ck_assert_double_eq_tol((double)total[1] / (30.0 * (double)EPOCHS), 0.3, 0.024);
    clear(&f);
}
END_TEST

START_TEST(test_draws_of_a_row_have_masks_of_their_own) {
    fixture f;
    make(&f, "{\"train_csv\": [{\"csv\": \"a\", \"weight\": 3}]}", 10);
    uint32_t key[60];
    int32_t keys = 0;
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        for (int32_t i = 0; i < plan->items; i++) {
            key[keys++] = plan->item[i].key;
        }
    }
    ck_assert_int_eq(keys, 60);
    for (int32_t i = 0; i < keys; i++) {
        for (int32_t j = 0; j < i; j++) {
            ck_assert_uint_ne(key[i], key[j]);
        }
    }
    clear(&f);
}
END_TEST

START_TEST(test_an_epoch_is_never_empty) {
    fixture f;
    make(&f, "{\"train_csv\": [{\"csv\": \"a\", \"weight\": 0.001}]}", 3);
    for (int64_t epoch = 0; epoch < 50; epoch++) {
        ck_assert_int_ge(oss_batcher_plan(f.batcher, epoch)->batches, 1);
    }
    clear(&f);
}
END_TEST

START_TEST(test_planning_calls_no_heap) {
    fixture f;
    make(&f, plain, ROWS);
    oss_faults_install();
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        (void)oss_batcher_plan(f.batcher, epoch);
    }
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("batcher");
    TCase *all = tcase_create("batcher");
    tcase_add_test(all, test_every_row_once_an_epoch);
    tcase_add_test(all, test_budget);
    tcase_add_test(all, test_order_is_repeatable_and_differs);
    tcase_add_test(all, test_small_sets_are_mixed);
    tcase_add_test(all, test_lengths_are_alike_in_a_batch);
    tcase_add_test(all, test_curriculum);
    tcase_add_test(all, test_weights);
    tcase_add_test(all, test_draws_of_a_row_have_masks_of_their_own);
    tcase_add_test(all, test_an_epoch_is_never_empty);
    tcase_add_test(all, test_planning_calls_no_heap);
    suite_add_tcase(suite, all);
    return suite;
}
