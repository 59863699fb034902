/* ossicle embed: what the network makes of a recording, as numbers. */
#include "cli/cli_confine.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/cli_progress.h"
#include "cli/results.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--what",
     .value = "WHAT",
     .help = "embeddings (default): frames after the last norm; projected: through the projector; logits: of "
             "the CTC head, before softmax"},
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_FFMPEG_OPTION,
    OSS_CLI_SANDBOX_OPTION,
    OSS_CLI_RAW_OPTION,
    OSS_CLI_CHUNK_OPTIONS,
    {.name = "--max-frames",
     .value = "N",
     .help = "write the first N embeddings, or projected embeddings, or their logits, and stop there"},
    {.name = "-o",
     .value = "OUT.npy",
     .help = "NumPy file to write: float32, one row a frame",
     .required = true},
};

static oss_status choose_output(const oss_cli_args *args, oss_output *out) {
    static const char *const word[] = {"embeddings", "projected", "logits"};
    static const oss_output value[] = {OSS_OUTPUT_EMBEDDINGS, OSS_OUTPUT_PROJECTED, OSS_OUTPUT_LOGITS};
    int32_t index = 0;
    oss_status status = oss_cli_choice(args, "--what", word, 3, &index);
    if (status == OSS_OK) {
        *out = value[index];
    }
    return status;
}

/* All rows, or those of the first --max-frames embeddings. */
static oss_status choose_most(const oss_cli_args *args, const oss_recognizer *recognizer, oss_output what,
                              int64_t *out) {
    oss_recognizer_info info = oss_recognizer_info_init();
    int64_t frames = INT32_MAX;
    oss_status status = oss_cli_integer(args, "--max-frames", 1, INT32_MAX, frames, &frames);
    if (status == OSS_OK && oss_cli_has(args, "--max-frames")) {
        status = oss_recognizer_get_info(recognizer, &info);
        *out = frames * (what == OSS_OUTPUT_LOGITS ? info.logit_rows : 1);
    }
    return status;
}

static oss_status embed_file(oss_recognizer *recognizer, const char *path, oss_output what,
                             oss_cli_rows *rows) {
    oss_cli_progress progress;
    oss_cli_progress_begin(&progress, path);
    oss_recognizer_set_progress(recognizer, oss_cli_progress_tell, &progress);
    oss_status status = oss_cli_check_recording(path);
    if (status == OSS_OK) {
        status =
            oss_cli_name_recording(path, oss_recognizer_embed_file_to(recognizer, oss_cli_recording(path),
                                                                      what, oss_cli_take_rows, rows));
    }
    oss_cli_progress_end(&progress);
    return oss_cli_end_rows(rows, status);
}

static oss_status read_settings(const oss_cli_args *args, oss_output *out_what,
                                oss_recognizer_options *settings) {
    oss_status status = choose_output(args, out_what);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings->precision);
    }
    return status == OSS_OK ? oss_cli_chunks(args, &settings->chunk_seconds, &settings->left_seconds)
                            : status;
}

static int run_embed(const oss_cli_args *args) {
    oss_output what = OSS_OUTPUT_EMBEDDINGS;
    oss_recognizer *recognizer = NULL;
    oss_recognizer_options settings = oss_recognizer_options_init();
    oss_cli_rows rows = {.path = oss_cli_value(args, "-o"), .most = INT64_MAX};
    settings.keep_level = oss_cli_has(args, "--keep-level");
    settings.raw = oss_cli_value(args, "--raw");
    settings.use_ffmpeg = !oss_cli_has(args, "--no-ffmpeg");
    oss_status status = read_settings(args, &what, &settings);
    if (status == OSS_OK) {
        status = oss_cli_confine(args);
    }
    if (status == OSS_OK) {
        status = oss_cli_recognizer(&recognizer, args, &settings);
    }
    if (status == OSS_OK) {
        status = choose_most(args, recognizer, what, &rows.most);
    }
    if (status == OSS_OK) {
        status = embed_file(recognizer, oss_cli_operand(args, 0), what, &rows);
    }
    oss_recognizer_free(recognizer);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_embed = {
    .name = "embed",
    .summary = "a recording to frame embeddings, projected embeddings or logits (.npy)",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "Embeddings come at the rate that `ossicle info` prints (12.5 a second at 8x downsampling); logits "
        "have \"ctc_subframes\" rows for each of them. Symbol 0 is CTC's blank, 1 the unknown symbol. A recording "
        "of more than a minute is heard in pieces, as transcribe hears it, and rows are written as they come.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_embed};
