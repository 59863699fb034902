#include "batch/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "base/mem.h"
#include "batch/labels.h"
#include "dataset/row_audio.h"
#include "dataset/scan.h"
#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/tones.h"

enum { ROWS = 14 };

typedef struct fixture {
    char *folder, *csv;
    oss_config *config;
    oss_manifest rows;
    oss_vocab *vocab;
} fixture;

static void make(fixture *f, int32_t rate_hz, int64_t cache_bytes, const char *more_json) {
    *f = (fixture){.folder = oss_tempdir_make()};
    const oss_tones tones = {.rows = ROWS, .seed = 4, .min_letters = 2, .max_letters = 5, .rate_hz = rate_hz};
    f->csv = oss_tones_make(f->folder, "tones", &tones);
    char json[1000];
    snprintf(json, sizeof json, "{\"train_csv\": \"%s\", \"batch_seconds\": 3%s}", f->csv, more_json);
    f->config = oss_rows_config(json);
    oss_label_report report;
    ck_assert_int_eq(oss_manifest_read(&f->rows, f->config, 0), OSS_OK);
    ck_assert_int_eq(oss_manifest_scan(&f->rows, f->config, NULL, &cache_bytes, NULL), OSS_OK);
    ck_assert_int_eq(oss_labels_vocabulary(&f->vocab, &f->rows, f->config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&f->rows, f->vocab, f->config, true, &report), OSS_OK);
    oss_free(report.unknown_list);
}

static void clear(fixture *f) {
    oss_vocab_free(f->vocab);
    oss_manifest_deinit(&f->rows);
    oss_config_free(f->config);
    oss_tempdir_remove(f->folder);
    free(f->csv);
}

static const oss_micro_batch *next(oss_loader *loader) {
    const oss_micro_batch *batch = NULL;
    oss_status status = oss_loader_next(loader, &batch);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return batch;
}

static void assert_batch_is_of_plan(const fixture *f, const oss_micro_batch *batch,
                                    const oss_epoch_plan *plan) {
    int32_t first = plan->first[batch->index];
    ck_assert_int_eq(batch->epoch, plan->epoch);
    ck_assert_int_eq(batch->epoch_batches, plan->batches);
    ck_assert_int_eq(batch->utterances, plan->first[batch->index + 1] - first);
    int64_t total = 0;
    for (int32_t i = 0; i < batch->utterances; i++) {
        const oss_row *row = &f->rows.row[plan->item[first + i].row];
        ck_assert_ptr_eq(batch->row[i], row);
        ck_assert_uint_eq(batch->key[i], plan->item[first + i].key);
        ck_assert_int_eq(batch->samples[i], row->sound.samples);
        ck_assert_ptr_eq(batch->label[i], row->label);
        ck_assert_int_eq(batch->labels[i], row->labels);
        float *audio = malloc((size_t)row->sound.samples * sizeof *audio);
        ck_assert_int_eq(oss_row_load(audio, row, f->config), OSS_OK);
        ck_assert_mem_eq(audio, batch->audio[i], (size_t)row->sound.samples * sizeof *audio);
        free(audio);
        total += row->sound.samples;
    }
    ck_assert_int_eq(batch->total_samples, total);
}

START_TEST(test_batches_follow_the_plan) {
    fixture f;
    make(&f, 0, _i == 0 ? 0 : 1 << 30, "");
    oss_batcher *batcher = NULL;
    oss_loader *loader = NULL;
    ck_assert_int_eq(oss_batcher_create(&batcher, &f.rows, f.config), OSS_OK);
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 3, 0, 0), OSS_OK);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(batcher, epoch);
        ck_assert_int_gt(plan->batches, 3);
        for (int32_t b = 0; b < plan->batches; b++) {
            const oss_micro_batch *batch = next(loader);
            ck_assert_int_eq(batch->index, b);
            assert_batch_is_of_plan(&f, batch, plan);
        }
    }
    oss_loader_free(loader);
    oss_batcher_free(batcher);
    clear(&f);
}
END_TEST

