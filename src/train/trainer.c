#include "train/trainer.h"

#include <math.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/number.h"
#include "base/clock.h"
#include "train/health.h"
#include "train/schedule.h"
#include "train/session.h"

static const double FLUSH_SECONDS = 2.0; /* metrics that a crash may lose */
static const double MOSTLY_BLANK = 0.98;
static const double PACE_WEIGHT = 0.05; /* of a new step in the running means */

typedef struct trainer {
    oss_session session;
    int64_t batches_ahead; /* micro-batches from here on for which memory is reserved */
    int64_t planned_epoch; /* the last of them belongs to */
    oss_step_history history;
    double blank_fraction;   /* of the last finite step, then of the last validation */
    double started, flushed; /* clock */
    int64_t first_step;      /* of this process */
    oss_train_progress progress;
    double pace_audio, pace_wall;                     /* running means of a step */
    double audio_seconds, wall_seconds, wait_seconds; /* of all steps of this process */
    bool saved;                                       /* the present step has a checkpoint */
} trainer;

/* ---- One step ---- */

/* Reserves memory for every micro-batch that the next step will take, whatever epochs they come from. */
static oss_status reserve_ahead(trainer *t) {
    oss_session *session = &t->session;
    oss_status status = OSS_OK;
    while (t->batches_ahead < session->config->training.accum_steps && status == OSS_OK) {
        const oss_epoch_plan *plan = oss_batcher_plan(session->planner, ++t->planned_epoch);
        status = oss_step_reserve(session->step, &session->data.train, plan);
        t->batches_ahead += plan->batches;
    }
    return status;
}

/* Where a resumed run stands in its epoch. */
static oss_status reserve_current_epoch(trainer *t) {
    oss_session *session = &t->session;
    const oss_epoch_plan *plan = oss_batcher_plan(session->planner, session->state.epoch);
    t->planned_epoch = session->state.epoch;
    t->batches_ahead = plan->batches - session->state.batch_in_epoch;
    return oss_step_reserve(session->step, &session->data.train, plan);
}

/* The step itself: between its begin and its end no thread makes a heap call (decoding of rows that are not
 * cached apart). */
static oss_status run_step(trainer *t, oss_step_result *result, double *out_wait_seconds) {
    oss_session *session = &t->session;
    oss_train_state *state = &session->state;
    const oss_train_state before_step = *state;
    int64_t number = state->step + 1;
    double waited = 0;
    oss_step_begin(session->step, number);
    for (int32_t i = 0; i < session->config->training.accum_steps; i++) {
        const oss_micro_batch *batch = NULL;
        double before = oss_clock_seconds();
        oss_status status = oss_loader_next(session->loader, &batch);
        waited += oss_clock_seconds() - before;
        if (status == OSS_OK) {
            status = oss_step_accumulate(session->step, batch);
        }
        if (status != OSS_OK) {
            *state = before_step; /* no weight has moved yet */
            return status;
        }
        state->epoch = batch->epoch;
        state->batch_in_epoch = batch->index + 1;
        t->batches_ahead--;
    }
    oss_step_finish(session->step, oss_learning_rate(session->config, number), number - state->skipped_steps,
                    result);
    *out_wait_seconds = waited;
    return OSS_OK;
}

static void count_step(trainer *t, const oss_step_result *result) {
    oss_train_state *state = &t->session.state;
    state->step++;
    state->utterances += result->utterances;
    state->audio_seconds += result->audio_seconds;
    if (result->skipped == NULL) {
        state->skipped_in_a_row = 0;
        t->blank_fraction = result->blank_fraction;
        oss_history_note(&t->history, state->step, result);
    } else {
        state->skipped_steps++;
        state->skipped_in_a_row++;
        oss_log_warn("step %lld skipped: %s; in it: %s", (long long)state->step, result->skipped,
                     result->culprits);
    }
    t->saved = false;
}

