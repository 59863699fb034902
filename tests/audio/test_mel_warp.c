/* Warped filters against power spectra and triangles that are computed here as the definition says. */
#include <math.h>
#include <stdio.h>

#include "audio/mel_cases.h"
#include "audio/mel_filters.h"
#include "support/isa.h"

static const double PI = 3.14159265358979323846;

static const oss_mel_spec narrow_spec = {.sample_rate_hz = 8000,
                                         .n_fft = 256,
                                         .win_samples = 200,
                                         .hop_samples = 80,
                                         .bins = 24,
                                         .kind = OSS_MEL_POWER,
                                         .norm = OSS_MEL_NORM_UTTERANCE,
                                         .floor = 1e-6};

static oss_mel_plan *make_warped(const oss_mel_plan *plan, double factor) {
    oss_mel_plan *warped = NULL;
    ck_assert_msg(oss_mel_plan_create_warped(&warped, plan, factor) == OSS_OK, "%s", oss_last_error());
    return warped;
}

/* ---- the map ---- */

/* 16 kHz and 1.1: up to 4800 / 1.1 times the factor, which gives 4800; 0.9: up to 4800, which gives 4320. Then a line to
 * 8000. */
START_TEST(test_known_frequencies) {
    static const double known[][3] = {
        {0, 1.1, 0},       {1000, 1.1, 1100}, {4800 / 1.1, 1.1, 4800},
        {8000, 1.1, 8000}, {0, 0.9, 0},       {1000, 0.9, 900},
        {4800, 0.9, 4320}, {8000, 0.9, 8000}, {1234.5, 1, 1234.5},
        {7000, 1, 7000},   {6400, 0.9, 6160}, {4800, 1.1, 8000 - 3200 / (8000 - 4800 / 1.1) * 3200},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ck_assert_double_eq_tol(oss_mel_warp_hz(known[i][0], known[i][1], 8000), known[i][2], 1e-9);
    }
}
END_TEST

START_TEST(test_a_factor_of_1_is_exact) {
    for (int i = 0; i <= 2000; i++) {
        double hz = 8000 * sqrt(i / 2000.0);
        ck_assert(oss_mel_warp_hz(hz, 1.0, 8000) == hz);
    }
}
END_TEST

START_TEST(test_frequencies_rise) {
    for (double factor = 0.5; factor <= 2.0; factor += 0.05) {
        double before = -1.0;
        for (int hz = 0; hz <= 4000; hz += 10) {
            double now = oss_mel_warp_hz(hz, factor, 4000);
            ck_assert_double_gt(now, before);
            before = now;
        }
        ck_assert_double_eq_tol(before, 4000.0, 1e-9);
    }
}
END_TEST

/* ---- the features ---- */

/* Written apart from mel_filters.c: where point i of the filters lies, moved. */
static double place_point(const oss_mel_spec *spec, int i, double factor) {
    double top = spec->sample_rate_hz / 2, cutoff = 0.6 * top;
    double top_mel = 2595.0 * log10(1.0 + top / 700.0);
    double hz = 700.0 * (pow(10.0, top_mel * i / (spec->bins + 1) / 2595.0) - 1.0);
    double knee = factor > 1.0 ? cutoff / factor : cutoff;
    double slope = (top - knee * factor) / (top - knee);
    return hz <= knee ? hz * factor : knee * factor + slope * (hz - knee);
}

/* |DFT|^2 of frame t at line k, centred and reflected, under a periodic Hann window. */
static double measure_power(const oss_mel_spec *spec, const float *x, int samples, int t, int k) {
    double re = 0, im = 0;
    int lead = spec->n_fft / 2 - (spec->n_fft - spec->win_samples) / 2;
    for (int i = 0; i < spec->win_samples; i++) {
        int at = t * spec->hop_samples - lead + i;
        at = at < 0 ? -at : at >= samples ? 2 * (samples - 1) - at : at;
        double value = (0.5 - 0.5 * cos(2 * PI * i / spec->win_samples)) * (double)x[at];
        re += value * cos(2 * PI * k * i / spec->n_fft);
        im -= value * sin(2 * PI * k * i / spec->n_fft);
    }
    return re * re + im * im;
}

