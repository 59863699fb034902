/* What no golden value shows: properties, refusals, statistics of a set. */
#include <math.h>
#include <string.h>

#include "audio/mel_cases.h"
#include "support/isa.h"
#include "support/tolerance.h"

/* A frame's row is the same bits wherever the frame stands and however long the signal is. */
START_TEST(test_frames_do_not_depend_on_their_place) {
    oss_require_isa();
    enum { SAMPLES = 9000, HOP = 160 };
    float *x = take_noise(SAMPLES);
    for (int kind = MEL_POWER; kind <= MEL_NONE; kind++) {
        oss_mel_plan *plan = make_kind(kind);
        mel_run whole = run_forward(plan, x, SAMPLES);
        for (int64_t skip = 1; skip < 40; skip += 6) {
            int64_t samples = SAMPLES - skip * HOP - skip;
            mel_run part = run_forward(plan, x + skip * HOP, samples);
            for (int32_t t = 2; t < part.frames - 2; t++) { /* whose windows reach neither end */
                const float *want = whole.y + (size_t)(t + skip) * 128;
                ck_assert_mem_eq(part.y + (size_t)t * 128, want, 128 * sizeof *want);
            }
            free_run(&part);
        }
        free_run(&whole);
        oss_mel_plan_free(plan);
    }
    free(x);
}
END_TEST

START_TEST(test_instruction_sets_agree) {
    float *x = take_noise(5000);
    oss_mel_plan *plan = make_kind(MEL_UTTERANCE);
    ck_assert(oss_cpu_force(OSS_ISA_GENERIC));
    mel_run want = run_forward(plan, x, 5000);
    for (int isa = OSS_ISA_AVX2; isa < OSS_ISA_COUNT; isa++) {
        if (oss_cpu_force((oss_isa)isa)) {
            mel_run got = run_forward(plan, x, 5000);
            oss_assert_close_f32_f32(got.y, want.y, (size_t)want.frames * 128, oss_cpu_isa_name((oss_isa)isa),
                                     1e-5, 1e-4);
            free_run(&got);
        }
    }
    free_run(&want);
    oss_mel_plan_free(plan);
    free(x);
}
END_TEST

START_TEST(test_silence_is_the_floor) {
    const float x[1000] = {0};
    oss_mel_plan *log = make_kind(MEL_NONE);
    mel_run run = run_forward(log, x, 1000);
    for (int32_t i = 0; i < run.frames * run.bins; i++) {
        ck_assert_float_eq_tol(run.y[i], -13.8155106f, 2e-6f);
    }
    free_run(&run);
    oss_mel_plan_free(log);
    oss_mel_plan *normal = make_kind(MEL_UTTERANCE); /* nothing varies: 0, not noise blown up by 1/std */
    run = run_forward(normal, x, 1000);
    for (int32_t i = 0; i < run.frames * run.bins; i++) {
        ck_assert_float_eq_tol(run.y[i], 0.0f, 1e-5f);
    }
    ck_assert_float_eq(run.stats[run.bins], 0.1f);
    free_run(&run);
    oss_mel_plan_free(normal);
}
END_TEST

/* A broken sample is seen in what comes out: frames under it hold NaN, and after utterance normalisation all
 * do. */
START_TEST(test_nan_is_not_hidden) {
    oss_require_isa();
    const float broken[] = {NAN, INFINITY, -INFINITY};
    float *x = take_noise(8000);
    for (size_t i = 0; i < 3; i++) {
        x[4000] = broken[i];
        for (int kind = MEL_POWER; kind < MEL_KINDS; kind++) {
            oss_mel_plan *plan = make_kind(kind);
            mel_run run = run_forward(plan, x, 8000);
            for (int32_t m = 0; m < run.bins; m++) {
                ck_assert(!isfinite(run.y[25 * run.bins + m]));
                ck_assert(isfinite(run.y[10 * run.bins + m]) == (kind != MEL_UTTERANCE));
            }
            free_run(&run);
            oss_mel_plan_free(plan);
        }
    }
    free(x);
}
END_TEST

