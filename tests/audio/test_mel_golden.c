/* The mel spectrogram against torchaudio in float64 (scripts/golden/mel.py), and what no golden value shows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audio/audio_file.h"
#include "audio/mel_cases.h"
#include "support/golden.h"
#include "support/isa.h"
#include "support/sha256.h"
#include "support/tempdir.h"
#include "support/tolerance.h"

#define CLIPS "/usr/share/asterisk/sounds/en_US_f_Allison/"

/* Power: relative L2 over all, and each value within 1e-4 of itself plus 1e-8 of its frame's largest. */
static void assert_power(const float *got, const double *want, int32_t frames, int32_t bins,
                         const char *what) {
    size_t count = (size_t)frames * (size_t)bins;
    oss_assert_close_f32(got, want, count, what, 1e-6, INFINITY);
    double worst = 0.0;
    for (int32_t t = 0; t < frames; t++) {
        const double *row = want + (size_t)t * (size_t)bins;
        double largest = 0.0;
        for (int32_t m = 0; m < bins; m++) {
            largest = fmax(largest, row[m]);
        }
        for (int32_t m = 0; m < bins; m++) {
            double off = fabs((double)got[(size_t)t * (size_t)bins + (size_t)m] - row[m]);
            double share = off == 0.0 ? 0.0 : off / (1e-4 * row[m] + 1e-8 * largest);
            worst = share > worst || isnan(share) ? share : worst;
        }
    }
    ck_assert_msg(worst <= 1.0, "%s: a value is off by %.3g of what is allowed", what, worst);
}

START_TEST(test_power_at_odd_lengths) {
    oss_require_isa();
    static const int lengths[] = {1, 2, 3, 159, 160, 161, 399, 400, 401, 511, 512, 513, 1024, 16000, 16001};
    oss_golden *golden = oss_golden_load("mel");
    oss_mel_plan *plan = make_kind(MEL_POWER);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char name[32];
        snprintf(name, sizeof name, "power.%d", lengths[i]);
        float *x = take_noise(lengths[i]);
        mel_run run = run_forward(plan, x, lengths[i]);
        ck_assert_int_eq(oss_golden_dim(golden, name, 0), run.frames);
        assert_power(run.y, oss_golden_f64(golden, name, NULL), run.frames, run.bins, name);
        free_run(&run);
        free(x);
    }
    oss_mel_plan_free(plan);
    oss_golden_free(golden);
}
END_TEST

static void set_fixed(oss_mel_plan *plan, const oss_golden *golden) {
    const float *fixed = oss_golden_f32(golden, "fixed", NULL);
    oss_mel_plan_set_stats(plan, fixed, fixed + oss_mel_plan_spec(plan)->bins);
}

/* Normalisation divides by deviations that may be 0.1. */
START_TEST(test_log_and_normalisations) {
    oss_require_isa();
    static const int lengths[] = {1, 161, 513, 3000};
    oss_golden *golden = oss_golden_load("mel");
    for (int kind = MEL_NONE; kind < MEL_KINDS; kind++) {
        oss_mel_plan *plan = make_kind(kind);
        set_fixed(plan, golden);
        for (size_t i = 0; i < 4; i++) {
            char x_name[32], name[32];
            snprintf(x_name, sizeof x_name, "swell.%d", lengths[i]);
            snprintf(name, sizeof name, "%s.%d", mel_kinds[kind].name, lengths[i]);
            mel_run run = run_forward(plan, oss_golden_f32(golden, x_name, NULL), lengths[i]);
            size_t count = 0;
            const double *want = oss_golden_f64(golden, name, &count);
            ck_assert_uint_eq(count, (size_t)run.frames * (size_t)run.bins);
            oss_assert_close_f32(run.y, want, count, name, 1e-6, kind == MEL_NONE ? 1e-5 : 5e-5);
            free_run(&run);
        }
        oss_mel_plan_free(plan);
    }
    oss_golden_free(golden);
}
END_TEST

