/* warp_prob: which filters hear each utterance in this step. */
#include "nn/net_internal.h"

oss_status oss_net_make_warps(oss_net *net) {
    const oss_warp_spec *spec = &net->config->augmentation.warp;
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < OSS_WARPS && oss_warp_is_on(spec) && status == OSS_OK; i++) {
        if (i != OSS_WARP_NONE) {
            status = oss_mel_plan_create_warped(&net->warp[i], net->mel, oss_warp_factor(spec, i));
        }
    }
    return status;
}

void oss_net_free_warps(oss_net *net) {
    for (int32_t i = 0; i < OSS_WARPS; i++) {
        oss_mel_plan_free(net->warp[i]);
    }
}

const oss_mel_plan *const *oss_net_draw_warps(const oss_net_run *run) {
    const oss_warp_spec *spec = &run->net->config->augmentation.warp;
    const oss_net_input *input = run->input;
    if (!input->warp || !oss_warp_is_on(spec)) {
        return NULL;
    }
    const oss_mel_plan **warped = oss_tape_take(run->tape, (size_t)input->utterances, sizeof *warped);
    for (int32_t b = 0; warped != NULL && b < input->utterances; b++) {
        warped[b] = run->net->warp[oss_warp_draw(spec, input->seed, input->step, input->utterance_id[b])];
    }
    return warped;
}
