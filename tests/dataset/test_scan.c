#include "dataset/scan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static const char rows_csv[] = "wav,text\n"
                               "good.wav,one\n"
                               "missing.wav,two\n"
                               "short.wav,three\n"
                               "long.wav,four\n"
                               "\"good.wav\",\"bad \xFF bytes\"\n"
                               "silent.wav,five\n"
                               "nan.wav,six\n"
                               "text.wav,seven\n"
                               "good.wav\n"
                               "good.wav,\"eight, and\nnine\"\n"
                               "slow.wav,ten\n";

typedef struct fixture {
    char *folder, *csv;
    oss_config *config;
    oss_manifest rows;
    int64_t cache_bytes;
} fixture;

static void write_file(const fixture *f, const char *name, const char *text) {
    char *path = oss_tempdir_path(f->folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

static void write_tone(const fixture *f, const char *name, double seconds, double peak, int rate_hz) {
    char *path = oss_tempdir_path(f->folder, name);
    oss_wav_write_tone(path, seconds, 440, peak, rate_hz);
    free(path);
}

static void make(fixture *f, const char *csv_text, const char *more_json) {
    *f = (fixture){.folder = oss_tempdir_make(), .cache_bytes = 1 << 30};
    f->csv = oss_tempdir_path(f->folder, "rows.csv");
    write_file(f, "rows.csv", csv_text);
    write_tone(f, "good.wav", 1.0, 0.5, 16000);
    write_tone(f, "slow.wav", 0.5, 0.5, 8000);
    write_tone(f, "short.wav", 0.05, 0.5, 16000);
    write_tone(f, "long.wav", 2.5, 0.5, 16000);
    write_tone(f, "silent.wav", 1.0, 0.004, 16000);
    write_file(f, "text.wav", "this is no recording");
    float x[4000];
    for (int i = 0; i < 4000; i++) {
        x[i] = i == 1234 ? NAN : 0.1f;
    }
    char *path = oss_tempdir_path(f->folder, "nan.wav");
    oss_wav_write_f32(path, x, 4000, 1, 16000);
    free(path);
    char json[1000];
    snprintf(json, sizeof json, "{\"train_csv\": \"%s\", \"max_seconds\": 2%s}", f->csv, more_json);
    f->config = oss_rows_config(json);
    ck_assert_int_eq(oss_manifest_read(&f->rows, f->config, 0), OSS_OK);
}

static void clear(fixture *f) {
    oss_manifest_deinit(&f->rows);
    oss_config_free(f->config);
    oss_tempdir_remove(f->folder);
    free(f->csv);
}

static oss_status scan(fixture *f, int32_t threads) {
    oss_pool *pool = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, threads), OSS_OK);
    oss_status status = oss_manifest_scan(&f->rows, f->config, pool, &f->cache_bytes, NULL);
    oss_pool_free(pool);
    return status;
}

static const oss_skipped *find_skipped(const oss_manifest *rows, int64_t number) {
    for (int32_t i = 0; i < rows->skippeds; i++) {
        if (rows->skipped[i].number == number) {
            return &rows->skipped[i];
        }
    }
    ck_abort_msg("row %d was not left out", (int)number);
    return NULL;
}

static void assert_skipped(const fixture *f, int64_t number, oss_skip_reason reason, const char *wav,
                           const char *words) {
    const oss_skipped *skipped = find_skipped(&f->rows, number);
    ck_assert_int_eq(skipped->reason, reason);
    ck_assert_str_eq(skipped->wav, wav);
    ck_assert_msg(strstr(skipped->message, words) != NULL, "row %d: %s", (int)number, skipped->message);
    char place[64];
    snprintf(place, sizeof place, "row %d", (int)number);
    ck_assert_msg(strstr(skipped->message, place) != NULL && strstr(skipped->message, "rows.csv") != NULL,
                  "%s", skipped->message);
}

