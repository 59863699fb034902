/* Recordings of more than a minute through the public recognizer: the same as in one piece where the model does not look
 * far, the same with any number of threads, right to the last sample. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "infer/recognizer_cases.h"
#include "infer/recognizer_state.h"
#include "support/suite.h"

enum { RATE = 16000, GRID = 1280, MINUTE = 60 * RATE };

/* Speech-like: loud and silent by turns of some tenths of a second. */
static float *make_recording(int32_t samples) {
    float *x = oss_case_audio(samples, 9);
    for (int32_t i = 0; i < samples; i++) {
        x[i] *= (i / 2900 % 17 * 7 % 5) == 0 ? 1e-4f : 0.5f + 0.02f * (float)(i / 4100 % 11);
    }
    return x;
}

/* What a model of limited reach looks at is within the context of a piece. */
static place make_near_sighted(oss_position position) {
    oss_network_sizes sizes = oss_case_sizes();
    sizes.position = position;
    sizes.power = true; /* features without statistics */
    return make_place(&sizes);
}

static oss_recognizer *open_with(const place *p, oss_recognizer_options options) {
    oss_recognizer *recognizer = NULL;
    options.size = sizeof options;
    ok(oss_recognizer_create(&recognizer, p->model, &options));
    return recognizer;
}

static oss_encoding run_whole(oss_encoder **out_encoder, const place *p, const float *x, int32_t samples,
                              int32_t chunk, int32_t left) {
    oss_model *model = NULL;
    ok(oss_model_load(&model, p->model));
    *out_encoder = oss_case_encoder(model, 2);
    oss_model_free(model);
    oss_encoder_set_reach(*out_encoder, chunk, left);
    return oss_case_run(*out_encoder, x, samples);
}

static const struct {
    oss_position position;
    int32_t chunk, left;
    double chunk_seconds, left_seconds;
    int32_t samples;
} reaches[] = {{OSS_POSITION_NONE, 4, 8, 0.32, 0.64, MINUTE + 12345},
               {OSS_POSITION_NONE, 3, 4, 0.24, 0.32, 2 * MINUTE + 1},
               {OSS_POSITION_NONE, 13, 0, 1.04, 0.0, MINUTE + 12345},
               {OSS_POSITION_NONE, 1, 0, 0.08, 0.0, 3 * MINUTE},
               {OSS_POSITION_NONE, 7, 40, 0.56, 3.2, 4 * MINUTE + 777},
               {OSS_POSITION_ROPE, 7, 40, 0.56, 3.2, 4 * MINUTE + 777}};

/* The bits of one pass; with rope, whose angles count from the beginning of what is encoded, to rounding. */
START_TEST(test_pieces_are_one_pass) {
    enum { OUTPUTS = 3 };
    place p = make_near_sighted(reaches[_i].position);
    int32_t samples = reaches[_i].samples;
    float *x = make_recording(samples);
    oss_encoder *encoder = NULL;
    oss_encoding want = run_whole(&encoder, &p, x, samples, reaches[_i].chunk, reaches[_i].left);
    const float *value[OUTPUTS] = {want.embeddings, want.projected, want.logits};
    const int64_t count[OUTPUTS] = {(int64_t)want.frames * want.width,
                                    (int64_t)want.frames * want.projected_width,
                                    (int64_t)want.logit_rows * want.vocab};
    oss_recognizer *recognizer =
        open_with(&p, (oss_recognizer_options){.threads = 2,
                                               .chunk_seconds = reaches[_i].chunk_seconds,
                                               .left_seconds = reaches[_i].left_seconds});
    for (int what = 0; what < OUTPUTS; what++) {
        oss_matrix got = {0};
        ok(oss_recognizer_embed_samples(recognizer, x, samples, RATE, (oss_output)what, &got));
        ck_assert_int_eq(got.rows * got.columns, count[what]);
        if (reaches[_i].position == OSS_POSITION_NONE) {
            ck_assert_mem_eq(got.value, value[what], (size_t)count[what] * sizeof(float));
        }
        for (int64_t i = 0; i < count[what]; i++) {
            ck_assert_float_eq_tol(got.value[i], value[what][i], 2e-3f);
        }
        oss_matrix_deinit(&got);
    }
    oss_recognizer_free(recognizer);
    oss_encoder_free(encoder);
    free(x);
    free_place(&p);
}
END_TEST

