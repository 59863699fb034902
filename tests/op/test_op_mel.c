/* The op's own affairs: packing, the waveforms' gradients, memory. The features themselves:
 * tests/audio/test_mel.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/golden.h"
#include "support/gradcheck.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { UTTERANCES = 2 };

typedef struct bench {
    oss_mel_plan *plan;
    const oss_mel_plan *const *warped; /* NULL: none */
    oss_tape *tape;
    const float *audio[UTTERANCES];
    float *audio_grad[UTTERANCES];
    const int32_t *samples;
} bench;

static const char *const NAME[] = {"mel.log", "mel.power"};

static bench make_bench(const oss_golden *golden, int which) {
    const oss_mel_spec spec = {.sample_rate_hz = 16000,
                               .n_fft = 1024,
                               .win_samples = 400,
                               .hop_samples = 160,
                               .bins = 128,
                               .kind = which == 0 ? OSS_MEL_LOG : OSS_MEL_POWER,
                               .norm = OSS_MEL_NORM_UTTERANCE,
                               .floor = 1e-6};
    bench b = {0};
    ck_assert_int_eq(oss_mel_plan_create(&b.plan, &spec), OSS_OK);
    ck_assert_int_eq(oss_tape_create(&b.tape, 2), OSS_OK);
    b.samples = oss_golden_ints(golden, NAME[which], "samples", NULL);
    const float *audio = oss_golden_f32(golden, which == 0 ? "mel.log.in.0" : "mel.power.in.0", NULL);
    for (int32_t i = 0; i < UTTERANCES; i++) {
        b.audio[i] = audio;
        audio += b.samples[i];
        b.audio_grad[i] = calloc((size_t)b.samples[i], sizeof(float));
        ck_assert_ptr_nonnull(b.audio_grad[i]);
    }
    return b;
}

static void free_bench(bench *b) {
    for (int32_t i = 0; i < UTTERANCES; i++) {
        free(b->audio_grad[i]);
    }
    oss_tape_free(b->tape);
    oss_mel_plan_free(b->plan);
}

/* Forward, and backward when audio_grad is there. */
static const oss_tensor *run(const bench *b, oss_tape *tape, float *const *audio_grad,
                             const float *cotangent) {
    oss_seq seq;
    oss_tape_reset(tape, true);
    oss_tensor *y = oss_op_mel(tape, b->plan, b->warped, b->audio, b->samples, UTTERANCES, audio_grad, &seq);
    for (int32_t i = 0; i < UTTERANCES; i++) {
        ck_assert_int_eq(seq.start[i + 1] - seq.start[i], 1 + b->samples[i] / 160);
    }
    oss_tape_backward(tape, y, cotangent);
    ck_assert_msg(oss_tape_status(tape) == OSS_OK, "%s", oss_last_error());
    return y;
}

START_TEST(test_features_and_gradients) {
    oss_golden *golden = oss_golden_load("ops");
    bench b = make_bench(golden, _i);
    oss_gradcheck want = oss_gradcheck_from_golden(golden, NAME[_i], NULL, NULL);
    run(&b, oss_tape_measurer(b.tape), b.audio_grad, want.cotangent);
    size_t bytes = oss_tape_arena(oss_tape_measurer(b.tape))->peak_bytes;
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(b.tape), bytes), OSS_OK);
    const oss_tensor *y = run(&b, b.tape, b.audio_grad, want.cotangent);
    ck_assert_uint_eq(oss_tape_arena(b.tape)->peak_bytes, bytes);
    oss_assert_close_f32(y->data, want.want_out, oss_tensor_count(y), NAME[_i], 2e-6, INFINITY);
    const double *want_grad = want.input[0].want_grad;
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_assert_close_f32(b.audio_grad[i], want_grad, (size_t)b.samples[i], "gradient of a waveform", 1e-5,
                             INFINITY);
        want_grad += b.samples[i];
    }
    free_bench(&b);
    oss_golden_free(golden);
}
END_TEST

/* Gradients are added; a buffer may be missing; without buffers nothing is recorded, and forward keeps its
 * bits. */