static double measure_mel(const oss_mel_spec *spec, const double *power, int m, double factor) {
    const double left = place_point(spec, m, factor), middle = place_point(spec, m + 1, factor),
                 right = place_point(spec, m + 2, factor);
    double sum = 0;
    for (int k = 0; k <= spec->n_fft / 2; k++) {
        double hz = (double)k * spec->sample_rate_hz / spec->n_fft;
        double weight = fmin((hz - left) / (middle - left), (right - hz) / (right - middle));
        sum += weight > 0 ? weight * power[k] : 0.0;
    }
    return sum;
}

static void check_features(const oss_mel_spec *spec, double factor) {
    enum { SAMPLES = 1500, LINES = 513 };
    float *x = take_noise(SAMPLES);
    oss_mel_plan *plan = make_mel(spec), *warped = make_warped(plan, factor);
    mel_run run = run_forward(warped, x, SAMPLES);
    for (int t = 0; t < run.frames; t++) {
        static double power[LINES];
        for (int k = 0; k <= spec->n_fft / 2; k++) {
            power[k] = measure_power(spec, x, SAMPLES, t, k);
        }
        for (int m = 0; m < run.bins; m++) {
            double want = measure_mel(spec, power, m, factor), got = (double)run.y[t * run.bins + m];
            ck_assert_msg(fabs(got - want) <= 2e-5 * want + 1e-7, "factor %g, frame %d, bin %d: %g, want %g",
                          factor, t, m, got, want);
        }
    }
    free_run(&run);
    oss_mel_plan_free(warped);
    oss_mel_plan_free(plan);
    free(x);
}

START_TEST(test_against_the_definition) {
    oss_require_isa();
    static const double factors[] = {0.6, 0.9, 0.97, 1.0, 1.04, 1.1, 1.4};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        check_features(&narrow_spec, factors[i]);
    }
    check_features(&usual_spec, 0.9);
    check_features(&usual_spec, 1.1);
}
END_TEST

/* In every kind and norm, the statistics that are set later included. */
START_TEST(test_a_factor_of_1_changes_no_bit) {
    oss_require_isa();
    enum { SAMPLES = 5000 };
    float *x = take_noise(SAMPLES), mean[128], std[128];
    for (int m = 0; m < 128; m++) {
        mean[m] = 0.1f * (float)m - 6.0f;
        std[m] = 1.0f + 0.01f * (float)m;
    }
    for (int kind = 0; kind < MEL_KINDS; kind++) {
        oss_mel_plan *plan = make_kind(kind), *same = make_warped(plan, 1.0),
                     *other = make_warped(plan, 1.01);
        oss_mel_plan_set_stats(plan, mean, std);
        ck_assert_uint_eq(oss_mel_scratch_bytes(plan), oss_mel_scratch_bytes(other));
        mel_run a = run_forward(plan, x, SAMPLES), b = run_forward(same, x, SAMPLES),
                c = run_forward(other, x, SAMPLES);
        size_t bytes = (size_t)a.frames * (size_t)a.bins * sizeof *a.y;
        ck_assert_mem_eq(a.y, b.y, bytes);
        ck_assert_int_ne(memcmp(a.y, c.y, bytes), 0);
        free_run(&a);
        free_run(&b);
        free_run(&c);
        oss_mel_plan_free(same);
        oss_mel_plan_free(other);
        oss_mel_plan_free(plan);
    }
    free(x);
}
END_TEST

static int find_loudest(const oss_mel_plan *plan, double hz) {
    enum { SAMPLES = 4000 };
    static float x[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = (float)(0.5 * sin(2 * PI * hz * i / 16000));
    }
    mel_run run = run_forward(plan, x, SAMPLES);
    const float *row = run.y + (size_t)run.frames / 2 * (size_t)run.bins;
    int loudest = 0;
    for (int m = 1; m < run.bins; m++) {
        loudest = row[m] > row[loudest] ? m : loudest;
    }
    free_run(&run);
    return loudest;
}

