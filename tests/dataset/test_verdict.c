#include "dataset/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/faults.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static char *folder, *wav;

static void set_up(void) {
    folder = oss_tempdir_make();
    wav = oss_tempdir_path(folder, "x.wav");
}

static void tear_down(void) {
    free(wav);
    oss_tempdir_remove(folder);
}

typedef struct judged {
    oss_verdict verdict;
    oss_sound recording;
    oss_audio audio;
    oss_status status;
} judged;

static judged judge(const oss_dataset_row *row, const char *config_json) {
    oss_config *config = oss_rows_config(config_json);
    judged result = {0};
    result.status = oss_sound_judge(&result.verdict, &result.recording, &result.audio, row, config);
    oss_config_free(config);
    return result;
}

static void clear(judged *result) {
    oss_free(result->verdict.message);
    oss_audio_deinit(&result->audio);
}

static oss_dataset_row whole(void) {
    return (oss_dataset_row){.wav = wav, .path = wav, .end_seconds = -1};
}

/* offset + a sine, one second at 16 kHz. */
static void write_sine(float offset, float amplitude) {
    static float x[16000];
    for (int i = 0; i < 16000; i++) {
        x[i] = offset + amplitude * (float)sin(0.05 * i);
    }
    oss_wav_write_f32(wav, x, 16000, 1, 16000);
}

static void expect(oss_skip_reason reason, const char *words, const char *config_json) {
    oss_dataset_row row = whole();
    judged result = judge(&row, config_json);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    ck_assert(!result.verdict.usable);
    ck_assert_int_eq(result.verdict.reason, reason);
    ck_assert_msg(strstr(result.verdict.message, words) != NULL, "%s", result.verdict.message);
    ck_assert_ptr_null(result.audio.sample);
    clear(&result);
}

START_TEST(test_verdicts) {
    expect(OSS_SKIP_AUDIO, "x.wav", "{}"); /* missing */
    oss_tempdir_write(wav, "no recording", 12);
    expect(OSS_SKIP_AUDIO, "x.wav", "{}");
    oss_wav_write_tone(wav, 0.05, 440, 0.5, 16000);
    expect(OSS_SKIP_SHORT, "0.05 seconds of audio, min_seconds is 0.1", "{}");
    oss_wav_write_tone(wav, 2.5, 440, 0.5, 16000);
    expect(OSS_SKIP_LONG, "x.wav", "{\"max_seconds\": 2}");
    write_sine(0, 0.004f);
    expect(OSS_SKIP_SILENT, "the loudest sample is 0.004, min_peak is 0.01", "{}");
}
END_TEST

/* Loud by its offset alone: it deviates by amplitude / sqrt(2) from its mean. */
START_TEST(test_a_constant_is_silent) {
    static const char *const configs[] = {"{}", "{\"normalize\": \"peak\"}", "{\"min_peak\": 0}"};
    for (int i = 0; i < 3; i++) {
        write_sine(0.5f, 0);
        expect(OSS_SKIP_SILENT, "the samples deviate by", configs[i]);
        write_sine(0.5f, (float)(0.98 * OSS_SILENT_DEVIATION * sqrt(2)));
        expect(OSS_SKIP_SILENT, "from their mean; 0.0003 or more is sound", configs[i]);
        write_sine(0.5f, (float)(1.02 * OSS_SILENT_DEVIATION * sqrt(2)));
        oss_dataset_row row = whole();
        judged result = judge(&row, configs[i]);
        ck_assert_int_eq(result.status, OSS_OK);
        ck_assert(result.verdict.usable);
        clear(&result);
    }
}
END_TEST

/* The audio of a usable row has the bits that decoding it gives, whatever the rates; what is measured is the file. */
START_TEST(test_audio_is_that_of_decoding) {
    static const int rates[] = {8000, 11025, 16000, 22050, 44100, 48000};
    static const char *const configs[] = {"{}", "{\"normalize\": \"peak\"}"};
    for (int r = 0; r < 6; r++) {
        for (int c = 0; c < 2; c++) {
            oss_wav_write_tone(wav, 1.7, 440, 0.25, rates[r]);
            oss_dataset_row row = whole();
            row.start_seconds = 0.3;
            row.end_seconds = 1.5;
            oss_config *config = oss_rows_config(configs[c]);
            oss_audio decoded;
            ck_assert_int_eq(oss_dataset_row_decode(&decoded, &row, config), OSS_OK);
            judged result = judge(&row, configs[c]);
            ck_assert_int_eq(result.status, OSS_OK);
            ck_assert(result.verdict.usable);
            ck_assert_int_eq(result.recording.samples, decoded.samples);
            ck_assert_int_eq(result.audio.samples, decoded.samples);
            ck_assert_mem_eq(result.audio.sample, decoded.sample,
                             (size_t)decoded.samples * sizeof *decoded.sample);
            ck_assert_int_eq(result.recording.source_rate_hz, rates[r]);
            ck_assert_int_eq(result.recording.measure.samples, (int64_t)round(1.2 * rates[r]));
            ck_assert_double_eq_tol(result.recording.measure.peak, 0.25, 0.001);
            clear(&result);
            oss_audio_deinit(&decoded);
            oss_config_free(config);
        }
    }
}
END_TEST

/* Memory that is short is nobody's verdict. */
START_TEST(test_memory_that_is_short) {
    oss_wav_write_tone(wav, 0.05, 440, 0.5, 8000);
    oss_config *short_config = oss_rows_config("{}");
    oss_config *config = oss_rows_config("{\"min_seconds\": 0}");
    for (int usable = 0; usable < 2; usable++) {
        oss_faults_install();
        for (int64_t k = 1;; k++) {
            oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
            oss_dataset_row row = whole();
            oss_verdict verdict;
            oss_sound recording;
            oss_audio audio = {0};
            oss_status status =
                oss_sound_judge(&verdict, &recording, &audio, &row, usable ? config : short_config);
            bool fired = oss_faults_clear();
            oss_free(verdict.message);
            oss_audio_deinit(&audio);
            ck_assert_int_eq(oss_faults_blocks(), 0);
            ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
            if (!fired) {
                ck_assert_int_eq(verdict.usable, usable);
                ck_assert_int_ge(k, 3);
                break;
            }
        }
        oss_faults_remove();
    }
    oss_config_free(config);
    oss_config_free(short_config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("dataset/recording");
    TCase *tests = tcase_create("verdicts");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_verdicts);
    tcase_add_test(tests, test_a_constant_is_silent);
    tcase_add_test(tests, test_audio_is_that_of_decoding);
    tcase_add_test(tests, test_memory_that_is_short);
    suite_add_tcase(suite, tests);
    return suite;
}
