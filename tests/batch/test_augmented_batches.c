/* Augmentation as part of the plan: lengths, feasibility, joined utterances, and the audio that the loader
 * makes of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "base/mem.h"
#include "base/rng.h"
#include "batch/labels.h"
#include "batch/loader.h"
#include "dataset/row_audio.h"
#include "dataset/scan.h"
#include "batch/views.h"
#include "kernel/lengths.h"
#include "model/sizes.h"
#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/tones.h"

enum { ROWS = 20, RATE = 16000 };

#define EVERYTHING                                                                                                                                      \
    ", \"speed_prob\": 0.8, \"speed_min\": 0.7, \"speed_max\": 1.4, \"gain_prob\": 0.5, \"noise_prob\": "                                               \
    "0.5, \"noise_babble\": 2, \"reverb_prob\": 0.4, \"telephone_prob\": 0.3, \"shift_ms\": 100, \"silence_prob\": 0.5, \"silence_seconds_max\": 0.7, " \
    "\"seed\": 3"

typedef struct fixture {
    char *folder, *csv;
    oss_config *config;
    oss_manifest rows;
    oss_vocab *vocab;
    oss_batcher *batcher;
} fixture;

static void make(fixture *f, int64_t cache_bytes, const char *more_json) {
    *f = (fixture){.folder = oss_tempdir_make()};
    const oss_tones tones = {.rows = ROWS, .seed = 4, .min_letters = 2, .max_letters = 6};
    f->csv = oss_tones_make(f->folder, "tones", &tones);
    char json[1000];
    snprintf(json, sizeof json, "{\"train_csv\": \"%s\", \"batch_seconds\": 6%s}", f->csv, more_json);
    f->config = oss_rows_config(json);
    oss_label_report report;
    ck_assert_int_eq(oss_manifest_read(&f->rows, f->config, 0), OSS_OK);
    ck_assert_int_eq(oss_manifest_scan(&f->rows, f->config, NULL, &cache_bytes, NULL), OSS_OK);
    ck_assert_int_eq(oss_labels_vocabulary(&f->vocab, &f->rows, f->config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&f->rows, f->vocab, f->config, true, &report), OSS_OK);
    ck_assert_int_eq(f->rows.rows, ROWS);
    oss_free(report.unknown_list);
    ck_assert_int_eq(oss_batcher_create(&f->batcher, &f->rows, f->config), OSS_OK);
}

static void clear(fixture *f) {
    oss_batcher_free(f->batcher);
    oss_vocab_free(f->vocab);
    oss_manifest_deinit(&f->rows);
    oss_config_free(f->config);
    oss_tempdir_remove(f->folder);
    free(f->csv);
}

/* ---- Plans ---- */

static int64_t batch_samples(const oss_epoch_plan *plan, int32_t b) {
    int64_t samples = 0;
    for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i++) {
        samples += plan->item[i].gap_samples + plan->item[i].samples;
    }
    return samples;
}

START_TEST(test_lengths_are_those_of_the_views) {
    fixture f;
    make(&f, 1 << 30, EVERYTHING);
    int32_t changed = 0;
    for (int64_t epoch = 0; epoch < 10; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        ck_assert_int_eq(plan->items, ROWS);
        for (int32_t i = 0; i < plan->items; i++) {
            const oss_batch_item *item = &plan->item[i];
            ck_assert_int_eq(item->samples,
                             oss_augment_length(&item->view, f.rows.row[item->row].sound.samples));
            ck_assert(!item->joined && item->gap_samples == 0);
            changed += item->view.speed != 1.0;
        }
        for (int32_t b = 0; b < plan->batches; b++) {
            int32_t count = plan->first[b + 1] - plan->first[b];
            ck_assert(batch_samples(plan, b) <= 6 * RATE || count == 1);
            ck_assert_int_le(batch_samples(plan, b), oss_batcher_max_samples(f.batcher));
            ck_assert_int_le(count, oss_batcher_max_items(f.batcher));
        }
    }
    ck_assert_int_gt(changed, ROWS * 10 * 6 / 10);
    clear(&f);
}
END_TEST

/* The same row is another view in every epoch and at every draw. */
START_TEST(test_views_differ) {
    fixture f;
    make(&f, 1 << 30, ", \"speed_prob\": 1");
    double speed[40];
    int32_t count = 0;
    for (int64_t epoch = 0; epoch < 40; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        for (int32_t i = 0; i < plan->items; i++) {
            if (plan->item[i].row == 5) {
                speed[count++] = plan->item[i].view.speed;
            }
        }
    }
    ck_assert_int_eq(count, 40);
    for (int32_t i = 0; i < count; i++) {
        for (int32_t j = 0; j < i; j++) {
            ck_assert(speed[i] != speed[j]);
        }
    }
    clear(&f);
}
END_TEST

