/* What --fix writes: every row that training keeps, and the bytes as they were. */
#include "check/check_fix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "check/check.h"
#include "dataset/scan.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static char *folder, *csv, *fixed;

static void set_up(void) {
    folder = oss_tempdir_make();
    csv = oss_tempdir_path(folder, "rows.csv");
    fixed = oss_tempdir_path(folder, "fixed.csv");
}

static void tear_down(void) {
    free(csv);
    free(fixed);
    oss_tempdir_remove(folder);
}

static void write_tone(const char *name, double seconds, double hz, double peak, int rate_hz) {
    char *path = oss_tempdir_path(folder, name);
    oss_wav_write_tone(path, seconds, hz, peak, rate_hz);
    free(path);
}

/* offset + amplitude * sine, for a second. */
static void write_offset(const char *name, float offset, float amplitude, int rate_hz) {
    char *path = oss_tempdir_path(folder, name);
    float *x = malloc((size_t)rate_hz * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < rate_hz; i++) {
        x[i] = offset + amplitude * (float)sin(2000.0 * i / rate_hz);
    }
    oss_wav_write_f32(path, x, (size_t)rate_hz, 1, rate_hz);
    free(x);
    free(path);
}

static void fix(oss_check_fixed *out, const oss_config *config) {
    const oss_check_source source = {csv, OSS_CHECK_TRAIN};
    oss_check_data data = {0};
    oss_pool *pool = NULL;
    oss_check_report *report = NULL;
    ck_assert_int_eq(oss_pool_create(&pool, 2), OSS_OK);
    ck_assert_msg(oss_check_read_csv(&data, config, &source, 0) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_check_read_audio(&data, config, pool) == OSS_OK, "%s", oss_last_error());
    const oss_check_input input = {
        .config = config, .source = &source, .row = data.row, .rows = data.rows, .words = &data.words};
    ck_assert_msg(oss_check_create(&report, &input) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_check_fix(out, fixed, &data, report, csv) == OSS_OK, "%s", oss_last_error());
    oss_check_free(report);
    oss_pool_free(pool);
    oss_check_data_deinit(&data);
}

/* The rows that training keeps of its train_csv. */
static oss_manifest scan(const oss_config *config) {
    oss_manifest rows = {0};
    oss_pool *pool = NULL;
    int64_t cache_bytes = 0;
    ck_assert_int_eq(oss_pool_create(&pool, 2), OSS_OK);
    ck_assert_msg(oss_manifest_read(&rows, config, 0) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_manifest_scan(&rows, config, pool, &cache_bytes, NULL) == OSS_OK, "%s",
                  oss_last_error());
    oss_pool_free(pool);
    return rows;
}

static oss_config *make_config(const char *train_csv, const char *more) {
    char json[1000];
    (void)snprintf(json, sizeof json, "{\"train_csv\": \"%s\", \"max_seconds\": 2%s}", train_csv, more);
    return oss_rows_config(json);
}

/* Training keeps of the CSV what --fix keeps of it, and all of what --fix wrote. */
static void expect_same_rows(const char *more, const char *wanted) {
    oss_config *config = make_config(csv, more), *fixed_config = make_config(fixed, more);
    oss_check_fixed done;
    fix(&done, config);
    oss_manifest before = scan(config), after = scan(fixed_config);
    ck_assert_int_eq(after.skippeds, 0);
    ck_assert_int_eq(after.rows, before.rows);
    ck_assert_int_eq(done.kept, before.rows);
    char kept[400] = "";
    for (int32_t i = 0; i < before.rows; i++) {
        ck_assert_str_eq(after.row[i].csv.wav, before.row[i].csv.wav);
        ck_assert_str_eq(after.row[i].csv.text, before.row[i].csv.text);
        strcat(kept, before.row[i].csv.wav);
        strcat(kept, ";");
    }
    ck_assert_str_eq(kept, wanted);
    oss_manifest_deinit(&before);
    oss_manifest_deinit(&after);
    oss_config_free(config);
    oss_config_free(fixed_config);
    ck_assert_int_eq(remove(fixed), 0);
}

