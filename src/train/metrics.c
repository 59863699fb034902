#include "train/metrics.h"

#include <math.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "report/metrics_history.h"

enum { MESSAGE_BYTES = 256 };

struct oss_metrics {
    char *path;
    int lock_fd; /* -1: none */
    char *lock;  /* where it must lie */
    oss_strbuf lines;
    char failure[MESSAGE_BYTES]; /* of the first line that could not be made; "" when none */
};

oss_status oss_metrics_create(oss_metrics **out, const char *path, int64_t step) {
    oss_metrics *metrics = oss_alloc_zero(1, sizeof *metrics);
    if (metrics == NULL) {
        return OSS_ENOMEM;
    }
    metrics->lock_fd = -1;
    metrics->path = oss_strdup(path);
    oss_status status = metrics->path == NULL ? OSS_ENOMEM : oss_metrics_set_aside(path, step);
    if (status != OSS_OK) {
        oss_metrics_free(metrics);
        return status;
    }
    *out = metrics;
    return OSS_OK;
}

oss_status oss_metrics_set_lock(oss_metrics *metrics, int lock_fd, const char *run) {
    char *lock = oss_path_join(run, "lock");
    if (lock == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(metrics->lock);
    metrics->lock = lock;
    metrics->lock_fd = lock_fd;
    return OSS_OK;
}

void oss_metrics_free(oss_metrics *metrics) {
    if (metrics == NULL) {
        return;
    }
    oss_strbuf_deinit(&metrics->lines);
    oss_free(metrics->path);
    oss_free(metrics->lock);
    oss_free(metrics);
}

/* ---- Lines ---- */

static void add_line(oss_metrics *metrics, oss_json *object) {
    char *text = NULL;
    oss_status status = oss_json_print(&text, object, OSS_JSON_LINE);
    if (status == OSS_OK) {
        oss_strbuf_printf(&metrics->lines, "%s\n", text);
    }
    if ((status != OSS_OK || !oss_strbuf_ok(&metrics->lines)) && metrics->failure[0] == '\0') {
        (void)oss_format(metrics->failure, MESSAGE_BYTES, "%s", oss_last_error());
    }
    oss_free(text);
    oss_json_free(object);
}

/* JSON has no NaN. */
static void add_measure(oss_json *line, const char *key, double value) {
    if (isfinite(value)) {
        oss_json_add_number(line, key, value);
    } else {
        oss_json_add_null(line, key);
    }
}

void oss_metrics_add_step(oss_metrics *metrics, const oss_step_record *record) {
    const oss_step_result *result = record->result;
    oss_json *line = oss_json_object();
    oss_json_add_string(line, "kind", result->skipped == NULL ? "train" : "skip");
    oss_json_add_integer(line, "step", record->step);
    oss_json_add_integer(line, "epoch", record->epoch);
    if (result->skipped == NULL) {
        oss_json_add_number(line, "loss", result->loss);
        oss_json_add_number(line, "grad_norm", result->grad_norm);
        oss_json_add_number(line, "grad_usual", record->gradient.usual);
        oss_json_add_number(line, "grad_score", record->gradient.score);
        oss_json_add_number(line, "blank_fraction", result->blank_fraction);
    } else {
        oss_json_add_string(line, "reason", result->skipped);
        oss_json_add_string(line, "rows", result->culprits);
    }
    oss_json_add_number(line, "lr", record->lr);
    oss_json_add_integer(line, "utterances", result->utterances);
    oss_json_add_number(line, "audio_seconds", result->audio_seconds);
    oss_json_add_number(line, "wall_seconds", record->wall_seconds);
    oss_json_add_number(line, "realtime_factor",
                        record->wall_seconds > 0 ? result->audio_seconds / record->wall_seconds : 0.0);
    oss_json_add_number(line, "wait_seconds", record->wait_seconds);
    oss_json_add_number(line, "wait_fraction",
                        record->wall_seconds > 0 ? record->wait_seconds / record->wall_seconds : 0.0);
    add_line(metrics, line);
}

void oss_metrics_add_eval(oss_metrics *metrics, int64_t step, const oss_eval *eval, bool is_best) {
    oss_json *line = oss_json_object();
    oss_json_add_string(line, "kind", "eval");
    oss_json_add_integer(line, "step", step);
    add_measure(line, "loss", eval->loss);
    oss_json_add_number(line, "cer", eval->cer);
    oss_json_add_number(line, "wer", eval->wer);
    oss_json_add_bool(line, "best", is_best);
    oss_json_add_integer(line, "utterances", eval->utterances);
    oss_json_add_integer(line, "infeasible", eval->infeasible);
    oss_json_add_integer(line, "characters", eval->characters.reference);
    oss_json_add_integer(line, "words", eval->words.reference);
    oss_json_add_number(line, "blank_fraction", eval->blank_fraction);
    oss_json_add_number(line, "audio_seconds", eval->audio_seconds);
    oss_json_add_number(line, "wall_seconds", eval->wall_seconds);
    oss_json *samples = oss_json_add_array(line, "samples");
    for (int32_t i = 0; i < eval->samples; i++) {
        oss_json *sample = oss_json_add_object(samples, NULL);
        oss_json_add_string(sample, "wav", eval->sample[i].row->csv.wav);
        oss_json_add_string(sample, "reference", eval->sample[i].row->csv.text);
        oss_json_add_string(sample, "hypothesis", eval->sample[i].hypothesis);
    }
    add_line(metrics, line);
}

void oss_metrics_add_course(oss_metrics *metrics, const oss_course_report *report) {
    oss_json *line = oss_json_object();
    oss_json_add_string(line, "kind", "course");
    oss_json_add_integer(line, "step", report->step);
    oss_json_add_string(line, "course", oss_course_name(report->course));
    oss_json_add_number(line, "loss", report->loss);
    oss_json_add_number(line, "plateau_loss", report->plateau_loss);
    oss_json_add_number(line, "blank_fraction", report->blank_fraction);
    add_line(metrics, line);
}

oss_status oss_metrics_flush(oss_metrics *metrics) {
    if (metrics->failure[0] != '\0') {
        return oss_fail(OSS_ENOMEM, "%s: a line could not be made: %s", metrics->path, metrics->failure);
    }
    if (metrics->lines.length == 0) {
        return OSS_OK;
    }
    oss_status status = oss_file_lock_check(metrics->lock_fd, metrics->lock);
    if (status == OSS_OK) {
        status = oss_file_append(metrics->path, metrics->lines.data, metrics->lines.length);
    }
    if (status == OSS_OK) {
        oss_strbuf_clear(&metrics->lines); /* else they are for the next try */
    }
    return status;
}
