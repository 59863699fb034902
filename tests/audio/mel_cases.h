/* What the mel tests share. */
#ifndef OSS_TESTS_MEL_CASES_H
#define OSS_TESTS_MEL_CASES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mel.h"
#include "base/mem.h"
#include "kernel/lengths.h"
#include "support/fill.h"
#include "support/suite.h"

static const oss_mel_spec usual_spec = {.sample_rate_hz = 16000,
                                        .n_fft = 1024,
                                        .win_samples = 400,
                                        .hop_samples = 160,
                                        .bins = 128,
                                        .kind = OSS_MEL_POWER,
                                        .norm = OSS_MEL_NORM_UTTERANCE,
                                        .floor = 1e-6};

/* The names that scripts/golden/mel.py gives to what comes out. */
static const struct {
    const char *name;
    oss_mel_kind kind;
    oss_mel_norm norm;
} mel_kinds[] = {{"power", OSS_MEL_POWER, OSS_MEL_NORM_UTTERANCE},
                 {"none", OSS_MEL_LOG, OSS_MEL_NORM_NONE},
                 {"utterance", OSS_MEL_LOG, OSS_MEL_NORM_UTTERANCE},
                 {"fixed", OSS_MEL_LOG, OSS_MEL_NORM_FIXED},
                 {"speech", OSS_MEL_LOG, OSS_MEL_NORM_SPEECH}};

enum { MEL_POWER, MEL_NONE, MEL_UTTERANCE, MEL_FIXED, MEL_SPEECH, MEL_KINDS };

static inline oss_mel_plan *make_mel(const oss_mel_spec *spec) {
    oss_mel_plan *plan = NULL;
    ck_assert_msg(oss_mel_plan_create(&plan, spec) == OSS_OK, "%s", oss_last_error());
    return plan;
}

static inline oss_mel_plan *make_kind(int kind) {
    oss_mel_spec spec = usual_spec;
    spec.kind = mel_kinds[kind].kind;
    spec.norm = mel_kinds[kind].norm;
    return make_mel(&spec);
}

/* NaN in every float and double of it. */
static inline void *take_spoiled(size_t bytes) {
    void *block = oss_alloc_aligned(bytes, 1);
    ck_assert_ptr_nonnull(block);
    memset(block, 0xff, bytes);
    return block;
}

/* What forward and backward need for one utterance; y and stats hold NaN. */
typedef struct mel_run {
    int32_t frames, bins;
    float *y;     /* [frames,bins] */
    float *stats; /* [oss_mel_stats_floats] */
    void *scratch;
} mel_run;

static inline mel_run take_run(const oss_mel_plan *plan, int64_t samples) {
    mel_run run = {.frames = oss_len_mel_frames(samples, oss_mel_plan_spec(plan)->hop_samples),
                   .bins = oss_mel_plan_spec(plan)->bins};
    run.y = take_spoiled((size_t)run.frames * (size_t)run.bins * sizeof *run.y);
    run.stats = take_spoiled(oss_mel_stats_floats(plan, run.frames) * sizeof *run.stats);
    run.scratch = take_spoiled(oss_mel_scratch_bytes(plan));
    return run;
}

static inline mel_run run_forward(const oss_mel_plan *plan, const float *x, int64_t samples) {
    mel_run run = take_run(plan, samples);
    oss_mel_forward(plan, run.y, run.stats, x, samples, run.scratch);
    return run;
}

static inline void free_run(mel_run *run) {
    oss_free(run->y);
    oss_free(run->stats);
    oss_free(run->scratch);
}

/* Noise at most 0.5 loud, as the golden values' signal. */
static inline float *take_noise(int64_t samples) {
    float *x = malloc((size_t)samples * sizeof *x + 1);
    ck_assert_ptr_nonnull(x);
    oss_fill_f32(x, (size_t)samples, 1, 0.5);
    return x;
}

#endif
