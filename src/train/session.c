#include "train/session.h"

#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "train/finetune.h"
#include "train/finetune_defaults.h"
#include "train/freeze.h"
#include "train/label_prior.h"
#include "train/mel_stats.h"
#include "report/metrics_history.h"
#include "train/resume_check.h"
#include "checkpoint/run_config.h"

/* ---- Model and state ---- */

/* With ema_decay the model begins as the average of one: its initial weights, which train from there. */
static oss_status create_optimizer(oss_session *session) {
    oss_optimizer *optimizer = &session->optimizer;
    size_t floats = session->model->params->floats;
    bool averaged = session->config->training.ema_decay > 0;
    optimizer->m = oss_alloc_aligned(floats, sizeof *optimizer->m);
    optimizer->v = oss_alloc_aligned(floats, sizeof *optimizer->v);
    optimizer->raw = averaged ? oss_alloc_aligned(floats, sizeof *optimizer->raw) : NULL;
    if (optimizer->m == NULL || optimizer->v == NULL || (averaged && optimizer->raw == NULL)) {
        return OSS_ENOMEM;
    }
    memset(optimizer->m, 0, floats * sizeof *optimizer->m);
    memset(optimizer->v, 0, floats * sizeof *optimizer->v);
    if (session->config->training.label_prior_weight > 0) {
        optimizer->symbols = oss_vocab_size(session->data.vocab);
        optimizer->prior = oss_alloc((size_t)optimizer->symbols, sizeof *optimizer->prior);
        if (optimizer->prior == NULL) {
            return OSS_ENOMEM;
        }
        oss_label_prior_init(optimizer->prior, optimizer->symbols);
    }
    if (averaged) {
        memcpy(optimizer->raw, session->model->value, floats * sizeof *optimizer->raw);
    }
    return OSS_OK;
}

static oss_status measure_mel(oss_session *session) {
    oss_model *model = session->model;
    size_t bins = (size_t)session->config->model.mel.bins;
    model->mel_mean = oss_alloc(bins, sizeof *model->mel_mean);
    model->mel_std = oss_alloc(bins, sizeof *model->mel_std);
    if (model->mel_mean == NULL || model->mel_std == NULL) {
        return OSS_ENOMEM;
    }
    oss_log_info("mel statistics over the training rows");
    return oss_mel_stats_measure(model->mel_mean, model->mel_std, &session->data.train, session->config,
                                 session->pool);
}

static oss_status settle_mel_stats(oss_session *session) {
    bool taken = false;
    oss_status status = OSS_OK;
    if (session->config->model.mel.kind != OSS_MEL_LOG ||
        session->config->model.mel.norm != OSS_MEL_NORM_FIXED) {
        return OSS_OK;
    }
    if (session->init != NULL) {
        status = oss_finetune_mel_stats(&taken, session->model, session->init, session->config);
    }
    return status == OSS_OK && !taken ? measure_mel(session) : status;
}

static oss_status create_model(oss_session *session) {
    oss_status status = oss_model_create(&session->model, session->config, session->data.vocab);
    if (status == OSS_OK && session->init != NULL) {
        status = oss_finetune_init(session->model, session->init);
    }
    if (status == OSS_OK) {
        status = settle_mel_stats(session);
    }
    oss_model_free(session->init);
    session->init = NULL;
    if (status == OSS_OK) {
        status = create_optimizer(session);
    }
    session->state = (oss_train_state){.best_cer = -1.0,
                                       .best_wer = -1.0,
                                       .best_loss = -1.0,
                                       .grad_shards = session->config->training.grad_shards,
                                       .fine_tuned = session->request->init != NULL,
                                       .seed = session->config->training.seed,
                                       .data_hash = session->data.hash,
                                       .audio_hash = session->data.audio_hash};
    return status;
}

static void note_fingerprint(oss_train_state *state) {
    oss_run_fingerprint(state->fingerprint, sizeof state->fingerprint);
    (void)oss_format(state->audio_libraries, sizeof state->audio_libraries, "%s", oss_audio_libraries());
}

/* What this process computes with and goes by is in every checkpoint that it saves. */
static oss_status note_settings(oss_session *session) {
    oss_train_state *state = &session->state;
    note_fingerprint(state);
    state->audio_hash = session->data.audio_hash;
    oss_free(state->config);
    state->config = oss_config_print(session->config);
    return state->config == NULL ? OSS_ENOMEM : OSS_OK;
}

