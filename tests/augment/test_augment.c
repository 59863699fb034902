/* Views of a recording: drawn as configured, applied as measured, the same for the same key. */
#include "augment/augment.h"

#include <math.h>
#include <string.h>

#include "augment/noise_mix.h"
#include "base/rng.h"
#include "kernel/noise.h"
#include "support/fill.h"
#include "support/suite.h"

enum { RATE = 16000, SAMPLES = 12000, MOST = 38000, DRAWS = 20000 };

static const oss_augment_spec off = {
    .speed_min = 0.9, .speed_max = 1.1, .gain_db = 6, .noise_snr_max_db = 30};
static const oss_augment_spec all = {.speed_prob = 0.7,
                                     .speed_min = 0.85,
                                     .speed_max = 1.2,
                                     .gain_prob = 0.4,
                                     .gain_db = 8,
                                     .noise_prob = 0.6,
                                     .noise_snr_min_db = 5,
                                     .noise_snr_max_db = 25,
                                     .noise_white = 1,
                                     .noise_pink = 1,
                                     .shift_ms = 80,
                                     .silence_prob = 0.5,
                                     .silence_max_s = 0.25};

static oss_augment_kit *make_kit(const oss_augment_spec *spec) {
    oss_augment_kit *kit = NULL;
    oss_status status = oss_augment_kit_create(&kit, spec, RATE);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return kit;
}

/* White or pink noise, as a view adds it. */
static void add_noise(float *y, int64_t n, oss_noise colour, double snr_db, uint32_t key, float *work) {
    if (colour == OSS_NOISE_WHITE) {
        oss_k_white_noise(work, (size_t)n, 1, OSS_RNG_NOISE, key);
    } else {
        oss_noise_pink(work, n, 1, key);
    }
    oss_noise_add(y, work, n, snr_db);
}

static void make_signal(float *x, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        x[i] = (float)(0.3 * sin(0.05 * i) + 0.02 * oss_fill_value(1, (uint64_t)i));
    }
}

START_TEST(test_off_is_identity) {
    static float x[SAMPLES], y[SAMPLES];
    ck_assert(!oss_augment_is_on(&off));
    oss_augment_view view = oss_augment_draw(&off, RATE, 1, 2);
    ck_assert_int_eq(oss_augment_length(&view, SAMPLES), SAMPLES);
    make_signal(x, SAMPLES);
    oss_augment_apply(y, &view, x, SAMPLES, NULL, NULL, NULL);
    ck_assert_mem_eq(x, y, sizeof x);
}
END_TEST

/* share of `count` in DRAWS within 5 standard deviations of p */
static void assert_share(int32_t count, double p, const char *what) {
    double share = (double)count / (double)DRAWS;
    double limit = 5.0 * sqrt(p * (1.0 - p) / (double)DRAWS);
    ck_assert_msg(fabs(share - p) <= limit, "%s: share %g, configured %g", what, share, p);
}

START_TEST(test_draws_are_as_configured) {
    int32_t speeds = 0, gains = 0, noises = 0, pinks = 0;
    double slowest = 9, fastest = 0, speed_sum = 0, low_db = 99, high_db = -99, low_snr = 99, high_snr = -99;
    int32_t longest_lead = 0, longest_tail = 0, tails = 0, soft = 0;
    float softest = 1, loudest = 0;
    for (uint32_t key = 0; key < DRAWS; key++) {
        oss_augment_view v = oss_augment_draw(&all, RATE, 7, key);
        double db = 20.0 * log10((double)v.gain);
        speeds += v.speed != 1.0;
        gains += v.gain != 1.0f;
        noises += v.noise != OSS_NOISE_NONE;
        pinks += v.noise == OSS_NOISE_PINK;
        slowest = fmin(slowest, v.speed);
        fastest = fmax(fastest, v.speed);
        speed_sum += v.speed == 1.0 ? 1.025 : v.speed; /* the middle of the range */
        low_db = fmin(low_db, db);
        high_db = fmax(high_db, db);
        low_snr = v.noise == OSS_NOISE_NONE ? low_snr : fmin(low_snr, v.snr_db);
        high_snr = v.noise == OSS_NOISE_NONE ? high_snr : fmax(high_snr, v.snr_db);
        longest_lead = v.lead_samples > longest_lead ? v.lead_samples : longest_lead;
        longest_tail = v.tail_samples > longest_tail ? v.tail_samples : longest_tail;
        tails += v.tail_samples > 0;
        soft += v.silence > 0;
        softest = v.silence > 0 ? fminf(softest, v.silence) : softest;
        loudest = fmaxf(loudest, v.silence);
        ck_assert_int_ge(v.lead_samples, 0);
    }
    assert_share(tails, 0.5, "silence");
    assert_share(soft, 0.25, "silence with noise");
    ck_assert_float_eq_tol(softest, 0.001f, 2e-5f);
    ck_assert_float_eq_tol(loudest, 0.0316f, 2e-4f);
    ck_assert_int_eq(longest_tail, 4000);
    assert_share(speeds, 0.7, "speed");
    assert_share(gains, 0.4, "gain");
    assert_share(noises, 0.6, "noise");
    assert_share(pinks, 0.3, "pink noise");
    ck_assert_double_eq_tol(slowest, 0.85, 0.001);
    ck_assert_double_eq_tol(fastest, 1.2, 0.001);
    ck_assert_double_eq_tol(speed_sum / (double)DRAWS, 1.025, 0.004);
    ck_assert_double_eq_tol(low_db, -8.0, 0.01);
    ck_assert_double_eq_tol(high_db, 8.0, 0.01);
    ck_assert_double_eq_tol(low_snr, 5.0, 0.01);
    ck_assert_double_eq_tol(high_snr, 25.0, 0.01);
    ck_assert_int_ge(longest_lead, 1280 + 3900);
    ck_assert_int_le(longest_lead, 1280 + 4000);
}
END_TEST