START_TEST(test_stats_may_be_null) {
    float *x = take_noise(3000);
    oss_mel_plan *plan = make_kind(MEL_UTTERANCE);
    mel_run kept = run_forward(plan, x, 3000);
    mel_run not_kept = take_run(plan, 3000);
    oss_mel_forward(plan, not_kept.y, NULL, x, 3000, not_kept.scratch);
    ck_assert_mem_eq(kept.y, not_kept.y, (size_t)kept.frames * 128 * sizeof(float));
    free_run(&kept);
    free_run(&not_kept);
    oss_mel_plan_free(plan);
    free(x);
}
END_TEST

START_TEST(test_specs_that_cannot_be) {
    const struct {
        size_t field;
        int32_t value;
        const char *message;
    } cases[] = {{offsetof(oss_mel_spec, sample_rate_hz), 1, "1 Hz"},
                 {offsetof(oss_mel_spec, n_fft), 1023, "1023"},
                 {offsetof(oss_mel_spec, n_fft), 131072, "131072"},
                 {offsetof(oss_mel_spec, win_samples), 0, "window of 0"},
                 {offsetof(oss_mel_spec, win_samples), 1025, "window of 1025"},
                 {offsetof(oss_mel_spec, hop_samples), 0, "hop of 0"},
                 {offsetof(oss_mel_spec, bins), 0, "0 bins"},
                 {offsetof(oss_mel_spec, bins), 65537, "65537 bins"}};
    oss_mel_plan *plan = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_mel_spec spec = usual_spec;
        memcpy((char *)&spec + cases[i].field, &cases[i].value, sizeof cases[i].value);
        ck_assert_int_eq(oss_mel_plan_create(&plan, &spec), OSS_EUSAGE);
        ck_assert_ptr_null(plan);
        ck_assert_msg(strstr(oss_last_error(), cases[i].message) != NULL, "%s", oss_last_error());
    }
    const double floors[] = {0.0, -1e-6, NAN, INFINITY, 1e-60, 1e60};
    for (size_t i = 0; i < 6; i++) {
        oss_mel_spec spec = usual_spec;
        spec.floor = floors[i];
        ck_assert_int_eq(oss_mel_plan_create(&plan, &spec), OSS_EUSAGE);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "floor"));
    }
}
END_TEST

/* ---- Statistics of a set ---- */

enum { UTTERANCES = 5 };
static const int64_t utterance_samples[UTTERANCES] = {1, 700, 5000, 160, 12345};

typedef struct set_stats {
    double mean[128], m2[128];
    int64_t frames;
} set_stats;

static set_stats measure_set(const oss_mel_plan *plan, const float *x, int first, int last) {
    set_stats stats = {.frames = 0};
    void *scratch = take_spoiled(oss_mel_scratch_bytes(plan));
    for (int u = first; u < last; u++) {
        oss_mel_stats_add(plan, stats.mean, stats.m2, &stats.frames, x + 100 * u, utterance_samples[u],
                          scratch);
    }
    oss_free(scratch);
    return stats;
}

START_TEST(test_set_statistics) {
    float *x = take_noise(20000);
    oss_mel_plan *log = make_kind(MEL_NONE);
    set_stats got = measure_set(log, x, 0, UTTERANCES);
    double sum[128] = {0}, squares[128] = {0};
    int64_t frames = 0;
    for (int pass = 0; pass < 2; pass++) {
        frames = 0;
        for (int u = 0; u < UTTERANCES; u++) {
            mel_run run = run_forward(log, x + 100 * u, utterance_samples[u]);
            for (int32_t i = 0; i < run.frames * 128; i++) {
                double d = (double)run.y[i] - got.mean[i % 128];
                sum[i % 128] += pass == 0 ? (double)run.y[i] : 0.0;
                squares[i % 128] += pass == 0 ? 0.0 : d * d;
            }
            frames += run.frames;
            free_run(&run);
        }
    }
    ck_assert_int_eq(got.frames, frames);
    for (int m = 0; m < 128; m++) {
        ck_assert_double_eq_tol(got.mean[m], sum[m] / (double)frames, 1e-12);
        ck_assert_double_eq_tol(got.m2[m] / squares[m], 1.0, 1e-12);
    }
    oss_mel_plan_free(log);
    free(x);
}
END_TEST

