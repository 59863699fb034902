#include "train/best.h"

#include <math.h>

static oss_best compare(const oss_train_state *state, const oss_eval *eval) {
    if (state->best_cer < 0 || eval->cer < state->best_cer) {
        return OSS_BEST_BY_CER;
    }
    if (eval->cer > state->best_cer || eval->wer > state->best_wer) {
        return OSS_BEST_NOT;
    }
    if (eval->wer < state->best_wer) {
        return OSS_BEST_BY_WER;
    }
    if (state->best_loss < 0) {
        return isfinite(eval->loss) ? OSS_BEST_LOSS_UNKNOWN : OSS_BEST_NOT;
    }
    return eval->loss < state->best_loss ? OSS_BEST_BY_LOSS : OSS_BEST_NOT;
}

oss_best oss_best_note(oss_train_state *state, const oss_eval *eval) {
    oss_best best = compare(state, eval);
    bool gain = best == OSS_BEST_BY_CER || best == OSS_BEST_BY_WER;
    state->evals_without_gain = gain ? 0 : state->evals_without_gain + 1;
    if (best != OSS_BEST_NOT) {
        state->best_cer = eval->cer;
        state->best_wer = eval->wer;
        state->best_loss = isfinite(eval->loss) ? eval->loss : -1.0;
        state->best_step = state->step;
    }
    return best;
}

const char *oss_best_describe(oss_best best) {
    static const char *const words[] = {
        [OSS_BEST_NOT] = "",
        [OSS_BEST_BY_CER] = "best so far",
        [OSS_BEST_BY_WER] = "best so far (CER equal, WER lower)",
        [OSS_BEST_BY_LOSS] = "best so far (CER and WER equal, loss lower)",
        [OSS_BEST_LOSS_UNKNOWN] = "best so far (CER and WER equal, loss of the one before unknown)",
    };
    return words[best];
}
