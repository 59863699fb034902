/* Recognizers that share one model: any number of threads, any order of freeing, the bits of one that is alone; models from
 * memory; and calls that are stopped. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "infer/recognizer_cases.h"
#include "support/faults.h"
#include "support/suite.h"

enum { THREADS = 16, CLIPS = 5, LONGEST = 40000 };

static oss_recognizer *open_recognizer(const place *p, int32_t threads) {
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p->model, &(oss_recognizer_options){OSS_SIZE, .threads = threads}));
    return recognizer;
}

/* ---- Many threads ---- */

static const int32_t clip_samples[CLIPS] = {LONGEST, 1601, 16000, 399, 30011};

typedef struct listener {
    pthread_t thread;
    oss_recognizer *own;
    const float *audio;
    oss_matrix heard[CLIPS];
    char *text[CLIPS];
    oss_status status;
} listener;

static void *listen_to_clips(void *context) {
    listener *l = context;
    for (int i = 0; i < CLIPS && l->status == OSS_OK; i++) {
        l->status = oss_recognizer_embed_samples(l->own, l->audio, clip_samples[i], 16000, OSS_OUTPUT_LOGITS,
                                                 &l->heard[i]);
        if (l->status == OSS_OK) {
            l->status =
                oss_recognizer_transcribe_samples(l->own, l->audio, clip_samples[i], 16000, &l->text[i]);
        }
    }
    oss_recognizer_free(l->own);
    return NULL;
}

static void free_listener(listener *l) {
    for (int i = 0; i < CLIPS; i++) {
        oss_matrix_deinit(&l->heard[i]);
        oss_string_free(l->text[i]);
    }
}

static void check_heard(const listener *got, const listener *want) {
    ck_assert_int_eq(got->status, OSS_OK);
    for (int i = 0; i < CLIPS; i++) {
        size_t count = (size_t)want->heard[i].rows * (size_t)want->heard[i].columns;
        ck_assert_int_eq(got->heard[i].rows, want->heard[i].rows);
        ck_assert_mem_eq(got->heard[i].value, want->heard[i].value, count * sizeof(float));
        ck_assert_str_eq(got->text[i], want->text[i]);
    }
}

/* The first recognizer ends before any sibling does, and a sibling's sibling is as good as one. */
START_TEST(test_threads_share_a_model) {
    oss_network_sizes sizes = oss_case_sizes();
    sizes.position = (oss_position)_i; /* each has tables of another kind, or none */
    place p = make_place(&sizes);
    float *audio = oss_case_audio(LONGEST, 9);
    oss_recognizer *first = open_recognizer(&p, 2);
    listener alone = {.own = open_recognizer(&p, 1), .audio = audio}, many[THREADS] = {0};
    (void)listen_to_clips(&alone);
    for (int i = 0; i < THREADS; i++) {
        many[i].audio = audio;
        ok(oss_recognizer_create_sibling(&many[i].own, i == 0 ? first : many[i / 2].own));
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&many[i].thread, NULL, listen_to_clips, &many[i]), 0);
    }
    oss_recognizer_free(first);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(many[i].thread, NULL), 0);
        check_heard(&many[i], &alone);
        free_listener(&many[i]);
    }
    free_listener(&alone);
    free(audio);
    free_place(&p);
}
END_TEST

/* A sibling has the options of the other: chunks, levels, files that break off. */
START_TEST(test_siblings_have_the_options) {
    oss_network_sizes sizes = oss_network_micro();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = NULL, *sibling = NULL;
    oss_recognizer_options options = {OSS_SIZE, .chunk_seconds = 0.08, .left_seconds = 0.08,
                                      .allow_truncated = 1};
    oss_matrix a = {0}, b = {0};
    ok(oss_recognizer_create(&recognizer, p.model, &options));
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &a));
    oss_recognizer_free(recognizer);
    ok(oss_recognizer_embed_file(sibling, p.wav, OSS_OUTPUT_LOGITS, &b));
    ck_assert_mem_eq(a.value, b.value, (size_t)(a.rows * a.columns) * sizeof(float));
    oss_matrix_deinit(&b);
    long bytes = 0;
    char *wav = oss_tempdir_read(p.wav, &bytes);
    oss_tempdir_write(p.wav, wav, bytes - 1000);
    ok(oss_recognizer_embed_file(sibling, p.wav, OSS_OUTPUT_LOGITS, &b));
    ck_assert_int_eq(oss_recognizer_was_cut_off(sibling), 1);
    free(wav);
    oss_matrix_deinit(&a);
    oss_matrix_deinit(&b);
    oss_recognizer_free(sibling);
    free_place(&p);
}
END_TEST

