/* y[sum T, bins] = features of B waveforms; saved: for each utterance what oss_mel_forward keeps in `stats`.
 * Backward recomputes the spectra from the waveforms: they are the largest arrays of the front end and cheap
 * to make. */
#include <string.h>

#include "kernel/lengths.h"
#include "base/contract.h"
#include "op/ops.h"
#include "op/seq_check.h"

typedef struct lengths {
    const int32_t *samples;
    int32_t hop_samples;
} lengths;

static int32_t count_frames(const void *context, int32_t b) {
    const lengths *l = context;
    return oss_len_mel_frames(l->samples[b], l->hop_samples);
}

static void *take_scratch(oss_tape *tape, const oss_mel_plan *plan) {
    return oss_tape_take(tape, oss_mel_scratch_bytes(plan), 1);
}

/* Floats of the statistics of the first `count` utterances, which lie one after the other. */
static size_t stats_floats(const oss_mel_plan *plan, oss_seq seq, int32_t count) {
    size_t bare = oss_mel_stats_floats(plan, 0);
    return (size_t)count * bare + oss_mel_stats_floats(plan, seq.start[count]) - bare;
}

static float *stats_of(float *stats, const oss_mel_plan *plan, oss_seq seq, int32_t b) {
    return stats == NULL ? NULL : stats + stats_floats(plan, seq, b);
}

static const oss_mel_plan *plan_of(const oss_mel_plan *plan, const oss_mel_plan *const *warped, int32_t b) {
    return warped == NULL || warped[b] == NULL ? plan : warped[b];
}

/* The waveforms are no tensors: their gradients are added to the caller's buffers. */
static void backward(oss_tape *tape, const oss_node *node) {
    const oss_mel_plan *plan = node->ref[0];
    const float *const *audio = node->ref[1];
    const int32_t *samples = node->ref[2];
    float *const *audio_grad = node->ref[3];
    const oss_mel_plan *const *warped = node->ref[4];
    void *scratch = take_scratch(tape, plan);
    int32_t bins = node->out->dim[1];
    for (int32_t b = 0; b < node->seq.count && oss_tape_live(tape); b++) {
        if (audio_grad[b] != NULL) {
            oss_mel_backward(plan_of(plan, warped, b), audio_grad[b],
                             oss_seq_rows(node->out->grad, node->seq, b, (size_t)bins),
                             oss_seq_rows(node->out->data, node->seq, b, (size_t)bins),
                             stats_of(node->saved, plan, node->seq, b), audio[b], samples[b], scratch);
        }
    }
}

static bool are_lengths(const int32_t *samples, int32_t utterances) {
    for (int32_t b = 0; b < utterances; b++) {
        if (samples[b] < 1) {
            return false;
        }
    }
    return true;
}

static const oss_op mel_op = {"mel", backward};

oss_tensor *oss_op_mel(oss_tape *tape, const oss_mel_plan *plan, const oss_mel_plan *const *warped,
                       const float *const *audio, const int32_t *samples, int32_t utterances,
                       float *const *audio_grad, oss_seq *out_seq) {
    OSS_CONTRACT(plan != NULL && samples != NULL && out_seq != NULL);
    OSS_CONTRACT(utterances > 0);
    OSS_CONTRACT(are_lengths(samples, utterances));
    const oss_mel_spec *spec = oss_mel_plan_spec(plan);
    oss_seq seq = oss_tape_seq(tape, utterances, count_frames, &(lengths){samples, spec->hop_samples});
    int32_t bins = spec->bins;
    oss_tensor *y =
        oss_tape_tensor(tape, 2, (const int32_t[]){seq.start[seq.count], bins}, audio_grad != NULL);
    float *stats =
        y->needs_grad ? oss_tape_take(tape, stats_floats(plan, seq, utterances), sizeof *stats) : NULL;
    size_t mark = oss_tape_mark(tape);
    void *scratch = take_scratch(tape, plan);
    for (int32_t b = 0; b < seq.count && oss_tape_live(tape); b++) {
        oss_mel_forward(plan_of(plan, warped, b), oss_seq_rows(y->data, seq, b, (size_t)bins),
                        stats_of(stats, plan, seq, b), audio[b], samples[b], scratch);
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &mel_op,
                                      .out = y,
                                      .seq = seq,
                                      .saved = stats,
                                      .ref = {plan, audio, samples, audio_grad, warped}});
    *out_seq = seq;
    return y;
}