/* 8 kHz recordings: what is resampled again gives the bits that the cache kept. */
START_TEST(test_cache_changes_no_bit) {
    fixture cached, decoded;
    make(&cached, 8000, 1 << 30, ", \"normalize\": \"peak\"");
    make(&decoded, 8000, 0, ", \"normalize\": \"peak\"");
    for (int32_t i = 0; i < ROWS; i++) {
        ck_assert_int_eq(cached.rows.row[i].sound.samples, decoded.rows.row[i].sound.samples);
        size_t bytes = (size_t)cached.rows.row[i].sound.samples * sizeof(float);
        float *a = malloc(bytes), *b = malloc(bytes);
        ck_assert_int_eq(oss_row_load(a, &cached.rows.row[i], cached.config), OSS_OK);
        ck_assert_int_eq(oss_row_load(b, &decoded.rows.row[i], decoded.config), OSS_OK);
        ck_assert_mem_eq(a, b, bytes);
        free(a);
        free(b);
    }
    clear(&cached);
    clear(&decoded);
}
END_TEST

START_TEST(test_starts_anywhere) {
    fixture f;
    make(&f, 0, 1 << 30, "");
    oss_loader *loader = NULL;
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 0, 0), OSS_OK);
    int32_t batches = next(loader)->epoch_batches;
    oss_loader_free(loader);
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 4, 2), OSS_OK);
    const oss_micro_batch *batch = next(loader);
    ck_assert(batch->epoch == 4 && batch->index == 2);
    oss_loader_free(loader);
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 0, batches), OSS_OK);
    batch = next(loader);
    ck_assert(batch->epoch == 1 && batch->index == 0); /* the end of an epoch is the beginning of the next */
    oss_loader_free(loader);
    clear(&f);
}
END_TEST

static int32_t warnings;
static char last_warning[500];

static void note_warning(void *context, oss_log_level level, const char *line) {
    (void)context;
    warnings += level == OSS_LOG_WARN;
    snprintf(last_warning, sizeof last_warning, "%s", line);
}

static void remove_recording(const fixture *f, int32_t row) {
    ck_assert_int_eq(unlink(f->rows.row[row].csv.path), 0);
}

START_TEST(test_a_row_lost_later_is_left_out) {
    fixture f;
    make(&f, 0, 0, "");
    remove_recording(&f, 7);
    warnings = 0;
    oss_log_set(note_warning, NULL);
    oss_loader *loader = NULL;
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 2, 0, 0), OSS_OK);
    int32_t seen = 0;
    for (bool last = false; !last;) {
        const oss_micro_batch *batch = next(loader);
        for (int32_t i = 0; i < batch->utterances; i++) {
            ck_assert_ptr_ne(batch->row[i], &f.rows.row[7]);
        }
        seen += batch->utterances;
        last = batch->index + 1 == batch->epoch_batches;
    }
    oss_loader_free(loader);
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(seen, ROWS - 1);
    ck_assert_int_ge(warnings, 1);
    ck_assert_msg(strstr(last_warning, "left out of this batch: ") != NULL &&
                      strstr(last_warning, "row 8") != NULL,
                  "%s", last_warning);
    clear(&f);
}
END_TEST

START_TEST(test_a_row_lost_later_is_an_error) {
    fixture f;
    make(&f, 0, 0, ", \"bad_audio\": \"error\"");
    remove_recording(&f, 7);
    oss_loader *loader = NULL;
    ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 2, 0, 0), OSS_OK);
    const oss_micro_batch *batch = NULL;
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < ROWS && status == OSS_OK; i++) {
        status = oss_loader_next(loader, &batch);
    }
    ck_assert(status == OSS_EINPUT || status == OSS_EIO);
    ck_assert_msg(strstr(oss_last_error(), "tones.csv row 8") != NULL, "%s", oss_last_error());
    oss_loader_free(loader);
    clear(&f);
}
END_TEST