static void move_mean(double *mean, double value, bool first) {
    *mean = first ? value : *mean + PACE_WEIGHT * (value - *mean);
}

static void update_progress(trainer *t, const oss_step_result *result, const oss_step_record *record) {
    const oss_session *session = &t->session;
    oss_train_progress *progress = &t->progress;
    bool first = session->state.step == t->first_step;
    move_mean(&t->pace_audio, result->audio_seconds, first);
    move_mean(&t->pace_wall, record->wall_seconds, first);
    progress->step = session->state.step;
    progress->max_steps = session->config->training.max_steps;
    progress->epoch = session->state.epoch;
    progress->lr = record->lr;
    progress->loss = result->skipped == NULL ? result->loss : NAN;
    progress->grad_norm = result->grad_norm;
    progress->smooth_loss = session->state.loss_mean;
    progress->realtime_factor = t->pace_wall > 0 ? t->pace_audio / t->pace_wall : 0.0;
    progress->wait_fraction = record->wall_seconds > 0 ? record->wait_seconds / record->wall_seconds : 0.0;
    t->audio_seconds += result->audio_seconds;
    t->wall_seconds += record->wall_seconds;
    t->wait_seconds += record->wait_seconds;
    double done = (double)(progress->step - t->first_step + 1);
    double left = (double)(progress->max_steps - progress->step);
    progress->seconds_left = (oss_clock_seconds() - t->started) / done * left;
}

static oss_status give_up(const trainer *t, const oss_step_result *result) {
    const oss_train_state *state = &t->session.state;
    char history[OSS_HEALTH_TEXT_BYTES];
    oss_history_explain(history, &t->history, state, t->session.config);
    return oss_fail(
        OSS_ENUMERIC,
        "%d steps in a row gave no finite loss and gradient, the last because %s; lr %g; %s. The last "
        "checkpoint is sound. In the last step: %s",
        state->skipped_in_a_row, result->skipped, oss_learning_rate(t->session.config, state->step), history,
        result->culprits);
}

static oss_status train_step(trainer *t) {
    oss_session *session = &t->session;
    oss_status status = reserve_ahead(t);
    if (status != OSS_OK) {
        return status;
    }
    oss_step_result result;
    double before = oss_clock_seconds();
    double waited = 0;
    status = run_step(t, &result, &waited);
    if (status != OSS_OK) {
        return status;
    }
    count_step(t, &result);
    oss_grad_check gradient = {0};
    if (result.skipped == NULL) {
        gradient = oss_health_note(&session->state, &result);
    }
    double wall = oss_clock_seconds() - before;
    const oss_step_record record = {.step = session->state.step,
                                    .epoch = session->state.epoch,
                                    .lr = oss_learning_rate(session->config, session->state.step),
                                    .wall_seconds = wall,
                                    .wait_seconds = waited,
                                    .result = &result,
                                    .gradient = gradient};
    oss_metrics_add_step(session->metrics, &record);
    update_progress(t, &result, &record);
    if (session->request->hooks.stepped != NULL) {
        session->request->hooks.stepped(session->request->hooks.context, &t->progress);
    }
    return session->state.skipped_in_a_row < OSS_MAX_SKIPPED_IN_A_ROW ? OSS_OK : give_up(t, &result);
}

/* ---- Between the steps ---- */

static oss_status evaluate(trainer *t, bool *out_is_best) {
    oss_session *session = &t->session;
    oss_train_state *state = &session->state;
    const oss_validation_setup setup = {.config = session->config,
                                        .dev = &session->data.dev,
                                        .vocab = session->data.vocab,
                                        .workers = &session->workers,
                                        .value = session->model->value};
    oss_eval eval;
    oss_status status = oss_validate(&eval, &setup);
    if (status != OSS_OK) {
        return status;
    }
    oss_best best = oss_best_note(state, &eval);
    t->blank_fraction = eval.blank_fraction;
    t->progress.cer = eval.cer;
    t->progress.wer = eval.wer;
    oss_metrics_add_eval(session->metrics, state->step, &eval, best != OSS_BEST_NOT);
    if (session->request->hooks.evaluated != NULL) {
        session->request->hooks.evaluated(session->request->hooks.context, &t->progress, &eval, best);
    }
    oss_eval_deinit(&eval);
    *out_is_best = best != OSS_BEST_NOT;
    return OSS_OK;
}