/* ---- What a sibling costs ---- */

static oss_sys_heap real_heap;
static size_t taken_bytes;

static void *count_alloc(size_t alignment, size_t bytes) {
    taken_bytes += bytes;
    return real_heap.alloc(alignment, bytes);
}

/* No weights, no vocabulary, no tables: a few hundred bytes. */
START_TEST(test_a_sibling_costs_little) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = open_recognizer(&p, 1), *sibling = NULL;
    real_heap = oss_heap;
    oss_heap.alloc = count_alloc;
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    oss_heap = real_heap;
    ck_assert_uint_gt(taken_bytes, 0);
    ck_assert_uint_lt(taken_bytes, 4096);
    oss_recognizer_free(recognizer);
    oss_recognizer_free(sibling);
    free_place(&p);
}
END_TEST

static oss_status share(const place *p) {
    oss_recognizer *recognizer = NULL, *sibling = NULL;
    long bytes = 0;
    char *file = oss_tempdir_read(p->model, &bytes);
    oss_status status = oss_recognizer_create_memory(&recognizer, file, (size_t)bytes, NULL,
                                                     &(oss_recognizer_options){OSS_SIZE, .threads = 1});
    free(file);
    if (status == OSS_OK) {
        status = oss_recognizer_create_sibling(&sibling, recognizer);
    }
    oss_recognizer_free(recognizer);
    oss_recognizer_free(sibling);
    return status;
}

START_TEST(test_memory_runs_out) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_faults_install();
    bool fired = true;
    int64_t failures = 0;
    for (int64_t nth = 1; fired; nth++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
        oss_status status = share(&p);
        fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? OSS_ENOMEM : OSS_OK), "call %ld: %s", (long)nth, oss_last_error());
        ck_assert_int_eq(oss_faults_blocks(), 0);
        failures += fired;
    }
    oss_faults_remove();
    ck_assert_int_gt(failures, 3);
    free_place(&p);
}
END_TEST

/* ---- From memory ---- */

START_TEST(test_model_from_memory) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    long bytes = 0;
    char *file = oss_tempdir_read(p.model, &bytes);
    oss_recognizer *recognizer = open_recognizer(&p, 1), *same = NULL, *none = NULL;
    oss_recognizer_options options = oss_recognizer_options_init();
    options.threads = 1;
    ok(oss_recognizer_create_memory(&same, file, (size_t)bytes, "built in", &options));
    ck_assert_int_eq(oss_recognizer_create_memory(&none, file, (size_t)bytes - 1, "built in", &options),
                     OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "built in"));
    ck_assert_int_eq(oss_recognizer_create_memory(&none, file, 0, NULL, NULL), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "the model"));
    options.threads = -1;
    ck_assert_int_eq(oss_recognizer_create_memory(&none, file, (size_t)bytes, NULL, &options), OSS_EUSAGE);
    ck_assert_ptr_null(none);
    memset(file, 0, (size_t)bytes);
    free(file);
    oss_matrix a = {0}, b = {0};
    ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &a));
    ok(oss_recognizer_embed_file(same, p.wav, OSS_OUTPUT_LOGITS, &b));
    ck_assert_mem_eq(a.value, b.value, (size_t)(a.rows * a.columns) * sizeof(float));
    oss_matrix_deinit(&a);
    oss_matrix_deinit(&b);
    oss_recognizer_free(recognizer);
    oss_recognizer_free(same);
    free_place(&p);
}
END_TEST

/* ---- Stopping ---- */

/* Stops its recognizer when a stage is first told of. */
typedef struct stopper {
    oss_recognizer *recognizer;
    oss_stage stage;
    int told[2];
} stopper;

static void stop_at(void *context, oss_stage stage, double fraction) {
    stopper *s = context;
    (void)fraction;
    s->told[stage]++;
    if (stage == s->stage) {
        oss_recognizer_cancel(s->recognizer);
    }
}

static char *hear_again(oss_recognizer *recognizer, const char *path) {
    char *text = NULL;
    ok(oss_recognizer_transcribe_file(recognizer, path, &text, NULL));
    return text;
}

