/* Every op: its equation, shapes and source. Each lives in a file of its own: shape rule, forward, backward,
 * descriptor, in that order. All return the output tensor; with a wrong shape they set the tape's status and
 * return a tensor that later ops accept, so that a forward is checked once, at its end. Where an op needs
 * scratch it takes it from the tape's arena and gives it back. Arrays and plans passed in outlive the tape's
 * reset. */
#ifndef OSS_OP_OPS_H
#define OSS_OP_OPS_H

#include "audio/mel.h"
#include "augment/spec_mask.h"
#include "kernel/attention.h"
#include "kernel/vec.h"
#include "tape/tape.h"

/* Dropout at one place of the network: p in [0, 1), 0 switches it off; masks are keyed by seed, step, site
 * and utterance_id[b] (kernel/vec.h), so none depends on the place in a batch. */
typedef struct oss_dropout {
    float p;
    uint64_t seed;
    uint32_t step;
    uint32_t site;
    const uint32_t *utterance_id; /* [B]; NULL when p and skip_p are 0 */
    /* For residuals: probability in [0, 1) that an utterance's h is dropped as a whole, what is kept being
     * scaled by 1/(1 - skip_p): stochastic depth (Huang et al. 2016), drawn for each utterance. Residuals of
     * one skip_site drop the same utterances of a step. */
    float skip_p;
    uint32_t skip_site;
} oss_dropout;

/* y[sum T, bins] = features of B waveforms (audio/mel.h), samples[b] >= 1. warped: NULL, or [B] plans made from `plan`,
 * each for its utterance (an entry may be NULL: `plan`). audio_grad: NULL, or [B] buffers to which the gradient is added
 * (an entry may be NULL). *out_seq gets T of each. */
oss_tensor *oss_op_mel(oss_tape *tape, const oss_mel_plan *plan, const oss_mel_plan *const *warped,
                       const float *const *audio, const int32_t *samples, int32_t utterances,
                       float *const *audio_grad, oss_seq *out_seq);

/* SpecAugment on the features of each utterance; masks are keyed by seed, step and utterance_id[b], so none
 * depends on the place in a batch. */
typedef struct oss_spec_mask {
    const oss_mask_spec *spec;
    const uint32_t *utterance_id; /* [B] */
    float rate_hz;                /* frames per second */
    uint64_t seed;
    uint32_t step;
} oss_spec_mask;

/* y[sum T, bins] = x with the masked cells 0 (augment/spec_mask.h). */
oss_tensor *oss_op_spec_mask(oss_tape *tape, oss_tensor *x, oss_seq seq, const oss_spec_mask *m);

/* y[sum To, Fo, Co] = gelu(conv(x[sum T, F, Ci], w[Co,Ci,3,3]) + b[Co]), 3x3, stride 2, padding 1, each
 * utterance by itself (kernel/conv2d.h). x of rank 2, [sum T, F], has one channel. half: y has its data in
 * bf16 only (Co even), for a next convolution whose weight is of bf16. */
oss_tensor *oss_op_conv2d_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b, oss_seq seq,
                               oss_seq *out_seq, bool half);

/* y[N, Ch*F] from x[N, F, Ch]: column ch*F + f, the order in which PyTorch flattens [Ch, F]. */
oss_tensor *oss_op_flatten(oss_tape *tape, oss_tensor *x);

/* y[N,M] = x[N,K] w[M,K]^T + b[M] (b may be NULL) */
oss_tensor *oss_op_linear(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b);

/* y[N,M] = gelu(x[N,K] w[M,K]^T + b[M]): one pass over the output instead of three */
oss_tensor *oss_op_linear_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b);

/* y = x Phi(x), any shape (Hendrycks & Gimpel 2016, exact form) */
oss_tensor *oss_op_gelu(oss_tape *tape, oss_tensor *x);

/* y[r,c] = x[r,c] w[c] / sqrt(mean_c x[r,c]^2 + eps)  (Zhang & Sennrich 2019); x[N,C], w[C] */
oss_tensor *oss_op_rmsnorm(oss_tape *tape, oss_tensor *x, oss_tensor *w, float eps);

