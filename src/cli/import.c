/* ossicle import: weights of other origin become a model file. */
#include "base/fail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "model/model_file.h"

enum { VOCAB_MAX_BYTES = 16 << 20 };

static const oss_cli_option options[] = {
    {.name = "--config", .value = "FILE", .help = "config file that describes the network", .required = true},
    {.name = "--vocab",
     .value = "FILE.json",
     .help = "JSON array of the head's symbols, index = id, \"<blank>\" and \"<UNK>\" first (default: the "
             "weights have no head)"},
    {.name = "-o", .value = "OUT", .help = "model file to write", .required = true},
};

/* symbol[count]: strings of the array, owned by it. */
static oss_status read_symbols(const oss_json *array, const char **symbol) {
    size_t id = 0;
    for (const oss_json *at = oss_json_first(array); at != NULL; at = oss_json_next(at), id++) {
        oss_status status = oss_json_to_string(at, "every symbol", &symbol[id]);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "symbol %zu", id);
        }
    }
    return OSS_OK;
}

static oss_status parse_vocab(oss_vocab **out, const oss_json *json) {
    size_t count = oss_json_count(json);
    if (!oss_json_is(json, OSS_JSON_ARRAY) || count > INT32_MAX) {
        return oss_fail(OSS_EINPUT, "the vocabulary must be an array of strings, not %s",
                        oss_json_type_name(oss_json_type_of(json)));
    }
    const char **symbol = oss_alloc(count, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = read_symbols(json, symbol);
    if (status == OSS_OK) {
        status = oss_vocab_from_symbols(out, symbol, (int32_t)count);
    }
    oss_free(symbol);
    return status;
}

static oss_status load_vocab(oss_vocab **out, const char *path) {
    if (path == NULL) {
        return OSS_OK;
    }
    oss_json *json = NULL;
    oss_status status = oss_json_load(&json, path, VOCAB_MAX_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    status = parse_vocab(out, json);
    oss_json_free(json);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
}

static int run_import(const oss_cli_args *args) {
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    oss_model *model = NULL;
    const char *out_path = oss_cli_value(args, "-o");
    oss_status status = oss_config_load(&config, oss_cli_value(args, "--config"));
    if (status == OSS_OK) {
        status = load_vocab(&vocab, oss_cli_value(args, "--vocab"));
    }
    if (status == OSS_OK) {
        status = oss_model_import(&model, oss_cli_operand(args, 0), config, vocab);
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
    .details = "IN: a safetensors file with the tensor names of the PyTorch encoder (down.0.net.0.weight "
               "..., with or without "
               "the prefix encoder. or audio_encoder.). Every tensor must be there with its shape, all "
               "values finite. OUT "
               "carries config, vocabulary and a checksum, and is what all commands take as a model.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_import};
