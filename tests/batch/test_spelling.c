/* Labels of byte-pair units, and spellings drawn for every draw of a row: the plan's counts are the loader's
 * labels, everything fits, and nothing of it depends on anything but (seed, epoch, row). */
#include "batch/spelling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "batch/labels.h"
#include "batch/loader.h"
#include "dataset/scan.h"
#include "kernel/lengths.h"
#include "model/sizes.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/tones.h"

enum { ROWS = 20 };

typedef struct fixture {
    char *folder, *csv;
    oss_config *config;
    oss_manifest rows;
    oss_vocab *vocab;
    oss_batcher *batcher;
} fixture;

static void make(fixture *f, const char *more_json) {
    *f = (fixture){.folder = oss_tempdir_make()};
    const oss_tones tones = {.rows = ROWS, .seed = 4, .min_letters = 4, .max_letters = 9};
    f->csv = oss_tones_make(f->folder, "tones", &tones);
    char json[1000];
    snprintf(json, sizeof json, "{\"train_csv\": \"%s\", \"batch_seconds\": 6, \"units\": \"bpe\"%s}", f->csv,
             more_json);
    f->config = oss_rows_config(json);
    oss_label_report report;
    int64_t cache_bytes = 1 << 30;
    ck_assert_int_eq(oss_manifest_read(&f->rows, f->config, 0), OSS_OK);
    ck_assert_int_eq(oss_manifest_scan(&f->rows, f->config, NULL, &cache_bytes, NULL), OSS_OK);
    ck_assert_int_eq(oss_labels_vocabulary(&f->vocab, &f->rows, f->config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&f->rows, f->vocab, f->config, true, &report), OSS_OK);
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

/* Text of what the loader gives, against the rows of the utterance with a space between. */
static void check_text(const fixture *f, const oss_micro_batch *batch, int32_t u) {
    char want[400] = "";
    for (int32_t r = batch->first_row[u]; r < batch->first_row[u + 1]; r++) {
        (void)strcat(strcat(want, want[0] == '\0' ? "" : " "), batch->row[r]->csv.text);
    }
    char *text = NULL;
    ck_assert_int_eq(oss_vocab_decode(f->vocab, &text, batch->label[u], batch->labels[u]), OSS_OK);
    ck_assert_str_eq(text, want);
    oss_free(text);
}

#define EVERYTHING                                                                                           \
    ", \"bpe_dropout\": 0.3, \"concat_prob\": 0.6, \"speed_prob\": 0.8, \"speed_min\": 0.7, \"speed_max\": " \
    "1.8"

static const char *const settings[] = {", \"bpe_dropout\": 0", ", \"bpe_dropout\": 0.3",
                                       ", \"bpe_dropout\": 1", EVERYTHING};

/* Walks two epochs of batches beside the plan. */
START_TEST(test_the_loader_gives_what_the_plan_counts) {
    fixture f;
    make(&f, settings[_i]);
    oss_loader *loader = NULL;
    int32_t longer = 0;
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 0, 0), OSS_OK);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, epoch);
        for (int32_t b = 0; b < plan->batches; b++) {
            const oss_micro_batch *batch = NULL;
            ck_assert_int_eq(oss_loader_next(loader, &batch), OSS_OK);
            ck_assert_int_eq(batch->epoch, epoch);
            int32_t i = plan->first[b];
            for (int32_t u = 0; u < batch->utterances; u++) {
                int32_t items = oss_batch_utterance_items(&plan->item[i], plan->first[b + 1] - i);
                ck_assert_int_eq(batch->labels[u],
                                 oss_batch_utterance_labels(&plan->item[i], items, &f.rows));
                ck_assert_int_le(oss_len_ctc_needed(batch->label[u], batch->labels[u]),
                                 oss_sizes_ctc_frames(&f.config->model, batch->samples[u]));
                check_text(&f, batch, u);
                longer += plan->item[i].spelling.drawn &&
                          plan->item[i].spelling.labels > f.rows.row[plan->item[i].row].labels;
                i += items;
            }
        }
    }
    ck_assert_int_eq(longer > 0, _i > 0);
    oss_loader_free(loader);
    clear(&f);
}
END_TEST