/* A batch is not made smaller for a disk that fails, whatever bad_audio says: the weights would be others. */
START_TEST(test_a_disk_that_fails) {
    fixture f;
    make(&f, 0, 0, "");
    oss_loader *loader = NULL;
    const oss_micro_batch *batch = NULL;
    oss_faults_install();
    oss_faults_fail(OSS_CALL_READ, 3, EIO);
    oss_status status = oss_loader_create(&loader, &f.rows, f.config, NULL, 1, 0, 0);
    for (int32_t i = 0; i < ROWS && status == OSS_OK; i++) {
        status = oss_loader_next(loader, &batch);
    }
    ck_assert_int_eq(status, OSS_EIO);
    ck_assert_msg(strstr(oss_last_error(), "tones.csv row ") != NULL &&
                      strstr(oss_last_error(), strerror(EIO)) != NULL,
                  "%s", oss_last_error());
    oss_loader_free(loader);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    clear(&f);
}
END_TEST

/* Of several the first of the batch is told, with any number of threads. */
START_TEST(test_the_first_lost_row_is_told) {
    fixture f;
    make(&f, 0, 0, ", \"bad_audio\": \"error\"");
    for (int32_t row = 0; row < ROWS; row++) {
        remove_recording(&f, row);
    }
    oss_batcher *batcher = NULL;
    ck_assert_int_eq(oss_batcher_create(&batcher, &f.rows, f.config), OSS_OK);
    const oss_epoch_plan *plan = oss_batcher_plan(batcher, 0);
    ck_assert_int_gt(plan->first[1], 1);
    char words[40];
    snprintf(words, sizeof words, "tones.csv row %d", (int)plan->item[0].row + 1);
    for (int round = 0; round < 20; round++) {
        oss_loader *loader = NULL;
        const oss_micro_batch *batch = NULL;
        ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, _i, 0, 0), OSS_OK);
        oss_status status = oss_loader_next(loader, &batch);
        ck_assert(status == OSS_EINPUT || status == OSS_EIO);
        const char *told = strstr(oss_last_error(), words);
        ck_assert_msg(told != NULL && told[strlen(words)] == ':', "%s, not %s", oss_last_error(), words);
        oss_loader_free(loader);
    }
    oss_batcher_free(batcher);
    clear(&f);
}
END_TEST

START_TEST(test_a_file_that_changed_is_named) {
    fixture f;
    make(&f, 0, 0, "");
    oss_tones_write_wav(f.rows.row[3].csv.path, "abc def gh", 1, 16000);
    float *audio = malloc((size_t)f.rows.row[3].sound.samples * sizeof *audio);
    ck_assert_int_eq(oss_row_load(audio, &f.rows.row[3], f.config), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "row 4") != NULL &&
                      strstr(oss_last_error(), "the file was changed") != NULL,
                  "%s", oss_last_error());
    free(audio);
    clear(&f);
}
END_TEST

START_TEST(test_may_be_freed_at_any_time) {
    fixture f;
    make(&f, 8000, 0, "");
    for (int32_t i = 0; i < 8; i++) {
        oss_loader *loader = NULL;
        ck_assert_int_eq(oss_loader_create(&loader, &f.rows, f.config, NULL, 2, 0, 0), OSS_OK);
        for (int32_t taken = 0; taken < i / 2; taken++) {
            (void)next(loader);
        }
        oss_loader_free(loader);
    }
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("loader");
    TCase *all = tcase_create("loader");
    tcase_add_loop_test(all, test_batches_follow_the_plan, 0, 2);
    tcase_add_test(all, test_cache_changes_no_bit);
    tcase_add_test(all, test_starts_anywhere);
    tcase_add_test(all, test_a_row_lost_later_is_left_out);
    tcase_add_test(all, test_a_row_lost_later_is_an_error);
    tcase_add_test(all, test_a_disk_that_fails);
    tcase_add_loop_test(all, test_the_first_lost_row_is_told, 1, 4);
    tcase_add_test(all, test_a_file_that_changed_is_named);
    tcase_add_test(all, test_may_be_freed_at_any_time);
    suite_add_tcase(suite, all);
    return suite;
}
