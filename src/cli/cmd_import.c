/* ossicle import: weights of other origin become a model file. */
#include "base/logger.h"
#include "cli/commands.h"
#include "model/model_file.h"
#include "model/vocab_file.h"

static const oss_cli_option options[] = {
    {.name = "--config", .value = "FILE", .help = "config file that describes the network", .required = true},
    {.name = "--vocab",
     .value = "FILE.json",
     .help =
         "JSON array of the head's symbols, index = id, \"<blank>\" and \"<UNK>\" first, or what `ossicle "
         "vocab -o` writes (default: the weights have no head)"},
    {.name = "--force",
     .help =
         "take in a file that carries an ossicle_sum which its content does not fit: another program changed it, or it "
         "is damaged"},
    {.name = "-o", .value = "OUT", .help = "model file to write", .required = true},
};

static int run_import(const oss_cli_args *args) {
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    oss_model *model = NULL;
    const char *out_path = oss_cli_value(args, "-o");
    oss_status status = oss_config_load(&config, oss_cli_value(args, "--config"));
    if (status == OSS_OK && oss_cli_has(args, "--vocab")) {
        status = oss_vocab_load(&vocab, oss_cli_value(args, "--vocab"), config);
    }
    if (status == OSS_OK) {
        status = oss_model_import(&model, oss_cli_operand(args, 0), &config->model, vocab,
                                  oss_cli_has(args, "--force"));
    }
    if (status == OSS_OK) {
        status = oss_model_save(model, out_path);
    }
    if (status == OSS_OK) {
        oss_log_info("%s: %zu parameters", out_path, model->params->parameters);
    }
    oss_model_free(model);
    oss_vocab_free(vocab);
    oss_config_free(config);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_import = {
    .name = "import",
    .summary = "safetensors weights of other origin to a model file",
    .operands = "IN",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "IN: a safetensors file with the tensor names of the PyTorch encoder (down.0.net.0.weight ...), bare or behind "
        "encoder., enc. or audio_encoder.; head. and proj_a. or projector. beside it; attention as qkv_proj and "
        "out_proj, or as torch.nn.MultiheadAttention has it (attn.in_proj_weight ...). What torch.compile and "
        "DataParallel put into names (_orig_mod., module.) is taken out. In a file with audio_encoder. the tensors of "
        "other parts are left out. Every tensor must be there with its shape, all values finite; F64, F16 and BF16 "
        "become F32. scripts/pt_to_safetensors.py makes such a file of a .pt.\n\n"
        "OUT carries config, vocabulary and a checksum, and is what all commands take as a model.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_import};
