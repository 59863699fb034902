/* Rows of CSVs with what their recordings are like. */
#include "check/check_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static char *folder, *csv;
static oss_config *config;

static void set_up(void) {
    folder = oss_tempdir_make();
    csv = oss_tempdir_path(folder, "rows.csv");
    config = oss_rows_config("{\"max_seconds\": 2}");
}

static void tear_down(void) {
    oss_config_free(config);
    free(csv);
    oss_tempdir_remove(folder);
}

static void write_tone(const char *name, double seconds, double peak, int rate_hz) {
    char *path = oss_tempdir_path(folder, name);
    oss_wav_write_tone(path, seconds, 440, peak, rate_hz);
    free(path);
}

static oss_status read_all(oss_check_data *data, const char *text, int32_t threads) {
    const oss_check_source source = {csv, OSS_CHECK_TRAIN};
    oss_pool *pool = NULL;
    oss_tempdir_write(csv, text, (long)strlen(text));
    oss_status status = oss_check_read_csv(data, config, &source, 0);
    if (status == OSS_OK) {
        status = oss_pool_create(&pool, threads);
    }
    if (status == OSS_OK) {
        status = oss_check_read_audio(data, config, pool);
    }
    oss_pool_free(pool);
    return status;
}

static const char rows_csv[] = "wav,text,speaker\n"
                               "good.wav,One,anna\n"
                               "missing.wav,two,\n"
                               "only one field\n"
                               "slow.wav,\"three,\nfour\",ben\n"
                               "short.wav,x,\n"
                               "long.wav,x,\n"
                               "quiet.wav,x,\n";

static void write_recordings(void) {
    write_tone("good.wav", 1.0, 0.5, 16000);
    write_tone("slow.wav", 1.0, 0.5, 8000);
    write_tone("short.wav", 0.05, 0.5, 16000);
    write_tone("long.wav", 3.0, 0.5, 16000);
    write_tone("quiet.wav", 1.0, 0.004, 16000);
}

static void expect_fault(const oss_check_row *row, oss_check_kind fault, const char *words) {
    ck_assert(!row->usable);
    ck_assert_int_eq(row->fault, fault);
    ck_assert_msg(strstr(row->message, words) != NULL, "%s", row->message);
    /* A row of the reader says where it is; the others have it, and decoders may name the file once more. */
    bool names_folder = strstr(row->message, folder) != NULL;
    ck_assert_msg(fault == OSS_CHECK_AUDIO || names_folder == (fault == OSS_CHECK_CSV), "%s", row->message);
}

START_TEST(test_rows) {
    oss_check_data data = {0};
    write_recordings();
    ck_assert_msg(read_all(&data, rows_csv, _i) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(data.rows, 7);
    const oss_check_row *row = data.row;
    ck_assert(row[0].usable && row[3].usable);
    ck_assert_str_eq(row[0].csv.text, "one");
    ck_assert_str_eq(row[0].csv.speaker, "anna");
    ck_assert_int_eq(row[0].sound.samples, 16000);
    ck_assert_int_eq(row[0].sound.source_rate_hz, 16000);
    ck_assert_double_eq_tol(row[0].sound.measure.peak, 0.5, 0.001);
    ck_assert_uint_ne(row[0].sound.measure.hash, 0);
    ck_assert_int_eq(row[3].csv.number, 4);
    ck_assert_int_eq(row[3].csv.line, 5);
    ck_assert_str_eq(row[3].csv.text, "three, four");
    ck_assert_int_eq(row[3].sound.samples, 16000); /* at the config's rate; measured at its own */
    ck_assert_int_eq(row[3].sound.measure.samples, 8000);
    expect_fault(&row[1], OSS_CHECK_AUDIO, "");
    expect_fault(&row[2], OSS_CHECK_CSV, "rows.csv:4: row 3: has 1 field");
    ck_assert_ptr_null(row[2].csv.wav);
    ck_assert_int_eq(row[2].csv.line, 4);
    expect_fault(&row[4], OSS_CHECK_SHORT, "min_seconds");
    expect_fault(&row[5], OSS_CHECK_LONG, "2 s");
    expect_fault(&row[6], OSS_CHECK_SILENT, "min_peak");
    oss_check_data_deinit(&data);
}
END_TEST

/* Every byte behind the header is one row's. */
START_TEST(test_places) {
    oss_check_data data = {0};
    write_recordings();
    ck_assert_int_eq(read_all(&data, rows_csv, 1), OSS_OK);
    uint64_t end = strlen("wav,text,speaker\n");
    for (int32_t i = 0; i < data.rows; i++) {
        ck_assert_uint_eq(data.place[i].place.begin, end);
        end = data.place[i].place.end;
        ck_assert_int_eq(data.place[i].place.number, i + 1);
        if (data.row[i].fault != OSS_CHECK_CSV || data.row[i].usable) {
            ck_assert_uint_eq(data.place[i].wav_offset, data.place[i].place.begin);
        }
    }
    ck_assert_uint_eq(end, strlen(rows_csv));
    oss_check_data_deinit(&data);
}
END_TEST

START_TEST(test_no_rows) {
    oss_check_data data = {0};
    ck_assert_int_eq(read_all(&data, "wav,text\n", 1), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "has no rows: nothing to check") != NULL, "%s", oss_last_error());
    oss_check_data_deinit(&data);
}
END_TEST

START_TEST(test_memory_that_is_short) {
    write_recordings();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_check_data data = {0};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = read_all(&data, rows_csv, 1);
        bool fired = oss_faults_clear();
        oss_check_data_deinit(&data);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            ck_assert_int_ge(k, 40);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

/* It is told, and is no finding about the data. */
START_TEST(test_a_disk_that_fails) {
    oss_check_data data = {0};
    write_recordings();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_READ, k, EIO);
        oss_status status = read_all(&data, rows_csv, 1);
        bool fired = oss_faults_clear();
        oss_check_data_deinit(&data);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            ck_assert_int_ge(k, 8);
            break;
        }
        ck_assert_int_eq(status, OSS_EIO);
        ck_assert_msg(strstr(oss_last_error(), "cannot read ") != NULL &&
                          strstr(oss_last_error(), strerror(EIO)) != NULL,
                      "read %d: %s", (int)k, oss_last_error());
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_read");
    TCase *tests = tcase_create("read");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_rows, 1, 4);
    tcase_add_test(tests, test_places);
    tcase_add_test(tests, test_no_rows);
    tcase_add_test(tests, test_memory_that_is_short);
    tcase_add_test(tests, test_a_disk_that_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