/* Up to a minute a recording is one piece; either side of it there is a row for every 80 ms that begin. */
START_TEST(test_around_a_minute) {
    static const int32_t more[] = {-GRID - 1, -1, 0, 1, 159, 160, GRID - 160, GRID - 1, GRID, 10 * RATE + 3};
    place p = make_near_sighted(OSS_POSITION_NONE);
    float *x = make_recording(2 * MINUTE);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2});
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        int32_t samples = MINUTE + more[i];
        oss_encoder *encoder = NULL;
        oss_encoding whole = run_whole(&encoder, &p, x, samples, 0, 0);
        oss_matrix got = {0};
        oss_transcript *transcript = NULL;
        ok(oss_recognizer_embed_samples(recognizer, x, samples, RATE, OSS_OUTPUT_LOGITS, &got));
        ck_assert_int_eq(got.rows, whole.logit_rows);
        bool same = memcmp(got.value, whole.logits, (size_t)(got.rows * got.columns) * sizeof(float)) == 0;
        ck_assert_int_eq(same, more[i] <= 0);
        ok(oss_recognizer_recognize_samples(recognizer, x, samples, RATE, &transcript));
        ck_assert_double_eq(transcript->audio_seconds, (double)samples / RATE);
        oss_transcript_free(transcript);
        oss_matrix_deinit(&got);
        oss_encoder_free(encoder);
    }
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

/* ---- Ways in and out ---- */

typedef struct rows {
    oss_gathered all;
    int32_t calls, wanted;
} rows;

static int32_t take_rows(void *context, const float *value, int32_t count, int32_t columns) {
    rows *r = context;
    r->calls++;
    ok(oss_gathered_add(&r->all, value, count, columns));
    return r->all.rows < r->wanted;
}

static void check_same(const oss_matrix *got, const oss_matrix *want) {
    ck_assert_int_eq(got->rows, want->rows);
    ck_assert_int_eq(got->columns, want->columns);
    ck_assert_mem_eq(got->value, want->value, (size_t)(want->rows * want->columns) * sizeof(float));
}

/* File and samples, one thread and three, all rows at once and piece by piece. */
START_TEST(test_ways_agree) {
    enum { LENGTH = 3 * MINUTE + 4321 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = make_recording(LENGTH);
    oss_wav_write_f32(p.wav, x, LENGTH, 1, RATE);
    oss_matrix want = {0};
    char *want_text = NULL;
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 1});
    ok(oss_recognizer_embed_samples(recognizer, x, LENGTH, RATE, OSS_OUTPUT_LOGITS, &want));
    ok(oss_recognizer_transcribe_samples(recognizer, x, LENGTH, RATE, &want_text));
    oss_recognizer_free(recognizer);
    for (int32_t threads = 1; threads <= 3; threads++) {
        oss_matrix got = {0};
        char *text = NULL;
        double seconds = 0;
        rows pieces = {.wanted = INT32_MAX}, some = {.wanted = 1000};
        recognizer = open_with(&p, (oss_recognizer_options){.threads = threads});
        ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &got));
        check_same(&got, &want);
        oss_matrix_deinit(&got);
        ok(oss_recognizer_transcribe_file(recognizer, p.wav, &text, &seconds));
        ck_assert_str_eq(text, want_text);
        ck_assert_double_eq(seconds, (double)LENGTH / RATE);
        oss_string_free(text);
        ok(oss_recognizer_embed_file_to(recognizer, p.wav, OSS_OUTPUT_LOGITS, take_rows, &pieces));
        check_same(
            &(oss_matrix){.value = pieces.all.value, .rows = pieces.all.rows, .columns = pieces.all.columns},
            &want);
        ck_assert_int_ge(pieces.calls, 7);
        ok(oss_recognizer_embed_file_to(recognizer, p.wav, OSS_OUTPUT_LOGITS, take_rows, &some));
        ck_assert_int_ge(some.all.rows, 1000);
        ck_assert_int_lt(some.all.rows, 2000);
        ck_assert_mem_eq(some.all.value, want.value, (size_t)(some.all.rows * want.columns) * sizeof(float));
        oss_free(pieces.all.value);
        oss_free(some.all.value);
        oss_recognizer_free(recognizer);
    }
    oss_string_free(want_text);
    oss_matrix_deinit(&want);
    free(x);
    free_place(&p);
}
END_TEST