START_TEST(test_each_kind_of_bad_row_is_named) {
    fixture f;
    make(&f, rows_csv, "");
    ck_assert_msg(scan(&f, _i) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(f.rows.rows, 3);
    ck_assert_int_eq(f.rows.row[0].csv.number, 1);
    ck_assert_int_eq(f.rows.row[0].sound.samples, 16000);
    ck_assert_int_eq(f.rows.row[1].csv.number, 10);
    ck_assert_str_eq(f.rows.row[1].csv.text, "eight, and nine");
    ck_assert_int_eq(f.rows.row[2].sound.samples, 8000); /* half a second, resampled */
    ck_assert_int_eq(f.rows.skippeds, 8);
    assert_skipped(&f, 2, OSS_SKIP_AUDIO, "missing.wav", "missing.wav");
    assert_skipped(&f, 3, OSS_SKIP_SHORT, "short.wav", "0.05 seconds of audio, min_seconds is 0.1");
    assert_skipped(&f, 4, OSS_SKIP_LONG, "long.wav", "2 s");
    assert_skipped(&f, 5, OSS_SKIP_CSV, "", "UTF-8");
    assert_skipped(&f, 6, OSS_SKIP_SILENT, "silent.wav", "the loudest sample is 0.00");
    assert_skipped(&f, 7, OSS_SKIP_AUDIO, "nan.wav", "1234");
    assert_skipped(&f, 8, OSS_SKIP_AUDIO, "text.wav", "text.wav");
    assert_skipped(&f, 9, OSS_SKIP_CSV, "", "");
    ck_assert_int_eq(f.rows.by_reason[OSS_SKIP_AUDIO], 3);
    ck_assert_int_eq(f.rows.by_reason[OSS_SKIP_CSV], 2);
    clear(&f);
}
END_TEST

START_TEST(test_policy_error) {
    fixture f;
    make(&f, rows_csv, ", \"bad_audio\": \"error\"");
    ck_assert_int_eq(scan(&f, 2), OSS_EINPUT);
    const char *message = oss_last_error();
    ck_assert_msg(strstr(message, "8 rows cannot be used and \"bad_audio\" is \"error\": ") != NULL, "%s",
                  message);
    ck_assert_msg(strstr(message, "; and 5 more. Mend them, or set bad_audio=skip") != NULL, "%s", message);
    clear(&f);
}
END_TEST

START_TEST(test_no_row_left) {
    fixture f;
    make(&f, "wav,text\nmissing.wav,a\n", "");
    ck_assert_int_eq(scan(&f, 1), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "none of 1 rows can be used; the first: ") != NULL, "%s",
                  oss_last_error());
    clear(&f);
    make(&f, "wav,text\n", "");
    ck_assert_int_eq(scan(&f, 1), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "rows.csv has no rows") != NULL, "%s", oss_last_error());
    clear(&f);
}
END_TEST

START_TEST(test_cache_budget) {
    static const char csv[] = "wav,text\ngood.wav,a\ngood.wav,b\nslow.wav,c\n";
    fixture f;
    make(&f, csv, "");
    f.cache_bytes = 16000 * 2 + 8000 * 2 + 100;
    ck_assert_int_eq(scan(&f, 1), OSS_OK);
    ck_assert_int_eq(f.cache_bytes, 100);
    ck_assert(f.rows.row[0].clip.value != NULL && f.rows.row[1].clip.value == NULL &&
              f.rows.row[2].clip.value != NULL);
    clear(&f);
    make(&f, csv, "");
    f.cache_bytes = 0;
    ck_assert_int_eq(scan(&f, 2), OSS_OK);
    ck_assert(f.rows.row[0].clip.value == NULL && f.rows.row[2].clip.value == NULL);
    ck_assert_int_eq(f.rows.row[2].sound.samples, 8000);
    clear(&f);
}
END_TEST

typedef struct watch {
    int32_t calls, last, total, stop_at;
} watch;

static void note_progress(void *context, int32_t done, int32_t total) {
    watch *w = context;
    w->calls++;
    w->last = done;
    w->total = total;
}

static bool stop_early(void *context) {
    const watch *w = context;
    return w->stop_at > 0 && w->calls >= w->stop_at;
}