/* Warped filters hear a tone that was moved as unmoved ones hear the tone. */
START_TEST(test_a_moved_tone_is_heard_where_it_was) {
    oss_mel_plan *plan = make_mel(&usual_spec);
    static const double factors[] = {0.8, 0.87, 1.13, 1.2};
    for (size_t i = 0; i < 4; i++) {
        oss_mel_plan *warped = make_warped(plan, factors[i]);
        for (double hz = 1000; hz < 7900; hz += 370) {
            int want = find_loudest(plan, hz),
                got = find_loudest(warped, oss_mel_warp_hz(hz, factors[i], 8000));
            ck_assert_msg(abs(got - want) <= 1, "%g Hz, factor %g: bin %d, want %d", hz, factors[i], got,
                          want);
            bool moves = abs(find_loudest(warped, hz) - want) > 1;
            ck_assert_msg(moves || hz > 5000, "%g Hz, factor %g: the warp moves nothing", hz, factors[i]);
        }
        oss_mel_plan_free(warped);
    }
    oss_mel_plan_free(plan);
}
END_TEST

/* With the default front end and all factors that a config may ask for. */
START_TEST(test_no_filter_falls_between_two_lines) {
    for (int i = -8; i <= 8; i++) {
        oss_mel_bank bank;
        ck_assert_int_eq(oss_mel_bank_init(&bank, 16000, 1024, 128, 1.0 + 0.05 * i), OSS_OK);
        for (int m = 0; m < bank.bins; m++) {
            ck_assert_int_gt(bank.count[m], 0);
        }
        oss_mel_bank_deinit(&bank);
    }
}
END_TEST

/* f(x + h d) - f(x - h d) = 2 h d . df/dx for f = dy . y, which is quadratic in x: no error but rounding. */
START_TEST(test_gradient_against_differences) {
    oss_require_isa();
    enum { SAMPLES = 700 };
    float *x = take_noise(SAMPLES);
    oss_mel_plan *plan = make_mel(&narrow_spec), *warped = make_warped(plan, 1.2);
    mel_run run = run_forward(warped, x, SAMPLES);
    size_t count = (size_t)run.frames * (size_t)run.bins;
    float *dy = malloc(count * sizeof *dy), dx[SAMPLES] = {0}, direction[SAMPLES], moved[SAMPLES];
    oss_fill_f32(dy, count, 3, 1.0);
    oss_fill_f32(direction, SAMPLES, 4, 0.2);
    oss_mel_backward(warped, dx, dy, run.y, NULL, x, SAMPLES, run.scratch);
    double want = 0, got = 0;
    for (int side = -1; side <= 1; side += 2) {
        for (int i = 0; i < SAMPLES; i++) {
            moved[i] = x[i] + (float)side * direction[i];
        }
        mel_run there = run_forward(warped, moved, SAMPLES);
        for (size_t i = 0; i < count; i++) {
            want += 0.5 * side * (double)dy[i] * (double)there.y[i];
        }
        free_run(&there);
    }
    for (int i = 0; i < SAMPLES; i++) {
        got += (double)direction[i] * (double)dx[i];
    }
    ck_assert_double_gt(fabs(want), 1.0);
    ck_assert_double_eq_tol(got, want, 1e-4 * fabs(want));
    free(dy);
    free_run(&run);
    oss_mel_plan_free(warped);
    oss_mel_plan_free(plan);
    free(x);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("mel_warp");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_known_frequencies);
    tcase_add_test(tcase, test_a_factor_of_1_is_exact);
    tcase_add_test(tcase, test_frequencies_rise);
    oss_add_each_isa(tcase, test_against_the_definition);
    oss_add_each_isa(tcase, test_a_factor_of_1_changes_no_bit);
    oss_add_each_isa(tcase, test_gradient_against_differences);
    tcase_add_test(tcase, test_a_moved_tone_is_heard_where_it_was);
    tcase_add_test(tcase, test_no_filter_falls_between_two_lines);
    suite_add_tcase(suite, tcase);
    return suite;
}
