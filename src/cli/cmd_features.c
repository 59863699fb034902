/* ossicle features: the front end alone. */
#include "cli/cli_confine.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/cli_progress.h"
#include "cli/results.h"
#include "ossicle/features.h"

static const oss_cli_option options[] = {
    {.name = "--config",
     .value = "FILE",
     .help = "config file whose front end to use (default: the default front end)"},
    {.name = "--model", .value = "M", .help = "model whose front end to use instead"},
    OSS_CLI_SANDBOX_OPTION,
    {.name = "-o",
     .value = "OUT.npy",
     .help = "NumPy file to write: float32, one row a mel frame",
     .required = true},
    OSS_CLI_MAX_SECONDS_OPTION,
};

static oss_status create_front_end(oss_features **out, const oss_cli_args *args) {
    const char *model = oss_cli_value(args, "--model");
    oss_status status = oss_cli_either(args, "--config", "--model", "a front end");
    if (status != OSS_OK) {
        return status;
    }
    return model != NULL ? oss_features_create_from_model(out, model)
                         : oss_features_create(out, oss_cli_value(args, "--config"));
}

static oss_status compute_file(oss_features *features, const char *path, oss_matrix *out) {
    oss_cli_progress progress;
    oss_cli_progress_begin(&progress, path);
    oss_features_set_progress(features, oss_cli_progress_tell, &progress);
    oss_status status = oss_cli_check_recording(path);
    if (status == OSS_OK) {
        status =
            oss_cli_name_recording(path, oss_features_compute_file(features, oss_cli_recording(path), out));
    }
    oss_cli_progress_end(&progress);
    return status;
}

static int run_features(const oss_cli_args *args) {
    oss_features *features = NULL;
    oss_matrix matrix = {0};
    double max_seconds = 0.0;
    oss_status status = oss_cli_max_seconds(args, &max_seconds);
    if (status == OSS_OK) {
        status = oss_cli_confine(args);
    }
    if (status == OSS_OK) {
        status = create_front_end(&features, args);
    }
    if (status == OSS_OK) {
        oss_features_set_max_seconds(features, max_seconds);
        status = compute_file(features, oss_cli_operand(args, 0), &matrix);
    }
    if (status == OSS_OK) {
        status = oss_cli_save_matrix(&matrix, oss_cli_value(args, "-o"));
    }
    oss_matrix_deinit(&matrix);
    oss_features_free(features);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_features = {
    .name = "features",
    .summary = "a recording to its mel features, as the network sees them (.npy)",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "One row for each hop of the window (100 a second by default), one column for each mel bin (128), "
        "after the logarithm and the normalisation that the config or model asks for.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_features};