/* A row whose transcript fits as it was recorded and no faster: it is slowed down, never sped up. */
START_TEST(test_speed_never_makes_a_row_infeasible) {
    oss_config *config = oss_rows_config("{\"train_csv\": \"t\", \"speed_prob\": 1, \"batch_seconds\": 60}");
    oss_manifest rows = {0};
    oss_batcher *batcher = NULL;
    int32_t kept = 0, slower = 0;
    for (int32_t i = 0; i < ROWS; i++) {
        oss_rows_add(&rows, i, "a", NULL, RATE); /* 26 frames for 25 labels */
        oss_row *row = &rows.row[i];
        row->labels = 25;
        row->label = oss_alloc(25, sizeof *row->label);
        for (int32_t l = 0; l < 25; l++) {
            row->label[l] = 2 + l % 2;
        }
    }
    ck_assert_int_eq(oss_batcher_create(&batcher, &rows, config), OSS_OK);
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(batcher, epoch);
        for (int32_t i = 0; i < plan->items; i++) {
            const oss_batch_item *item = &plan->item[i];
            ck_assert_int_le(25, oss_sizes_ctc_frames(&config->model, item->samples));
            kept += item->view.speed == 1.0;
            slower += item->view.speed < 1.0;
        }
    }
    ck_assert_int_gt(kept, 100);
    ck_assert_int_gt(slower, 100);
    oss_batcher_free(batcher);
    oss_manifest_deinit(&rows);
    oss_config_free(config);
}
END_TEST

/* ---- Joining ---- */

START_TEST(test_joined_utterances) {
    fixture f;
    make(&f, 1 << 30, EVERYTHING ", \"concat_prob\": 0.6, \"max_seconds\": 5");
    int32_t joined = 0, longest = 0;
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        int32_t seen[ROWS] = {0};
        for (int32_t b = 0; b < plan->batches; b++) {
            int32_t end = plan->first[b + 1], items = 0;
            ck_assert(!plan->item[plan->first[b]].joined);
            ck_assert_int_le(batch_samples(plan, b), oss_batcher_max_samples(f.batcher));
            for (int32_t i = plan->first[b]; i < end; i += items) {
                items = oss_batch_utterance_items(&plan->item[i], end - i);
                int32_t samples = oss_batch_utterance_samples(&plan->item[i], items);
                int32_t labels = oss_batch_utterance_labels(&plan->item[i], items, &f.rows);
                ck_assert(items == 1 || samples <= 5 * RATE);
                ck_assert_int_ge(oss_sizes_ctc_frames(&f.config->model, samples), labels);
                joined += items - 1;
                longest = items > longest ? items : longest;
            }
        }
        for (int32_t i = 0; i < plan->items; i++) {
            const oss_batch_item *item = &plan->item[i];
            seen[item->row]++;
            ck_assert_int_ge(item->gap_samples, item->joined ? RATE / 20 : 0);
            ck_assert_int_le(item->gap_samples, item->joined ? RATE / 5 : 0);
        }
        for (int32_t i = 0; i < ROWS; i++) {
            ck_assert_int_eq(seen[i], 1);
        }
    }
    ck_assert_int_gt(joined, 100); /* of 400: the limit of 5 seconds forbids many */
    ck_assert_int_gt(longest, 2);
    clear(&f);
}
END_TEST

/* Without limits the share of joined draws is the configured one. */
START_TEST(test_share_of_joined_draws) {
    oss_config *config =
        oss_rows_config("{\"train_csv\": \"t\", \"concat_prob\": 0.3, \"max_seconds\": 3600, "
                        "\"batch_seconds\": 3600}");
    oss_manifest rows = {.space_label = 2};
    oss_batcher *batcher = NULL;
    enum { MANY = 1000, EPOCHS = 10 };
    int32_t joined = 0;
    for (int32_t i = 0; i < MANY; i++) {
        oss_rows_add(&rows, i, "a", NULL, RATE);
        rows.row[i].labels = i % 10 == 0 ? 0 : 1; /* empty transcripts are never joined */
        rows.row[i].label = oss_alloc_zero(1, sizeof(int32_t));
    }
    ck_assert_int_eq(oss_batcher_create(&batcher, &rows, config), OSS_OK);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(batcher, epoch);
        for (int32_t i = 0; i < plan->items; i++) {
            bool join = plan->item[i].joined;
            joined += join;
            ck_assert(!join ||
                      (rows.row[plan->item[i].row].labels > 0 && rows.row[plan->item[i - 1].row].labels > 0));
        }
    }
    double want = 0.3 * 0.9 * 0.9;
    ck_assert_double_eq_tol((double)joined / (MANY * EPOCHS), want, 5.0 * sqrt(want / (MANY * EPOCHS)));
    oss_batcher_free(batcher);
    oss_manifest_deinit(&rows);
    oss_config_free(config);
}
END_TEST

/* ---- Audio ---- */

static const oss_micro_batch *next(oss_loader *loader) {
    const oss_micro_batch *batch = NULL;
    oss_status status = oss_loader_next(loader, &batch);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return batch;
}

static void assert_silence(const float *x, int32_t samples) {
    for (int32_t i = 0; i < samples; i++) {
        ck_assert(x[i] == 0.0f);
    }
}

