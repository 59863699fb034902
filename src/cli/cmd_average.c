/* ossicle average: one model whose weights are the mean of those of several. */
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "checkpoint/checkpoint.h"
#include "convert/model_average.h"

enum { MAX_MODELS = 100000 };

static const oss_cli_option options[] = {
    {.name = "-o", .value = "OUT", .help = "model file to write", .required = true},
    {.name = "--last",
     .value = "N",
     .help =
         "the N newest checkpoints of one run folder M, instead of models one by one; the run must have kept as "
         "many (keep_last)"},
    {.name = "--no-projector", .help = "leave the projector out of OUT: transcripts do not need it"},
};

static oss_status average(const oss_cli_args *args, const char *const *path, int32_t count) {
    const char *out_path = oss_cli_value(args, "-o");
    oss_model *model = NULL;
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        status = oss_cli_reads(args, path[i]);
    }
    if (status == OSS_OK) {
        status = oss_model_average(&model, path, count);
    }
    if (status == OSS_OK && oss_cli_has(args, "--no-projector")) {
        status = oss_model_drop_projector(model);
    }
    if (status == OSS_OK) {
        status = oss_model_save(model, out_path);
    }
    if (status == OSS_OK) {
        for (int32_t i = 0; i < count; i++) {
            oss_log_info("%s", path[i]);
        }
        oss_log_info("%s: the mean of %d model%s, %zu parameters", out_path, count, count == 1 ? "" : "s",
                     model->params->parameters);
    }
    oss_model_free(model);
    return status;
}

static oss_status average_last(const oss_cli_args *args) {
    int64_t count = 0;
    oss_status status = oss_cli_integer(args, "--last", 1, MAX_MODELS, 1, &count);
    if (status == OSS_OK && oss_cli_operands(args) != 1) {
        status =
            oss_fail(OSS_EUSAGE, "--last takes the newest checkpoints of one run folder, and %d were given",
                     oss_cli_operands(args));
    }
    char **path = NULL;
    if (status == OSS_OK) {
        status = oss_checkpoint_newest(&path, oss_cli_operand(args, 0), (int32_t)count);
    }
    if (status == OSS_OK) {
        status = average(args, (const char *const *)path, (int32_t)count);
        oss_checkpoint_free_paths(path, (int32_t)count);
    }
    return status;
}

static oss_status average_operands(const oss_cli_args *args) {
    int32_t count = oss_cli_operands(args);
    const char **path = oss_alloc((size_t)count, sizeof *path);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < count; i++) {
        path[i] = oss_cli_operand(args, i);
    }
    oss_status status = average(args, path, count);
    oss_free((void *)path);
    return status;
}

static int run_average(const oss_cli_args *args) {
    oss_status status = oss_cli_has(args, "--last") ? average_last(args) : average_operands(args);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_average = {
    .name = "average",
    .summary = "one model whose weights are the mean of those of several",
    .operands = "M...",
    .min_operands = 1,
    .max_operands = -1,
    .details =
        "The models must have the same front end, network, vocabulary and mel statistics; the first "
        "difference is named otherwise. The mean is taken in double and depends on nothing but the weights "
        "and their order. It is of use for checkpoints of one run, and for runs that began with the same "
        "weights (--init); the weights of runs with different seeds have no useful mean. A run keeps "
        "keep_last checkpoints and its best.\n\n"
        "Of one M the mean is M itself: `ossicle average -o OUT RUN` writes the best model of a run as one "
        "file to give on.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_average};