START_TEST(test_other_sizes) {
    oss_require_isa();
    static const struct {
        const char *name;
        int32_t rate, n_fft, win, hop, bins;
    } others[] = {{"other.a", 11025, 512, 301, 97, 80},
                  {"other.b", 8000, 256, 256, 64, 40},
                  {"other.c", 16000, 400, 400, 160, 23},
                  {"other.d", 16000, 64, 1, 7, 5}};
    oss_golden *golden = oss_golden_load("mel");
    float *x = take_noise(700);
    for (size_t i = 0; i < 4; i++) {
        oss_mel_spec spec = usual_spec;
        spec.sample_rate_hz = others[i].rate;
        spec.n_fft = others[i].n_fft;
        spec.win_samples = others[i].win;
        spec.hop_samples = others[i].hop;
        spec.bins = others[i].bins;
        oss_mel_plan *plan = make_mel(&spec);
        mel_run run = run_forward(plan, x, 700);
        ck_assert_int_eq(oss_golden_dim(golden, others[i].name, 0), run.frames);
        ck_assert_int_eq(oss_golden_dim(golden, others[i].name, 1), run.bins);
        assert_power(run.y, oss_golden_f64(golden, others[i].name, NULL), run.frames, run.bins,
                     others[i].name);
        free_run(&run);
        oss_mel_plan_free(plan);
    }
    free(x);
    oss_golden_free(golden);
}
END_TEST

/* ---- Real speech: asterisk-core-sounds-en-wav 1.6.1 ---- */

static const struct {
    const char *file, *key, *sum;
} clips[] = {{"digits/1.wav", "digits-1", "fb38aca5558d50f7bd4d7986adeea19b97eba894c574fc92acc3b33b480eb701"},
             {"goodbye.wav", "goodbye", "ed90eef732e730c4b08a0cd2536c6f4baf8783c3e33587fe03684b11384e0053"},
             {"vm-and.wav", "vm-and", "8b72b49b7b8953a6cada1b35ee234d3a57c59e4afbdd778ae19d938cb4aec2b1"}};

static oss_audio load_clip(int clip) {
    char path[128];
    snprintf(path, sizeof path, CLIPS "%s", clips[clip].file);
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    ck_assert_msg(all != NULL, "%s is missing: scripts/install-deps.sh check installs it", path);
    char sum[65];
    oss_sha256(sum, all, (size_t)bytes);
    free(all);
    ck_assert_msg(strcmp(sum, clips[clip].sum) == 0,
                  "%s is not the file of asterisk-core-sounds-en-wav 1.6.1 that the golden values are for",
                  path);
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
    oss_audio audio;
    ck_assert_msg(oss_audio_load(&audio, path, &request) == OSS_OK, "%s", oss_last_error());
    return audio;
}

/* Upsampled speech has nothing above 4 kHz: there the logarithm is of values 1e8 times below the frame's
 * largest, where the rounding of floats shows (as the bound for power allows). */
START_TEST(test_real_speech) {
    oss_golden *golden = oss_golden_load("mel");
    oss_audio audio = load_clip(_i);
    char name[48];
    snprintf(name, sizeof name, "clip.%s.samples", clips[_i].key);
    ck_assert_int_eq(audio.samples, (int64_t)oss_golden_number(golden, name));
    double squares = 0.0;
    for (int64_t i = 0; i < audio.samples; i++) {
        squares += (double)audio.sample[i] * (double)audio.sample[i];
    }
    snprintf(name, sizeof name, "clip.%s.norm", clips[_i].key);
    ck_assert_double_eq_tol(sqrt(squares) / oss_golden_number(golden, name), 1.0, 1e-7);
    for (int kind = MEL_POWER; kind <= MEL_UTTERANCE; kind++) {
        snprintf(name, sizeof name, "clip.%s.%s", clips[_i].key, mel_kinds[kind].name);
        if (!oss_golden_has(golden, name)) {
            continue;
        }
        oss_mel_plan *plan = make_kind(kind);
        mel_run run = run_forward(plan, audio.sample, audio.samples);
        size_t count = 0;
        const double *want = oss_golden_f64(golden, name, &count);
        ck_assert_uint_eq(count, (size_t)run.frames * (size_t)run.bins);
        if (kind == MEL_POWER) {
            assert_power(run.y, want, run.frames, run.bins, name);
        } else {
            oss_assert_close_f32(run.y, want, count, name, 1e-4, 5e-3);
        }
        free_run(&run);
        oss_mel_plan_free(plan);
    }
    oss_audio_deinit(&audio);
    oss_golden_free(golden);
}
END_TEST

START_TEST(test_sha256) {
    char sum[65];
    oss_sha256(sum, "abc", 3);
    ck_assert_str_eq(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    oss_sha256(sum, "", 0);
    ck_assert_str_eq(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/mel, golden");
    TCase *golden = tcase_create("golden");
    tcase_set_timeout(golden, 30);
    oss_add_each_isa(golden, test_power_at_odd_lengths);
    oss_add_each_isa(golden, test_log_and_normalisations);
    oss_add_each_isa(golden, test_other_sizes);
    tcase_add_loop_test(golden, test_real_speech, 0, 3);
    tcase_add_test(golden, test_sha256);
    suite_add_tcase(suite, golden);
    return suite;
}