START_TEST(test_gradient_buffers) {
    oss_golden *golden = oss_golden_load("ops");
    bench b = make_bench(golden, 0);
    const float *cotangent = oss_golden_f32(golden, "mel.log.cotangent", NULL);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(b.tape), 1 << 24), OSS_OK);
    run(&b, b.tape, b.audio_grad, cotangent);
    size_t count = (size_t)b.samples[1];
    double *want = malloc(count * sizeof *want);
    ck_assert_ptr_nonnull(want);
    for (size_t i = 0; i < count; i++) {
        want[i] = 3.0 + (double)b.audio_grad[1][i];
        b.audio_grad[1][i] = 3.0f;
    }
    float *const only_second[] = {NULL, b.audio_grad[1]};
    const oss_tensor *y = run(&b, b.tape, only_second, cotangent);
    oss_assert_close_f32(b.audio_grad[1], want, count, "added gradient", 1e-6, INFINITY);
    size_t features = oss_tensor_count(y);
    float *recorded = malloc(features * sizeof *recorded);
    ck_assert_ptr_nonnull(recorded);
    memcpy(recorded, y->data, features * sizeof *recorded);
    y = run(&b, b.tape, NULL, NULL);
    ck_assert_int_eq(oss_tape_nodes(b.tape), 0);
    ck_assert_mem_eq(recorded, y->data, features * sizeof *recorded);
    free(recorded);
    free(want);
    free_bench(&b);
    oss_golden_free(golden);
}
END_TEST

/* Flags of frames lie behind the statistics, so those of the second utterance begin where the first one's length says: packed
 * or alone, the same features and gradients. */
START_TEST(test_statistics_over_speech_of_packed_utterances) {
    enum { LONG = 6000 };
    const oss_mel_spec spec = {.sample_rate_hz = 16000,
                               .n_fft = 512,
                               .win_samples = 400,
                               .hop_samples = 160,
                               .bins = 20,
                               .kind = OSS_MEL_LOG,
                               .norm = OSS_MEL_NORM_SPEECH,
                               .floor = 1e-6};
    const int32_t samples[UTTERANCES] = {LONG, LONG - 1000};
    static float audio[UTTERANCES][LONG], grad[UTTERANCES][LONG], alone_grad[LONG];
    static float cotangent[2 * (1 + LONG / 160) * 20], y[2 * (1 + LONG / 160) * 20];
    bench b = {.samples = samples};
    ck_assert_int_eq(oss_mel_plan_create(&b.plan, &spec), OSS_OK);
    ck_assert_int_eq(oss_tape_create(&b.tape, 2), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(b.tape), 1 << 24), OSS_OK);
    oss_fill_f32(cotangent, sizeof cotangent / sizeof *cotangent, 7, 1.0);
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_fill_f32(audio[i], LONG, (uint64_t)i, 0.3);
        memset(audio[i] + 2000 + 500 * i, 0, 2000 * sizeof(float)); /* no speech */
        b.audio[i] = audio[i];
        b.audio_grad[i] = grad[i];
    }
    const oss_tensor *packed = run(&b, b.tape, b.audio_grad, cotangent);
    memcpy(y, packed->data, oss_tensor_count(packed) * sizeof *y);
    size_t first = 0;
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_seq seq;
        float *const alone_grads[] = {alone_grad};
        memset(alone_grad, 0, sizeof alone_grad);
        oss_tape_reset(b.tape, true);
        oss_tensor *alone = oss_op_mel(b.tape, b.plan, NULL, b.audio + i, samples + i, 1, alone_grads, &seq);
        ck_assert_mem_eq(alone->data, y + first, oss_tensor_count(alone) * sizeof *y);
        size_t count = oss_tensor_count(alone);
        oss_tape_backward(b.tape, alone, cotangent + first);
        ck_assert_mem_eq(alone_grad, grad[i], (size_t)samples[i] * sizeof(float));
        first += count;
    }
    oss_tape_free(b.tape);
    oss_mel_plan_free(b.plan);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_mel");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_features_and_gradients, 0, 2);
    tcase_add_test(tcase, test_gradient_buffers);
    tcase_add_test(tcase, test_statistics_over_speech_of_packed_utterances);
    suite_add_tcase(suite, tcase);
    return suite;
}