static void warn_fingerprint(const oss_train_state *saved) {
    oss_train_state now = {0};
    note_fingerprint(&now);
    if (strcmp(saved->fingerprint, now.fingerprint) != 0) {
        oss_log_warn("this run computed with \"%s\" and goes on with \"%s\": the weights will differ in "
                     "rounding from those of "
                     "an uninterrupted run",
                     saved->fingerprint, now.fingerprint);
    }
    if (strcmp(saved->audio_libraries, now.audio_libraries) != 0) {
        oss_log_warn("recordings were decoded with \"%s\", now with \"%s\": the weights may differ from "
                     "those of an uninterrupted run",
                     saved->audio_libraries, now.audio_libraries);
    }
}

static oss_status load_model(oss_session *session) {
    const char *run = session->request->run;
    oss_train_state *state = &session->state;
    oss_status status = oss_checkpoint_load(run, &session->model, &session->optimizer, state);
    if (status == OSS_OK) {
        status = oss_resume_check_settings(run, session->config, session->model, &session->optimizer, state);
    }
    if (status == OSS_OK) {
        status = oss_checkpoint_repair(run, state);
    }
    if (status == OSS_OK) {
        warn_fingerprint(state);
        oss_log_info("resuming %s after step %lld", run, (long long)state->step);
    }
    return status;
}

/* ---- The order of things ---- */

static oss_status prepare_data(oss_session *session) {
    const oss_train_hooks *hooks = &session->request->hooks;
    const oss_scan_hooks scan = {.context = hooks->context, .progress = hooks->scanning, .stop = hooks->stop};
    oss_symbol_source symbols = {0};
    if (session->model != NULL) {
        symbols.vocab = session->model->vocab;
    } else if (session->init != NULL) {
        symbols = (oss_symbol_source){oss_finetune_vocab(session->init, session->config), .grows = true};
    }
    return oss_training_data_init(&session->data, session->config, &symbols, session->pool, &scan);
}

static oss_status prepare_resumed(oss_session *session) {
    const char *run = session->request->run;
    oss_status status = oss_run_check_begun(run); /* before a folder is made for the lock */
    if (status == OSS_OK) {
        status = oss_run_lock(&session->lock_fd, run);
    }
    if (status == OSS_OK) {
        status = load_model(session);
    }
    if (status == OSS_OK) {
        status = prepare_data(session);
    }
    return status == OSS_OK ? oss_resume_check_data(run, &session->state, &session->data) : status;
}

/* Nothing is written before the data is known to be good. */
static oss_status prepare_new(oss_session *session) {
    const char *run = session->request->run;
    oss_status status = oss_run_check_new(run);
    if (status == OSS_OK && session->request->init != NULL) {
        status = oss_finetune_load(&session->init, session->request->init, session->config);
    }
    if (status == OSS_OK) {
        status = prepare_data(session);
    }
    if (status == OSS_OK && session->request->fit != NULL) {
        status = oss_finetune_defaults_fit(session->request->fit, &session->data.train);
    }
    if (status == OSS_OK) {
        status = create_model(session);
    }
    if (status == OSS_OK) {
        status = oss_run_lock(&session->lock_fd, run);
    }
    return status == OSS_OK ? oss_run_check_new(run) : status; /* another process may have begun meanwhile */
}

static oss_status create_network(oss_session *session) {
    oss_model *model = session->model;
    const oss_config *config = session->config;
    oss_status status = oss_freeze_create(&session->frozen, model->params, config);
    if (status == OSS_OK) {
        oss_freeze_report(session->frozen, model->params);
        status = oss_mel_plan_create(&session->mel, &config->model.mel);
    }
    if (status == OSS_OK && model->mel_mean != NULL) {
        oss_mel_plan_set_stats(session->mel, model->mel_mean, model->mel_std);
    }
    if (status == OSS_OK) {
        status = oss_net_create(&session->net, config, model->params, session->mel,
                                oss_vocab_size(session->data.vocab));
    }
    return status == OSS_OK ? oss_workers_init(&session->workers, session->pool, session->net) : status;
}