/* y[N,C] = x[N,C] + sinusoidal position (Vaswani et al. 2017), t from 0 in each utterance */
oss_tensor *oss_op_sinusoidal(oss_tape *tape, oss_tensor *x, oss_seq seq, double base);

/* The angles that oss_op_rope needs, cos and sin: [longest of seq, D/2, 2], from the arena; NULL while
 * measuring. One table serves all blocks. */
const float *oss_op_rope_table(oss_tape *tape, oss_seq seq, int32_t head_dim, double base);
/* y[N,3,H,D] = qkv with q and k of every head rotated by position (Su et al. 2021, half-split pairs), t from
 * 0 in each utterance. */
oss_tensor *oss_op_rope(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads, const float *table);

/* y[N,H*D] = attention within each utterance, qkv[N,3*H*D] (kernel/attention.h); dropout on the
 * probabilities. reach[B], or NULL when all see all. */
oss_tensor *oss_op_attention(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads,
                             const oss_attention_reach *reach, const oss_dropout *dropout);

/* y[N,C] = convolution over time of the values in qkv[N,3C], each channel by itself and within each utterance:
 * y[t,i] = sum_o w[i,0,o] v[t + o - K/2, i] over the frames that t sees (kernel/value_conv.h); w[C,1,K], K odd. */
oss_tensor *oss_op_value_conv(oss_tape *tape, oss_tensor *qkv, oss_tensor *w, oss_seq seq,
                              const oss_attention_reach *reach);

/* y[N,C] = x + dropout(h): a residual connection; element index of the mask: t*C + c within the utterance.
 * With skip_p: y = x, or x + dropout(h) / (1 - skip_p), for each utterance. */
oss_tensor *oss_op_residual(oss_tape *tape, oss_tensor *x, oss_tensor *h, oss_seq seq,
                            const oss_dropout *dropout);

/* What the loss knows besides the loss. */
typedef struct oss_ctc_report {
    const double
        *nll; /* [B] -ln p(labels_b); +inf when infeasible, NaN when a logit is NaN; from the arena */
    double max_imbalance; /* largest |posterior sum of a frame - 1|; 0 when not recording */
} oss_ctc_report;

/* What CTC is told about how frequent symbols are. */
typedef struct oss_ctc_prior {
    const float *shift; /* [V] weight times ln prior */
    double *sum;   /* [V] gets the posteriors of all rows of the utterances with a finite nll, added up */
    int64_t *rows; /* gets their number, added */
} oss_ctc_prior;

/* loss[] = sum over utterances with a finite nll_b of nll_b / max(L_b, 1): connectionist temporal
 * classification (Graves et al. 2006). logits[N*k, V] unnormalised; seq counts frames, k rows of logits each;
 * label[b] holds labels[b] ids in 1..V-1. The other utterances contribute nothing, to the loss and to the
 * gradient.
 *
 * prior: NULL, or what turns nll_b into -ln of the sum over paths of prod_t p_t(s) e^-shift(s), p = softmax of a row:
 * posteriors divided by priors, not normalised again, priors without gradient (Zeyer, Schlueter, Ney: "Why does CTC result
 * in peaky behavior?", 2021; Huang et al.: "Less peaky and more accurate CTC forced alignment by label priors", ICASSP
 * 2024). The nll of the report are those without. */
oss_tensor *oss_op_ctc(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k,
                       const int32_t *const *label, const int32_t *labels, const oss_ctc_prior *prior,
                       oss_ctc_report *out_report);

/* loss[] = sum over the pairs of utterances (0,1), (2,3)... of 1/2 mean over rows of both divergences between
 * their distributions, the first of each, the target, without gradient: consistency-regularised CTC (Yao et
 * al. 2024). logits[N*k, V] unnormalised; the two of a pair have the same length. */
oss_tensor *oss_op_consistency(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k);

/* y[] = a x[] + b z[]: two losses as one */
oss_tensor *oss_op_mix(oss_tape *tape, oss_tensor *x, float a, oss_tensor *z, float b);

#endif
