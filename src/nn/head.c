/* The last norm, the head and the losses. Norm and head may be used twice in a forward (intermediate CTC):
 * then their weights are the same tensors both times, so that backward adds the second gradient to the first. */
#include "nn/net_internal.h"

oss_tensor *oss_net_last_norm(oss_net_run *run, oss_tensor *x) {
    oss_net_shared *shared = &run->shared;
    if (shared->norm == NULL) {
        shared->norm = oss_net_param(run, oss_net_get(run->net, OSS_ROLE_NORM, 0)->weight);
    }
    return oss_op_rmsnorm(run->tape, x, shared->norm, OSS_NORM_EPS);
}

/* [N, k*V] is [N*k, V] in memory: row n*k + j is sub-frame j of frame n. */
oss_tensor *oss_net_head(oss_net_run *run, oss_tensor *embeddings) {
    oss_net_shared *shared = &run->shared;
    if (shared->head_weight == NULL) {
        const oss_net_layer *head = oss_net_get(run->net, OSS_ROLE_HEAD, 0);
        shared->head_weight = oss_net_weight(run, head);
        shared->head_bias = oss_net_param(run, head->bias);
    }
    int32_t k = run->net->config->model.ctc_subframes;
    oss_tensor *y = oss_op_linear(run->tape, embeddings, shared->head_weight, shared->head_bias);
    return oss_tape_reshape(run->tape, y, 2, (const int32_t[]){y->dim[0] * k, run->net->vocab});
}

static oss_tensor *apply_ctc(const oss_net_run *run, oss_tensor *logits, oss_seq seq,
                             const oss_ctc_prior *prior, oss_ctc_report *report) {
    return oss_op_ctc(run->tape, logits, seq, run->net->config->model.ctc_subframes, run->input->label,
                      run->input->labels, prior, report);
}

/* Training only: inference, and the loss of held-out rows, know nothing of it. */
static int32_t find_inter_block(const oss_net_run *run) {
    bool on = run->input->label != NULL && oss_tape_records(run->tape);
    return on ? oss_config_inter_ctc_block(run->net->config) : 0;
}

void oss_net_inter_ctc(oss_net_run *run, int32_t blocks, oss_tensor *x, oss_seq seq) {
    if (blocks == find_inter_block(run)) {
        oss_tensor *logits = oss_net_head(run, oss_net_last_norm(run, x));
        run->inter_loss =
            apply_ctc(run, logits, seq, NULL, &run->inter_report); /* priors are the last block's */
    }
}

/* With pairs the CTC losses of both views are averaged, and cr_ctc_weight, as it is in this
 * step, times how they part is added.
 * loss = (1 - w) CTC of the last block + w CTC of the intermediate one (Lee & Watanabe 2021, equation 12) */
void oss_net_loss(const oss_net_run *run, oss_net_output *out) {
    oss_ctc_report report;
    out->loss = apply_ctc(run, out->logits, out->frame_seq, run->input->prior, &report);
    out->nll = report.nll;
    out->max_imbalance = report.max_imbalance;
    if (run->inter_loss != NULL) {
        const oss_ctc_report *inter = &run->inter_report;
        double w = run->net->config->training.inter_ctc_weight;
        out->loss = oss_op_mix(run->tape, out->loss, (float)(1.0 - w), run->inter_loss, (float)w);
        out->inter_nll = inter->nll;
        out->max_imbalance =
            inter->max_imbalance > report.max_imbalance ? inter->max_imbalance : report.max_imbalance;
    }
    if (run->input->pairs) {
        oss_tensor *apart =
            oss_op_consistency(run->tape, out->logits, out->frame_seq, run->net->config->model.ctc_subframes);
        double weight = oss_config_cr_ctc_weight(run->net->config, run->input->step);
        out->loss = oss_op_mix(run->tape, out->loss, 0.5f, apart, (float)weight);
    }
}
