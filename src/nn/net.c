#include "nn/net.h"

#include <inttypes.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/sizes.h"
#include "nn/net_internal.h"

oss_status oss_net_create(oss_net **out, const oss_config *config, const oss_params *params,
                          const oss_mel_plan *mel, int32_t vocab) {
    oss_net *net = oss_alloc_zero(1, sizeof *net);
    if (net == NULL) {
        return OSS_ENOMEM;
    }
    *net = (oss_net){.config = config,
                     .params = params,
                     .mel = mel,
                     .vocab = vocab,
                     .convs = oss_sizes_stem_layers(&config->model),
                     .layers = oss_network_layers(&config->model, vocab)};
    net->layer = oss_alloc_zero((size_t)net->layers, sizeof *net->layer);
    oss_status status = net->layer == NULL ? OSS_ENOMEM : oss_net_find_weights(net);
    if (status == OSS_OK) {
        status = oss_net_make_warps(net);
    }
    if (status != OSS_OK) {
        oss_net_free(net);
        return status;
    }
    net->packed_floats = oss_net_lay_out_packs(net);
    *out = net;
    return OSS_OK;
}

void oss_net_free(oss_net *net) {
    if (net != NULL) {
        oss_net_free_warps(net);
        oss_free(net->layer);
        oss_free(net);
    }
}

int32_t oss_net_tape_nodes(const oss_net *net) {
    enum {
        MEL_MASK_PROJ_POSITION_NORM_HEAD_CTC = 9,
        PER_BLOCK = 12,
        INTER_NORM_HEAD_CTC_MIX = 4,
        CONSISTENCY_MIX = 2
    };
    int32_t inter = oss_config_inter_ctc_block(net->config) > 0 ? INTER_NORM_HEAD_CTC_MIX : 0;
    return MEL_MASK_PROJ_POSITION_NORM_HEAD_CTC + net->convs + PER_BLOCK * net->config->model.n_layers +
           inter + (net->config->training.cr_ctc_weight > 0.0 ? CONSISTENCY_MIX : 0);
}

/* ---- what comes in ---- */

static oss_status check_labels(const oss_net *net, const oss_net_input *input) {
    for (int32_t b = 0; b < input->utterances; b++) {
        for (int32_t i = 0; i < input->labels[b]; i++) {
            int32_t id = input->label[b][i];
            if (id < 1 || id >= net->vocab) {
                return oss_fail(OSS_EUSAGE,
                                "utterance %" PRId32 ": label %" PRId32 " is %" PRId32
                                ", outside 1..%" PRId32,
                                b, i, id, net->vocab - 1);
            }
        }
    }
    return OSS_OK;
}

/* What shapes depend on: all that a measuring run looks at. */
static oss_status check_sizes(const oss_net *net, const oss_net_input *input) {
    if (input->utterances < 1) {
        return oss_fail(OSS_EUSAGE, "a forward needs at least one utterance");
    }
    for (int32_t b = 0; b < input->utterances; b++) {
        if (input->samples[b] < 1) {
            return oss_fail(OSS_EUSAGE, "utterance %" PRId32 " has %" PRId32 " samples: at least 1 needed", b,
                            input->samples[b]);
        }
        if (input->label != NULL && input->labels[b] < 0) {
            return oss_fail(OSS_EUSAGE, "utterance %" PRId32 " has %" PRId32 " labels", b, input->labels[b]);
        }
    }
    if (input->label != NULL && net->vocab == 0) {
        return oss_fail(OSS_EUSAGE, "a loss needs a head, and this network has none");
    }
    return OSS_OK;
}

static oss_status check_input(const oss_net *net, const oss_tape *tape, const float *grad,
                              const oss_net_input *input) {
    oss_status status = check_sizes(net, input);
    if (status == OSS_OK && input->label != NULL) {
        status = check_labels(net, input);
    }
    if (status == OSS_OK && (input->dropout || input->spec_mask || input->warp || input->chunks) &&
        input->utterance_id == NULL) {
        status = oss_fail(OSS_EUSAGE, "dropout, masks, warps and chunks need utterance_id: it keys them");
    }
    for (int32_t b = 0; status == OSS_OK && input->pairs && b < input->utterances; b += 2) {
        if (b + 1 == input->utterances || input->samples[b] != input->samples[b + 1]) {
            status = oss_fail(OSS_EUSAGE, "utterance %" PRId32 " has no second view of its length", b);
        }
    }
    if (status == OSS_OK && oss_tape_records(tape) && grad == NULL) {
        status =
            oss_fail(OSS_EUSAGE, "a recording tape needs a gradient block; reset it with record = false");
    }
    return status;
}

