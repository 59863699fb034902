/* ossicle quantize: a model file in smaller numbers. */
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "convert/model_quantize.h"

static const oss_cli_option options[] = {
    {.name = "--to",
     .value = "NUMBERS",
     .help =
         "numbers that OUT keeps weights in: int8 (a quarter of the size), fp16 or bf16 (half of it), or fp32",
     .required = true},
    {.name = "-o", .value = "OUT", .help = "model file to write", .required = true},
};

static oss_status quantize(const oss_cli_args *args, const char *in_path, oss_storage to) {
    const char *out_path = oss_cli_value(args, "-o");
    oss_model *model = NULL;
    int64_t bytes = 0;
    oss_status status = oss_model_load(&model, in_path);
    if (status == OSS_OK) {
        status = oss_model_quantize(model, to);
    }
    if (status == OSS_OK) {
        status = oss_model_save(model, out_path);
    }
    if (status == OSS_OK) {
        status = oss_file_size(&bytes, out_path);
    }
    if (status == OSS_OK) {
        oss_log_info("%s: %zu parameters in %s, %lld bytes", out_path, model->params->parameters,
                     oss_storage_name[to], (long long)bytes);
    }
    oss_model_free(model);
    return status;
}

static int run_quantize(const oss_cli_args *args) {
    int32_t to = 0;
    char *in_path = NULL;
    oss_status status = oss_cli_choice(args, "--to", oss_storage_name, OSS_STORAGES, &to);
    if (status == OSS_OK) {
        status = oss_model_resolve(&in_path, oss_cli_operand(args, 0));
    }
    if (status == OSS_OK) {
        status = oss_cli_reads(args, in_path);
    }
    if (status == OSS_OK) {
        status = quantize(args, in_path, (oss_storage)to);
    }
    oss_free(in_path);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_quantize = {
    .name = "quantize",
    .summary = "a model file in smaller numbers: int8, fp16 or bf16",
    .operands = "M",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "M: a model file, a checkpoint folder or a run folder. The weights of convolutions and linear layers are "
        "rounded to the nearest: to fp16 or bf16, or for int8 to whole multiples, up to 127, of one scale for each "
        "output channel; biases, norms and value_conv stay float32. OUT is a model for every command: values are float32 again "
        "once it is loaded, so what it computes in is chosen as before (--precision).\n\n"
        "What rounding took does not come back, so M must be in fp32, unless OUT is to be as M is, or in fp32 for "
        "programs that read nothing else. Training (--init) and `ossicle average` do better with the model that M "
        "was made of. `ossicle info` says what a model is stored in.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_quantize};