static void assert_utterance(const fixture *f, const oss_micro_batch *batch, int32_t u,
                             const oss_batch_item *item, int32_t items, const oss_views *views) {
    static float want[20 * RATE];
    const float *audio = batch->audio[u];
    const int32_t *label = batch->label[u];
    ck_assert_uint_eq(batch->key[u], item->key);
    ck_assert_int_eq(batch->samples[u], oss_batch_utterance_samples(item, items));
    ck_assert_int_eq(batch->labels[u], oss_batch_utterance_labels(item, items, &f->rows));
    ck_assert_int_eq(batch->first_row[u + 1] - batch->first_row[u], items);
    for (int32_t i = 0; i < items; i++) {
        const oss_row *row = &f->rows.row[item[i].row];
        ck_assert_ptr_eq(batch->row[batch->first_row[u] + i], row);
        const oss_voices voices = oss_voice_set_behind(&views->voices, item[i].row);
        ck_assert_int_eq(
            oss_row_load_view(want, row, f->config, &item[i].view, views->kit, &voices, views->work[0]),
            OSS_OK);
        assert_silence(audio, item[i].gap_samples);
        audio += item[i].gap_samples;
        ck_assert_mem_eq(audio, want, (size_t)item[i].samples * sizeof *want);
        audio += item[i].samples;
        if (i > 0) {
            ck_assert_str_eq(oss_vocab_symbol(f->vocab, *label++), " ");
        }
        ck_assert_mem_eq(label, row->label, (size_t)row->labels * sizeof *label);
        label += row->labels;
    }
}

/* Every batch of some epochs against the plan; from the cache and decoded anew, by one thread and by three. */
START_TEST(test_loader_follows_the_plan) {
    fixture f;
    make(&f, _i % 2 == 0 ? 1 << 30 : 0, EVERYTHING ", \"concat_prob\": 0.5");
    oss_loader *loader = NULL;
    oss_views views;
    ck_assert_int_eq(oss_views_init(&views, &f.rows, f.config, NULL, 1), OSS_OK);
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, _i < 2 ? 1 : 3, 0, 0), OSS_OK);
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        for (int32_t b = 0; b < plan->batches; b++) {
            const oss_micro_batch *batch = next(loader);
            int32_t u = 0, items = 0;
            for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i += items) {
                items = oss_batch_utterance_items(&plan->item[i], plan->first[b + 1] - i);
                assert_utterance(&f, batch, u++, &plan->item[i], items, &views);
            }
            ck_assert_int_eq(u, batch->utterances);
            ck_assert_int_eq(batch->total_samples, batch_samples(plan, b));
        }
    }
    oss_loader_free(loader);
    oss_views_deinit(&views);
    clear(&f);
}
END_TEST

static void ignore_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    (void)line;
}

/* A row that is lost takes the utterance it is part of along, and no other. */
START_TEST(test_a_lost_row_takes_its_utterance_along) {
    fixture f;
    make(&f, 0, ", \"concat_prob\": 0.7");
    oss_loader *loader = NULL;
    ck_assert_int_eq(unlink(f.rows.row[7].csv.path), 0);
    oss_log_set(ignore_line, NULL);
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 2, 0, 0), OSS_OK);
    int32_t lost = 0, kept = 0;
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        for (int32_t b = 0; b < plan->batches; b++) {
            const oss_micro_batch *batch = next(loader);
            int32_t items = 0;
            for (int32_t i = plan->first[b]; i < plan->first[b + 1]; i += items) {
                items = oss_batch_utterance_items(&plan->item[i], plan->first[b + 1] - i);
                for (int32_t k = i; k < i + items; k++) {
                    lost += plan->item[k].row == 7 ? items : 0;
                }
            }
            kept += batch->first_row[batch->utterances];
            for (int32_t r = 0; r < batch->first_row[batch->utterances]; r++) {
                ck_assert_ptr_ne(batch->row[r], &f.rows.row[7]);
            }
        }
    }
    oss_loader_free(loader);
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(kept + lost, 5 * ROWS);
    ck_assert_int_gt(lost, 5); /* it did have company */
    clear(&f);
}
END_TEST

START_TEST(test_memory_may_run_out_anywhere) {
    fixture f;
    make(&f, 1 << 30, EVERYTHING ", \"concat_prob\": 0.5");
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_loader *loader = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 0, 0);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        oss_loader_free(loader);
        if (!fired) {
            break;
        }
    }
    oss_faults_remove();
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("augmented batches");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_lengths_are_those_of_the_views);
    tcase_add_test(all, test_views_differ);
    tcase_add_test(all, test_speed_never_makes_a_row_infeasible);
    tcase_add_test(all, test_joined_utterances);
    tcase_add_test(all, test_share_of_joined_draws);
    tcase_add_loop_test(all, test_loader_follows_the_plan, 0, 4);
    tcase_add_test(all, test_a_lost_row_takes_its_utterance_along);
    tcase_add_test(all, test_memory_may_run_out_anywhere);
    suite_add_tcase(suite, all);
    return suite;
}