START_TEST(test_progress_and_stop) {
    fixture f;
    make(&f, rows_csv, "");
    watch w = {0};
    oss_scan_hooks hooks = {.context = &w, .progress = note_progress, .stop = stop_early};
    ck_assert_int_eq(oss_manifest_scan(&f.rows, f.config, NULL, &f.cache_bytes, &hooks), OSS_OK);
    ck_assert_int_eq(w.calls, 9); /* the reader itself left two rows out */
    ck_assert_int_eq(w.last, 9);
    ck_assert_int_eq(w.total, 9);
    clear(&f);
    make(&f, rows_csv, "");
    w = (watch){.stop_at = 4};
    ck_assert_int_eq(oss_manifest_scan(&f.rows, f.config, NULL, &f.cache_bytes, &hooks), OSS_ESTOPPED);
    ck_assert_int_eq(w.calls, 4);
    clear(&f);
}
END_TEST

START_TEST(test_memory_may_run_out_anywhere) {
    fixture f;
    make(&f, "wav,text\ngood.wav,a\nmissing.wav,b\nshort.wav,c\n", "");
    oss_manifest_deinit(&f.rows);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_manifest_read(&f.rows, f.config, 0);
        if (status == OSS_OK) {
            status = oss_manifest_scan(&f.rows, f.config, NULL, &f.cache_bytes, NULL);
        }
        bool fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? OSS_ENOMEM : OSS_OK), "call %d: %s", (int)k, oss_last_error());
        oss_manifest_deinit(&f.rows);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 30);
            break;
        }
    }
    oss_faults_remove();
    clear(&f);
}
END_TEST

/* The disk, not the data: no row is left out for it, whatever bad_audio says. */
START_TEST(test_a_disk_that_fails) {
    static const int error[] = {EIO, ESTALE, EMFILE};
    int64_t failed = 0;
    fixture f;
    make(&f, "wav,text\nslow.wav,a\nmissing.wav,b\n", "");
    oss_faults_install();
    for (bool fired = true; fired;) {
        oss_manifest_deinit(&f.rows);
        ck_assert_int_eq(oss_manifest_read(&f.rows, f.config, 0), OSS_OK);
        oss_faults_fail(OSS_CALL_ANY_FILE, ++failed, error[_i]);
        oss_status status = oss_manifest_scan(&f.rows, f.config, NULL, &f.cache_bytes, NULL);
        fired = oss_faults_clear();
        if (status == OSS_OK) { /* closing may fail: nothing was written */
            ck_assert_int_eq(f.rows.rows, 1);
            ck_assert_int_eq(f.rows.skippeds, 1);
            continue;
        }
        ck_assert(fired);
        ck_assert_int_eq(status, OSS_EIO);
        const char *message = oss_last_error(), *reason = strerror(error[_i]);
        ck_assert_msg(strstr(message, "rows.csv row ") != NULL && strstr(message, ".wav") != NULL &&
                          strstr(message, reason) != NULL,
                      "call %d: %s", (int)failed, message);
    }
    ck_assert_int_gt(failed, 8);
    oss_faults_remove();
    clear(&f);
}
END_TEST

/* What may not be read is left out and named, as what is not there is. */
START_TEST(test_a_recording_that_may_not_be_read) {
    fixture f;
    make(&f, "wav,text\ngood.wav,a\nslow.wav,b\n", "");
    oss_faults_install();
    oss_faults_fail(OSS_CALL_OPEN, 1, EACCES);
    oss_status status = oss_manifest_scan(&f.rows, f.config, NULL, &f.cache_bytes, NULL);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(f.rows.rows, 1);
    assert_skipped(&f, 1, OSS_SKIP_AUDIO, "good.wav", "Permission denied");
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("scan");
    TCase *all = tcase_create("scan");
    tcase_add_loop_test(all, test_each_kind_of_bad_row_is_named, 1, 4);
    tcase_add_test(all, test_policy_error);
    tcase_add_test(all, test_no_row_left);
    tcase_add_test(all, test_cache_budget);
    tcase_add_test(all, test_progress_and_stop);
    tcase_add_test(all, test_memory_may_run_out_anywhere);
    tcase_add_loop_test(all, test_a_disk_that_fails, 0, 3);
    tcase_add_test(all, test_a_recording_that_may_not_be_read);
    suite_add_tcase(suite, all);
    return suite;
}
