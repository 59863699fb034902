/* The public recognizer and features: files against samples, what is refused, and every allocation and file
 * call made to fail. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "infer/recognizer_cases.h"
#include "support/faults.h"
#include "support/suite.h"

static oss_recognizer *open_recognizer(const place *p) {
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p->model, &(oss_recognizer_options){OSS_SIZE, .threads = 2}));
    return recognizer;
}

START_TEST(test_file_and_samples_agree) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = open_recognizer(&p);
    char *from_file = NULL, *from_samples = NULL;
    double seconds = 0;
    ok(oss_recognizer_transcribe_file(recognizer, p.wav, &from_file, &seconds));
    ok(oss_recognizer_transcribe_samples(recognizer, p.audio, SAMPLES, 16000, &from_samples));
    ck_assert_str_eq(from_file, from_samples);
    ck_assert_double_eq_tol(seconds, (double)SAMPLES / 16000.0, 1e-12);
    for (int what = OSS_OUTPUT_EMBEDDINGS; what <= OSS_OUTPUT_LOGITS; what++) {
        oss_matrix a = {0}, b = {0};
        ok(oss_recognizer_embed_file(recognizer, p.wav, (oss_output)what, &a));
        ok(oss_recognizer_embed_samples(recognizer, p.audio, SAMPLES, 16000, (oss_output)what, &b));
        ck_assert_int_eq(a.rows, b.rows);
        ck_assert_int_eq(a.columns, b.columns);
        ck_assert_mem_eq(a.value, b.value, (size_t)(a.rows * a.columns) * sizeof(float));
        oss_matrix_deinit(&a);
        ck_assert_ptr_null(a.value);
        oss_matrix_deinit(&b);
    }
    oss_string_free(from_file);
    oss_string_free(from_samples);
    oss_string_free(NULL);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(test_samples_at_another_rate) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_wav_write_f32(p.wav, p.audio, SAMPLES, 1, 8000);
    oss_recognizer *recognizer = open_recognizer(&p);
    oss_matrix a = {0}, b = {0};
    ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_EMBEDDINGS, &a));
    ok(oss_recognizer_embed_samples(recognizer, p.audio, SAMPLES, 8000, OSS_OUTPUT_EMBEDDINGS, &b));
    ck_assert_int_eq(a.rows, (1 + 2 * SAMPLES / 160 + 7) / 8);
    ck_assert_int_eq(a.rows, b.rows);
    ck_assert_mem_eq(a.value, b.value, (size_t)(a.rows * a.columns) * sizeof(float));
    oss_matrix_deinit(&a);
    oss_matrix_deinit(&b);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(test_info) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = open_recognizer(&p);
    oss_recognizer_info info = oss_recognizer_info_init();
    ok(oss_recognizer_get_info(recognizer, &info));
    ck_assert_int_eq(info.sample_rate_hz, 16000);
    ck_assert_double_eq(info.embedding_hz, 12.5);
    ck_assert_int_eq(info.embedding_width, 32);
    ck_assert_int_eq(info.projected_width, 20);
    ck_assert_int_eq(info.logit_rows, 2);
    ck_assert_int_eq(info.symbols, 11);
    ck_assert_str_eq(oss_recognizer_symbol(recognizer, 3), "a");
    ck_assert_ptr_null(oss_recognizer_symbol(recognizer, 11));
    ck_assert_ptr_null(oss_recognizer_symbol(recognizer, -1));
    ck_assert_str_eq(oss_version(), OSS_VERSION);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

/* Seconds become the nearest embeddings, a chunk at least one; before it: what is asked for, or everything. */
START_TEST(test_chunks) {
    static const struct {
        double chunk_seconds, left_seconds;
        int32_t chunk, left;
    } cases[] = {{0.0, 3.0, 0, 0},
                 {0.22, 0.0, 3, 0},
                 {0.01, 0.14, 1, 2},
                 {0.08, -1.0, 1, INT32_MAX},
                 {1e9, 1e9, 999, 0}};
    oss_network_sizes sizes = oss_network_micro(); /* 12.5 Hz; the audio gives 4 embeddings */
    place p = make_place(&sizes);
    oss_model *model = NULL;
    ok(oss_model_load(&model, p.model));
    oss_encoder *encoder = oss_case_encoder(model, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_recognizer_options options = {OSS_SIZE, .chunk_seconds = cases[i].chunk_seconds,
                                          .left_seconds = cases[i].left_seconds, .threads = 2};
        oss_recognizer *recognizer = NULL;
        oss_matrix got = {0};
        ok(oss_recognizer_create(&recognizer, p.model, &options));
        ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &got));
        oss_encoder_set_reach(encoder, cases[i].chunk, cases[i].left);
        oss_encoding want = oss_case_run(encoder, p.audio, SAMPLES);
        ck_assert_mem_eq(got.value, want.logits, (size_t)(got.rows * got.columns) * sizeof(float));
        oss_matrix_deinit(&got);
        oss_recognizer_free(recognizer);
    }
    oss_encoder_free(encoder);
    oss_model_free(model);
    free_place(&p);
}
END_TEST

