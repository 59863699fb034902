/* One Transformer block, pre-norm: x += drop(attention(norm(x))); x += drop(mlp(norm(x))). What attention gives may have a
 * convolution of its values added before it is projected. */
#include "nn/net_internal.h"

static oss_dropout make_dropout(const oss_net_run *run, int32_t index, oss_net_site place) {
    return (oss_dropout){.p = run->input->dropout ? (float)run->net->config->model.dropout : 0.0f,
                         .seed = run->input->seed,
                         .step = run->input->step,
                         .site = (uint32_t)(OSS_SITES * index + (int32_t)place),
                         .utterance_id = run->input->utterance_id};
}

/* Of what a half adds: element by element, and with stochastic depth both halves of an utterance, whose
 * probability grows linearly to that of the last block. */
static oss_dropout make_residual_dropout(const oss_net_run *run, int32_t index, oss_net_site place) {
    const oss_config *config = run->net->config;
    oss_dropout dropout = make_dropout(run, index, place);
    if (run->input->dropout) {
        dropout.skip_p = (float)(config->training.stochastic_depth * (index + 1) / config->model.n_layers);
        dropout.skip_site = (uint32_t)index;
    }
    return dropout;
}

static oss_tensor *convolve_values(const oss_net_run *run, int32_t index, oss_tensor *qkv, oss_seq seq) {
    const oss_net_layer *layer = oss_net_get(run->net, OSS_ROLE_VALUE_CONV, index);
    return oss_op_value_conv(run->tape, qkv, oss_net_param(run, layer->weight), seq, run->reach);
}

static oss_tensor *attend(const oss_net_run *run, int32_t index, oss_tensor *x, oss_seq seq) {
    int32_t heads = run->net->config->model.n_heads;
    oss_dropout dropout = make_dropout(run, index, OSS_SITE_ATTENTION);
    oss_tensor *qkv = oss_net_linear(run, oss_net_get(run->net, OSS_ROLE_QKV, index), x);
    if (run->net->config->model.position == OSS_POSITION_ROPE) {
        qkv = oss_op_rope(run->tape, qkv, seq, heads, run->rope);
    }
    /* Before attention, so that going back attention stores the gradient of qkv and this one adds to it. */
    oss_tensor *nearby =
        run->net->config->model.value_conv > 0 ? convolve_values(run, index, qkv, seq) : NULL;
    oss_tensor *attended = oss_op_attention(run->tape, qkv, seq, heads, run->reach, &dropout);
    if (nearby != NULL) {
        attended = oss_op_residual(run->tape, attended, nearby, seq, &(oss_dropout){0});
    }
    return oss_net_linear(run, oss_net_get(run->net, OSS_ROLE_OUT, index), attended);
}

static oss_tensor *feed_forward(const oss_net_run *run, int32_t index, oss_tensor *x) {
    oss_tensor *hidden = oss_net_linear_gelu(run, oss_net_get(run->net, OSS_ROLE_MLP_IN, index), x);
    return oss_net_linear(run, oss_net_get(run->net, OSS_ROLE_MLP_OUT, index), hidden);
}

oss_tensor *oss_net_run_block(const oss_net_run *run, int32_t index, oss_tensor *x, oss_seq seq) {
    oss_dropout after_attention = make_residual_dropout(run, index, OSS_SITE_AFTER_ATTENTION);
    oss_dropout after_mlp = make_residual_dropout(run, index, OSS_SITE_AFTER_MLP);
    oss_tensor *normed = oss_net_rmsnorm(run, oss_net_get(run->net, OSS_ROLE_NORM1, index), x);
    x = oss_op_residual(run->tape, x, attend(run, index, normed, seq), seq, &after_attention);
    normed = oss_net_rmsnorm(run, oss_net_get(run->net, OSS_ROLE_NORM2, index), x);
    return oss_op_residual(run->tape, x, feed_forward(run, index, normed), seq, &after_mlp);
}