/* What is at the end of a long recording is heard, but for the first half minute, as it is heard alone: bit for bit. */
START_TEST(test_the_end_alone) {
    enum { LENGTH = 6 * MINUTE, FRONT = LENGTH / 2 / GRID * GRID };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = make_recording(LENGTH);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2});
    oss_matrix all = {0}, alone = {0};
    ok(oss_recognizer_embed_samples(recognizer, x, LENGTH, RATE, OSS_OUTPUT_EMBEDDINGS, &all));
    ok(oss_recognizer_embed_samples(recognizer, x + FRONT, LENGTH - FRONT, RATE, OSS_OUTPUT_EMBEDDINGS,
                                    &alone));
    ck_assert_int_eq(all.rows - alone.rows, FRONT / GRID);
    size_t same = (size_t)alone.rows - 30 * RATE / GRID, row = (size_t)all.columns;
    ck_assert_mem_eq(all.value + ((size_t)all.rows - same) * row,
                     alone.value + ((size_t)alone.rows - same) * row, same * row * sizeof(float));
    oss_matrix_deinit(&all);
    oss_matrix_deinit(&alone);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

/* A row of a dataset is heard as transcribing hears it. */
START_TEST(test_rows_are_heard_as_files) {
    enum { LENGTH = 2 * MINUTE + 99 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = make_recording(LENGTH);
    oss_wav_write_f32(p.wav, x, LENGTH, 1, RATE);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2});
    const oss_reference reference = {.path = p.wav, .end_seconds = -1, .text = "a b"};
    oss_scored_row row;
    char *text = NULL;
    ok(oss_recognizer_transcribe_file(recognizer, p.wav, &text, NULL));
    ok(oss_recognizer_score(recognizer, &reference, &row));
    ck_assert_str_eq(row.hypothesis, text);
    ck_assert_double_eq(row.audio_seconds, (double)LENGTH / RATE);
    ck_assert_int_eq(row.score.frames_given, 2 * ((1 + LENGTH / 160 + 7) / 8));
    ck_assert(isfinite(row.score.nll));
    oss_scored_row_deinit(&row);
    oss_string_free(text);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

/* ---- What goes wrong, and what is quiet ---- */

START_TEST(test_not_finite_in_the_middle) {
    enum { LENGTH = 3 * MINUTE, AT = 2 * MINUTE + 16000 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = make_recording(LENGTH);
    x[AT] = NAN;
    oss_wav_write_f32(p.wav, x, LENGTH, 1, RATE);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2});
    char *text = NULL;
    oss_matrix matrix = {0};
    ck_assert_int_eq(oss_recognizer_transcribe_file(recognizer, p.wav, &text, NULL), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), p.wav));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "not a number at frame 1936000 (121.000 s)"));
    ck_assert_int_eq(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &matrix), OSS_EINPUT);
    ck_assert(text == NULL && matrix.value == NULL);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

