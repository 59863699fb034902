#include "train/resume_check.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "checkpoint/run_config.h"

/* ---- Checkpoints of versions that kept no config in them: what the rest of them tells ---- */

/* A front end, network or text setting that was edited in RUN/config.json would otherwise train another
 * function with the old weights, silently where the shapes still fit. */
static oss_status check_network(const char *run, const oss_config *config, const oss_model *model) {
    char *saved = oss_config_print_model(&model->config);
    char *now = oss_config_print_model(&config->model);
    oss_status status = saved == NULL || now == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && strcmp(saved, now) != 0) {
        status = oss_fail(OSS_EINPUT,
                          "%s: its config.json has other front end, network or text settings than its "
                          "checkpoint (`ossicle info` shows them): put the old values back, or start a new "
                          "run from its weights by --init",
                          run);
    }
    oss_free(saved);
    oss_free(now);
    return status;
}

static oss_status check_prior(const char *run, const oss_config *config, const oss_model *model,
                              const oss_optimizer *optimizer) {
    const double weight = config->training.label_prior_weight;
    if ((optimizer->prior != NULL) != (weight > 0)) {
        return oss_fail(OSS_EINPUT,
                        "%s: trained %s label_prior_weight, its config.json now says %g: put the old value "
                        "back, or start a new run from its weights by --init",
                        run, optimizer->prior != NULL ? "with" : "without", weight);
    }
    const int32_t symbols = oss_vocab_size(model->vocab);
    return optimizer->prior == NULL || optimizer->symbols == symbols
               ? OSS_OK
               : oss_fail(OSS_EINPUT,
                          "%s: the label priors of its checkpoint are of %d symbols, its vocabulary has %d: "
                          "start a new run from its weights by --init",
                          run, optimizer->symbols, symbols);
}

static oss_status check_state(const char *run, const oss_config *config, const oss_optimizer *optimizer,
                              const oss_train_state *state) {
    if (state->grad_shards != config->training.grad_shards || state->seed != config->training.seed) {
        return oss_fail(OSS_EINPUT,
                        "%s: trained with grad_shards %d and seed %llu, its config.json now says %d and "
                        "%llu: put the old values back, or start a new run from its weights by --init",
                        run, state->grad_shards, (unsigned long long)state->seed,
                        config->training.grad_shards, (unsigned long long)config->training.seed);
    }
    if ((optimizer->raw != NULL) != (config->training.ema_decay > 0)) {
        return oss_fail(OSS_EINPUT,
                        "%s: trained %s ema_decay, its config.json now says %g: put the old value back, or "
                        "start a new run from its weights by --init",
                        run, optimizer->raw != NULL ? "with" : "without", config->training.ema_decay);
    }
    return OSS_OK;
}

/* ---- All of it ---- */

oss_status oss_resume_check_settings(const char *run, const oss_config *config, const oss_model *model,
                                     const oss_optimizer *optimizer, const oss_train_state *state) {
    oss_status status = oss_run_check_config(run, config, state->config);
    if (status == OSS_OK) {
        status = check_state(run, config, optimizer, state);
    }
    if (status == OSS_OK) {
        status = check_prior(run, config, model, optimizer);
    }
    return status == OSS_OK ? check_network(run, config, model) : status;
}

oss_status oss_resume_check_data(const char *run, const oss_train_state *state,
                                 const oss_training_data *data) {
    if (state->data_hash != data->hash) {
        return oss_fail(
            OSS_EINPUT,
            "%s was trained on other rows than its train_csv now gives: the data (rows, texts, lengths, "
            "weights, split or the recordings of noise_dir and reverb_dir), or the way this version reads "
            "them, changed: put the old data back, resume with the program that began it, or start a new "
            "run from its weights: --init %s --run ANOTHER",
            run, run);
    }
    if (state->audio_hash != 0 && state->audio_hash != data->audio_hash) {
        return oss_fail(
            OSS_EINPUT,
            "%s was trained on other recordings than those that its rows now name: files were changed or "
            "replaced by others of the same length: put the old ones back, or start a new run from its "
            "weights: --init %s --run ANOTHER",
            run, run);
    }
    return OSS_OK;
}
