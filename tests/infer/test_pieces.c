/* Where recordings are cut: pieces that follow on each other, whatever gives the samples and in what portions. */
#include <stdlib.h>
#include <string.h>

#include "infer/encoder_cases.h"
#include "infer/pieces.h"
#include "support/suite.h"

enum { GRID = 10, WHOLE = 900 };
static const oss_piece_plan plan = {
    .whole_samples = WHOLE, .grid = GRID, .step = 1, .least = 20, .most = 50, .before = 7, .after = 5};

/* sample[samples], at most `portion` at a time; fails at `fails_at`. */
typedef struct tape {
    const float *sample;
    int64_t samples, at, portion, fails_at;
} tape;

static oss_status read_tape(void *context, float *x, int64_t most, int64_t *out_samples) {
    tape *t = context;
    ck_assert_int_ge(most, 1);
    if (t->fails_at >= 0 && t->at >= t->fails_at) {
        return OSS_EIO;
    }
    int64_t left = t->samples - t->at;
    int64_t count = most < t->portion ? most : t->portion;
    count = count < left ? count : left;
    memcpy(x, t->sample + t->at, (size_t)count * sizeof *x);
    t->at += count;
    *out_samples = count;
    return OSS_OK;
}

static float *make_sound(int64_t samples) {
    float *x = oss_case_audio((int32_t)samples, 11);
    for (int64_t i = 0; i < samples; i++) { /* loud and less loud */
        x[i] *= 0.2f + (float)(i / 130 % 7);
    }
    return x;
}

typedef struct cuts {
    int64_t begin[200];
    int32_t count;
} cuts;

static void check_piece(const oss_piece *p, const oss_piece_plan *by, const float *sample, int64_t samples) {
    int64_t grid = by->grid, end = p->begin + p->core;
    ck_assert_int_eq(p->begin % (grid * by->step), 0);
    ck_assert_int_eq(p->last, end == samples);
    ck_assert_int_eq(p->whole, p->core == samples);
    if (!p->whole) {
        ck_assert_int_ge(p->core, by->least * grid);
        ck_assert_int_le(p->core, by->most * grid);
        ck_assert(p->last || p->core % (grid * by->step) == 0);
    }
    ck_assert_int_eq(p->context, p->begin < by->before * grid ? p->begin : by->before * grid);
    int64_t behind = samples - end < by->after * grid ? samples - end : by->after * grid;
    ck_assert_int_eq(p->samples, p->context + p->core + behind);
    ck_assert_mem_eq(p->sample, sample + p->begin - p->context, (size_t)p->samples * sizeof *sample);
}

/* All pieces, each as it must be. */
static cuts cut(const oss_piece_plan *by, const float *sample, int64_t samples, int64_t portion) {
    tape t = {.sample = sample, .samples = samples, .portion = portion, .fails_at = -1};
    cuts found = {.count = 0};
    oss_pieces *pieces = NULL;
    oss_piece piece = {0};
    int64_t at = 0;
    ok(oss_pieces_create(&pieces, by, (oss_audio_pull){.read = read_tape, .context = &t}));
    while (!piece.last) {
        ok(oss_pieces_next(pieces, &piece));
        ck_assert_int_eq(piece.begin, at);
        check_piece(&piece, by, sample, samples);
        ck_assert_int_ge(oss_pieces_pulled(pieces), piece.begin - piece.context + piece.samples);
        memset(piece.sample, 0x7f, (size_t)piece.samples * sizeof *sample); /* it is the taker's */
        found.begin[found.count++] = at;
        at += piece.core;
    }
    ck_assert_int_eq(at, samples);
    oss_pieces_free(pieces);
    return found;
}

/* Every length around the ends of what is one piece, and around what makes one piece more. */
START_TEST(test_pieces_follow_on_each_other) {
    enum { MOST = 6000 };
    float *x = make_sound(MOST);
    for (int64_t samples = 1; samples <= MOST; samples += samples < 40 || samples > 850 ? 1 : 97) {
        cuts found = cut(&plan, x, samples, 100000);
        ck_assert(samples <= WHOLE ? found.count == 1 : found.count > 1);
        samples += samples > 1000 ? 17 : 0;
    }
    free(x);
}
END_TEST

/* The same places, however few samples come at a time. */
START_TEST(test_portions_do_not_matter) {
    enum { SAMPLES = 5003 };
    float *x = make_sound(SAMPLES);
    cuts want = cut(&plan, x, SAMPLES, 100000);
    static const int64_t portions[] = {1, 7, 333, 901};
    for (size_t i = 0; i < sizeof portions / sizeof *portions; i++) {
        cuts got = cut(&plan, x, SAMPLES, portions[i]);
        ck_assert_mem_eq(&got, &want, sizeof got);
    }
    free(x);
}
END_TEST

/* In the middle of the one pause of each range. */
START_TEST(test_cuts_lie_in_pauses) {
    enum { SAMPLES = 2000, PAUSE = 437, PAUSE_SAMPLES = 66 };
    float *x = make_sound(SAMPLES);
    for (int i = 0; i < PAUSE_SAMPLES; i++) {
        x[PAUSE + i] *= 1e-3f;
    }
    cuts found = cut(&plan, x, SAMPLES, 5000);
    ck_assert_int_ge(found.begin[1], PAUSE + 20);
    ck_assert_int_le(found.begin[1], PAUSE + PAUSE_SAMPLES - 20);
    free(x);
}
END_TEST

