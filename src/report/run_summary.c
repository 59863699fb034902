#include "report/run_summary.h"

#include <math.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "checkpoint/checkpoint.h"
#include "model/config.h"
#include "model/model_file.h"

/* config.json is lost or damaged, which failed with `failure`; the checkpoints have the settings too. */
static oss_status read_saved_config(oss_config **out, const char *run, oss_status failure) {
    char *message = oss_strdup(oss_last_error()), *saved = NULL;
    oss_status status = message == NULL ? OSS_ENOMEM : oss_checkpoint_config(&saved, run);
    if (status == OSS_OK) {
        status = saved == NULL ? oss_fail(failure, "%s", message)
                               : oss_config_parse(out, saved, "the config in the newest checkpoint");
    }
    oss_free(saved);
    oss_free(message);
    return status;
}

static oss_status read_config(oss_run_summary *s, const char *run) {
    char *path = oss_path_join(run, "config.json");
    oss_config *config = NULL;
    oss_status status = OSS_ENOMEM;
    if (path != NULL && !oss_file_exists(path)) {
        status = oss_fail(OSS_EINPUT, "%s: no run of `ossicle train` is there (no config.json)", run);
    } else if (path != NULL) {
        status = oss_config_load(&config, path);
    }
    if (status == OSS_EINPUT) {
        status = read_saved_config(&config, run, status);
    }
    if (status == OSS_OK) {
        s->max_steps = config->training.max_steps;
    }
    oss_config_free(config);
    oss_free(path);
    return status;
}

static oss_status read_metrics(oss_run_summary *s, const char *run, int64_t from_step) {
    char *path = oss_path_join(run, "metrics.jsonl");
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_file_exists(path) ? oss_run_metrics_read(&s->metrics, path, from_step)
                                              : oss_run_metrics_parse(&s->metrics, "", 0, from_step);
    if (status == OSS_OK && s->metrics.lines_skipped > 0) {
        oss_log_warn("%s: %lld lines are not the trainer's and do not count; the first is line %lld", path,
                     (long long)s->metrics.lines_skipped, (long long)s->metrics.first_skipped);
    }
    oss_free(path);
    return status;
}

/* *out = checkpoints/NAME, which RUN/link stands for; NULL when that is not there. */
static oss_status read_link(char **out, const char *run, const char *link) {
    char *path = oss_path_join(run, link), *name = NULL;
    oss_status status = OSS_ENOMEM;
    if (path != NULL) {
        status = oss_file_exists(path) ? oss_checkpoint_pointer(&name, run, link) : OSS_OK;
    }
    if (status == OSS_OK && name != NULL) {
        *out = oss_path_join("checkpoints", name);
        status = *out == NULL ? OSS_ENOMEM : OSS_OK;
    }
    oss_free(name);
    oss_free(path);
    return status;
}

static oss_status read_parameters(oss_run_summary *s, const char *run) {
    s->parameters = -1;
    if (s->latest == NULL && s->best == NULL) {
        return OSS_OK;
    }
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, run);
    if (status == OSS_OK) {
        s->parameters = (int64_t)model->params->parameters;
    } else if (status != OSS_ENOMEM) {
        oss_log_warn("%s", oss_last_error());
        status = OSS_OK;
    }
    oss_model_free(model);
    return status;
}

oss_status oss_run_summary_read(oss_run_summary *out, const char *run, int64_t from_step) {
    oss_run_summary s = {0};
    oss_status status = read_config(&s, run);
    if (status == OSS_OK) {
        status = read_metrics(&s, run, from_step);
    }
    if (status == OSS_OK) {
        status = read_link(&s.latest, run, "latest");
    }
    if (status == OSS_OK) {
        status = read_link(&s.best, run, "best");
    }
    if (status == OSS_OK) {
        status = read_parameters(&s, run);
    }
    if (status != OSS_OK) {
        oss_run_summary_deinit(&s);
        return status;
    }
    *out = s;
    return OSS_OK;
}

void oss_run_summary_deinit(oss_run_summary *summary) {
    oss_free(summary->latest);
    oss_free(summary->best);
    summary->latest = summary->best = NULL;
}

/* ---- As JSON ---- */

static void add_measure(oss_json *object, const char *key, double value) {
    if (isfinite(value)) {
        oss_json_add_number(object, key, value);
    } else {
        oss_json_add_null(object, key);
    }
}

static void add_text(oss_json *object, const char *key, const char *text) {
    if (text != NULL && text[0] != '\0') {
        oss_json_add_string(object, key, text);
    } else {
        oss_json_add_null(object, key);
    }
}

oss_json *oss_run_summary_json(const oss_run_summary *summary) {
    const oss_run_metrics *m = &summary->metrics;
    oss_json *object = oss_json_object();
    oss_json_add_integer(object, "steps", m->step);
    oss_json_add_integer(object, "max_steps", summary->max_steps);
    oss_json_add_integer(object, "epoch", m->epoch);
    oss_json_add_integer(object, "skipped_steps", m->skipped_steps);
    add_measure(object, "loss", m->loss);
    add_text(object, "course", m->course);
    oss_json_add_number(object, "audio_seconds", m->audio_seconds);
    oss_json_add_number(object, "train_seconds", m->train_seconds);
    oss_json_add_number(object, "wait_seconds", m->wait_seconds);
    oss_json_add_number(object, "eval_seconds", m->eval_seconds);
    oss_json_add_number(object, "wall_seconds", m->train_seconds + m->eval_seconds);
    add_measure(object, "realtime_factor", m->train_seconds > 0 ? m->audio_seconds / m->train_seconds : NAN);
    oss_json_add_integer(object, "evals", m->evals);
    add_measure(object, "best_step", m->best.step > 0 ? (double)m->best.step : NAN);
    add_measure(object, "best_cer", m->best.cer);
    add_measure(object, "best_wer", m->best.wer);
    add_measure(object, "best_loss", m->best.loss);
    add_measure(object, "last_step", m->last.step > 0 ? (double)m->last.step : NAN);
    add_measure(object, "last_cer", m->last.cer);
    add_measure(object, "last_wer", m->last.wer);
    add_measure(object, "last_loss", m->last.loss);
    add_measure(object, "parameters", summary->parameters >= 0 ? (double)summary->parameters : NAN);
    add_text(object, "latest_checkpoint", summary->latest);
    add_text(object, "best_checkpoint", summary->best);
    oss_json_add_integer(object, "lines_skipped", m->lines_skipped);
    return object;
}
