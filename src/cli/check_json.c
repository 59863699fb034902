#include "base/json.h"
#include "cli/check_output.h"
#include "cli/cli_common.h"

static const char *const set_name[OSS_CHECK_SETS] = {"train", "dev"};

static void add_sets(oss_json *object, const oss_check_report *report) {
    oss_json *sets = oss_json_add_object(object, "sets");
    for (int i = 0; i < OSS_CHECK_SETS; i++) {
        const oss_check_set_sum *sum = &report->set[i];
        if (sum->rows > 0) {
            oss_json *set = oss_json_add_object(sets, set_name[i]);
            oss_json_add_integer(set, "rows", sum->rows);
            oss_json_add_integer(set, "usable", sum->usable);
            oss_json_add_number(set, "hours", sum->seconds / 3600.0);
            oss_json_add_integer(set, "speakers", sum->speakers);
        }
    }
}

static void add_spread(oss_json *object, const char *key, const oss_check_spread *spread) {
    oss_json *part = oss_json_add_object(object, key);
    oss_json_add_number(part, "min", spread->min);
    oss_json_add_number(part, "median", spread->median);
    oss_json_add_number(part, "mean", spread->mean);
    oss_json_add_number(part, "max", spread->max);
    oss_json_add_number(part, "bin_begin", spread->begin);
    oss_json_add_number(part, "bin_width", spread->width);
    oss_json *bins = oss_json_add_array(part, "bins");
    for (int32_t i = 0; i < spread->bins; i++) {
        oss_json_add_integer(bins, NULL, spread->bin[i]);
    }
}

static void add_choice(oss_json *container, const char *key, const oss_check_report *report, int32_t index) {
    if (index < 0) {
        oss_json_add_null(container, key);
        return;
    }
    const oss_check_choice *choice = &report->choice[index];
    oss_json *part = oss_json_add_object(container, key);
    oss_json_add_string(part, "units", oss_check_units_name(&report->units[choice->units]));
    oss_json_add_integer(part, "symbols", report->units[choice->units].symbols);
    oss_json_add_integer(part, "ctc_subframes", choice->subframes);
    oss_json_add_number(part, "frames_hz", choice->frames_hz);
    oss_json_add_integer(part, "infeasible_train", choice->infeasible[OSS_CHECK_TRAIN]);
    oss_json_add_integer(part, "infeasible_dev", choice->infeasible[OSS_CHECK_DEV]);
}

static void add_choices(oss_json *object, const oss_check_report *report, const oss_check_input *input) {
    oss_json *list = oss_json_add_array(object, "choices");
    for (int32_t i = 0; i < report->choices; i++) {
        add_choice(list, NULL, report, i);
    }
    add_choice(object, "configured", report, input->judge_by_config ? report->judge : -1);
    add_choice(object, "recommended", report, report->recommended);
}

static void add_place(oss_json *object, const oss_check_input *input, int32_t index) {
    const oss_check_row *row = &input->row[index];
    oss_json_add_string(object, "csv", input->source[row->source].csv);
    oss_json_add_integer(object, "row", row->csv.number);
    oss_json_add_integer(object, "line", row->csv.line);
    oss_json_add_string(object, "wav", row->csv.wav == NULL ? "" : row->csv.wav);
}

/* Rows that some choice does not fit, with the frames that each needs and gives. */
static void add_infeasible(oss_json *object, const oss_check_report *report, const oss_check_input *input) {
    oss_json *list = oss_json_add_array(object, "infeasible");
    for (int32_t row = 0; row < input->rows; row++) {
        oss_json *entry = NULL, *choices = NULL;
        for (int32_t i = 0; i < report->choices; i++) {
            const oss_check_choice *choice = &report->choice[i];
            if (oss_check_fits(report, choice, row)) {
                continue;
            }
            if (entry == NULL) {
                entry = oss_json_add_object(list, NULL);
                add_place(entry, input, row);
                choices = oss_json_add_array(entry, "choices");
            }
            oss_json *part = oss_json_add_object(choices, NULL);
            oss_json_add_string(part, "units", oss_check_units_name(&report->units[choice->units]));
            oss_json_add_integer(part, "symbols", report->units[choice->units].symbols);
            oss_json_add_integer(part, "ctc_subframes", choice->subframes);
            oss_json_add_integer(part, "needed", report->units[choice->units].needed[row]);
            oss_json_add_integer(part, "available", oss_check_given(report, choice, row));
        }
    }
}

static void add_findings(oss_json *object, const oss_check_report *report, const oss_check_input *input) {
    oss_json *counts = oss_json_add_object(object, "counts");
    for (int kind = 0; kind < OSS_CHECK_KINDS; kind++) {
        oss_json_add_integer(counts, oss_check_kind_name((oss_check_kind)kind), report->by_kind[kind]);
    }
    oss_json *list = oss_json_add_array(object, "findings");
    for (int32_t i = 0; i < report->findings; i++) {
        const oss_check_finding *finding = &report->finding[i];
        oss_json *entry = oss_json_add_object(list, NULL);
        oss_json_add_string(entry, "kind", oss_check_kind_name(finding->kind));
        oss_json_add_bool(entry, "warning", oss_check_is_warning(finding->kind));
        add_place(entry, input, finding->row);
        oss_json_add_string(entry, "message", finding->message);
        if (finding->other >= 0) {
            add_place(oss_json_add_object(entry, "other"), input, finding->other);
        }
    }
}

oss_status oss_check_print_json(const oss_check_report *report, const oss_check_input *input) {
    oss_json *object = oss_json_object();
    oss_json_add_bool(object, "clean", oss_check_count(report) == 0);
    add_sets(object, report);
    add_spread(object, "seconds", &report->duration);
    add_spread(object, "characters_per_second", &report->pace);
    oss_json_add_integer(object, "symbols", report->symbols);
    add_choices(object, report, input);
    add_findings(object, report, input);
    add_infeasible(object, report, input);
    return oss_cli_print_json(object);
}