/* A recording behind another is cut, before long, where it is cut alone. */
START_TEST(test_cuts_find_each_other) {
    enum { SAMPLES = 20000 };
    float *x = make_sound(SAMPLES);
    for (int64_t front = 1000; front < 1700; front += 10) {
        cuts all = cut(&plan, x, SAMPLES, 5000), alone = cut(&plan, x + front, SAMPLES - front, 5000);
        int32_t i = 0, j = 0;
        while (all.begin[i] != alone.begin[j] + front && i < all.count && j < alone.count) {
            bool behind = all.begin[i] < alone.begin[j] + front;
            i += behind;
            j += !behind;
        }
        ck_assert_int_lt(j, 8);
        ck_assert_int_eq(all.count - i, alone.count - j);
        for (; j < alone.count; j++, i++) {
            ck_assert_int_eq(all.begin[i], alone.begin[j] + front);
        }
    }
    free(x);
}
END_TEST

START_TEST(test_silence_is_cut_into_long_pieces) {
    enum { SAMPLES = 5000 };
    float *x = oss_exact_floats(SAMPLES);
    memset(x, 0, SAMPLES * sizeof *x);
    cuts found = cut(&plan, x, SAMPLES, 5000);
    ck_assert_int_eq(found.count, 10);
    free(x);
}
END_TEST

START_TEST(test_failures_and_nothing) {
    enum { SAMPLES = 4000 };
    float *x = make_sound(SAMPLES);
    oss_pieces *pieces = NULL;
    oss_piece piece = {0};
    tape t = {.sample = x, .samples = SAMPLES, .portion = 100, .fails_at = 2000};
    ok(oss_pieces_create(&pieces, &plan, (oss_audio_pull){.read = read_tape, .context = &t}));
    oss_status status = OSS_OK;
    int32_t count = -1;
    for (; status == OSS_OK; count++) {
        status = oss_pieces_next(pieces, &piece);
    }
    ck_assert_int_eq(status, OSS_EIO);
    ck_assert_int_ge(count, 1);
    oss_pieces_free(pieces);
    t = (tape){.sample = x, .samples = 0, .portion = 100, .fails_at = -1};
    ok(oss_pieces_create(&pieces, &plan, (oss_audio_pull){.read = read_tape, .context = &t}));
    ok(oss_pieces_next(pieces, &piece));
    ck_assert(piece.whole && piece.last && piece.samples == 0);
    oss_pieces_free(pieces);
    oss_pieces_free(NULL);
    free(x);
}
END_TEST

/* Chunks are kept whole, and what they see is there; long ones, and all that came before, are not. */
START_TEST(test_plans_for_chunks) {
    static const struct {
        oss_attention_reach reach;
        int32_t step, before;
    } cases[] = {
        {{.chunk = 0, .left = 0}, 1, 20},
        {{.chunk = 4, .left = 8}, 4, 36}, /* 4 blocks of 8, and two that see the edge, in whole chunks */
        {{.chunk = 4, .left = 5}, 4, 32}, /* 5, 8 + 5, 16 + 5, 24 + 5; 30 */
        {{.chunk = 1, .left = 0}, 1, 2},
        {{.chunk = 1, .left = INT32_MAX}, 1, 375},
        {{.chunk = 62, .left = 0}, 62, 62},
        {{.chunk = 64, .left = 0}, 1, 20},
        {{.chunk = INT32_MAX, .left = INT32_MAX}, 1, 20}};
    oss_config *config = NULL;
    ok(oss_config_create(&config));
    ck_assert_int_eq(config->model.n_layers, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_piece_plan got = oss_piece_plan_for(&config->model, &cases[i].reach);
        ck_assert_int_eq(got.step, cases[i].step);
        ck_assert_int_eq(got.before, cases[i].before);
    }
    for (int32_t chunk = 0; chunk < 70; chunk++) {
        const oss_attention_reach reach = {.chunk = chunk, .left = chunk};
        oss_piece_plan got = oss_piece_plan_for(&config->model, &reach);
        ck_assert_int_eq(got.grid, 1280);
        ck_assert_int_eq(got.whole_samples, 60 * 16000);
        ck_assert_int_eq(got.least % got.step + got.most % got.step + got.before % got.step, 0);
        ck_assert_int_le(2 * got.least, got.most);
        ck_assert_int_le(got.after, got.least);
        ck_assert_int_le((int64_t)got.most * got.grid, got.whole_samples);
    }
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/pieces");
    TCase *tests = tcase_create("pieces");
    tcase_add_test(tests, test_pieces_follow_on_each_other);
    tcase_add_test(tests, test_portions_do_not_matter);
    tcase_add_test(tests, test_cuts_lie_in_pauses);
    tcase_add_test(tests, test_cuts_find_each_other);
    tcase_add_test(tests, test_silence_is_cut_into_long_pieces);
    tcase_add_test(tests, test_failures_and_nothing);
    tcase_add_test(tests, test_plans_for_chunks);
    suite_add_tcase(suite, tests);
    return suite;
}