START_TEST(test_lengths_stay_within_bounds) {
    for (int64_t samples = 1; samples < 40000; samples = samples * 3 + 1) {
        for (uint32_t key = 0; key < 3000; key++) {
            oss_augment_view v = oss_augment_draw(&all, RATE, 3, key);
            int64_t length = oss_augment_length(&v, samples);
            ck_assert_int_le(length, oss_augment_longest(&all, RATE, samples));
            ck_assert_int_ge(length, oss_augment_shortest(&all, samples));
            ck_assert_int_ge(length, 1);
        }
    }
}
END_TEST

/* The same key gives the same bytes, another key, seed or nothing else gives others. */
START_TEST(test_a_view_is_a_function_of_its_key) {
    static float x[SAMPLES], first[MOST], again[MOST], work[MOST];
    const uint64_t seed[] = {1, 1, 1, 2, UINT64_C(1) << 40};
    const uint32_t key[] = {5, 5, 6, 5, 5};
    oss_augment_spec spec = all;
    spec.speed_prob = spec.gain_prob = spec.noise_prob = 1;
    oss_augment_kit *kit = make_kit(&spec);
    make_signal(x, SAMPLES);
    for (int i = 0; i < 5; i++) {
        oss_augment_view v = oss_augment_draw(&spec, RATE, seed[i], key[i]);
        oss_fill_garbage_f32(work, MOST);
        oss_fill_garbage_f32(i == 0 ? first : again, MOST);
        oss_augment_apply(i == 0 ? first : again, &v, x, SAMPLES, kit, NULL, work);
        if (i > 0) {
            ck_assert((memcmp(first, again, sizeof first) == 0) == (i == 1));
        }
    }
    oss_augment_kit_free(kit);
}
END_TEST

/* x may be the work space, or the body of y when the speed stays. */
START_TEST(test_in_place) {
    static float x[SAMPLES], want[MOST], y[MOST], work[MOST];
    oss_augment_spec spec = all;
    spec.gain_prob = spec.noise_prob = 1;
    oss_augment_kit *kit = make_kit(&spec);
    make_signal(x, SAMPLES);
    for (uint32_t key = 0; key < 20; key++) {
        oss_augment_view v = oss_augment_draw(&spec, RATE, 1, key);
        size_t bytes = (size_t)oss_augment_length(&v, SAMPLES) * sizeof *y;
        oss_augment_apply(want, &v, x, SAMPLES, kit, NULL, work);
        float *from = v.speed == 1.0 ? y + v.lead_samples : work;
        memcpy(from, x, sizeof x);
        oss_augment_apply(y, &v, from, SAMPLES, kit, NULL, work);
        ck_assert_mem_eq(y, want, bytes);
    }
    oss_augment_kit_free(kit);
}
END_TEST

