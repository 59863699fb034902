/* ossicle check: a dataset before it trains. */
#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "check/check.h"
#include "check/check_fix.h"
#include "cli/cli_data.h"
#include "cli/cli_confine.h"
#include "cli/check_align.h"
#include "cli/check_output.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "dataset/dataset.h"
#include "model/model_file.h"

static const oss_cli_option options[] = {
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings and their transcripts, as for training",
     .repeats = true},
    {.name = "--dev-csv",
     .value = OSS_CLI_DATA,
     .help = "held-out rows, which must share neither recordings nor speakers with the others"},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--config",
     .value = "FILE",
     .help =
         "config whose train_csv, dev_csv, limits, case and ctc_subframes to use; --csv and --dev-csv take "
         "the place of its CSVs"},
    {.name = "--model",
     .value = "M",
     .help = "model whose vocabulary, case and ctc_subframes to use instead"},
    {.name = "--align",
     .help = "with --model: also find rows whose text is not what was said, by aligning every row"},
    {.name = "--json", .help = "print one JSON object with every finding"},
    {.name = "--fix",
     .value = "OUT.csv",
     .help = "also write the one --csv again without the rows that are not fit to train"},
    OSS_CLI_SANDBOX_OPTION,
    {.name = "--threads",
     .value = "N",
     .help = "recordings to read at the same time (default: as many as processors); the output is the same "
             "with any number"},
};

typedef struct checking {
    const oss_cli_args *args;
    oss_model *model;
    oss_config *config;
    oss_check_source *source; /* [sources] */
    int32_t sources;
    oss_check_data data;
    oss_check_report *report;
    int64_t differing; /* rows that --align found */
} checking;

/* ---- What to check ---- */

static oss_status load_config(checking *check) {
    const char *config = oss_cli_value(check->args, "--config");
    const char *model = oss_cli_value(check->args, "--model");
    if (config != NULL && model != NULL) {
        return oss_fail(OSS_EUSAGE, "--config and --model exclude each other: a model has a config");
    }
    if (model == NULL) {
        return config != NULL ? oss_config_load(&check->config, config) : oss_config_create(&check->config);
    }
    oss_status status = oss_model_load(&check->model, model);
    return status == OSS_OK ? oss_config_create_from(&check->config, &check->model->config) : status;
}

/* Before all recordings are read. */
static oss_status check_fixable(const checking *check, const char *csv) {
    oss_data_format format = check->config->data.data_format;
    if (!oss_cli_has(check->args, "--fix")) {
        return OSS_OK;
    }
    if (oss_file_is_special(csv)) {
        return oss_fail(OSS_EUSAGE,
                        "--fix reads the CSV a second time, and %s is not a regular file: save it as one",
                        csv);
    }
    oss_status status = format == OSS_DATA_AUTO ? oss_dataset_find_format(&format, csv) : OSS_OK;
    return status == OSS_OK && format != OSS_DATA_CSV
               ? oss_fail(OSS_EUSAGE, "--fix writes CSVs again, and %s is %s: leave the rows out by hand",
                          csv, oss_data_format_title(format))
               : status;
}

static oss_status list_sources(checking *check) {
    const oss_cli_args *args = check->args;
    int32_t given = oss_cli_count(args, "--csv");
    int32_t train = given > 0 ? given : check->config->data.train_csvs;
    if (train == 0) {
        return oss_fail(OSS_EUSAGE, "no dataset: give --csv DATA, or a --config with train_csv");
    }
    if (oss_cli_has(args, "--fix") && train > 1) {
        return oss_fail(OSS_EUSAGE, "--fix writes one CSV again, and there are %d: give one --csv", train);
    }
    oss_status status = check_fixable(check, given > 0 ? oss_cli_value_at(args, "--csv", 0)
                                                       : check->config->data.train_csv[0].csv);
    if (status != OSS_OK) {
        return status;
    }
    check->source = oss_alloc((size_t)train + 1, sizeof *check->source);
    if (check->source == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < train; i++) {
        const char *csv =
            given > 0 ? oss_cli_value_at(args, "--csv", i) : check->config->data.train_csv[i].csv;
        check->source[check->sources++] = (oss_check_source){csv, OSS_CHECK_TRAIN};
    }
    const char *dev =
        oss_cli_has(args, "--dev-csv") ? oss_cli_value(args, "--dev-csv") : check->config->data.dev_csv;
    if (dev != NULL) {
        check->source[check->sources++] = (oss_check_source){dev, OSS_CHECK_DEV};
    }
    return OSS_OK;
}

static oss_status read_rows(checking *check) {
    int32_t threads = 1;
    oss_pool *pool = NULL;
    oss_status status = oss_cli_threads(check->args, &threads);
    for (int32_t i = 0; i < check->sources && status == OSS_OK; i++) {
        status = oss_check_read_csv(&check->data, check->config, check->source, i);
    }
    if (status == OSS_OK) {
        status = oss_pool_create(&pool, threads);
    }
    if (status == OSS_OK) {
        oss_log_info("reading the recordings of %d rows", check->data.rows);
        status = oss_check_read_audio(&check->data, check->config, pool);
    }
    oss_pool_free(pool);
    return status;
}

/* ---- What comes out ---- */

