/* ossicle embed: what the network makes of a recording, as numbers. */
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "ossicle/recognizer.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--what",
     .value = "WHAT",
     .help = "embeddings (default): frames after the last norm; projected: through the projector; logits: of "
             "the CTC head, before softmax"},
    {.name = "--precision", .value = "P", .help = "fp32 or bf16 products (default fp32)"},
    {.name = "-o",
     .value = "OUT.npy",
     .help = "NumPy file to write: float32, one row a frame",
     .required = true},
};

static oss_status parse_what(const char *text, oss_output *out) {
    static const char *const names[] = {"embeddings", "projected", "logits"};
    static const oss_output values[] = {OSS_OUTPUT_EMBEDDINGS, OSS_OUTPUT_PROJECTED, OSS_OUTPUT_LOGITS};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = values[i];
            return OSS_OK;
        }
    }
    return oss_fail(OSS_EUSAGE, "--what %s: choose embeddings, projected or logits", text);
}

static oss_status write_output(oss_recognizer *recognizer, const char *path, oss_output what,
                               const char *out_path) {
    oss_matrix matrix = {0};
    oss_status status = oss_recognizer_embed_file(recognizer, path, what, &matrix);
    if (status == OSS_OK) {
        status = oss_matrix_save(&matrix, out_path);
    }
    if (status == OSS_OK) {
        oss_log_info("%s: float32 [%lld, %d]", out_path, (long long)matrix.rows, matrix.columns);
    }
    oss_matrix_deinit(&matrix);
    return status;
}

static int run_embed(const oss_cli_args *args) {
    const char *what_text = oss_cli_value(args, "--what");
    oss_output what = OSS_OUTPUT_EMBEDDINGS;
    oss_recognizer *recognizer = NULL;
    oss_recognizer_options settings = {0};
    char *model_path = NULL;
    oss_status status = parse_what(what_text == NULL ? "embeddings" : what_text, &what);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_model(&model_path, args);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_create(&recognizer, model_path, &settings);
    }
    if (status == OSS_OK) {
        status = write_output(recognizer, oss_cli_operand(args, 0), what, oss_cli_value(args, "-o"));
    }
    oss_recognizer_free(recognizer);
    oss_free(model_path);
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
        "have \"ctc_subframes\" rows for each of them. Symbol 0 is CTC's blank, 1 the unknown symbol.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_embed};
