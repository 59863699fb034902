/* The network of model/network.h as composition of ops, for training: mel -> stem -> projection -> position ->
 * blocks -> norm -> head -> CTC. Reads like the paper.
 *
 *     oss_tape_create(&tape, oss_net_tape_nodes(net));
 *     oss_arena_reserve(oss_tape_arena(tape), oss_net_measure(net, tape, &largest_input, true));
 *     oss_tape_reset(tape, true);                                       // every shard of every step
 *     status = oss_net_forward(net, tape, value, grad, frozen, &input, &output);
 *     oss_tape_backward(tape, output.loss, NULL);                       // fills grad
 *     status = oss_tape_status(tape);
 */
#ifndef OSS_NN_NET_H
#define OSS_NN_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/mel.h"
#include "model/config.h"
#include "model/params.h"
#include "op/ops.h"
#include "tape/tape.h"

/* One shard: B >= 1 utterances. Arrays are the caller's and must outlive the tape's reset. */
typedef struct oss_net_input {
    int32_t utterances; /* B */
    /* [B] waveforms at the model's rate; not read while measuring, may be NULL then */
    const float *const *audio;
    const int32_t *samples; /* [B], at least 1 each */
    /* [B] ids in 1..V-1; NULL: no loss. While measuring only NULL or not matters */
    const int32_t *const *label;
    const int32_t *labels; /* [B] */
    const uint32_t
        *utterance_id; /* [B] keys of dropout, masks, warps and chunks; may be NULL without these */
    uint64_t seed;
    uint32_t step;  /* keys of dropout, masks, warps and chunks */
    bool dropout;   /* false: none, nor stochastic depth, whatever the config says */
    bool spec_mask; /* the same for SpecAugment */
    bool warp;      /* the same for frequency warping */
    bool chunks;    /* the same for chunk_training */
    /* NULL, or [B]: gradient of the loss with respect to each waveform is added here. */
    float *const *audio_grad;
    const float *packed;        /* NULL, or what oss_net_pack made of the weights: the same numbers, sooner */
    const oss_ctc_prior *prior; /* of CTC after the last block; NULL: none */
    bool pairs; /* utterances 2i and 2i+1 are views of one, of the same length, keyed apart: loss of CR-CTC */
    bool add_gradient; /* weight gradients are added to what grad holds, not stored over it */
} oss_net_input;

typedef struct oss_net_output {
    oss_tensor *features;   /* [sum T, bins], before SpecAugment's masks */
    oss_tensor *embeddings; /* [N, d_model] after the last RMSNorm */
    oss_tensor *logits;     /* [N * k, V]; NULL without a head */
    oss_tensor *projected;  /* [N, projector_dim]; NULL without a projector, and while recording */
    oss_seq mel_seq;        /* T of each utterance */
    oss_seq frame_seq;      /* S of each utterance (rows of embeddings; times k: rows of logits) */
    /* Scalar: sum over utterances of nll_i / max(L_i, 1), infeasible ones left out; NULL without labels. While
     * recording with intermediate CTC (weight w): 1 - w times this, and w times the same of inter_nll. With
     * pairs: half of that, and oss_config_cr_ctc_weight of the step times the consistency loss (oss_op_consistency). */
    oss_tensor *loss;
    const double
        *nll; /* [B] nll_i, without priors; +inf infeasible, NaN when a logit is NaN; NULL without labels */
    const double *inter_nll; /* [B] the same of intermediate CTC; NULL without, and when not recording */
    double max_imbalance;    /* largest deviation of a frame's posterior sum from 1 */
} oss_net_output;

typedef struct oss_net oss_net; /* read-only after creation: threads share it, each with a tape of its own */

/* config, params and mel plan must outlive the net. vocab: rows of the head per sub-frame, 0: no head. */
oss_status oss_net_create(oss_net **out, const oss_config *config, const oss_params *params,
                          const oss_mel_plan *mel, int32_t vocab);
void oss_net_free(oss_net *net);

/* Nodes that a tape must have room for. */
int32_t oss_net_tape_nodes(const oss_net *net);

/* Forward on a reset tape. value[params->floats]; grad the same size, or NULL when not recording. Weight
 * gradients are stored into grad (or added: input->add_gradient) by oss_tape_backward(tape, out->loss, NULL);
 * entries that get none (frozen, projector, padding) are left alone. frozen[params->count] (may be NULL):
 * true entries get no gradient. Returns the tape's status. */
oss_status oss_net_forward(const oss_net *net, oss_tape *tape, const float *value, float *grad,
                           const bool *frozen, const oss_net_input *input, oss_net_output *out);

/* The weights as the products read them, for many forwards with the same weights.
 * packed[oss_net_packed_floats], 64-byte aligned; every task in [0, oss_net_pack_tasks) fills its part, in
 * any thread. */
size_t oss_net_packed_floats(const oss_net *net);
int32_t oss_net_pack_tasks(const oss_net *net);
void oss_net_pack(const oss_net *net, float *packed, const float *value, int32_t task);

/* Arena bytes that forward (and backward) of this input take with nothing frozen: runs the same code on the
 * tape's measurer. What `tape` itself holds is left alone. SIZE_MAX when the input is no input; the last
 * error says why. */
size_t oss_net_measure(const oss_net *net, oss_tape *tape, const oss_net_input *input, bool backward);

#endif