static oss_status create_step(oss_session *session) {
    oss_optimizer *optimizer = &session->optimizer;
    float *value = session->model->value;
    const oss_step_setup setup = {.config = session->config,
                                  .params = session->model->params,
                                  .workers = &session->workers,
                                  .frozen = session->frozen,
                                  .value = optimizer->raw == NULL ? value : optimizer->raw,
                                  .m = optimizer->m,
                                  .v = optimizer->v,
                                  .average = optimizer->raw == NULL ? NULL : value,
                                  .prior = optimizer->prior,
                                  .symbols = optimizer->symbols};
    oss_status status = oss_step_create(&session->step, &setup);
    if (status == OSS_OK) {
        status = oss_batcher_create(&session->planner, &session->data.train, session->config);
    }
    if (status == OSS_OK) {
        status = oss_loader_create(&session->loader, &session->data.train, session->config, session->data.kit,
                                   oss_pool_threads(session->pool), session->state.epoch,
                                   (int32_t)session->state.batch_in_epoch);
    }
    return status;
}

bool oss_session_scores_start(const oss_session *session) {
    return session->state.step == 0 && session->state.fine_tuned == 1 && session->state.best_cer < 0 &&
           session->data.dev.rows > 0;
}

static oss_status open_metrics(oss_session *session) {
    char *path = oss_path_join(session->request->run, OSS_METRICS_FILE);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    /* No line that a killed start may have left is of a new run; nor of one that was killed while it scored its
     * start. */
    int64_t last = oss_session_scores_start(session) || !session->request->resume ? -1 : session->state.step;
    oss_status status = oss_run_check_lock(session->lock_fd, session->request->run);
    if (status == OSS_OK) {
        status = oss_metrics_create(&session->metrics, path, last);
    }
    if (status == OSS_OK) {
        status = oss_metrics_set_lock(session->metrics, session->lock_fd, session->request->run);
    }
    oss_free(path);
    return status;
}

static oss_status write_run(oss_session *session) {
    const char *run = session->request->run;
    oss_status status = oss_run_sweep(run);
    if (status == OSS_OK) {
        status = oss_run_write_skipped(run, &session->data, session->config);
    }
    if (status == OSS_OK) {
        status = oss_run_write_dev(run, &session->data.dev);
    }
    if (status == OSS_OK && !session->request->resume) {
        status = oss_session_save(session, session->data.dev.rows == 0);
    }
    if (status == OSS_OK) {
        status = oss_run_check_lock(session->lock_fd, run);
    }
    return status == OSS_OK ? oss_run_write_config(run, session->config) : status;
}

oss_status oss_session_init(oss_session *session, const oss_train_request *request) {
    *session = (oss_session){.request = request, .config = request->config, .lock_fd = -1};
    int32_t threads =
        request->config->training.threads > 0 ? request->config->training.threads : oss_cpu_count();
    oss_status status = oss_run_check_inputs(request->run, request->config, request->init);
    if (status == OSS_OK) {
        status = oss_pool_create(&session->pool, threads);
    }
    if (status == OSS_OK) {
        status = request->resume ? prepare_resumed(session) : prepare_new(session);
    }
    if (status == OSS_OK) {
        status = note_settings(session);
    }
    if (status == OSS_OK) {
        status = oss_plateau_loss(&session->plateau_loss, &session->data.train, session->config,
                                  oss_vocab_size(session->data.vocab));
    }
    if (status == OSS_OK) {
        status = create_network(session);
    }
    if (status == OSS_OK) {
        status = create_step(session);
    }
    if (status == OSS_OK) {
        status = open_metrics(session);
    }
    if (status == OSS_OK) {
        status = write_run(session);
    }
    if (status != OSS_OK) {
        oss_session_deinit(session);
    }
    return status;
}

void oss_session_deinit(oss_session *session) {
    oss_metrics_free(session->metrics);
    oss_loader_free(session->loader);
    oss_batcher_free(session->planner);
    oss_step_free(session->step);
    oss_workers_deinit(&session->workers);
    oss_net_free(session->net);
    oss_mel_plan_free(session->mel);
    oss_free(session->frozen);
    oss_optimizer_deinit(&session->optimizer);
    oss_train_state_deinit(&session->state);
    oss_model_free(session->model);
    oss_model_free(session->init);
    oss_training_data_deinit(&session->data);
    oss_pool_free(session->pool);
    if (session->lock_fd >= 0) {
        oss_file_unlock(session->lock_fd);
    }
    *session = (oss_session){.lock_fd = -1};
}

oss_status oss_session_save(oss_session *session, bool is_best) {
    oss_status status = oss_metrics_flush(session->metrics);
    if (status == OSS_OK) {
        status =
            oss_checkpoint_save(session->request->run, session->model, &session->optimizer, &session->state,
                                is_best, session->config->training.keep_last, session->lock_fd);
    }
    return status;
}