/* In whichever stage: it ends at once, says so in one line, leaves the result alone, and hears as well as ever after. */
START_TEST(test_cancel_while_it_runs) {
    enum { LONG = 600000 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *audio = oss_case_audio(LONG, 5);
    oss_wav_write_f32(p.wav, audio, LONG, 1, 16000);
    oss_recognizer *recognizer = open_recognizer(&p, 1 + _i / 2), *sibling = NULL;
    char *want = hear_again(recognizer, p.wav), *text = want;
    stopper s = {.recognizer = recognizer, .stage = (oss_stage)(_i % 2)};
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    oss_recognizer_set_progress(recognizer, stop_at, &s);
    ck_assert_int_eq(oss_recognizer_transcribe_file(recognizer, p.wav, &text, NULL), OSS_ESTOPPED);
    ck_assert_ptr_eq(text, want);
    char message[4096];
    (void)snprintf(message, sizeof message, "%s: stopped on request", p.wav);
    ck_assert_str_eq(oss_last_error(), message);
    if (s.stage == OSS_STAGE_READING) {
        ck_assert_int_eq(s.told[OSS_STAGE_READING], 1);
        ck_assert_int_eq(s.told[OSS_STAGE_ENCODING], 0);
    }
    oss_recognizer_set_progress(recognizer, NULL, NULL);
    char *other = hear_again(sibling, p.wav), *again = hear_again(recognizer, p.wav);
    ck_assert_str_eq(other, want);
    ck_assert_str_eq(again, want);
    oss_string_free(other);
    oss_string_free(again);
    oss_string_free(want);
    oss_recognizer_free(sibling);
    oss_recognizer_free(recognizer);
    free(audio);
    free_place(&p);
}
END_TEST

static oss_recognizer *signalled;

static void cancel_on_signal(int number) {
    (void)number;
    oss_recognizer_cancel(signalled);
}

/* A wish that finds no call is for the next one, once, however often it was made. */
START_TEST(test_cancel_before_a_call) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    signalled = open_recognizer(&p, 2);
    struct sigaction action = {.sa_handler = cancel_on_signal}, before;
    ck_assert_int_eq(sigaction(SIGUSR1, &action, &before), 0);
    oss_matrix matrix = {0};
    for (int round = 0; round < 2; round++) {
        (void)raise(SIGUSR1);
        oss_recognizer_cancel(signalled);
        oss_status status = round == 0
                                ? oss_recognizer_embed_file(signalled, p.wav, OSS_OUTPUT_LOGITS, &matrix)
                                : oss_recognizer_embed_samples(signalled, p.audio, SAMPLES, 16000,
                                                               OSS_OUTPUT_LOGITS, &matrix);
        ck_assert_int_eq(status, OSS_ESTOPPED);
        ck_assert_ptr_null(matrix.value);
        ok(oss_recognizer_embed_file(signalled, p.wav, OSS_OUTPUT_LOGITS, &matrix));
        oss_matrix_deinit(&matrix);
    }
    (void)sigaction(SIGUSR1, &before, NULL);
    oss_recognizer_free(signalled);
    free_place(&p);
}
END_TEST

static void *cancel_all(void *context) {
    oss_recognizer *const *recognizer = context;
    for (int i = 0; i < 4; i++) {
        oss_recognizer_cancel(recognizer[i]);
    }
    return NULL;
}

/* From another thread, whenever it comes: each recognizer ends one call, and one only. */
START_TEST(test_cancel_from_another_thread) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *all[4] = {open_recognizer(&p, 2)};
    for (int i = 1; i < 4; i++) {
        ok(oss_recognizer_create_sibling(&all[i], all[0]));
    }
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_all, (void *)all), 0);
    for (int i = 0; i < 4; i++) {
        oss_matrix matrix = {0};
        oss_status status = OSS_OK;
        while (status == OSS_OK) { /* the wish may not have been made yet */
            oss_matrix_deinit(&matrix);
            status =
                oss_recognizer_embed_samples(all[i], p.audio, SAMPLES, 16000, OSS_OUTPUT_LOGITS, &matrix);
        }
        ck_assert_int_eq(status, OSS_ESTOPPED);
        ck_assert_ptr_null(matrix.value);
        ok(oss_recognizer_embed_samples(all[i], p.audio, SAMPLES, 16000, OSS_OUTPUT_LOGITS, &matrix));
        oss_matrix_deinit(&matrix);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 4; i++) {
        oss_recognizer_free(all[i]);
    }
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/recognizer_shared");
    TCase *tests = tcase_create("shared");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_threads_share_a_model, 0, 3);
    tcase_add_test(tests, test_siblings_have_the_options);
    tcase_add_test(tests, test_a_sibling_costs_little);
    tcase_add_test(tests, test_memory_runs_out);
    tcase_add_test(tests, test_model_from_memory);
    tcase_add_loop_test(tests, test_cancel_while_it_runs, 0, 4);
    tcase_add_test(tests, test_cancel_before_a_call);
    tcase_add_test(tests, test_cancel_from_another_thread);
    suite_add_tcase(suite, tests);
    return suite;
}