START_TEST(test_spellings_change_with_the_epoch_and_come_again) {
    fixture f;
    make(&f, ", \"bpe_dropout\": 0.4");
    int32_t labels[2][ROWS] = {{0}}, same = 0;
    for (int64_t turn = 0; turn < 4; turn++) { /* epochs 0 1 0 1 */
        const oss_epoch_plan *plan = oss_batcher_plan(f.batcher, turn % 2);
        for (int32_t i = 0; i < plan->items; i++) {
            int32_t *noted = &labels[turn % 2][plan->item[i].row];
            ck_assert(turn < 2 || *noted == plan->item[i].spelling.labels);
            *noted = plan->item[i].spelling.labels;
        }
    }
    for (int32_t r = 0; r < f.rows.rows; r++) {
        same += labels[0][r] == labels[1][r];
    }
    ck_assert_int_lt(same, f.rows.rows);
    clear(&f);
}
END_TEST

/* Where characters do not fit, the row's own spelling stays. */
START_TEST(test_what_does_not_fit_is_not_drawn) {
    oss_config *config =
        oss_rows_config("{\"train_csv\": \"t.csv\", \"ctc_subframes\": 1, \"units\": \"bpe\", "
                        "\"bpe_dropout\": 1}");
    oss_manifest rows = {0};
    oss_vocab *vocab = NULL;
    oss_batcher *batcher = NULL;
    oss_label_report report;
    oss_rows_add(&rows, 1, "abcd abcd", NULL, (int64_t)(4 - 1) * 8 * 160 + 1); /* 4 frames; 10 characters */
    oss_rows_add(&rows, 2, "abcd", NULL, (int64_t)(9 - 1) * 8 * 160 + 1);
    ck_assert_int_eq(oss_labels_vocabulary(&vocab, &rows, config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&rows, vocab, config, true, &report), OSS_OK);
    oss_free(report.unknown_list);
    ck_assert_int_eq(rows.rows, 2);
    ck_assert_int_eq(oss_batcher_create(&batcher, &rows, config), OSS_OK);
    const oss_epoch_plan *plan = oss_batcher_plan(batcher, 0);
    for (int32_t i = 0; i < 2; i++) {
        const oss_batch_item *item = &plan->item[i];
        ck_assert_int_eq(item->spelling.drawn, item->row == 1);
        ck_assert_int_eq(item->spelling.labels, item->row == 1 ? 5 : 2);
    }
    oss_batcher_free(batcher);
    oss_vocab_free(vocab);
    oss_manifest_deinit(&rows);
    oss_config_free(config);
}
END_TEST

START_TEST(test_infeasible_rows_are_told_in_units) {
    oss_config *config =
        oss_rows_config("{\"train_csv\": \"t.csv\", \"ctc_subframes\": 1, \"units\": \"bpe\"}");
    oss_manifest rows = {0};
    oss_vocab *vocab = NULL;
    oss_label_report report;
    oss_rows_add(&rows, 1, "ab ab ab", NULL, (int64_t)(5 - 1) * 8 * 160 + 1);
    oss_rows_add(&rows, 2, "ab ab ab", NULL, (int64_t)(4 - 1) * 8 * 160 + 1);
    ck_assert_int_eq(oss_labels_vocabulary(&vocab, &rows, config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&rows, vocab, config, true, &report), OSS_OK);
    oss_free(report.unknown_list);
    ck_assert_int_eq(rows.rows, 1);
    ck_assert_msg(strstr(rows.skipped[0].message, "needs 5 frames (3 units and 2 repeats), has 4 in") != NULL,
                  "%s", rows.skipped[0].message);
    oss_vocab_free(vocab);
    oss_manifest_deinit(&rows);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("data/spelling");
    TCase *all = tcase_create("spelling");
    tcase_add_loop_test(all, test_the_loader_gives_what_the_plan_counts, 0, 4);
    tcase_add_test(all, test_spellings_change_with_the_epoch_and_come_again);
    tcase_add_test(all, test_what_does_not_fit_is_not_drawn);
    tcase_add_test(all, test_infeasible_rows_are_told_in_units);
    suite_add_tcase(suite, all);
    return suite;
}
