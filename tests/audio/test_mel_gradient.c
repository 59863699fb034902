/* The gradient that reaches the waveform: against autograd in float64 (scripts/golden/mel.py), and against
 * differences. */
#include <math.h>
#include <stdio.h>

#include "audio/mel_cases.h"
#include "support/golden.h"
#include "support/isa.h"
#include "support/tolerance.h"

/* What the gradient is added to: of the gradient's own size, so that adding does not round it away. */
static float *take_garbage(int64_t samples, double scale) {
    float *dx = malloc((size_t)samples * sizeof *dx);
    ck_assert_ptr_nonnull(dx);
    oss_fill_f32(dx, (size_t)samples, 99, scale);
    return dx;
}

static void set_golden_stats(oss_mel_plan *plan, const oss_golden *golden) {
    const float *fixed = oss_golden_f32(golden, "fixed", NULL);
    oss_mel_plan_set_stats(plan, fixed, fixed + 128);
}

static double find_largest(const double *x, int64_t count) {
    double largest = 0.0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(x[i]));
    }
    return largest;
}

static void check_golden(const oss_golden *golden, const oss_mel_plan *plan, const char *kind,
                         const char *signal, int samples) {
    char name[48];
    snprintf(name, sizeof name, "%s.%d", signal, samples);
    const float *x = oss_golden_f32(golden, name, NULL);
    snprintf(name, sizeof name, "grad.%s.%d", kind, samples);
    const double *want = oss_golden_f64(golden, name, NULL);
    const double largest = find_largest(want, samples);
    mel_run run = run_forward(plan, x, samples);
    size_t count = (size_t)run.frames * (size_t)run.bins;
    float *dy = malloc(count * sizeof *dy);
    oss_fill_f32(dy, count, (uint64_t)samples, 1.0);
    float *dx = take_garbage(samples, largest);
    float *got = take_garbage(samples, largest);
    memset(run.scratch, 0xff, oss_mel_scratch_bytes(plan)); /* nothing of forward's scratch is needed */
    oss_mel_backward(plan, got, dy, run.y, run.stats, x, samples, run.scratch);
    for (int i = 0; i < samples; i++) {
        got[i] -= dx[i];
    }
    /* Two samples are two frames of one value: normalised they are constant, and the gradient is 0 to
     * rounding. */
    if (largest < 1e-9) {
        oss_assert_close_f32(got, want, (size_t)samples, name, INFINITY, 0.05);
    } else {
        /* One and two samples make a line spectrum: most filters see little but the window's tails, and 1/mel
         * is large. */
        oss_assert_close_f32(got, want, (size_t)samples, name, samples < 3 ? 3e-4 : 3e-6, INFINITY);
    }
    free(got);
    free(dx);
    free(dy);
    free_run(&run);
}

START_TEST(test_against_autograd) {
    oss_require_isa();
    static const int lengths[] = {1, 2, 161, 300, 513, 2000};
    oss_golden *golden = oss_golden_load("mel");
    for (int kind = MEL_POWER; kind < MEL_SPEECH; kind++) {
        oss_mel_plan *plan = make_kind(kind);
        set_golden_stats(plan, golden);
        for (size_t i = 0; i < 6; i++) {
            check_golden(golden, plan, mel_kinds[kind].name, "grad.x", lengths[i]);
        }
        oss_mel_plan_free(plan);
    }
    oss_golden_free(golden);
}
END_TEST

/* Frames that are no speech have no part in the statistics: a signal that swells by 100 dB. */
START_TEST(test_statistics_over_speech_against_autograd) {
    oss_require_isa();
    static const int lengths[] = {161, 513, 3000};
    oss_golden *golden = oss_golden_load("mel");
    oss_mel_plan *plan = make_kind(MEL_SPEECH);
    for (size_t i = 0; i < 3; i++) {
        check_golden(golden, plan, "speech", "swell", lengths[i]);
    }
    mel_run run = run_forward(plan, oss_golden_f32(golden, "swell.3000", NULL), 3000);
    const float *flag = run.stats + 2 * run.bins;
    ck_assert(flag[0] == 0.0f && flag[run.frames - 1] == 1.0f);
    free_run(&run);
    oss_mel_plan_free(plan);
    oss_golden_free(golden);
}
END_TEST

/* sum dy * y(x), in double */
static double weigh_features(const oss_mel_plan *plan, const float *dy, const float *x, int64_t samples) {
    mel_run run = run_forward(plan, x, samples);
    double sum = 0.0;
    for (int32_t i = 0; i < run.frames * run.bins; i++) {
        sum += (double)dy[i] * (double)run.y[i];
    }
    free_run(&run);
    return sum;
}