/* Utterances measured apart and merged in order, and by a plan of another kind: the same bits. */
START_TEST(test_set_statistics_merge) {
    float *x = take_noise(20000);
    oss_mel_plan *log = make_kind(MEL_NONE);
    oss_mel_plan *power = make_kind(MEL_POWER);
    set_stats want = measure_set(log, x, 0, UTTERANCES);
    set_stats got = {.frames = 0};
    for (int u = 0; u < UTTERANCES; u++) {
        set_stats one = measure_set(power, x, u, u + 1);
        oss_mel_stats_merge(128, got.mean, got.m2, &got.frames, one.mean, one.m2, one.frames);
    }
    const set_stats none = {.frames = 0};
    oss_mel_stats_merge(128, got.mean, got.m2, &got.frames, none.mean, none.m2, 0);
    ck_assert_mem_eq(&got, &want, sizeof got);
    oss_mel_plan_free(log);
    oss_mel_plan_free(power);
    free(x);
}
END_TEST

/* Statistics of the set, set: over the whole set each bin has mean 0 and deviation 1; deviations below 0.1
 * count as 0.1. */
START_TEST(test_fixed_normalisation_normalizes) {
    float *x = take_noise(20000);
    for (int i = 0; i < 20000; i++) {
        x[i] *= (float)(1 + i % 3000) / 3000.0f;
    }
    oss_mel_plan *plan = make_kind(MEL_FIXED);
    set_stats stats = {.frames = 0};
    void *scratch = take_spoiled(oss_mel_scratch_bytes(plan));
    oss_mel_stats_add(plan, stats.mean, stats.m2, &stats.frames, x, 20000, scratch);
    oss_free(scratch);
    float mean[128], std[128];
    for (int m = 0; m < 128; m++) {
        mean[m] = (float)stats.mean[m];
        std[m] = m == 5 ? 0.01f : (float)sqrt(stats.m2[m] / (double)stats.frames);
    }
    oss_mel_plan_set_stats(plan, mean, std);
    mel_run run = run_forward(plan, x, 20000);
    for (int m = 0; m < 128; m++) {
        double sum = 0.0, squares = 0.0;
        for (int32_t t = 0; t < run.frames; t++) {
            double y = (double)run.y[t * 128 + m];
            sum += y;
            squares += y * y;
        }
        double want = m == 5 ? sqrt(stats.m2[m] / (double)stats.frames) / 0.1 : 1.0;
        ck_assert_double_eq_tol(sum / run.frames, 0.0, 1e-4);
        ck_assert_double_eq_tol(sqrt(squares / run.frames) / want, 1.0, 1e-4);
    }
    free_run(&run);
    oss_mel_plan_free(plan);
    free(x);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/mel");
    TCase *other = tcase_create("properties");
    tcase_set_timeout(other, 30);
    oss_add_each_isa(other, test_frames_do_not_depend_on_their_place);
    tcase_add_test(other, test_instruction_sets_agree);
    tcase_add_test(other, test_silence_is_the_floor);
    oss_add_each_isa(other, test_nan_is_not_hidden);
    tcase_add_test(other, test_stats_may_be_null);
    tcase_add_test(other, test_specs_that_cannot_be);
    tcase_add_test(other, test_set_statistics);
    tcase_add_test(other, test_set_statistics_merge);
    tcase_add_test(other, test_fixed_normalisation_normalizes);
    suite_add_tcase(suite, other);
    return suite;
}
