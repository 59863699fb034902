#include "check/check.h"

#include "base/fail.h"
#include "base/mem.h"
#include "check/parts.h"
#include "check/report_internal.h"
#include "model/vocab_file.h"
#include "units/learn.h"

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
    oss_check_sort(report);
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