/* Recordings are read like what the command line and the config name. */
static oss_status check_inputs(const checking *check) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < check->data.rows && status == OSS_OK; i++) {
        const char *path = check->data.row[i].csv.path;
        status = path == NULL ? OSS_OK : oss_cli_reads(check->args, path);
    }
    return status;
}

static oss_status write_fixed(const checking *check) {
    const char *path = oss_cli_value(check->args, "--fix");
    if (path == NULL) {
        return OSS_OK;
    }
    oss_check_fixed fixed;
    oss_status status = check_inputs(check);
    if (status == OSS_OK) {
        status = oss_check_fix(&fixed, path, &check->data, check->report, check->source[0].csv);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_strbuf text = {0};
    const char *before = "; left out: ";
    for (int kind = 0; kind < OSS_CHECK_KINDS; kind++) {
        if (fixed.left_out[kind] > 0) {
            oss_strbuf_printf(&text, "%s%s %lld", before, oss_check_kind_name((oss_check_kind)kind),
                              (long long)fixed.left_out[kind]);
            before = ", ";
        }
    }
    if (fixed.moved) {
        oss_strbuf_append(&text, "; paths begin with the folder of the old CSV now");
    }
    status = oss_strbuf_ok(&text) ? OSS_OK : OSS_ENOMEM;
    if (status == OSS_OK) {
        oss_log_info("%s: %lld of %lld rows%s", path, (long long)fixed.kept,
                     (long long)check->report->set[OSS_CHECK_TRAIN].rows, text.data == NULL ? "" : text.data);
    }
    oss_strbuf_deinit(&text);
    return status;
}

static oss_status check_align_options(const oss_cli_args *args) {
    if (!oss_cli_has(args, "--align")) {
        return OSS_OK;
    }
    if (!oss_cli_has(args, "--model")) {
        return oss_fail(OSS_EUSAGE, "--align needs a model: say which with --model M");
    }
    return oss_cli_either(args, "--align", "--json", "what is printed");
}

static oss_status align_sources(checking *check) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < check->sources && status == OSS_OK && oss_cli_has(check->args, "--align"); i++) {
        status = oss_check_align_csv(check->args, check->source[i].csv, check->config->data.data_format,
                                     &check->differing);
    }
    return status;
}

static oss_status run_checks(checking *check) {
    oss_status status = check_align_options(check->args);
    if (status == OSS_OK) {
        status = oss_cli_confine(check->args);
    }
    if (status == OSS_OK) {
        status = load_config(check);
    }
    if (status == OSS_OK) {
        status = oss_cli_set_data_format(check->args, check->config);
    }
    if (status == OSS_OK) {
        status = list_sources(check);
    }
    if (status == OSS_OK) {
        status = read_rows(check);
    }
    if (status != OSS_OK) {
        return status;
    }
    const oss_check_input input = {.config = check->config,
                                   .vocab = check->model == NULL ? NULL : check->model->vocab,
                                   .judge_by_config = oss_cli_has(check->args, "--config") ||
                                                      oss_cli_has(check->args, "--model"),
                                   .bpe_choices = true,
                                   .source = check->source,
                                   .row = check->data.row,
                                   .rows = check->data.rows,
                                   .words = &check->data.words};
    status = oss_check_create(&check->report, &input);
    if (status == OSS_OK) {
        status = write_fixed(check);
    }
    if (status == OSS_OK && oss_cli_has(check->args, "--json")) {
        return oss_check_print_json(check->report, &input);
    }
    if (status == OSS_OK) {
        oss_check_print_text(check->report, &input);
        status = align_sources(check);
    }
    return status;
}

static int run_check(const oss_cli_args *args) {
    checking check = {.args = args};
    oss_status status = run_checks(&check);
    int code =
        status != OSS_OK ? oss_cli_fail(args, status) : oss_check_count(check.report) + check.differing > 0;
    oss_check_free(check.report);
    oss_check_data_deinit(&check.data);
    oss_free(check.source);
    oss_config_free(check.config);
    oss_model_free(check.model);
    return code;
}

const oss_cli_command oss_command_check = {
    .name = "check",
    .summary = "check a dataset before it trains: what is there, what is wrong, which units fit",
    .details =
        "Reads every recording once, at its own rate. Findings, which make the exit code 1: rows, "
        "recordings or texts that cannot train (unreadable, too short or long, silent, empty, more symbols "
        "than frames), duplicates, recordings with two texts, recordings and speakers of train in dev, "
        "words in two Unicode forms, characters that look alike, characters outside the vocabulary. "
        "Warnings do not: a pace far from the rest, clipping, an offset, mixed rates, texts shared by "
        "train and dev. The vocabulary is the model's, or that of the train rows. Exit 3 when a CSV cannot "
        "be read or has no rows.\n\n"
        "Choices are characters with 1 to 4 sub-frames, then byte-pair units of 64 to 512 symbols with 1 "
        "and 2; recommended is the first with which at most one train row in 200 does not fit.\n\n"
        "--align names the rows of which words were not heard, or that have speech which the text lacks (`ossicle align` "
        "says where); how far to trust it depends on how well the model knows the voices.\n\n"
        "--fix leaves out the rows of the kinds csv audio short long silent empty duplicate leak, and "
        "those that do not fit what is recommended; everything else is copied byte by byte. In another "
        "folder, relative paths get the old CSV's folder before them.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_check};
