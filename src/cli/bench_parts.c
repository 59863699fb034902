/* The clock and the made-up data of `ossicle bench`, and its two small parts: features and CTC. */
#include <math.h>
#include <stdlib.h>

#include "audio/mel.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "cli/bench_internal.h"
#include "kernel/ctc.h"
#include "kernel/lengths.h"
#include "kernel/noise.h"
#include "model/sizes.h"

enum { WARM_UP_RUNS = 2, BENCH_SECONDS = 8, SEED = 1 };

/* Long enough for the system to give each new thread a processor of its own, which takes it tens of
 * milliseconds. */
static const double WARM_UP_SECONDS = 0.3;

static int compare_times(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double oss_bench_time(const oss_bench_setup *setup, void (*work)(void *context), void *context) {
    double time[OSS_BENCH_MAX_RUNS], began = oss_clock_seconds();
    for (int32_t i = 0; i < WARM_UP_RUNS || oss_clock_seconds() - began < WARM_UP_SECONDS; i++) {
        work(context);
    }
    for (int32_t i = 0; i < setup->runs; i++) {
        double before = oss_clock_seconds();
        work(context);
        time[i] = oss_clock_seconds() - before;
    }
    qsort(time, (size_t)setup->runs, sizeof time[0], compare_times);
    int32_t middle = setup->runs / 2;
    return 1e3 * (setup->runs % 2 == 1 ? time[middle] : (time[middle - 1] + time[middle]) / 2);
}

void oss_bench_fill_audio(float *audio, int64_t samples, uint32_t number) {
    static const double syllable_samples = 4000.0;
    oss_k_white_noise(audio, (size_t)samples, SEED, OSS_RNG_NOISE, number);
    for (int64_t i = 0; i < samples; i++) {
        double phase = (double)i / syllable_samples;
        audio[i] *= (float)(0.02 + 0.1 * fabs(sin(phase)));
    }
}

void oss_bench_fill_labels(int32_t *label, int32_t count, int32_t vocab, uint32_t number) {
    int32_t units = vocab - 2;
    for (int32_t i = 0; i < count; i++) {
        int32_t drawn = (int32_t)(oss_rng_u64(SEED, OSS_RNG_SAMPLING, (uint64_t)i, number) % (uint64_t)units);
        label[i] = 2 + drawn;
        if (i > 0 && label[i] == label[i - 1]) {
            label[i] = 2 + (drawn + 1) % units;
        }
    }
}

/* ---- log-mel of one utterance, one thread ---- */

typedef struct mel_work {
    oss_mel_plan *plan;
    float *audio, *features;
    void *scratch;
    int64_t samples;
} mel_work;

static void run_mel(void *context) {
    const mel_work *work = context;
    oss_mel_forward(work->plan, work->features, NULL, work->audio, work->samples, work->scratch);
}

/* A real transform of n samples costs 2.5 n log2 n; window, powers, two bins a filter and the logarithm add
 * to it. */
static double count_mel_flop(const oss_mel_spec *spec, int32_t frames) {
    double n = spec->n_fft, lines = n / 2 + 1;
    return frames * (2.5 * n * log2(n) + spec->win_samples + 3 * lines + 4 * lines + 3.0 * spec->bins);
}

oss_status oss_bench_mel(const oss_bench_setup *setup, oss_bench_part *out) {
    const oss_mel_spec *spec = &setup->model->config.mel;
    mel_work work = {.samples = (int64_t)BENCH_SECONDS * spec->sample_rate_hz};
    int32_t frames = oss_len_mel_frames(work.samples, spec->hop_samples);
    oss_status status = oss_mel_plan_create(&work.plan, spec);
    if (status == OSS_OK) {
        work.audio = oss_alloc_aligned((size_t)work.samples, sizeof *work.audio);
        work.features = oss_alloc_aligned((size_t)frames * (size_t)spec->bins, sizeof *work.features);
        work.scratch = oss_alloc_aligned(oss_mel_scratch_bytes(work.plan), 1);
        status = work.audio == NULL || work.features == NULL || work.scratch == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        oss_bench_fill_audio(work.audio, work.samples, 0);
        out->cases = 1;
        out->item[0] = (oss_bench_case){.utterances = 1,
                                        .seconds = BENCH_SECONDS,
                                        .flop = count_mel_flop(spec, frames),
                                        .median_ms = oss_bench_time(setup, run_mel, &work)};
    }
    oss_mel_plan_free(work.plan);
    oss_free(work.audio);
    oss_free(work.features);
    oss_free(work.scratch);
    return status;
}

/* ---- CTC, loss and gradient, of one utterance in one thread ---- */

typedef struct ctc_work {
    float *logits, *gradient;
    void *scratch;
    int32_t *label;
    int32_t frames, vocab, labels;
} ctc_work;

static void run_ctc(void *context) {
    const ctc_work *work = context;
    (void)oss_k_ctc(work->gradient, work->logits, work->frames, work->vocab, work->label, work->labels, 1.0,
                    work->scratch);
}

/* Softmax and its gradient: 6 a logit; alpha, beta and the posterior: 4 + 4 + 3 a state. */
static double count_ctc_flop(const ctc_work *work) {
    return work->frames * (6.0 * work->vocab + 11.0 * (2 * work->labels + 1));
}

oss_status oss_bench_ctc(const oss_bench_setup *setup, oss_bench_part *out) {
    const oss_model_config *config = &setup->model->config;
    ctc_work work = {.frames =
                         oss_sizes_ctc_frames(config, (int64_t)BENCH_SECONDS * config->mel.sample_rate_hz),
                     .vocab = oss_vocab_size(setup->model->vocab),
                     .labels = BENCH_SECONDS * OSS_BENCH_LABELS_A_SECOND_X2 / 2};
    size_t count = (size_t)work.frames * (size_t)work.vocab;
    work.logits = oss_alloc_aligned(count, sizeof *work.logits);
    work.gradient = oss_alloc_aligned(count, sizeof *work.gradient);
    work.label = oss_alloc((size_t)work.labels, sizeof *work.label);
    work.scratch = oss_alloc_aligned(oss_k_ctc_scratch_bytes(work.frames, work.vocab, work.labels), 1);
    oss_status status = OSS_ENOMEM;
    if (work.logits != NULL && work.gradient != NULL && work.label != NULL && work.scratch != NULL) {
        oss_k_white_noise(work.logits, count, SEED, OSS_RNG_NOISE, 0);
        oss_bench_fill_labels(work.label, work.labels, work.vocab, 0);
        out->cases = 1;
        out->item[0] = (oss_bench_case){.utterances = 1,
                                        .seconds = BENCH_SECONDS,
                                        .flop = count_ctc_flop(&work),
                                        .median_ms = oss_bench_time(setup, run_ctc, &work)};
        status = OSS_OK;
    }
    oss_free(work.logits);
    oss_free(work.gradient);
    oss_free(work.label);
    oss_free(work.scratch);
    return status;
}
