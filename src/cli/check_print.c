#include "cli/check_output.h"

#include "cli/cli_common.h"

enum { LISTED = 10, BAR_COLUMNS = 48 };

static const char *const set_name[OSS_CHECK_SETS] = {"train", "dev"};

static void print_sets(const oss_check_report *report) {
    oss_cli_print("%-22s%9s%9s%9s%10s\n", "", "rows", "usable", "hours", "speakers");
    for (int set = 0; set < OSS_CHECK_SETS; set++) {
        const oss_check_set_sum *sum = &report->set[set];
        if (sum->rows == 0) {
            continue;
        }
        oss_cli_print("%-22s%9lld%9lld%9.2f", set_name[set], (long long)sum->rows, (long long)sum->usable,
                      sum->seconds / 3600.0);
        if (sum->speakers > 0) {
            oss_cli_print("%10lld\n", (long long)sum->speakers);
        } else {
            oss_cli_print("%10s\n", "-");
        }
    }
}

static void print_bar(int64_t count, int64_t most) {
    int64_t columns = count == 0 ? 0 : 1 + count * (BAR_COLUMNS - 1) / most;
    oss_cli_print("%s", columns > 0 ? "  " : "");
    for (int64_t i = 0; i < columns; i++) {
        oss_cli_print("#");
    }
    oss_cli_print("\n");
}

static void print_spread(const char *title, const oss_check_spread *spread) {
    if (spread->count == 0) {
        return;
    }
    oss_cli_print("\n%-22smin %.2f, median %.2f, mean %.2f, max %.2f\n", title, spread->min, spread->median,
                  spread->mean, spread->max);
    int64_t most = 1;
    for (int32_t i = 0; i < spread->bins; i++) {
        most = spread->bin[i] > most ? spread->bin[i] : most;
    }
    int decimals = spread->width < 0.01 ? 3 : spread->width < 0.1 ? 2 : spread->width < 1 ? 1 : 0;
    for (int32_t i = 0; i < spread->bins; i++) {
        oss_cli_print("%8.*f -%7.*f%9lld", decimals, spread->begin + i * spread->width, decimals,
                      spread->begin + (i + 1) * spread->width, (long long)spread->bin[i]);
        print_bar(spread->bin[i], most);
    }
}

static void print_choices(const oss_check_report *report, const oss_check_input *input) {
    if (report->recommended < 0) {
        return;
    }
    const oss_check_set_sum *train = &report->set[OSS_CHECK_TRAIN], *dev = &report->set[OSS_CHECK_DEV];
    oss_cli_print("\n%-8s%8s%15s%11s   %s\n", "units", "symbols", "ctc_subframes", "frames/s",
                  "rows that do not fit");
    for (int32_t i = 0; i < report->choices; i++) {
        const oss_check_choice *choice = &report->choice[i];
        const oss_check_units *units = &report->units[choice->units];
        oss_cli_print("%-8s%8d%15d%11.1f%9lld%7.1f %%", oss_check_units_name(units), units->symbols,
                      choice->subframes, choice->frames_hz, (long long)choice->infeasible[OSS_CHECK_TRAIN],
                      100.0 * (double)choice->infeasible[OSS_CHECK_TRAIN] / (double)train->usable);
        if (dev->usable > 0) {
            oss_cli_print("%6lld dev", (long long)choice->infeasible[OSS_CHECK_DEV]);
        }
        if (i == report->recommended) {
            oss_cli_print("  recommended");
        }
        if (i == report->judge && input->judge_by_config) {
            oss_cli_print("  configured");
        }
        oss_cli_print("\n");
    }
}

static void print_finding(const oss_check_input *input, const oss_check_finding *finding) {
    const oss_check_row *row = &input->row[finding->row];
    if (finding->kind == OSS_CHECK_CSV) {
        oss_cli_print_line("  %s", finding->message);
        return;
    }
    oss_cli_print_line("  %s:%lld: row %lld: %s: %s", input->source[row->source].csv,
                       (long long)row->csv.line, (long long)row->csv.number, row->csv.wav, finding->message);
}

/* Findings are sorted by kind; returns where the next kind begins. */
static int32_t print_kind(const oss_check_report *report, const oss_check_input *input, int32_t begin) {
    oss_check_kind kind = report->finding[begin].kind;
    int64_t count = report->by_kind[kind];
    oss_cli_print("\n%s%s: %lld\n", oss_check_is_warning(kind) ? "warning: " : "", oss_check_kind_title(kind),
                  (long long)count);
    for (int32_t i = begin; i < begin + count && i < begin + LISTED; i++) {
        print_finding(input, &report->finding[i]);
    }
    if (count > LISTED) {
        oss_cli_print("  and %lld more (--json lists all)\n", (long long)count - LISTED);
    }
    return begin + (int32_t)count;
}

void oss_check_print_text(const oss_check_report *report, const oss_check_input *input) {
    print_sets(report);
    print_spread("seconds a row", &report->duration);
    print_spread("characters a second", &report->pace);
    print_choices(report, input);
    for (int32_t i = 0; i < report->findings;) {
        i = print_kind(report, input, i);
    }
    int64_t count = oss_check_count(report), warnings = report->findings - count;
    if (count == 0) {
        oss_cli_print("\nclean");
    } else {
        oss_cli_print("\n%lld finding%s", (long long)count, count == 1 ? "" : "s");
    }
    oss_cli_print(", %lld warning%s\n", (long long)warnings, warnings == 1 ? "" : "s");
    if (report->recommended >= 0) {
        const oss_check_choice *best = &report->choice[report->recommended];
        const oss_check_units *units = &report->units[best->units];
        oss_cli_print("recommended: units=%s", oss_check_units_name(units));
        if (units->kind == OSS_UNITS_BPE) {
            oss_cli_print(" vocab_size=%d", units->symbols);
        }
        oss_cli_print(" ctc_subframes=%d\n", best->subframes);
    }
}
