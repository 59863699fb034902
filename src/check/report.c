#include "check/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "check/report_internal.h"

enum { NOTE_BYTES = 400 };

/* ---- Findings ---- */

oss_status oss_check_add(oss_check_report *report, oss_check_kind kind, int32_t row, int32_t other,
                         char *message) {
    if (message == NULL) {
        return OSS_ENOMEM;
    }
    if (report->findings == report->capacity) {
        int32_t capacity = report->capacity == 0 ? 64 : report->capacity + report->capacity / 2;
        oss_check_finding *grown = oss_resize(report->finding, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            oss_free(message);
            return OSS_ENOMEM;
        }
        report->finding = grown;
        report->capacity = capacity;
    }
    report->finding[report->findings++] =
        (oss_check_finding){.kind = kind, .row = row, .other = other, .message = message};
    report->by_kind[kind]++;
    return OSS_OK;
}

oss_status oss_check_note(oss_check_report *report, oss_check_kind kind, int32_t row, int32_t other,
                          const char *format, ...) {
    char message[NOTE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)oss_vformat(message, sizeof message, format, arguments);
    va_end(arguments);
    return oss_check_add(report, kind, row, other, oss_strdup(message));
}

static int compare_findings(const void *left, const void *right) {
    const oss_check_finding *a = left, *b = right;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (a->row != b->row) {
        return a->row < b->row ? -1 : 1;
    }
    return strcmp(a->message, b->message);
}

void oss_check_sort(oss_check_report *report) {
    if (report->findings > 0) {
        qsort(report->finding, (size_t)report->findings, sizeof *report->finding, compare_findings);
    }
}

int64_t oss_check_count(const oss_check_report *report) {
    int64_t count = 0;
    for (int kind = 0; kind < OSS_CHECK_KINDS; kind++) {
        count += oss_check_is_warning((oss_check_kind)kind) ? 0 : report->by_kind[kind];
    }
    return count;
}

/* ---- Numbers ---- */

oss_check_set oss_check_set_of(const oss_check_input *input, int32_t row) {
    return input->source[input->row[row].source].set;
}

double oss_check_seconds(const oss_check_input *input, int32_t row) {
    return (double)input->row[row].sound.samples / input->config->model.mel.sample_rate_hz;
}

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The least of 1, 2 and 5 times a power of ten with which all values fall into the bins. */
static double choose_width(double min, double max) {
    static const double step[] = {1, 2, 5};
    for (double ten = 1e-3;; ten *= 10) {
        for (int i = 0; i < 3; i++) {
            double width = step[i] * ten;
            if (floor(max / width) - floor(min / width) < (double)OSS_CHECK_BINS) {
                return width;
            }
        }
    }
}

void oss_check_spread_make(oss_check_spread *out, double *value, int64_t count) {
    *out = (oss_check_spread){.count = count};
    if (count == 0) {
        return;
    }
    qsort(value, (size_t)count, sizeof *value, compare_numbers);
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++) {
        sum += value[i];
    }
    out->min = value[0];
    out->median = 0.5 * (value[(count - 1) / 2] + value[count / 2]);
    out->mean = sum / (double)count;
    out->max = value[count - 1];
    out->width = choose_width(out->min, out->max);
    double first = floor(out->min / out->width);
    out->begin = first * out->width;
    for (int64_t i = 0; i < count; i++) {
        int32_t bin = (int32_t)(floor(value[i] / out->width) - first);
        out->bin[bin]++;
        out->bins = bin + 1;
    }
}

void oss_check_free(oss_check_report *report) {
    if (report == NULL) {
        return;
    }
    for (int32_t i = 0; i < report->findings; i++) {
        oss_free(report->finding[i].message);
    }
    for (int32_t i = 0; i < report->unit_sets; i++) {
        oss_free(report->units[i].needed);
    }
    oss_free(report->finding);
    oss_free(report->units);
    oss_free(report->frames);
    oss_free(report->choice);
    oss_free(report->unfit);
    oss_free(report);
}