/* sum dx * v = (f(x + h v) - f(x - h v)) / 2h, signed, for a random direction v and cotangent. */
static void check_differences_at(const oss_mel_plan *plan, float *x, int64_t samples, uint64_t seed,
                                 double step, double tolerance) {
    float *moved = malloc((size_t)samples * sizeof *moved);
    mel_run run = run_forward(plan, x, samples);
    size_t count = (size_t)run.frames * (size_t)run.bins;
    float *dy = malloc(count * sizeof *dy);
    oss_fill_f32(dy, count, seed, 1.0);
    float *dx = calloc((size_t)samples, sizeof *dx);
    oss_mel_backward(plan, dx, dy, run.y, run.stats, x, samples, run.scratch);
    double analytic = 0.0, scale = 0.0, side[2];
    for (int s = 0; s < 2; s++) {
        for (int64_t i = 0; i < samples; i++) {
            double v = oss_fill_value(seed + 1, (uint64_t)i);
            moved[i] = x[i] == 0.0f ? 0.0f : (float)((double)x[i] + (s == 0 ? step : -step) * v);
            analytic +=
                (double)dx[i] * ((double)moved[i] - (double)x[i]) * (s == 0 ? 0.5 : -0.5); /* as rounded */
            scale += x[i] == 0.0f ? 0.0 : pow((double)dx[i] * step * v, 2) / 2;
        }
        side[s] = weigh_features(plan, dy, moved, samples);
    }
    double numeric = (side[0] - side[1]) / 2;
    ck_assert_msg(fabs(numeric - analytic) <= tolerance * sqrt(scale),
                  "%lld samples: differences give %.6g, backward %.6g; typical %.3g", (long long)samples,
                  numeric, analytic, sqrt(scale));
    free(dx);
    free(dy);
    free_run(&run);
    free(moved);
}

static void check_differences(const oss_mel_plan *plan, int64_t samples, uint64_t seed, double step,
                              double tolerance) {
    float *x = take_noise(samples);
    check_differences_at(plan, x, samples, seed, step, tolerance);
    free(x);
}

/* Three samples make a line spectrum, whose logarithm is no smooth function of them: power only. */
START_TEST(test_against_differences) {
    static const int64_t lengths[] = {3, 159, 400, 1000, 3333};
    for (int kind = MEL_POWER; kind < MEL_KINDS; kind++) {
        oss_mel_plan *plan = make_kind(kind);
        for (uint64_t i = 0; i < 5; i++) {
            for (uint64_t seed = 0; seed < 4 && (i > 0 || kind == MEL_POWER); seed++) {
                check_differences(plan, lengths[i], 10 * i + seed, 1e-3, 0.01);
            }
        }
        oss_mel_plan_free(plan);
    }
}
END_TEST

/* Half of it silence, which stays as it is. */
START_TEST(test_statistics_over_speech_against_differences) {
    enum { SAMPLES = 8000 };
    oss_mel_plan *plan = make_kind(MEL_SPEECH);
    float *x = take_noise(SAMPLES);
    memset(x + SAMPLES / 2, 0, SAMPLES / 2 * sizeof *x);
    for (uint64_t seed = 0; seed < 4; seed++) {
        check_differences_at(plan, x, SAMPLES, seed, 1e-3, 0.01);
    }
    free(x);
    oss_mel_plan_free(plan);
}
END_TEST

START_TEST(test_other_sizes_against_differences) {
    oss_mel_spec spec = usual_spec;
    spec.kind = OSS_MEL_LOG;
    spec.n_fft = 400;
    spec.win_samples = 301;
    spec.hop_samples = 97;
    spec.bins = 23;
    oss_mel_plan *plan = make_mel(&spec);
    for (uint64_t seed = 0; seed < 4; seed++) {
        check_differences(plan, 2500, seed, 1e-3, 0.01);
    }
    oss_mel_plan_free(plan);
}
END_TEST

/* Below the floor nothing depends on the waveform. */
START_TEST(test_no_gradient_below_the_floor) {
    enum { SAMPLES = 1600 };
    float x[SAMPLES], dx[SAMPLES] = {0}, garbage[SAMPLES];
    oss_fill_f32(x, SAMPLES, 4, 1e-6);
    oss_mel_plan *plan = make_kind(MEL_NONE);
    mel_run run = run_forward(plan, x, SAMPLES);
    float *dy = malloc((size_t)run.frames * 128 * sizeof *dy);
    oss_fill_f32(dy, (size_t)run.frames * 128, 5, 1.0);
    oss_fill_f32(dx, SAMPLES, 6, 1e-9); /* so small that anything added shows */
    memcpy(garbage, dx, sizeof dx);
    oss_mel_backward(plan, dx, dy, run.y, run.stats, x, SAMPLES, run.scratch);
    ck_assert_mem_eq(dx, garbage, sizeof dx);
    free(dy);
    free_run(&run);
    oss_mel_plan_free(plan);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/mel, gradient");
    TCase *tests = tcase_create("gradient");
    tcase_set_timeout(tests, 30);
    oss_add_each_isa(tests, test_against_autograd);
    oss_add_each_isa(tests, test_statistics_over_speech_against_autograd);
    tcase_add_test(tests, test_against_differences);
    tcase_add_test(tests, test_statistics_over_speech_against_differences);
    tcase_add_test(tests, test_other_sizes_against_differences);
    tcase_add_test(tests, test_no_gradient_below_the_floor);
    suite_add_tcase(suite, tests);
    return suite;
}
