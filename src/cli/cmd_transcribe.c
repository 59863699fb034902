/* ossicle transcribe: recordings to text. */
#include "cli/cli_confine.h"
#include "cli/cli_signals.h"
#include "cli/commands.h"
#include "cli/default_lm.h"
#include "cli/default_model.h"
#include "cli/transcribe_run.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    OSS_TRANSCRIBE_OUTPUT_OPTIONS,
    OSS_RECORDING_LIST_OPTION,
    OSS_CLI_DEFAULT_LM_OPTIONS,
    OSS_CLI_N_BEST_OPTION,
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_FFMPEG_OPTION,
    OSS_CLI_SANDBOX_OPTION,
    OSS_CLI_RAW_OPTION,
    OSS_CLI_CHUNK_OPTIONS,
    {.name = "--threads",
     .value = "N",
     .help =
         "threads to use, each for a recording of its own when there are enough (default: as many as processors); the "
         "text is the same with any number"},
};

static oss_status read_settings(oss_recognizer_options *settings, const oss_cli_args *args) {
    *settings = (oss_recognizer_options){.size = sizeof *settings,
                                         .allow_truncated = 1,
                                         .keep_level = oss_cli_has(args, "--keep-level"),
                                         .use_ffmpeg = !oss_cli_has(args, "--no-ffmpeg"),
                                         .raw = oss_cli_value(args, "--raw")};
    oss_status status = oss_cli_threads(args, &settings->threads);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings->precision);
    }
    return status == OSS_OK ? oss_cli_chunks(args, &settings->chunk_seconds, &settings->left_seconds)
                            : status;
}

static int run_transcribe(const oss_cli_args *args) {
    oss_recording_list list = {0};
    oss_transcribe_output output = {0};
    oss_recognizer_options settings;
    oss_cli_decoding decoding = {0};
    oss_status status = read_settings(&settings, args);
    if (status == OSS_OK) {
        status = oss_cli_read_default_decoding(args, &decoding);
    }
    if (status == OSS_OK) {
        status = oss_recording_list_read(&list, args);
    }
    if (status == OSS_OK) {
        status = oss_transcribe_output_open(&output, args, &list);
    }
    if (status == OSS_OK) {
        status = oss_cli_confine(args);
    }
    if (status == OSS_OK) {
        bool has_room = output.format == OSS_FORMAT_JSON || output.format == OSS_FORMAT_JSONL;
        status = oss_cli_read_n_best(args, has_room, "--format json or jsonl", &decoding);
    }
    int code = status == OSS_OK ? oss_transcribe_run(args, &list, &output, &settings, &decoding) : 0;
    if (status == OSS_OK && code <= 1 && oss_cli_signal() == 0) {
        status = oss_transcribe_output_commit(&output);
    }
    oss_transcribe_output_deinit(&output);
    oss_recording_list_deinit(&list);
    oss_cli_decoding_deinit(&decoding);
    if (oss_cli_signal() != 0) {
        oss_cli_end_by_signal();
    }
    return status == OSS_OK ? code : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_transcribe = {
    .name = "transcribe",
    .summary = "recordings to text",
    .operands = "[FILE|DIR]...",
    .max_operands = -1,
    .details =
        "FILE: a recording in any format, rate and channel count that libsndfile reads (WAV, FLAC, Ogg, "
        "Opus, MP3...), and what else ffmpeg reads where it is installed (M4A, WebM, AMR, the sound of videos). One FILE prints its transcript alone; several print path, tab, transcript, a line "
        "each, with tab, line feed, carriage return and backslash written as \\t \\n \\r \\\\. A file that "
        "cannot be read is named on standard error and the others go on: exit 1, or 3 when all failed. Of one that breaks off "
        "what is there is transcribed, with a warning: exit 1. FILE - is standard input, and may be a pipe. A "
        "symbol that the vocabulary does not know prints U+FFFD. On a terminal standard error says how far a "
        "long recording is, or all of them are.\n\n"
        "DIR: a folder in which recordings are searched for, and in the folders below it, by what their names "
        "end with (" OSS_RECORDING_EXTENSIONS "), in the order of their "
        "names. Names that begin with a dot are passed by. A folder, or a list, counts as several FILEs. "
        "Results come in the order of the command line, whatever is done first.\n\n"
        "A model file NAME.safetensors beside which a language model NAME.lm lies, as the English model that ships "
        "with Ossicle, is searched with it, and standard error names it; --lm FILE takes another, --lm none goes "
        "without, and so does --greedy, with no search at all. --hotwords, --rescore-lm, --n-best and --beam search "
        "too. A search looks for words in place of the best symbol of each row (docs/decoding.md): slower, and much "
        "more accurate with a language model of what is said. "
        "Confidences are then posteriors of words.\n\n"
        "--format json, srt, vtt, textgrid and lrc are a file for each recording: with several, --output-dir "
        "says where. No two recordings are written to one file: that is refused before the work begins. A "
        "file appears whole or not at all; one that is there is written over, unless --skip-existing says to "
        "go on where a run stopped. SIGINT (Ctrl-C), SIGTERM, SIGHUP and SIGXCPU end it once what is done is "
        "given out: exit 130, 143, 129 and 152.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_transcribe};
