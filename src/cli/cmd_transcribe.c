/* ossicle transcribe: recordings to text. */
#include <stdio.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "infer/recognizer_internal.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--json", .help = "print one JSON object a line: {\"file\",\"text\",\"seconds\"}"},
    {.name = "--precision", .value = "P", .help = "fp32 or bf16 products (default fp32)"},
    OSS_CLI_CHUNK_OPTIONS,
    {.name = "--threads",
     .value = "N",
     .help = "threads to use (default: as many as processors); the text is the same with any number"},
};

/* {"file":...,"text":...,"seconds":...} and a line break. */
static oss_status print_json(const char *path, const char *text, double seconds) {
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "file", path);
    oss_json_add_string(object, "text", text);
    oss_json_add_number(object, "seconds", seconds);
    return oss_cli_print_json(object);
}

static oss_status transcribe_file(oss_recognizer *recognizer, const oss_cli_args *args, const char *path) {
    char *text = NULL;
    double seconds = 0.0;
    oss_status status = oss_recognizer_transcribe_file(recognizer, path, &text, &seconds);
    if (status != OSS_OK) {
        return status;
    }
    if (oss_cli_has(args, "--json")) {
        status = print_json(path, text, seconds);
    } else if (oss_cli_operands(args) > 1) {
        oss_cli_print("%s\t%s\n", path, text);
    } else {
        oss_cli_print("%s\n", text);
    }
    oss_string_free(text);
    return status;
}

/* All files, whatever becomes of each; stops when nobody can read the results or memory is out. */
static int transcribe_files(oss_recognizer *recognizer, const oss_cli_args *args) {
    int32_t failed = 0, files = oss_cli_operands(args);
    int worst = 0;
    for (int32_t i = 0; i < files; i++) {
        oss_status status = transcribe_file(recognizer, args, oss_cli_operand(args, i));
        if (status != OSS_OK) {
            failed++;
            worst = oss_cli_fail(args, status);
        }
        if (oss_cli_flush() != OSS_OK || status == OSS_ENOMEM) {
            return worst;
        }
    }
    return failed == files ? worst : failed > 0;
}

static int run_transcribe(const oss_cli_args *args) {
    oss_recognizer *recognizer = NULL;
    oss_recognizer_options settings = {0};
    char *model_path = NULL;
    oss_status status = oss_cli_threads(args, &settings.threads);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_chunks(args, &settings.chunk_seconds, &settings.left_seconds);
    }
    if (status == OSS_OK) {
        status = oss_cli_model(&model_path, args);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_create(&recognizer, model_path, &settings);
    }
    oss_free(model_path);
    if (status != OSS_OK) {
        return oss_cli_fail(args, status);
    }
    int code = transcribe_files(recognizer, args);
    oss_recognizer_free(recognizer);
    return code;
}

const oss_cli_command oss_command_transcribe = {
    .name = "transcribe",
    .summary = "recordings to text",
    .operands = "FILE...",
    .min_operands = 1,
    .max_operands = -1,
    .details =
        "FILE: a recording in any format, rate and channel count that libsndfile reads (WAV, FLAC, Ogg, "
        "Opus, MP3...). One FILE prints its transcript alone; several print path, tab, transcript, a line "
        "each. A file that cannot be read is named on standard error and the others go on: exit 1, or 3 "
        "when all failed. A symbol that the vocabulary does not know prints U+FFFD.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_transcribe};