static bool out_of_patience(const trainer *t) {
    int32_t patience = t->session.config->training.patience;
    return patience > 0 && t->session.state.evals_without_gain >= patience;
}

static bool is_finished(const trainer *t) {
    return t->session.state.step >= t->session.config->training.max_steps || out_of_patience(t);
}

static bool is_stop_requested(const trainer *t) {
    const oss_train_hooks *hooks = &t->session.request->hooks;
    return hooks->stop != NULL && hooks->stop(hooks->context);
}

static bool is_save_requested(const trainer *t) {
    const oss_train_hooks *hooks = &t->session.request->hooks;
    return hooks->save != NULL && hooks->save(hooks->context);
}

static bool is_due(int64_t step, int64_t every, int64_t last) {
    return step % every == 0 || step == last;
}

/* When only blanks come out, or no more than blanks are learnt: whether that is as usual. */
static void report_course(const trainer *t) {
    const oss_session *session = &t->session;
    const oss_train_state *state = &session->state;
    if (!(session->plateau_loss > 0) || state->step == state->skipped_steps) {
        return;
    }
    bool fine_tuned = state->fine_tuned == 1;
    const oss_course_report report = {.step = state->step,
                                      .course = oss_health_judge(session->config, fine_tuned, state->step,
                                                                 state->loss_mean, session->plateau_loss),
                                      .loss = state->loss_mean,
                                      .plateau_loss = session->plateau_loss,
                                      .blank_fraction = t->blank_fraction,
                                      .fine_tuned = fine_tuned};
    oss_metrics_add_course(session->metrics, &report);
    if (report.course == OSS_COURSE_LEARNING && report.blank_fraction < MOSTLY_BLANK) {
        return;
    }
    char text[OSS_HEALTH_TEXT_BYTES];
    oss_course_explain(text, &report, session->config);
    if (report.course == OSS_COURSE_FAILING) {
        oss_log_warn("%s", text);
    } else {
        oss_log_info("%s", text);
    }
}

static oss_status save(trainer *t, bool is_best) {
    oss_status status = oss_session_save(&t->session, is_best);
    t->saved = status == OSS_OK;
    return status;
}

/* Validation first, so that the checkpoint knows its outcome: a run killed in between repeats both. One that stops, or
 * whose validation fails, leaves it to the resumed run: who ends programs waits some seconds only. */
static oss_status evaluate_and_save(trainer *t, bool stopping) {
    const oss_config *config = t->session.config;
    oss_train_state *state = &t->session.state;
    bool has_dev = t->session.data.dev.rows > 0, asked = is_save_requested(t), late = state->eval_due == 1;
    bool due = late || is_due(state->step, config->training.eval_every, config->training.max_steps);
    bool is_best = !has_dev;
    oss_status status = OSS_OK;
    state->best_step = has_dev ? state->best_step : state->step;
    state->eval_due = due && has_dev;
    if (state->eval_due == 1 && !stopping) {
        status = evaluate(t, &is_best);
        state->eval_due = status != OSS_OK;
    }
    if (due && state->eval_due == 0) {
        report_course(t);
    }
    if (status == OSS_OK &&
        (stopping || asked || late || (has_dev && is_best) || out_of_patience(t) ||
         is_due(state->step, config->training.checkpoint_every, config->training.max_steps))) {
        status = save(t, is_best);
    }
    if (status == OSS_OK && asked) {
        oss_log_info("step %lld is saved, as was asked for", (long long)state->step);
    }
    return status;
}

