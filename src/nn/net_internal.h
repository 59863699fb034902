/* The inside of net.h, which the files of this folder share: layers with their parameters, and the state of one
 * forward. */
#ifndef OSS_NN_NET_INTERNAL_H
#define OSS_NN_NET_INTERNAL_H

#include "nn/net.h"
#include "op/ops.h"

/* A layer with its weight and bias in the weight table; bias NULL: none. pack, pack_back: places of the
 * weight in a block that oss_net_pack fills, when is_packed. */
typedef struct oss_net_layer {
    oss_layer what;
    const oss_param *weight, *bias;
    bool is_packed; /* it has products, and training runs it */
    size_t pack, pack_back;
} oss_net_layer;

struct oss_net {
    const oss_config *config;
    const oss_params *params;
    const oss_mel_plan *mel;
    oss_mel_plan *warp[OSS_WARPS]; /* of each factor; NULL: mel itself, and all are when warping is off */
    int32_t vocab;                 /* 0: no head */
    int32_t convs, layers;
    oss_net_layer *layer; /* [layers], in the order of model/network.h */
    size_t packed_floats;
};

/* Parameters that a forward may use more than once: each is one tensor, made by the first use. */
typedef struct oss_net_shared {
    oss_tensor *norm, *head_weight, *head_bias;
} oss_net_shared;

/* One forward. */
typedef struct oss_net_run {
    const oss_net *net;
    oss_tape *tape;
    const float *value;
    float *grad;
    const bool *frozen;
    const oss_net_input *input;
    const float *rope;                /* table of angles; used when the config says so */
    const oss_attention_reach *reach; /* [B], or NULL: attention is not limited */
    oss_net_shared shared;
    oss_tensor *inter_loss; /* of intermediate CTC; NULL without */
    oss_ctc_report inter_report;
} oss_net_run;

/* The places of dropout in a block; a site's number is 3 * block + place. */
typedef enum oss_net_site {
    OSS_SITE_ATTENTION,
    OSS_SITE_AFTER_ATTENTION,
    OSS_SITE_AFTER_MLP,
    OSS_SITES
} oss_net_site;

/* weights.c: fills the layers of `net`. OSS_EBUG when the table lacks one. */
oss_status oss_net_find_weights(oss_net *net);
/* One that the network has. */
const oss_net_layer *oss_net_get(const oss_net *net, oss_role role, int32_t index);
/* A parameter as a tensor of this run's tape. NULL for NULL. */
oss_tensor *oss_net_param(const oss_net_run *run, const oss_param *param);
/* The weight of a layer that has products, laid out for them when the run's input says so. */
oss_tensor *oss_net_weight(const oss_net_run *run, const oss_net_layer *layer);
/* The weight of a layer that has products, without arrays. */
oss_k_weight oss_net_weight_shape(const oss_net *net, const oss_net_layer *layer);
/* packs.c: sets the layers' places; returns the floats of all. */
size_t oss_net_lay_out_packs(oss_net *net);
/* x[N,K] w^T + b, and gelu of it */
oss_tensor *oss_net_linear(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x);
oss_tensor *oss_net_linear_gelu(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x);
oss_tensor *oss_net_rmsnorm(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x);

/* warp.c: the plans of net->warp; what is left undone by a failure is for free_warps. */
oss_status oss_net_make_warps(oss_net *net);
void oss_net_free_warps(oss_net *net);
/* [B] from the arena when training warps frequencies; else NULL, as while measuring. */
const oss_mel_plan *const *oss_net_draw_warps(const oss_net_run *run);
/* stem.c: y[N,d_model] from mel[sum T,bins]; *frame_seq gets S of each utterance. */
oss_tensor *oss_net_stem(const oss_net_run *run, oss_tensor *mel, oss_seq mel_seq, oss_seq *frame_seq);
/* reach.c: [B] from the arena when training limits attention, the same for all blocks; else NULL, as while
 * measuring. */
const oss_attention_reach *oss_net_draw_reach(const oss_net_run *run);
/* block.c: block number `index` on x[N,d_model]. */
oss_tensor *oss_net_run_block(const oss_net_run *run, int32_t index, oss_tensor *x, oss_seq seq);

/* head.c: the last norm; logits[N*k,V] from embeddings[N,d_model]; the loss and what goes with it. */
oss_tensor *oss_net_last_norm(oss_net_run *run, oss_tensor *x);
oss_tensor *oss_net_head(oss_net_run *run, oss_tensor *embeddings);
void oss_net_loss(const oss_net_run *run, oss_net_output *out);
/* Takes x[N,d_model], what the first `blocks` blocks give, to the loss of intermediate CTC if it belongs
 * there. */
void oss_net_inter_ctc(oss_net_run *run, int32_t blocks, oss_tensor *x, oss_seq seq);

#endif