static double power(const float *x, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

START_TEST(test_noise_has_its_snr) {
    static float x[SAMPLES], y[SAMPLES], work[SAMPLES], noise[SAMPLES];
    const oss_noise colour = _i % 2 == 0 ? OSS_NOISE_WHITE : OSS_NOISE_PINK;
    for (double snr_db = -10; snr_db <= 50; snr_db += 7.5) {
        make_signal(x, SAMPLES);
        memcpy(y, x, sizeof x);
        add_noise(y, SAMPLES, colour, snr_db, (uint32_t)_i, work);
        for (int i = 0; i < SAMPLES; i++) {
            noise[i] = y[i] - x[i];
        }
        double got = 10.0 * log10(power(x, SAMPLES) / power(noise, SAMPLES));
        ck_assert_msg(fabs(got - snr_db) < 0.01, "SNR %g dB, asked for %g", got, snr_db);
    }
}
END_TEST

START_TEST(test_silence_stays_silent) {
    float x[1000] = {0}, work[1000];
    add_noise(x, 1000, OSS_NOISE_PINK, 10, 1, work);
    for (int i = 0; i < 1000; i++) {
        ck_assert(x[i] == 0.0f);
    }
}
END_TEST

/* Power of y in an octave above `low` (cycles a sample): sums of a Hann-windowed discrete transform. */
static double measure_octave(const float *y, int32_t n, double low) {
    const double pi = 3.14159265358979323846;
    enum { LINES = 12 };
    double sum = 0;
    for (int line = 0; line < LINES; line++) {
        double w = 2.0 * pi * low * exp2((line + 0.5) / (double)LINES);
        double re = 0, im = 0;
        for (int32_t i = 0; i < n; i++) {
            double v = (double)y[i] * (0.5 - 0.5 * cos(2.0 * pi * i / n));
            re += v * cos(w * i);
            im += v * sin(w * i);
        }
        sum += (re * re + im * im) * w; /* lines lie apart in proportion to their frequency */
    }
    return sum;
}

/* White noise gains 3 dB from octave to octave, pink noise nothing. */
START_TEST(test_colours) {
    enum { OCTAVES = 6, RUNS = 16, LENGTH = 4096 };
    static float y[LENGTH], work[LENGTH];
    double octave[OCTAVES] = {0};
    oss_noise colour = _i == 0 ? OSS_NOISE_WHITE : OSS_NOISE_PINK;
    double slope_db = _i == 0 ? 3.0103 : 0.0;
    for (uint32_t run = 0; run < RUNS; run++) {
        memset(y, 0, sizeof y);
        y[LENGTH / 2] = 1e-9f; /* something for the noise to be measured against */
        add_noise(y, LENGTH, colour, -200, run, work);
        for (int o = 0; o < OCTAVES; o++) {
            octave[o] += measure_octave(y, LENGTH, 0.45 / exp2(OCTAVES - o));
        }
    }
    for (int o = 1; o < OCTAVES; o++) {
        double db = 10.0 * log10(octave[o] / octave[0]);
        ck_assert_msg(fabs(db - slope_db * o) < 1.5, "octave %d: %.2f dB, expected %.2f", o, db,
                      slope_db * o);
    }
}
END_TEST

START_TEST(test_gain_and_lead) {
    static float x[SAMPLES], y[MOST];
    make_signal(x, SAMPLES);
    oss_fill_garbage_f32(y, MOST);
    const oss_augment_view v = {.speed = 1, .gain = 0.5f, .lead_samples = 321};
    oss_augment_apply(y, &v, x, SAMPLES, NULL, NULL, NULL);
    ck_assert_int_eq(oss_augment_length(&v, SAMPLES), SAMPLES + 321);
    for (int i = 0; i < SAMPLES + 321; i++) {
        ck_assert(y[i] == (i < 321 ? 0.0f : 0.5f * x[i - 321]));
    }
}
END_TEST

/* Zeros, or noise as far below the recording as the view says, on both sides and not the same; the recording between them
 * keeps its bits. */
START_TEST(test_silence_around) {
    static float x[SAMPLES], y[MOST];
    enum { LEAD = 3000, TAIL = 5000 };
    make_signal(x, SAMPLES);
    double square = 0;
    for (int i = 0; i < SAMPLES; i++) {
        square += (double)x[i] * (double)x[i] / (double)SAMPLES;
    }
    for (int noisy = 0; noisy < 2; noisy++) {
        const oss_augment_view v = {.speed = 1,
                                    .gain = 1,
                                    .lead_samples = LEAD,
                                    .tail_samples = TAIL,
                                    .silence = noisy == 0 ? 0.0f : 0.01f};
        oss_fill_garbage_f32(y, MOST);
        ck_assert_int_eq(oss_augment_length(&v, SAMPLES), LEAD + SAMPLES + TAIL);
        oss_augment_apply(y, &v, x, SAMPLES, NULL, NULL, NULL);
        ck_assert_mem_eq(y + LEAD, x, sizeof x);
        double before = 0, behind = 0, together = 0;
        for (int i = 0; i < TAIL; i++) {
            double tail = (double)y[LEAD + SAMPLES + i];
            behind += tail * tail / (double)TAIL;
            before += i < LEAD ? (double)y[i] * (double)y[i] / (double)LEAD : 0.0;
            together += i < LEAD ? (double)y[i] * tail / (double)LEAD : 0.0;
        }
        ck_assert_double_eq_tol(sqrt(before / square), noisy * 0.01, 0.0005);
        ck_assert_double_eq_tol(sqrt(behind / square), noisy * 0.01, 0.0005);
        ck_assert_double_le(fabs(together), 0.1 * before);
    }
}
END_TEST

/* What was made louder than 1 is scaled as a whole; a recording that nothing was done to stays as it is. */
START_TEST(test_peak_is_limited) {
    static float x[SAMPLES], y[SAMPLES];
    make_signal(x, SAMPLES);
    const oss_augment_view louder = {.speed = 1, .gain = 8.0f};
    oss_augment_apply(y, &louder, x, SAMPLES, NULL, NULL, NULL);
    float scale = y[100] / x[100], peak = 0;
    for (int i = 0; i < SAMPLES; i++) {
        ck_assert_float_eq_tol(y[i], x[i] * scale, 1e-6f);
        peak = fmaxf(peak, fabsf(y[i]));
    }
    ck_assert_float_eq_tol(peak, 1.0f, 1e-6f);
    const oss_augment_view as_is = {.speed = 1, .gain = 1.0f};
    for (int i = 0; i < SAMPLES; i++) {
        x[i] *= 8.0f;
    }
    oss_augment_apply(y, &as_is, x, SAMPLES, NULL, NULL, NULL);
    ck_assert_mem_eq(x, y, sizeof x);
}
END_TEST

/* Kinds of noise in proportion to their chances; rooms and lines as often as configured. */
START_TEST(test_kinds_are_as_configured) {
    char folder[] = "unused";
    oss_augment_spec spec = all;
    spec.noise_prob = 1;
    spec.noise_white = 0;
    spec.noise_babble = 2;
    spec.noise_recorded = 5;
    spec.reverb_prob = 0.25;
    spec.reverb_rt60_min_s = 0.2;
    spec.reverb_rt60_max_s = 0.5;
    spec.reverb_drr_min_db = -3;
    spec.reverb_drr_max_db = 9;
    spec.telephone_prob = 0.4;
    spec.telephone_mulaw_prob = 0.5;
    for (int with_folder = 0; with_folder < 2; with_folder++) {
        int32_t kind[OSS_NOISE_RECORDED + 1] = {0}, rooms = 0, lines = 0, mu_laws = 0;
        spec.noise_dir = with_folder ? folder : NULL;
        for (uint32_t key = 0; key < DRAWS; key++) {
            oss_augment_view v = oss_augment_draw(&spec, RATE, 7, key);
            kind[v.noise]++;
            rooms += v.room == OSS_ROOM_SYNTHETIC;
            lines += v.telephone;
            mu_laws += v.mu_law;
            ck_assert(v.room == OSS_ROOM_NONE ||
                      (v.rt60_s >= 0.2 && v.rt60_s < 0.5 && v.drr_db >= -3 && v.drr_db < 9));
            ck_assert(v.telephone || !v.mu_law);
        }
        double sum = with_folder ? 8 : 3;
        assert_share(kind[OSS_NOISE_NONE] + kind[OSS_NOISE_WHITE], 0, "white noise");
        assert_share(kind[OSS_NOISE_PINK], 1 / sum, "pink noise");
        assert_share(kind[OSS_NOISE_BABBLE], 2 / sum, "babble");
        assert_share(kind[OSS_NOISE_RECORDED], with_folder ? 5 / sum : 0, "recorded noise");
        assert_share(rooms, 0.25, "rooms");
        assert_share(lines, 0.4, "telephones");
        assert_share(mu_laws, 0.2, "mu-law");
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("augment");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_off_is_identity);
    tcase_add_test(cases, test_draws_are_as_configured);
    tcase_add_test(cases, test_lengths_stay_within_bounds);
    tcase_add_test(cases, test_a_view_is_a_function_of_its_key);
    tcase_add_test(cases, test_in_place);
    tcase_add_loop_test(cases, test_noise_has_its_snr, 0, 4);
    tcase_add_test(cases, test_silence_stays_silent);
    tcase_add_loop_test(cases, test_colours, 0, 2);
    tcase_add_test(cases, test_gain_and_lead);
    tcase_add_test(cases, test_silence_around);
    tcase_add_test(cases, test_peak_is_limited);
    tcase_add_test(cases, test_kinds_are_as_configured);
    suite_add_tcase(suite, cases);
    return suite;
}
