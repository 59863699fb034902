#include "report/run_metrics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/line_scan.h"
#include "base/mem.h"
#include "base/number.h"

enum { LINE_MAX_BYTES = 1 << 20 };

/* The number of a member that may be null; NaN for null, for another type and when it is not there. */
static double get_measure(const oss_json *line, const char *key) {
    const oss_json *value = oss_json_get(line, key);
    return oss_json_is(value, OSS_JSON_NUMBER) ? oss_json_number(value) : NAN;
}

static double get_seconds(const oss_json *line, const char *key) {
    double seconds = get_measure(line, key);
    return seconds > 0 ? seconds : 0.0;
}

static bool is_word(const oss_json *value, const char *word) {
    return oss_json_is(value, OSS_JSON_STRING) && strcmp(oss_json_string(value), word) == 0;
}

static void add_step(oss_run_metrics *m, const oss_json *line, int64_t step, bool skipped) {
    double loss = get_measure(line, "loss"), epoch = get_measure(line, "epoch");
    m->step = step;
    m->epoch = epoch >= 0 && epoch < 1e15 ? (int64_t)epoch : m->epoch;
    m->skipped_steps += skipped;
    m->loss = isfinite(loss) ? loss : m->loss;
    m->audio_seconds += get_seconds(line, "audio_seconds");
    m->train_seconds += get_seconds(line, "wall_seconds");
    m->wait_seconds += get_seconds(line, "wait_seconds");
}

static void add_eval(oss_run_metrics *m, const oss_json *line, int64_t step) {
    m->last =
        (oss_run_score){step, get_measure(line, "cer"), get_measure(line, "wer"), get_measure(line, "loss")};
    m->evals++;
    m->eval_seconds += get_seconds(line, "wall_seconds");
    const oss_json *best = oss_json_get(line, "best");
    if (oss_json_is(best, OSS_JSON_BOOL) && oss_json_bool(best)) {
        m->best = m->last;
    }
}

/* False for a line that is none of the trainer's. */
static bool add_line(oss_run_metrics *m, const oss_json *line, int64_t from_step) {
    const oss_json *kind = oss_json_get(line, "kind");
    const oss_json *course = oss_json_get(line, "course");
    bool train = is_word(kind, "train"), skip = is_word(kind, "skip"), eval = is_word(kind, "eval");
    bool verdict = is_word(kind, "course") && oss_json_is(course, OSS_JSON_STRING);
    int64_t step = 0;
    if (!(train || skip || eval || verdict) ||
        oss_json_get_integer(line, "step", 0, OSS_JSON_MAX_INTEGER, &step) != OSS_OK ||
        (eval && isnan(get_measure(line, "cer")))) {
        return false;
    }
    if (step < from_step) {
        return true;
    }
    m->lines++;
    if (train || skip) {
        add_step(m, line, step, skip);
    } else if (eval) {
        add_eval(m, line, step);
    } else {
        (void)oss_format(m->course, sizeof m->course, "%s", oss_json_string(course));
    }
    return true;
}

typedef struct reading {
    oss_run_metrics metrics;
    int64_t from_step;
} reading;

static reading begin_reading(int64_t from_step) {
    const oss_run_score none = {.cer = NAN, .wer = NAN, .loss = NAN};
    return (reading){.metrics = {.loss = NAN, .best = none, .last = none}, .from_step = from_step};
}

static oss_status read_line(void *context, const oss_scanned_line *line) {
    reading *r = context;
    oss_json *object = NULL;
    oss_status status =
        line->text == NULL ? OSS_EINPUT : oss_json_parse(&object, line->text, line->bytes, "a line");
    if (status == OSS_ENOMEM) {
        return status;
    }
    if (status != OSS_OK || !add_line(&r->metrics, object, r->from_step)) {
        r->metrics.lines_skipped++;
        r->metrics.first_skipped = r->metrics.first_skipped == 0 ? line->number : r->metrics.first_skipped;
    }
    oss_json_free(object);
    return OSS_OK;
}

oss_status oss_run_metrics_parse(oss_run_metrics *out, const char *text, size_t bytes, int64_t from_step) {
    reading r = begin_reading(from_step);
    size_t at = 0;
    for (int64_t number = 1; at < bytes; number++) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end == NULL ? bytes - at : (size_t)(end - text) - at;
        const oss_scanned_line line = {.text = text + at, .bytes = length, .number = number};
        oss_status status = read_line(&r, &line);
        if (status != OSS_OK) {
            return status;
        }
        at += length + 1;
    }
    *out = r.metrics;
    return OSS_OK;
}

oss_status oss_run_metrics_read(oss_run_metrics *out, const char *path, int64_t from_step) {
    reading r = begin_reading(from_step);
    oss_status status = oss_line_scan(path, LINE_MAX_BYTES, read_line, &r);
    if (status == OSS_OK) {
        *out = r.metrics;
    }
    return status;
}
