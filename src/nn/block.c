/* One Transformer block, pre-norm: x += drop(attention(norm(x))); x += drop(mlp(norm(x))). */
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

static oss_tensor *attend(const oss_net_run *run, int32_t index, oss_tensor *x, oss_seq seq) {
    const oss_net_block *block = &run->net->block[index];
    int32_t heads = run->net->config->model.n_heads;
    oss_dropout dropout = make_dropout(run, index, OSS_SITE_ATTENTION);
    oss_tensor *qkv = oss_net_linear(run, &block->qkv_proj, x);
    if (run->net->config->model.position == OSS_POSITION_ROPE) {
        qkv = oss_op_rope(run->tape, qkv, seq, heads, run->rope);
    }
    return oss_net_linear(run, &block->out_proj,
                          oss_op_attention(run->tape, qkv, seq, heads, run->reach, &dropout));
}

static oss_tensor *feed_forward(const oss_net_run *run, int32_t index, oss_tensor *x) {
    const oss_net_block *block = &run->net->block[index];
    return oss_net_linear(run, &block->mlp_out, oss_net_linear_gelu(run, &block->mlp_in, x));
}

oss_tensor *oss_net_run_block(const oss_net_run *run, int32_t index, oss_tensor *x, oss_seq seq) {
    const oss_net_block *block = &run->net->block[index];
    oss_dropout after_attention = make_residual_dropout(run, index, OSS_SITE_AFTER_ATTENTION);
    oss_dropout after_mlp = make_residual_dropout(run, index, OSS_SITE_AFTER_MLP);
    x = oss_op_residual(run->tape, x, attend(run, index, oss_net_rmsnorm(run, &block->norm1, x), seq), seq,
                        &after_attention);
    return oss_op_residual(run->tape, x, feed_forward(run, index, oss_net_rmsnorm(run, &block->norm2, x)),
                           seq, &after_mlp);
}