START_TEST(test_refusals) {
    oss_network_sizes sizes = oss_network_micro();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = NULL;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, "/nowhere/m", NULL), OSS_EIO);
    ck_assert_int_eq(oss_recognizer_create(&recognizer, p.wav, NULL), OSS_EINPUT);
    ck_assert_int_eq(
        oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){OSS_SIZE, .threads = -1}),
        OSS_EUSAGE);
    ck_assert_int_eq(
        oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){OSS_SIZE, .threads = 5000}),
        OSS_EUSAGE);
    ck_assert_int_eq(
        oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){OSS_SIZE, .chunk_seconds = -1}),
        OSS_EUSAGE);
    ck_assert_int_eq(
        oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){OSS_SIZE, .left_seconds = NAN}),
        OSS_EUSAGE);
    ck_assert_int_eq(
        oss_recognizer_create(&recognizer, p.model,
                              &(oss_recognizer_options){OSS_SIZE, .precision = (oss_precision)3}),
        OSS_EUSAGE);
    ck_assert_ptr_null(recognizer);
    recognizer = open_recognizer(&p);
    char untouched[] = "untouched";
    char *text = untouched;
    oss_matrix matrix = {0};
    ck_assert_int_eq(oss_recognizer_transcribe_samples(recognizer, p.audio, 0, 16000, &text), OSS_EUSAGE);
    ck_assert_int_eq(oss_recognizer_transcribe_samples(recognizer, NULL, 5, 16000, &text), OSS_EUSAGE);
    ck_assert_int_eq(oss_recognizer_transcribe_samples(recognizer, p.audio, 5, 0, &text), OSS_EUSAGE);
    ck_assert_int_lt(oss_recognizer_transcribe_samples(recognizer, p.audio, 5, 100, &text), 0);
    p.audio[17] = NAN;
    ck_assert_int_eq(oss_recognizer_transcribe_samples(recognizer, p.audio, SAMPLES, 16000, &text),
                     OSS_EINPUT);
    ck_assert_int_lt(oss_recognizer_transcribe_file(recognizer, "/nowhere/x.wav", &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "/nowhere/x.wav"));
    ck_assert_int_eq(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_PROJECTED, &matrix), OSS_EUSAGE);
    ck_assert_int_eq(oss_recognizer_embed_file(recognizer, p.wav, (oss_output)77, &matrix), OSS_EUSAGE);
    ck_assert_ptr_eq(text, untouched);
    ck_assert_ptr_null(matrix.value);
    oss_recognizer_free(recognizer);
    oss_recognizer_free(NULL);
    oss_features_free(NULL);
    oss_matrix_deinit(NULL);
    free_place(&p);
}
END_TEST