START_TEST(test_training_keeps_the_same_rows) {
    static const char text[] = "wav,text\n"
                               "good.wav,one\n"
                               "missing.wav,two\n"
                               "short.wav,three\n"
                               "long.wav,four\n"
                               "quiet.wav,five\n"
                               "constant.wav,six\n"
                               "nearly.wav,seven\n"
                               "hum.wav,eight\n"
                               "fast.wav,nine\n"
                               "slow.wav,\"ten\n"
                               "good.wav,\"bad \xff bytes\"\n"
                               "good.wav\n"
                               "end.wav,eleven\"\n";
    oss_tempdir_write(csv, text, (long)strlen(text));
    write_tone("good.wav", 1.0, 440, 0.5, 16000);
    write_tone("short.wav", 0.05, 440, 0.5, 16000);
    write_tone("long.wav", 2.5, 440, 0.5, 16000);
    write_tone("quiet.wav", 1.0, 440, 0.004, 16000);
    write_tone("fast.wav", 1.0, 440, 0.0101, 44100);
    write_tone("slow.wav", 1.0, 440, 0.3, 8000);
    write_tone("end.wav", 1.0, 440, 0.2, 8000);
    write_offset("constant.wav", 0.5f, 0, 16000);
    write_offset("nearly.wav", 0.5f, 0.0004f, 44100); /* a deviation of 0.00028 */
    write_offset("hum.wav", 0.5f, 0.0005f, 44100);    /* and of 0.00035 */
    expect_same_rows("", "good.wav;hum.wav;fast.wav;end.wav;");
    expect_same_rows(", \"normalize\": \"peak\"", "good.wav;hum.wav;fast.wav;end.wav;");
    expect_same_rows(", \"min_peak\": 0.001", "good.wav;quiet.wav;hum.wav;fast.wav;end.wav;");
}
END_TEST

/* Byte by byte: columns, quotes, line breaks, empty lines, what is behind the last line. */
START_TEST(test_bytes) {
    write_tone("a.wav", 1.0, 300, 0.5, 16000);
    write_tone("b.wav", 1.0, 400, 0.5, 16000);
    write_tone("c.wav", 1.0, 500, 0.5, 16000);
    static const char text[] =
        "note,\"wav\",text\r\n\"x \"\"y\"\"\",a.wav,\"one\r\ntwo\"\r\n\r\n,gone.wav,x\n,\"b.wav\",y\r\n\n"
        "\"stray,c.wav,z\n,c.wav,last";
    oss_tempdir_write(csv, text, (long)strlen(text));
    oss_config *config = make_config(csv, "");
    oss_check_fixed done;
    fix(&done, config);
    ck_assert_int_eq(done.kept, 3);
    ck_assert_int_eq(done.left_out[OSS_CHECK_AUDIO], 1);
    ck_assert_int_eq(done.left_out[OSS_CHECK_CSV], 1);
    ck_assert(!done.moved);
    char *bytes = oss_tempdir_read(fixed, NULL);
    ck_assert_str_eq(
        bytes,
        "note,\"wav\",text\r\n\"x \"\"y\"\"\",a.wav,\"one\r\ntwo\"\r\n\r\n,\"b.wav\",y\r\n\n,c.wav,last");
    free(bytes);
    oss_config_free(config);
}
END_TEST

/* Two stray quotes, the second on the row's own line end: no sound row is lost between them. */
START_TEST(test_no_sound_row_is_lost) {
    char text[800] = "wav,text\n", kept[800] = "wav,text\n";
    for (int i = 0; i < 20; i++) {
        char name[16], line[64];
        (void)snprintf(name, sizeof name, "%02d.wav", i);
        write_tone(name, 1.0, 300 + 20 * i, 0.5, 16000);
        (void)snprintf(line, sizeof line, "%s,%stext %d%s\n", name, i == 4 ? "\"" : "", i,
                       i == 11 ? "\"" : "");
        strcat(text, line);
        strcat(kept, i == 4 ? "" : line);
    }
    oss_tempdir_write(csv, text, (long)strlen(text));
    oss_config *config = make_config(csv, "");
    oss_check_fixed done;
    fix(&done, config);
    ck_assert_int_eq(done.kept, 19);
    ck_assert_int_eq(done.left_out[OSS_CHECK_CSV], 1);
    char *bytes = oss_tempdir_read(fixed, NULL);
    ck_assert_str_eq(bytes, kept);
    free(bytes);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_fix");
    TCase *tests = tcase_create("fix");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_training_keeps_the_same_rows);
    tcase_add_test(tests, test_bytes);
    tcase_add_test(tests, test_no_sound_row_is_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
