/* ossicle augment: what it writes is what training would hear, and what it says is what it did. */
#include <math.h>

#include "audio/audio_file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli_cases.h"
#include "batch/loader.h"
#include "batch/labels.h"
#include "dataset/scan.h"
#include "support/rows.h"
#include "support/suite.h"
#include "support/wav.h"

#define ALL                                                                                                  \
    "\"speed_prob\": 1, \"gain_prob\": 1, \"noise_prob\": 1, \"noise_babble\": 0, \"reverb_prob\": 1, "      \
    "\"telephone_prob\": 1, \"shift_ms\": 50, \"silence_prob\": 1, \"seed\": 11"

/* The loader's batch of a CSV with this one row, and the file that the command writes, as floats: the same
 * bits. */
START_TEST(test_is_what_training_hears) {
    oss_cli_case c = oss_cli_case_make();
    char *csv = oss_tempdir_path(c.folder, "rows.csv"), *out = oss_tempdir_path(c.folder, "out.wav");
    char *file = oss_tempdir_path(c.folder, "config.json"), json[1000], row[500];
    snprintf(row, sizeof row, "wav,text\n%s,a B\n", c.five);
    oss_cli_case_write(&c, "rows.csv", row);
    snprintf(json, sizeof json, "{\"train_csv\": \"%s\", %s}", csv, ALL);
    oss_cli_case_write(&c, "config.json", json);
    oss_config *config = oss_rows_config(json);
    oss_manifest rows = {0};
    oss_vocab *vocab = NULL;
    oss_label_report report;
    oss_loader *loader = NULL;
    int64_t cache_bytes = 1 << 20;
    ck_assert_int_eq(oss_manifest_read(&rows, config, 0), OSS_OK);
    ck_assert_int_eq(oss_manifest_scan(&rows, config, NULL, &cache_bytes, NULL), OSS_OK);
    ck_assert_int_eq(oss_labels_vocabulary(&vocab, &rows, config), OSS_OK);
    ck_assert_int_eq(oss_labels_encode(&rows, vocab, config, true, &report), OSS_OK);
    ck_assert_int_eq(oss_loader_create(&loader, &rows, config, NULL, 1, 0, 0), OSS_OK);
    for (int epoch = 0; epoch < 3; epoch++) {
        const oss_micro_batch *batch = NULL;
        char number[16];
        snprintf(number, sizeof number, "%d", epoch);
        ck_assert_int_eq(oss_loader_next(loader, &batch), OSS_OK);
        oss_program_run run = oss_run_ossicle("augment", "--config", file, "--epoch", number, "--text", "A b",
                                              "--float", "-o", out, c.five);
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
        oss_audio audio;
        const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
        ck_assert_int_eq(oss_audio_load(&audio, out, &request), OSS_OK);
        ck_assert_int_eq(audio.samples, batch->samples[0]);
        ck_assert_mem_eq(audio.sample, batch->audio[0], (size_t)audio.samples * sizeof(float));
        oss_audio_deinit(&audio);
    }
    oss_loader_free(loader);
    oss_free(report.unknown_list);
    oss_vocab_free(vocab);
    oss_manifest_deinit(&rows);
    oss_config_free(config);
    free(csv);
    free(out);
    free(file);
    oss_cli_case_free(&c);
}
END_TEST

/* The same words, the same bytes; another seed or epoch, others. */
START_TEST(test_seed_and_epoch) {
    static const char *const seed[] = {"1", "1", "2", "1"}, *const epoch[] = {"0", "0", "0", "1"};
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav"), *first = NULL;
    long first_bytes = 0;
    for (int i = 0; i < 4; i++) {
        long bytes = 0;
        oss_program_run run = oss_run_ossicle("augment", "--seed", seed[i], "--epoch", epoch[i], "--set",
                                              "noise_prob=1", "--set", "shift_ms=50", "-o", out, c.three);
        oss_program_expect(&run, 0);
        ck_assert_str_eq(run.out, "");
        ck_assert_ptr_nonnull(strstr(run.err, " noise drawn at "));
        oss_program_run_deinit(&run);
        char *text = oss_tempdir_read(out, &bytes);
        ck_assert_ptr_nonnull(text);
        ck_assert((i > 0 && bytes == first_bytes && memcmp(first, text, (size_t)bytes) == 0) == (i == 1));
        if (i == 0) {
            first = text;
            first_bytes = bytes;
        } else {
            free(text);
        }
    }
    free(first);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* 16-bit samples of a view of which only the gain was drawn are the recording's times that gain. */
START_TEST(test_json_says_what_was_done) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav");
    oss_program_run run = oss_run_ossicle("augment", "--json", "--set", "gain_prob=1", "--set", "gain_db=5",
                                          "-o", out, c.three);
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    double gain_db, speed;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "out"), OSS_OK);
    ck_assert_int_eq(oss_json_get_number(json, "gain_db", &gain_db), OSS_OK);
    ck_assert_int_eq(oss_json_get_number(json, "speed", &speed), OSS_OK);
    ck_assert(speed == 1 && gain_db != 0);
    ck_assert_str_eq(oss_json_string(oss_json_get(json, "noise")), "none");
    long bytes = 0, raw_bytes = 0;
    char *wav = oss_tempdir_read(out, &bytes), *raw = oss_tempdir_read(c.three, &raw_bytes);
    ck_assert_int_eq(bytes, 44 + 2 * 2560);
    ck_assert_int_eq(raw_bytes, bytes);
    for (long i = 44; i < bytes; i += 2) {
        int16_t got, from;
        memcpy(&got, wav + i, 2);
        memcpy(&from, raw + i, 2);
        ck_assert_double_eq_tol(got, from * pow(10, gain_db / 20), 0.51);
    }
    free(wav);
    free(raw);
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* It is said, and the audio is what it was. */
START_TEST(test_frequency_warping_is_not_heard) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav");
    oss_program_run run = oss_run_ossicle("augment", "--set", "warp_prob=1", "-o", out, c.three);
    oss_program_expect(&run, 0);
    ck_assert_msg(strstr(run.err, "frequency warping (warp_prob) changes features, not audio") != NULL, "%s",
                  run.err);
    long bytes = 0, raw_bytes = 0;
    char *wav = oss_tempdir_read(out, &bytes), *raw = oss_tempdir_read(c.three, &raw_bytes);
    ck_assert_int_eq(bytes, raw_bytes);
    ck_assert_mem_eq(wav, raw, (size_t)bytes);
    free(wav);
    free(raw);
    oss_program_run_deinit(&run);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

