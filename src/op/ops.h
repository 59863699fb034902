/* Every op: its equation, shapes and source. Each lives in a file of its own: shape rule, forward, backward, descriptor, in that order. All return the output
 * tensor; with a wrong shape they set the tape's status and return a tensor that later ops accept, so that a forward is checked once, at its end.
 * Where an op needs scratch it takes it from the tape's arena and gives it back. */
#ifndef OSS_OP_OPS_H
#define OSS_OP_OPS_H

#include "audio/mel.h"
#include "kernel/vec.h"
#include "tape/tape.h"

/* y[sum T, bins] from B waveforms (audio/mel.h). audio_grad: NULL, or [B] buffers to which the gradient is added. *out_seq gets T of each. */
oss_tensor *oss_op_mel(oss_tape *tape, const oss_mel_plan *plan, const float *const *audio, const int32_t *samples, int32_t utterances,
                       float *const *audio_grad, oss_seq *out_seq);

/* y[sum To, Fo, Co] = gelu(conv(x[sum T, F, Ci], w[Co,Ci,3,3]) + b[Co]), 3x3, stride 2, padding 1, per utterance (kernel/conv2d.h). */
oss_tensor *oss_op_conv2d_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b, oss_seq seq, oss_seq *out_seq);

/* y[N, Ch*F] from x[N, F, Ch]: column ch*F + f, the order in which PyTorch flattens [Ch, F]. */
oss_tensor *oss_op_flatten(oss_tape *tape, oss_tensor *x);

/* y[N,M] = x[N,K] w[M,K]^T + b[M] (b may be NULL) */
oss_tensor *oss_op_linear(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b);
oss_tensor *oss_op_gelu(oss_tape *tape, oss_tensor *x);
/* kernel/vec.h; w[C] */
oss_tensor *oss_op_rmsnorm(oss_tape *tape, oss_tensor *x, oss_tensor *w, float eps);
/* x[N,C] + sinusoidal position of each utterance, t from 0 */
oss_tensor *oss_op_sinusoidal(oss_tape *tape, oss_tensor *x, oss_seq seq);
/* qkv[N, 3*H*D] with q and k rotated */
oss_tensor *oss_op_rope(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads, double base);
/* Attention within each utterance: qkv[N,3*H*D] -> [N,H*D]; p: dropout on probabilities; utterance_id[B] keys the masks. */
oss_tensor *oss_op_attention(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads, float p, const oss_dropout_key *key,
                             const uint32_t *utterance_id);
/* y = x + dropout(h): residual connection; key->utterance comes from utterance_id[b], element index = t*C + c in the utterance. p 0: plain sum. */
oss_tensor *oss_op_residual(oss_tape *tape, oss_tensor *x, oss_tensor *h, oss_seq seq, float p, const oss_dropout_key *key,
                            const uint32_t *utterance_id);
/* Scalar loss = sum_b nll_b / max(L_b, 1) over feasible, finite utterances. logits[N*k,V]; seq counts frames before sub-frames, k sub-frames each.
 * *out_nll [B] and *out_imbalance: see nn/encoder.h. */
oss_tensor *oss_op_ctc(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k, const int32_t *const *label, const int32_t *labels,
                       const double **out_nll, double *out_imbalance);

#endif
