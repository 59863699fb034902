#include "base/strbuf.h"
#include "check/report_internal.h"

static void append_sets(oss_strbuf *text, const oss_check_report *report) {
    static const char *const name[OSS_CHECK_SETS] = {"train", "dev"};
    for (int set = 0; set < OSS_CHECK_SETS; set++) {
        const oss_check_set_sum *sum = &report->set[set];
        if (sum->rows == 0) {
            continue;
        }
        oss_strbuf_printf(text, "%s %s %lld of %lld rows usable, %.2f h", set == 0 ? "" : ";", name[set],
                          (long long)sum->usable, (long long)sum->rows, sum->seconds / 3600.0);
        if (sum->speakers > 0) {
            oss_strbuf_printf(text, ", %lld speaker%s", (long long)sum->speakers,
                              sum->speakers == 1 ? "" : "s");
        }
    }
}

static void append_kinds(oss_strbuf *text, const oss_check_report *report, bool warnings) {
    const char *before = warnings ? "; warnings: " : ". Findings: ";
    for (int kind = 0; kind < OSS_CHECK_KINDS; kind++) {
        if (report->by_kind[kind] > 0 && oss_check_is_warning((oss_check_kind)kind) == warnings) {
            oss_strbuf_printf(text, "%s%s %lld", before, oss_check_kind_name((oss_check_kind)kind),
                              (long long)report->by_kind[kind]);
            before = ", ";
        }
    }
}

static void append_choice(oss_strbuf *text, const oss_check_report *report) {
    if (report->recommended < 0) {
        return;
    }
    const oss_check_choice *best = &report->choice[report->recommended];
    const oss_check_choice *judge = &report->choice[report->judge];
    oss_strbuf_printf(text, ". %s with ctc_subframes %d: %lld of %lld train texts do not fit",
                      oss_check_units_name(&report->units[judge->units]), judge->subframes,
                      (long long)judge->infeasible[OSS_CHECK_TRAIN],
                      (long long)report->set[OSS_CHECK_TRAIN].usable);
    if (best != judge) {
        oss_strbuf_printf(text, "; %s with %d: %lld (recommended)",
                          oss_check_units_name(&report->units[best->units]), best->subframes,
                          (long long)best->infeasible[OSS_CHECK_TRAIN]);
    }
}

char *oss_check_summary(const oss_check_report *report) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "check:");
    append_sets(&text, report);
    if (report->duration.count > 0) {
        oss_strbuf_printf(&text, "; %.1f to %.1f s a row, median %.1f", report->duration.min,
                          report->duration.max, report->duration.median);
    }
    if (report->pace.count > 0) {
        oss_strbuf_printf(&text, "; %.1f characters a second, %d symbols", report->pace.median,
                          report->symbols);
    }
    append_choice(&text, report);
    if (oss_check_count(report) == 0) {
        oss_strbuf_append(&text, ". No findings");
    }
    append_kinds(&text, report, false);
    append_kinds(&text, report, true);
    return oss_strbuf_take(&text);
}
