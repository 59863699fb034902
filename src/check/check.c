#include "check/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "check/check_internal.h"
#include "model/vocab_file.h"
#include "units/learn.h"

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

static void sum_sets(oss_check_report *report, const oss_check_input *input) {
    for (int32_t i = 0; i < input->rows; i++) {
        oss_check_set_sum *sum = &report->set[oss_check_set_of(input, i)];
        sum->rows++;
        sum->usable += input->row[i].usable;
        sum->seconds += input->row[i].usable ? oss_check_seconds(input, i) : 0.0;
    }
}

/* ---- The analysis ---- */

static oss_status note_faults(oss_check_report *report, const oss_check_input *input) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows && status == OSS_OK; i++) {
        const oss_check_row *row = &input->row[i];
        if (!row->usable) {
            status = oss_check_add(report, row->fault, i, -1, oss_strdup(row->message));
        } else if (row->csv.text[0] == '\0') {
            status = oss_check_note(report, OSS_CHECK_EMPTY, i, -1, "no text in %.2f s of audio",
                                    oss_check_seconds(input, i));
        }
    }
    return status;
}

static int64_t list_texts(const char **out, const oss_check_input *input) {
    int64_t texts = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        if (input->row[i].usable && oss_check_set_of(input, i) == OSS_CHECK_TRAIN) {
            out[texts++] = input->row[i].csv.text;
        }
    }
    return texts;
}

static oss_status analyse(oss_check_report *report, const oss_check_input *input, const oss_vocab *vocab,
                          const char *const *text, int64_t texts) {
    report->symbols = oss_vocab_size(vocab);
    sum_sets(report, input);
    oss_status status = note_faults(report, input);
    if (status == OSS_OK) {
        status = oss_check_units_count(report, input, vocab, text, texts);
    }
    if (status == OSS_OK) {
        status = oss_check_texts(report, input, vocab);
    }
    if (status == OSS_OK) {
        status = oss_check_sounds(report, input);
    }
    if (status == OSS_OK) {
        status = oss_check_twins(report, input);
    }
    if (status == OSS_OK) {
        status = oss_check_sets(report, input);
    }
    if (status == OSS_OK && report->findings > 0) {
        qsort(report->finding, (size_t)report->findings, sizeof *report->finding, compare_findings);
    }
    return status;
}

/* INFEASIBLE is judged by the config, which can be changed; what is left out must fit what is recommended. */
static void mark_unfit(oss_check_report *report, const oss_check_input *input) {
    for (int32_t i = 0; i < report->findings; i++) {
        const oss_check_finding *finding = &report->finding[i];
        if (oss_check_is_unfit(finding->kind) && finding->kind != OSS_CHECK_INFEASIBLE) {
            report->unfit[finding->row] = true;
        }
    }
    for (int32_t i = 0; i < input->rows && report->recommended >= 0; i++) {
        if (!oss_check_fits(report, &report->choice[report->recommended], i)) {
            report->unfit[i] = true;
        }
    }
}

/* The vocabulary that training would use. */
static oss_status make_vocabulary(oss_vocab **out, const oss_check_input *input, const char *const *text,
                                  int64_t texts) {
    const oss_config *config = input->config;
    if (input->vocab != NULL) {
        return oss_vocab_copy(out, input->vocab);
    }
    if (config->data.vocab_json != NULL) {
        oss_status status = oss_vocab_load(out, config->data.vocab_json, config);
        return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "vocab_json");
    }
    return oss_vocab_make(out, text, texts, config);
}

static oss_status analyse_with_texts(oss_check_report *report, const oss_check_input *input,
                                     const char **text) {
    int64_t texts = list_texts(text, input);
    oss_vocab *vocab = NULL;
    oss_status status = make_vocabulary(&vocab, input, text, texts);
    if (status == OSS_OK) {
        status = analyse(report, input, vocab, text, texts);
    }
    oss_vocab_free(vocab);
    return status;
}

oss_status oss_check_create(oss_check_report **out, const oss_check_input *input) {
    oss_check_report *report = oss_alloc_zero(1, sizeof *report);
    const char **text = oss_alloc((size_t)input->rows, sizeof *text);
    oss_status status = report == NULL || text == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        report->judge = report->recommended = -1;
        report->unfit = oss_alloc_zero((size_t)input->rows, sizeof *report->unfit);
        status = report->unfit == NULL ? OSS_ENOMEM : analyse_with_texts(report, input, text);
    }
    oss_free(text);
    if (status != OSS_OK) {
        oss_check_free(report);
        return status;
    }
    mark_unfit(report, input);
    *out = report;
    return OSS_OK;
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