/* Programs that were compiled with another version: a struct that is shorter than any, and one that is longer. */
START_TEST(test_sizes_of_structs) {
    struct {
        oss_recognizer_options known;
        uint64_t later[2];
    } newer = {.known = {.size = sizeof newer, .threads = 1}};
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = NULL;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){.threads = 1}),
                     OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "set it to sizeof(oss_recognizer_options)"));
    newer.later[1] = 1;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, p.model, &newer.known), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "does not have"));
    newer.later[1] = 0;
    ok(oss_recognizer_create(&recognizer, p.model, &newer.known));
    struct {
        oss_recognizer_info known;
        uint64_t later;
    } info = {.known = {.size = 0}, .later = 7};
    ck_assert_int_eq(oss_recognizer_get_info(recognizer, &info.known), OSS_EUSAGE);
    ck_assert_int_eq(info.known.symbols, 0);
    info.known.size = sizeof info;
    ok(oss_recognizer_get_info(recognizer, &info.known));
    ck_assert_uint_eq(info.known.size, sizeof info);
    ck_assert_int_eq(info.known.symbols, 11);
    ck_assert_uint_eq(info.later, 7);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(test_features_of_file_samples_and_model) {
    oss_network_sizes sizes = oss_network_micro();
    place p = make_place(&sizes);
    oss_features *plain = NULL, *models = NULL;
    ok(oss_features_create(&plain, NULL));
    ok(oss_features_create_from_model(&models, p.model));
    ck_assert_int_eq(oss_features_rate_hz(plain), 16000);
    oss_matrix a = {0}, b = {0}, c = {0};
    ok(oss_features_compute_file(plain, p.wav, &a));
    ok(oss_features_compute_samples(plain, p.audio, SAMPLES, 16000, &b));
    ok(oss_features_compute_file(models, p.wav, &c));
    ck_assert_int_eq(a.rows, 1 + SAMPLES / 160);
    ck_assert_int_eq(a.columns, 128);
    size_t bytes = (size_t)(a.rows * a.columns) * sizeof(float);
    ck_assert_mem_eq(a.value, b.value, bytes);
    ck_assert_mem_eq(a.value, c.value, bytes);
    /* What the encoder says it saw is the same. */
    oss_model *model = NULL;
    ok(oss_model_load(&model, p.model));
    oss_encoder *encoder = oss_case_encoder(model, 1);
    oss_encoding encoding = oss_case_run(encoder, p.audio, SAMPLES);
    ck_assert_mem_eq(a.value, encoding.features, bytes);
    oss_encoder_free(encoder);
    oss_model_free(model);
    oss_matrix_deinit(&a);
    oss_matrix_deinit(&b);
    oss_matrix_deinit(&c);
    oss_features_free(plain);
    oss_features_free(models);
    free_place(&p);
}
END_TEST

/* ---- Faults ---- */

/* A recognizer's whole life; frees everything whatever fails. */
static oss_status live(const place *p) {
    oss_recognizer *recognizer = NULL;
    char *text = NULL;
    oss_matrix matrix = {0};
    oss_scored_row scored = {0};
    const oss_reference row = {.path = p->wav, .text = "a b", .end_seconds = -1};
    oss_status status =
        oss_recognizer_create(&recognizer, p->model, &(oss_recognizer_options){OSS_SIZE, .threads = 1});
    if (status == OSS_OK) {
        status = oss_recognizer_transcribe_file(recognizer, p->wav, &text, NULL);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_embed_file(recognizer, p->wav, OSS_OUTPUT_LOGITS, &matrix);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_score(recognizer, &row, &scored);
    }
    oss_string_free(text);
    oss_matrix_deinit(&matrix);
    oss_scored_row_deinit(&scored);
    oss_recognizer_free(recognizer);
    return status;
}

static void fail_each(oss_call kind, int error_number, oss_status want) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    ok(live(&p));
    oss_faults_install();
    bool fired = true;
    int64_t failures = 0;
    for (int64_t nth = 1; fired; nth++) {
        oss_faults_fail(kind, nth, error_number);
        oss_status status = live(&p);
        fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? want : OSS_OK), "call %ld: %s: %s", (long)nth,
                      oss_status_name(status), oss_last_error());
        ck_assert_int_eq(oss_faults_blocks(), 0);
        failures += fired;
    }
    oss_faults_remove();
    ck_assert_int_gt(failures, 3);
    free_place(&p);
}

START_TEST(test_memory_runs_out) {
    fail_each(OSS_CALL_ANY_HEAP, ENOMEM, OSS_ENOMEM);
}
END_TEST

START_TEST(test_reading_fails) {
    fail_each(OSS_CALL_READ, EIO, OSS_EIO);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/recognizer");
    TCase *results = tcase_create("results");
    tcase_add_test(results, test_file_and_samples_agree);
    tcase_add_test(results, test_samples_at_another_rate);
    tcase_add_test(results, test_info);
    tcase_add_test(results, test_sizes_of_structs);
    tcase_add_test(results, test_features_of_file_samples_and_model);
    TCase *fails = tcase_create("fails");
    tcase_add_test(fails, test_refusals);
    tcase_add_test(fails, test_chunks);
    tcase_add_test(fails, test_memory_runs_out);
    tcase_add_test(fails, test_reading_fails);
    suite_add_tcase(suite, results);
    suite_add_tcase(suite, fails);
    return suite;
}