/* Taken as far as it goes: what the samples before give. */
START_TEST(test_cut_off) {
    enum { LENGTH = 3 * MINUTE, LOST = 70000 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = make_recording(LENGTH);
    oss_wav_write_f32(p.wav, x, LENGTH, 1, RATE);
    long bytes = 0;
    char *all = oss_tempdir_read(p.wav, &bytes);
    oss_tempdir_write(p.wav, all, bytes - 4L * LOST);
    free(all);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2, .allow_truncated = 1});
    char *got = NULL, *want = NULL;
    double seconds = 0;
    ok(oss_recognizer_transcribe_file(recognizer, p.wav, &got, &seconds));
    ck_assert_int_eq(oss_recognizer_was_cut_off(recognizer), 1);
    ck_assert_double_eq(seconds, (double)(LENGTH - LOST) / RATE);
    ok(oss_recognizer_transcribe_samples(recognizer, x, LENGTH - LOST, RATE, &want));
    ck_assert_str_eq(got, want);
    oss_string_free(got);
    oss_string_free(want);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

START_TEST(test_silence) {
    enum { LENGTH = 4 * MINUTE };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = oss_exact_floats(LENGTH);
    memset(x, 0, LENGTH * sizeof *x);
    oss_recognizer *recognizer = open_with(&p, (oss_recognizer_options){.threads = 2});
    oss_matrix got = {0};
    ok(oss_recognizer_embed_samples(recognizer, x, LENGTH, RATE, OSS_OUTPUT_EMBEDDINGS, &got));
    ck_assert_int_eq(got.rows, (1 + LENGTH / 160 + 7) / 8);
    for (int64_t i = 0; i < got.rows * got.columns; i++) {
        ck_assert(isfinite(got.value[i]));
    }
    oss_matrix_deinit(&got);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

/* A quiet half is raised whatever the other half is like, and the loud one keeps its bits. */
START_TEST(test_levels_are_of_a_piece) {
    enum { LENGTH = 6 * MINUTE, HALF = LENGTH / 2 };
    static const float quiet = 1e-3f;
    place p = make_near_sighted(OSS_POSITION_NONE);
    float *x = make_recording(LENGTH);
    for (int32_t i = HALF; i < LENGTH; i++) {
        x[i] *= quiet;
    }
    oss_recognizer *raises = open_with(&p, (oss_recognizer_options){.threads = 2});
    oss_recognizer *keeps = open_with(&p, (oss_recognizer_options){.threads = 2, .keep_level = 1});
    oss_matrix raised = {0}, kept = {0};
    ok(oss_recognizer_embed_samples(raises, x, LENGTH, RATE, OSS_OUTPUT_LOGITS, &raised));
    ok(oss_recognizer_embed_samples(keeps, x, LENGTH, RATE, OSS_OUTPUT_LOGITS, &kept));
    size_t row = (size_t)kept.columns * sizeof(float), near_half = (size_t)(HALF / GRID) * 2;
    ck_assert_mem_eq(raised.value, kept.value, (near_half - 2 * 313 - 40) * row);
    for (int64_t i = kept.rows - 1000; i < kept.rows; i++) {
        ck_assert(memcmp(raised.value + i * kept.columns, kept.value + i * kept.columns, row) != 0);
    }
    oss_matrix_deinit(&raised);
    oss_matrix_deinit(&kept);
    oss_recognizer_free(raises);
    oss_recognizer_free(keeps);
    free(x);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/long");
    TCase *results = tcase_create("results");
    tcase_set_timeout(results, 240);
    tcase_add_loop_test(results, test_pieces_are_one_pass, 0, sizeof reaches / sizeof *reaches);
    tcase_add_test(results, test_around_a_minute);
    tcase_add_test(results, test_ways_agree);
    tcase_add_test(results, test_the_end_alone);
    tcase_add_test(results, test_rows_are_heard_as_files);
    TCase *others = tcase_create("others");
    tcase_set_timeout(others, 240);
    tcase_add_test(others, test_not_finite_in_the_middle);
    tcase_add_test(others, test_cut_off);
    tcase_add_test(others, test_silence);
    tcase_add_test(others, test_levels_are_of_a_piece);
    suite_add_tcase(suite, results);
    suite_add_tcase(suite, others);
    return suite;
}
