/* ossicle transcribe: recordings to text. */
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/cli_progress.h"
#include "cli/results.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--json", .help = "print one JSON object a line: {\"file\",\"text\",\"seconds\"}"},
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_CHUNK_OPTIONS,
    {.name = "--threads",
     .value = "N",
     .help = "threads to use (default: as many as processors); the text is the same with any number"},
};

static oss_status transcribe_file(oss_recognizer *recognizer, oss_cli_format format, const char *path) {
    oss_cli_progress progress;
    char *text = NULL;
    double seconds = 0.0;
    oss_cli_progress_begin(&progress, path);
    oss_recognizer_set_progress(recognizer, oss_cli_progress_tell, &progress);
    oss_status status = oss_cli_check_recording(path);
    if (status == OSS_OK) {
        status = oss_cli_name_recording(
            path, oss_recognizer_transcribe_file(recognizer, oss_cli_recording(path), &text, &seconds));
    }
    oss_recognizer_set_progress(recognizer, NULL, NULL);
    oss_cli_progress_end(&progress);
    if (status == OSS_OK) {
        status = oss_cli_print_transcript(format, path, text, seconds);
    }
    oss_string_free(text);
    return status;
}

/* All files, whatever becomes of each; stops when nobody can read the results or memory is out. */
static int transcribe_files(oss_recognizer *recognizer, const oss_cli_args *args) {
    int32_t failed = 0, cut_off = 0, files = oss_cli_operands(args);
    int worst = 0;
    oss_cli_format format = oss_cli_has(args, "--json") ? OSS_CLI_JSON
                            : files > 1                 ? OSS_CLI_TSV
                                                        : OSS_CLI_PLAIN;
    for (int32_t i = 0; i < files; i++) {
        oss_status status = transcribe_file(recognizer, format, oss_cli_operand(args, i));
        if (status != OSS_OK) {
            failed++;
            worst = oss_cli_fail(args, status);
        } else {
            cut_off += oss_recognizer_was_cut_off(recognizer);
        }
        if (oss_cli_flush() != OSS_OK || status == OSS_ENOMEM) {
            return worst;
        }
    }
    return failed == files ? worst : failed + cut_off > 0;
}

static int run_transcribe(const oss_cli_args *args) {
    oss_recognizer *recognizer = NULL;
    oss_recognizer_options settings = {
        .size = sizeof settings, .allow_truncated = 1, .keep_level = oss_cli_has(args, "--keep-level")};
    oss_status status = oss_cli_threads(args, &settings.threads);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_chunks(args, &settings.chunk_seconds, &settings.left_seconds);
    }
    if (status == OSS_OK) {
        status = oss_cli_recognizer(&recognizer, args, &settings);
    }
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
        "each, with tab, line feed, carriage return and backslash written as \\t \\n \\r \\\\. A file that "
        "cannot be read is named on standard error and the others go on: exit 1, or 3 when all failed. Of one that breaks off "
        "what is there is transcribed, with a warning: exit 1. FILE - is standard input, and may be a pipe. A "
        "symbol that the vocabulary does not know prints U+FFFD. On a terminal standard error says how far a "
        "long recording is.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_transcribe};
