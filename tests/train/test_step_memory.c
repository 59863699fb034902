/* What a step of the usual network takes: bounded by the longest utterance, not by how many there are. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/rng.h"
#include "support/faults.h"
#include "support/network.h"
#include "support/runs.h"
#include "support/suite.h"

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined SANITIZED && (defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { RATE_HZ = 16000, MOST = 256 };

typedef struct fixture {
    oss_test_runs runs;
    oss_config *config;
    oss_train_request request;
    char run[512];
    oss_session session;
} fixture;

/* The network of configs/audio_enc_tiny.json. */
static void make(fixture *f) {
    static const char *const setting[] = {"mel_bins=128", "n_fft=1024", "conv_channels=64", "d_model=192",
                                          "n_heads=3",    "d_ff=768",   "n_layers=4"};
    const oss_tones tones = {.rows = 3, .seed = 2, .min_letters = 2, .max_letters = 3};
    oss_test_runs_make(&f->runs, &tones);
    f->config = oss_test_runs_config(
        &f->runs, "\"dev_fraction\": 0, \"threads\": 2, \"dropout\": 0.1, \"grad_shards\": 16");
    for (size_t i = 0; i < sizeof setting / sizeof setting[0]; i++) {
        ck_assert_int_eq(oss_config_set(f->config, setting[i]), OSS_OK);
    }
    snprintf(f->run, sizeof f->run, "%s/run", f->runs.folder);
    f->request = (oss_train_request){.config = f->config, .run = f->run};
    oss_status status = oss_session_init(&f->session, &f->request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
}

static void clear(fixture *f) {
    oss_session_deinit(&f->session);
    oss_config_free(f->config);
    oss_test_runs_remove(&f->runs);
}

/* Bytes that each thread's arena has once a batch of utterances of this length is planned. Never shrinks. */
static double reserve(fixture *f, int32_t utterances, int32_t seconds) {
    oss_batch_item item[MOST];
    int32_t first[2] = {0, utterances};
    for (int32_t i = 0; i < utterances; i++) {
        item[i] = (oss_batch_item){.samples = seconds * RATE_HZ};
    }
    const oss_epoch_plan plan = {.items = utterances, .batches = 1, .item = item, .first = first};
    oss_status status = oss_step_reserve(f->session.step, &f->session.data.train, &plan);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return (double)f->session.workers.arena_bytes;
}

START_TEST(test_arena_grows_with_the_longest_utterance_only) {
    fixture f;
    make(&f);
    double few = reserve(&f, 16, 8);
    printf("arena: 8 s %.1f MiB", few / 1048576);
    ck_assert_double_le(few, 30.0 * 1048576);
    ck_assert_double_eq(reserve(&f, 256, 8), few);
    ck_assert_double_le(reserve(&f, 256, 1), few * 10.24 / 8 * 1.02); /* a full part */
    double longest = reserve(&f, 4, 30);
    printf(", 30 s %.1f MiB\n", longest / 1048576);
    ck_assert_double_le(longest, few * 30 / 8 * 1.02);
    clear(&f);
}
END_TEST

/* utterances x 8 s of noise through one whole step. */
static oss_step_result run_step(fixture *f, int32_t utterances) {
    enum { SAMPLES = 8 * RATE_HZ };
    float *audio = malloc(sizeof *audio * SAMPLES);
    ck_assert_ptr_nonnull(audio);
    for (int32_t i = 0; i < SAMPLES; i++) {
        audio[i] = (float)(oss_rng_u64(1, OSS_RNG_TEST, (uint64_t)i, 0) % 1000) * 1e-4f;
    }
    const oss_row *row[MOST];
    const float *waveform[MOST];
    const int32_t *label[MOST];
    int32_t first_row[MOST + 1], samples[MOST], labels[MOST];
    uint32_t key[MOST];
    for (int32_t i = 0; i < utterances; i++) {
        row[i] = &f->session.data.train.row[0];
        first_row[i] = i;
        waveform[i] = audio;
        samples[i] = SAMPLES;
        label[i] = row[i]->label;
        labels[i] = row[i]->labels;
        key[i] = (uint32_t)i;
    }
    first_row[utterances] = utterances;
    const oss_micro_batch batch = {.utterances = utterances,
                                   .row = row,
                                   .first_row = first_row,
                                   .key = key,
                                   .audio = waveform,
                                   .samples = samples,
                                   .label = label,
                                   .labels = labels,
                                   .total_samples = (int64_t)utterances * SAMPLES};
    oss_step_result result;
    oss_step_begin(f->session.step, 1);
    ck_assert_int_eq(oss_step_accumulate(f->session.step, &batch), OSS_OK);
    oss_step_finish(f->session.step, 1e-4, 1, &result);
    free(audio);
    return result;
}

/* Two arenas of 28 MiB, 16 + 5 blocks of 8 MiB; the rest is the process. */
START_TEST(test_resident_memory_of_a_step) {
    fixture f;
    make(&f);
    (void)reserve(&f, 16, 8);
    ck_assert_ptr_null(run_step(&f, 16).skipped);
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    printf("16 x 8 s: %.0f MiB resident at most\n", (double)usage.ru_maxrss / 1024);
    ck_assert(SANITIZED || usage.ru_maxrss <= 300 * 1024);
    clear(&f);
}
END_TEST

/* Measuring takes a little of the heap itself. */
START_TEST(test_short_memory_while_measuring_is_no_bug) {
    const oss_network_sizes sizes = oss_network_micro();
    oss_network *network = oss_network_create(&sizes, 1, (const int32_t[]){8000}, (const int32_t[]){3});
    const oss_workers workers = {.threads = 1, .net = network->net, .tape = &network->tape};
    int64_t failed = 0;
    oss_faults_install();
    for (bool fired = true; fired;) {
        size_t bytes = 0;
        oss_faults_fail(OSS_CALL_ANY_HEAP, ++failed, 0);
        oss_status status = oss_workers_measure(&workers, &network->input, true, &bytes);
        fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? OSS_ENOMEM : OSS_OK), "call %d: %s: %s", (int)failed,
                      oss_status_name(status), oss_last_error());
    }
    ck_assert_int_gt(failed, 1);
    oss_faults_remove();
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("step memory");
    TCase *all = tcase_create("memory");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_arena_grows_with_the_longest_utterance_only);
    tcase_add_test(all, test_resident_memory_of_a_step);
    tcase_add_test(all, test_short_memory_while_measuring_is_no_bug);
    suite_add_tcase(suite, all);
    return suite;
}