/* What fine-tuning starts from is the first that may be the best: RUN/best is never worse on the held-out rows. */
static oss_status score_start(trainer *t) {
    bool is_best = false;
    oss_status status = evaluate(t, &is_best);
    return status == OSS_OK ? oss_session_save(&t->session, is_best) : status;
}

static oss_status flush_now_and_then(trainer *t) {
    double now = oss_clock_seconds();
    if (now - t->flushed < FLUSH_SECONDS) {
        return OSS_OK;
    }
    t->flushed = now;
    return oss_metrics_flush(t->session.metrics);
}

static oss_status train_to_end(trainer *t) {
    const oss_train_state *state = &t->session.state;
    bool stopping = is_stop_requested(t);
    oss_status status = OSS_OK;
    if (!stopping && oss_session_scores_start(&t->session)) {
        status = score_start(t);
    } else if (!stopping && state->eval_due == 1) {
        status = evaluate_and_save(t, false);
    }
    while (status == OSS_OK && !stopping && !is_finished(t)) {
        status = train_step(t);
        if (status == OSS_OK) {
            stopping = is_stop_requested(t);
            status = evaluate_and_save(t, stopping);
        }
        if (status == OSS_OK) {
            status = flush_now_and_then(t);
        }
    }
    if (status == OSS_OK && stopping && (!is_finished(t) || state->eval_due == 1)) {
        status = oss_fail(OSS_ESTOPPED, "stopped after step %lld", (long long)state->step);
    }
    return status;
}

/* A recording or a disk that failed costs no whole step (steps that were not finite do: the checkpoint before them is
 * the better one), and the metrics are worth keeping in any case. The first failure is the one to report. */
static oss_status keep_work(trainer *t, oss_status failure) {
    char message[OSS_MESSAGE_BYTES];
    (void)oss_format(message, sizeof message, "%s", oss_last_error());
    const oss_train_state *state = &t->session.state;
    if (!t->saved && failure != OSS_ENUMERIC && save(t, state->best_step == state->step) != OSS_OK) {
        oss_log_warn("the steps since the last checkpoint are lost: %s", oss_last_error());
    }
    if (oss_metrics_flush(t->session.metrics) != OSS_OK) {
        oss_log_warn("metrics of the last steps are lost: %s", oss_last_error());
    }
    return oss_fail(failure, "%s", message);
}

static void report_outcome(oss_train_outcome *out, const trainer *t) {
    const oss_train_state *state = &t->session.state;
    *out = (oss_train_outcome){.step = state->step,
                               .best_step = state->best_step,
                               .best_cer = state->best_cer,
                               .best_wer = state->best_wer,
                               .audio_seconds = t->audio_seconds,
                               .train_seconds = t->wall_seconds,
                               .wait_seconds = t->wait_seconds,
                               .skipped_steps = state->skipped_steps,
                               .rows = t->session.data.train.rows,
                               .skipped_rows = t->session.data.train.skippeds,
                               .early =
                                   out_of_patience(t) && state->step < t->session.config->training.max_steps,
                               .saved = t->saved};
}

oss_status oss_train(oss_train_outcome *out, const oss_train_request *request) {
    trainer t = {.progress = {.cer = -1.0, .wer = -1.0, .seconds_left = -1.0}, .saved = true};
    oss_status status = oss_session_init(&t.session, request);
    if (status != OSS_OK) {
        return status;
    }
    t.started = t.flushed = oss_clock_seconds();
    t.first_step = t.session.state.step + 1;
    t.progress.step = t.session.state.step;
    status = reserve_current_epoch(&t);
    if (status == OSS_OK) {
        status = train_to_end(&t);
    }
    if (status != OSS_OK && status != OSS_ESTOPPED) {
        status = keep_work(&t, status);
    }
    report_outcome(out, &t);
    oss_session_deinit(&t.session);
    return status;
}