static oss_json *augment_json(const char *setting, const char *out, const char *file) {
    oss_program_run run = oss_run_ossicle("augment", "--json", "--set", "noise_prob=1", "--set",
                                          "noise_pink=0", "--set", setting, "-o", out, file);
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "out"), OSS_OK);
    oss_program_run_deinit(&run);
    return json;
}

/* The ratio is the measured one; where nothing could be added, nothing is claimed. */
START_TEST(test_what_is_said_of_noise_was_measured) {
    static const int16_t zeros[4000] = {0};
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav"), *silent = oss_tempdir_path(c.folder, "silent.wav");
    oss_json *json = augment_json("noise_snr_min_db=20", out, c.three);
    double drawn_db, measured_db;
    ck_assert_int_eq(oss_json_get_number(json, "snr_drawn_db", &drawn_db), OSS_OK);
    ck_assert_int_eq(oss_json_get_number(json, "snr_db", &measured_db), OSS_OK);
    ck_assert_double_eq_tol(drawn_db, measured_db, 1e-4);
    ck_assert(measured_db > 19.9 && measured_db < 30.1);
    oss_json_free(json);
    oss_wav_write_pcm16(silent, zeros, 4000, 1, 16000);
    json = augment_json("noise_snr_min_db=20", out, silent);
    ck_assert(oss_json_is(oss_json_get(json, "snr_db"), OSS_JSON_NULL));
    oss_json_free(json);
    free(out);
    free(silent);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_babble_needs_rows) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav"), *csv = oss_tempdir_path(c.folder, "rows.csv");
    char setting[600];
    oss_program_run run =
        oss_run_ossicle("augment", "--set", "noise_prob=1", "--set", "noise_white=0", "--set", "noise_pink=0",
                        "--set", "noise_babble=1", "-o", out, c.three);
    oss_program_expect(&run, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "train_csv"));
    oss_program_run_deinit(&run);
    oss_cli_case_write(&c, "rows.csv", "wav,text\nthree.wav,a\nfive.wav,b\nmissing.wav,\xff\n");
    snprintf(setting, sizeof setting, "train_csv=%s", csv);
    run = oss_run_ossicle("augment", "--json", "--set", setting, "--set", "noise_prob=1", "--set",
                          "noise_white=0", "--set", "noise_pink=0", "--set", "noise_babble=1", "-o", out,
                          c.three);
    oss_program_expect(&run, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "five.wav"));
    ck_assert_ptr_null(strstr(strstr(run.out, "voices"), "three.wav")); /* not behind itself */
    oss_program_run_deinit(&run);
    free(csv);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_refused) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.wav");
    oss_program_run run = oss_run_ossicle("augment", "-o", out, c.three);
    oss_program_expect(&run, 0);
    ck_assert_ptr_nonnull(strstr(run.err, "switched on"));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("augment", "--set", "noise_porb=1", "-o", out, c.three);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("augment", "--set", "noise_prob=1", "-o", out, "nowhere.wav");
    oss_program_expect(&run, 3);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("augment", "--seed", "-1", "-o", out, c.three);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("augment", c.three);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("ossicle augment");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_is_what_training_hears);
    tcase_add_test(all, test_seed_and_epoch);
    tcase_add_test(all, test_json_says_what_was_done);
    tcase_add_test(all, test_frequency_warping_is_not_heard);
    tcase_add_test(all, test_what_is_said_of_noise_was_measured);
    tcase_add_test(all, test_babble_needs_rows);
    tcase_add_test(all, test_refused);
    suite_add_tcase(suite, all);
    return suite;
}
