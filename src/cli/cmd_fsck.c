/* ossicle fsck: what is whole of what Ossicle writes. */
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "fsck/fsck.h"

static const oss_cli_option options[] = {
    {.name = "--repair",
     .help =
         "point latest and best to whole checkpoints, write config.json again from them, and move aside what is "
         "damaged or left over: nothing is deleted"},
    {.name = "--json", .help = "print one JSON object instead of lines"},
};

static void print_item(const oss_fsck_item *item) {
    oss_cli_print_line("%-11s%s (%s)%s%s%s%s%s", oss_fsck_state_name[item->state], item->path, item->kind,
                       item->note == NULL ? "" : ": ", item->note == NULL ? "" : item->note,
                       item->done == NULL && !item->mended ? "" : "; repaired",
                       item->done == NULL ? "" : ": ", item->done == NULL ? "" : item->done);
}

static void add_text(oss_json *object, const char *key, const char *text) {
    if (text == NULL) {
        oss_json_add_null(object, key);
    } else {
        oss_json_add_string(object, key, text);
    }
}

static oss_status print_json(const oss_fsck_report *report) {
    oss_json *object = oss_json_object();
    oss_json_add_bool(object, "whole", oss_fsck_count(report) == 0);
    oss_json *list = oss_json_add_array(object, "items");
    for (int32_t i = 0; i < report->items; i++) {
        const oss_fsck_item *item = &report->item[i];
        oss_json *entry = oss_json_add_object(list, NULL);
        oss_json_add_string(entry, "path", item->path);
        oss_json_add_string(entry, "kind", item->kind);
        oss_json_add_string(entry, "state", oss_fsck_state_name[item->state]);
        add_text(entry, "note", item->note);
        add_text(entry, "done", item->done);
        oss_json_add_bool(entry, "repaired", item->mended);
    }
    return oss_cli_print_json(object);
}

static oss_status print_report(const oss_cli_args *args, const oss_fsck_report *report) {
    if (oss_cli_has(args, "--json")) {
        return print_json(report);
    }
    for (int32_t i = 0; i < report->items; i++) {
        print_item(&report->item[i]);
    }
    return OSS_OK;
}

/* What has nothing to check it by, or is not read by the system, no repair can do anything about. */
static bool can_be_mended(const oss_fsck_report *report) {
    bool found = false;
    for (int32_t i = 0; i < report->items; i++) {
        const oss_fsck_item *item = &report->item[i];
        found = found || (!oss_fsck_is_well(item) && item->state != OSS_FSCK_UNKNOWN &&
                          item->state != OSS_FSCK_UNREADABLE);
    }
    return found;
}

static void tell_count(const oss_cli_args *args, const oss_fsck_report *report) {
    int32_t count = oss_fsck_count(report);
    bool is_open = can_be_mended(report) && !oss_cli_has(args, "--repair");
    if (count > 0) {
        oss_log_info("%d of %d need attention%s", count, report->items,
                     is_open ? "; --repair mends what can be" : "");
    }
}

static int run_fsck(const oss_cli_args *args) {
    oss_fsck_report report = {0};
    int code = 0;
    for (int32_t i = 0; i < oss_cli_operands(args); i++) {
        oss_status status = oss_fsck_path(&report, oss_cli_operand(args, i), oss_cli_has(args, "--repair"));
        if (status != OSS_OK) {
            int failed = oss_cli_fail(args, status);
            code = code == 0 ? failed : code;
        }
    }
    oss_status status = print_report(args, &report);
    if (status != OSS_OK) {
        code = oss_cli_fail(args, status);
    }
    tell_count(args, &report);
    code = code == 0 && oss_fsck_count(&report) > 0 ? 1 : code;
    oss_fsck_report_deinit(&report);
    return code;
}

const oss_cli_command oss_command_fsck = {
    .name = "fsck",
    .summary = "whether runs, checkpoints, models and language models are whole, and the repair of a run",
    .operands = "PATH...",
    .min_operands = 1,
    .max_operands = -1,
    .details =
        "PATH: a run folder, a checkpoint folder, a model file, a language model, an array (.npy), a config or "
        "vocabulary, or a folder with such files. Reads all of each: sums, sizes, headers. Of a run: every "
        "checkpoint, where latest and best lead, whether config.json is that of the newest checkpoint, whether the "
        "lines of metrics.jsonl can be read and are in order, and what killed processes left.\n\n"
        "A line for each thing: ok; aside (moved aside before); locked (a process trains there); stale (left by a "
        "killed process, harmless); missing; damaged; unreadable (by the system); unknown (carries nothing to check "
        "it by). Exit 0 when all is ok, aside or locked, or was repaired; else 1. Without --repair nothing is "
        "changed.\n\n"
        "--repair of a run does what --resume would, and more: damaged checkpoints become NAME.damaged, what killed "
        "processes left NAME.stale, latest and best links to whole checkpoints; a config.json that is damaged, "
        "missing or changed is written from the newest whole checkpoint (the old one becomes config.json.damaged); "
        "lines of metrics.jsonl that cannot be read or are out of order go to metrics.superseded.jsonl. While a "
        "process trains there it refuses, exit 2. A damaged model, language model or array by itself becomes "
        "NAME.damaged, exit 1. Configs, vocabularies and ARPA files stay where they are.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_fsck};