/* ---- forward ---- */

/* SpecAugment, when the config and the input want it. */
static oss_tensor *mask_features(const oss_net_run *run, oss_tensor *features, oss_seq seq) {
    const oss_config *config = run->net->config;
    const oss_net_input *input = run->input;
    if (!input->spec_mask || !oss_mask_is_on(&config->augmentation.mask)) {
        return features;
    }
    const oss_spec_mask mask = {.spec = &config->augmentation.mask,
                                .utterance_id = input->utterance_id,
                                .rate_hz = (float)config->model.mel.sample_rate_hz /
                                           (float)config->model.mel.hop_samples,
                                .seed = input->seed,
                                .step = input->step};
    return oss_op_spec_mask(run->tape, features, seq, &mask);
}

static oss_tensor *encode(oss_net_run *run, oss_net_output *out) {
    const oss_net *net = run->net;
    const oss_net_input *input = run->input;
    out->features = oss_op_mel(run->tape, net->mel, oss_net_draw_warps(run), input->audio, input->samples,
                               input->utterances, input->audio_grad, &out->mel_seq);
    oss_tensor *x = mask_features(run, out->features, out->mel_seq);
    x = oss_net_stem(run, x, out->mel_seq, &out->frame_seq);
    if (net->config->model.position == OSS_POSITION_SINUSOIDAL) {
        x = oss_op_sinusoidal(run->tape, x, out->frame_seq, OSS_POSITION_BASE);
    }
    if (net->config->model.position == OSS_POSITION_ROPE) {
        run->rope = oss_op_rope_table(run->tape, out->frame_seq, oss_sizes_head_dim(&net->config->model),
                                      OSS_POSITION_BASE);
    }
    run->reach = oss_net_draw_reach(run);
    for (int32_t i = 0; i < net->config->model.n_layers; i++) {
        x = oss_net_run_block(run, i, x, out->frame_seq);
        oss_net_inter_ctc(run, i + 1, x, out->frame_seq);
    }
    return oss_net_last_norm(run, x);
}

static void run_forward(oss_net_run *run, oss_net_output *out) {
    *out = (oss_net_output){0};
    out->embeddings = encode(run, out);
    if (run->net->vocab > 0) {
        out->logits = oss_net_head(run, out->embeddings);
    }
    if (run->net->config->model.projector_dim > 0 && !oss_tape_records(run->tape)) {
        out->projected = oss_net_linear(run, oss_net_get(run->net, OSS_ROLE_PROJECTOR, 0), out->embeddings);
    }
    if (run->input->label != NULL) {
        oss_net_loss(run, out);
    }
}

oss_status oss_net_forward(const oss_net *net, oss_tape *tape, const float *value, float *grad,
                           const bool *frozen, const oss_net_input *input, oss_net_output *out) {
    oss_status status = check_input(net, tape, grad, input);
    if (status != OSS_OK) {
        return status;
    }
    oss_net_run run = {
        .net = net, .tape = tape, .value = value, .grad = grad, .frozen = frozen, .input = input};
    oss_net_output result;
    run_forward(&run, &result);
    status = oss_tape_status(tape);
    if (status == OSS_OK) {
        *out = result;
    }
    return status;
}

size_t oss_net_measure(const oss_net *net, oss_tape *tape, const oss_net_input *input, bool backward) {
    if (check_sizes(net, input) != OSS_OK) {
        return SIZE_MAX;
    }
    oss_tape *measurer = oss_tape_measurer(tape);
    oss_tape_reset(measurer, backward);
    oss_net_run run = {.net = net, .tape = measurer, .input = input};
    oss_net_output out;
    run_forward(&run, &out);
    if (backward && out.loss != NULL) {
        oss_tape_backward(measurer, out.loss, NULL);
    }
    size_t bytes = oss_tape_arena(measurer)->peak_bytes;
    return oss_tape_status(measurer) == OSS_OK ? bytes : SIZE_MAX;
}
