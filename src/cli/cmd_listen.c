/* ossicle listen: text while somebody speaks. */
#include <string.h>

#include "cli/cli_common.h"
#include "cli/cli_decoding.h"
#include "cli/cli_pace.h"
#include "cli/cli_signals.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/listen_input.h"
#include "cli/listen_print.h"
#include "ossicle/streaming.h"

enum { MOST_SAMPLES = 800 };

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--raw",
     .value = "FORMAT",
     .help = "standard input is plain samples: " OSS_CLI_RAW_FORMATS
             " (default: WAV by its header, else s16le:16000:1)"},
    {.name = "--microphone", .help = "hear the system's default input instead (builds with PortAudio)"},
    {.name = "--json",
     .help = "print one JSON object a line: "
             "{\"type\":\"partial\" or \"final\",\"text\",\"start\",\"end\",\"heard\",\"words\"}"},
    {.name = "--latency",
     .value = "S",
     .help = "at most S seconds from the end of a word until it is shown, beside computing; longer is more "
             "accurate (0.4 to 30, default 2)"},
    {.name = "--rule1-silence",
     .value = "S",
     .help =
         "a segment ends after S seconds of silence, whatever was said, or never by this rule: off (default 2.4)"},
    {.name = "--rule2-silence",
     .value = "S",
     .help = "a segment ends after S seconds of silence when something was said, or off (default 1.2)"},
    {.name = "--rule3-length",
     .value = "S",
     .help = "a segment ends after S seconds, at the next space between words, or off (default 20)"},
    OSS_CLI_DECODING_OPTIONS,
    OSS_CLI_N_BEST_OPTION,
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
};

static oss_status read_rule(const oss_cli_args *args, const char *option, double *out) {
    const char *value = oss_cli_value(args, option);
    if (value != NULL && strcmp(value, "off") == 0) {
        *out = -1.0;
        return OSS_OK;
    }
    return oss_cli_seconds(args, option, true, out);
}

static oss_status read_options(const oss_cli_args *args, oss_stream_options *out) {
    oss_status status = oss_cli_seconds(args, "--latency", true, &out->latency_seconds);
    if (status == OSS_OK) {
        status = read_rule(args, "--rule1-silence", &out->rule1_silence_seconds);
    }
    if (status == OSS_OK) {
        status = read_rule(args, "--rule2-silence", &out->rule2_silence_seconds);
    }
    return status == OSS_OK ? read_rule(args, "--rule3-length", &out->rule3_length_seconds) : status;
}

static oss_status print_finals(oss_stream *stream, oss_listen_printer *printer) {
    oss_status status = OSS_OK;
    while (status == OSS_OK && oss_stream_endpoint(stream) > 0) {
        oss_transcript *heard = NULL;
        status = oss_stream_final(stream, &heard);
        if (status == OSS_OK) {
            status = oss_listen_print_final(printer, heard);
        }
        oss_transcript_free(heard);
    }
    return status;
}

static oss_status print_results(oss_stream *stream, oss_listen_printer *printer) {
    oss_transcript *heard = NULL;
    oss_status status = print_finals(stream, printer);
    if (status != OSS_OK || !oss_listen_print_wants_partials(printer)) {
        return status;
    }
    status = oss_stream_partial(stream, &heard);
    if (status == OSS_OK) {
        status = oss_listen_print_partial(printer, heard);
    }
    oss_transcript_free(heard);
    return status;
}

/* To the end of the input, or a signal. */
static oss_status listen(oss_stream *stream, oss_listen_input *input, oss_listen_printer *printer) {
    float sample[MOST_SAMPLES];
    int64_t samples = 1;
    int32_t rate_hz = 0;
    oss_cli_pace pace = {0};
    oss_status status = OSS_OK;
    while (status == OSS_OK && samples > 0) {
        status = oss_listen_read(input, sample, MOST_SAMPLES, &samples, &rate_hz);
        if (status != OSS_OK || samples == 0) {
            break;
        }
        oss_cli_pace_begin(&pace);
        status = oss_stream_accept(stream, sample, samples, rate_hz);
        if (status == OSS_OK) {
            status = print_results(stream, printer);
        }
        oss_cli_pace_end(&pace, (double)samples / rate_hz);
    }
    if (status == OSS_OK) {
        status = oss_stream_finish(stream);
    }
    return status == OSS_OK ? print_finals(stream, printer) : status;
}

static oss_status create_stream(oss_stream **out, const oss_cli_args *args) {
    oss_recognizer *recognizer = NULL;
    oss_recognizer_options settings = {.size = sizeof settings, .threads = 1};
    oss_stream_options how = {.size = sizeof how};
    oss_cli_decoding decoding;
    oss_status status = read_options(args, &how);
    if (status == OSS_OK) {
        status = oss_cli_read_decoding(args, &decoding);
    }
    if (status == OSS_OK) {
        status = oss_cli_read_n_best(args, oss_cli_has(args, "--json"), "--json", &decoding);
    }
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_recognizer(&recognizer, args, &settings);
    }
    if (status == OSS_OK) {
        status = oss_cli_decode(&decoding, recognizer);
    }
    if (status == OSS_OK) {
        status = oss_stream_create(out, recognizer, &how);
    }
    oss_recognizer_free(recognizer);
    return status;
}

static int run_listen(const oss_cli_args *args) {
    oss_stream *stream = NULL;
    oss_listen_input *input = NULL;
    oss_listen_printer printer;
    oss_listen_print_begin(&printer, oss_cli_has(args, "--json"));
    oss_status status = create_stream(&stream, args);
    if (status == OSS_OK) {
        status = oss_listen_open(&input, args);
    }
    if (status == OSS_OK) {
        oss_cli_catch_signals(NULL);
        status = listen(stream, input, &printer);
    }
    oss_listen_print_end(&printer);
    oss_listen_close(input);
    oss_stream_free(stream);
    if (oss_cli_flush() != OSS_OK) {
        return 1; /* who called says what was lost, and with which exit code */
    }
    if (status != OSS_OK) {
        return oss_cli_fail(args, status);
    }
    return oss_cli_signal() == 0 ? 0 : 128 + oss_cli_signal();
}

const oss_cli_command oss_command_listen = {
    .name = "listen",
    .summary = "speech to text while it comes: a pipe, or the microphone",
    .max_operands = 0,
    .details =
        "Hears standard input as it comes, a WAV file or plain samples, and prints each segment of speech as a "
        "line once it has ended; on a terminal the one that goes on is shown too, and may still change. Times "
        "count from the beginning. Only models trained with \"chunk_training\", \"mel_norm\" \"fixed\" or \"none\" and "
        "\"normalize\" \"none\" can run so. At the end of the input, and after SIGINT, SIGTERM, SIGHUP and SIGXCPU "
        "(exit 130, 143, 129 and 152), what was said is worked out to the last word. The microphone of a Linux system without PortAudio: "
        "arecord -q -f S16_LE -r 16000 -c 1 -t raw | ossicle listen",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_listen};
