/* What every command of `ossicle` and `ossicle-train` shares: its table of options, the parser of the command
 * line, --help made from the same table, messages, and exit codes (0 done; 1 finished with findings or some
 * inputs failed; 2 usage; 3 bad input; 4 out of memory or disk; 129, 130, 143 and 152 after a saved
 * SIGHUP, SIGINT, SIGTERM and SIGXCPU).
 *
 *     static const oss_cli_option options[] = {
 *         {.name = "--model", .value = "M", .help = "...", .required = true}};
 *     const oss_cli_command oss_command_info = {
 *         .name = "info", .option = options, .options = 1, ..., .run = run_info};
 *     int main(int argc, char **argv) { return oss_cli_run(&oss_command_info, argc, argv); }
 *
 * `make docs` writes the tables into the documents and the manual. */
#ifndef OSS_CLI_CLI_COMMON_H
#define OSS_CLI_CLI_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/precision.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "ossicle/status.h"

typedef struct oss_cli_option {
    const char *name; /* "--model", or one letter: "-o" */
    /* What stands for the value in help; NULL: the option takes none. "OUT..." is a file that is written, "FILE..." and
     * "M" one that is read: cli_files.h sees to it that they are not the same. */
    const char *value;
    const char *help; /* one line */
    bool required;
    bool repeats; /* may be given more than once */
} oss_cli_option;

#define OSS_CLI_LEVEL_OPTION                                                                                 \
    {                                                                                                        \
        .name = "--keep-level",                                                                              \
        .help =                                                                                              \
            "leave quiet recordings as they are: else those whose speech is 14 dB and more below what is "   \
            "usual are raised to that, to what calibrate measured, or else to -26 dB of full scale"          \
    }

#define OSS_CLI_FFMPEG_OPTION                                                                                \
    {                                                                                                        \
        .name = "--no-ffmpeg",                                                                               \
        .help = "never start ffmpeg: else it reads what libsndfile does not (MP4, WebM, AMR, WMA, videos)"   \
    }

/* Of commands that keep a recording whole; oss_cli_max_seconds reads it. */
#define OSS_CLI_MAX_SECONDS_OPTION                                                                           \
    {                                                                                                        \
        .name = "--max-seconds", .value = "S",                                                               \
        .help = "longest recording that is taken (default: what fits into half of the memory)"               \
    }

/* What --raw is given. */
#define OSS_CLI_RAW_FORMATS                                                                                  \
    "u8, s16le, s16be, s24le, s32le, f32le, f64le, mulaw or alaw, with rate and channels behind colons"
#define OSS_CLI_RAW_OPTION                                                                                   \
    {                                                                                                        \
        .name = "--raw", .value = "FORMAT",                                                                  \
        .help = "recordings are plain samples: " OSS_CLI_RAW_FORMATS ", such as s16le:16000:1"               \
    }

/* The options that oss_cli_chunks reads. */
#define OSS_CLI_CHUNK_OPTIONS                                                                                \
    {.name = "--chunk-seconds",                                                                              \
     .value = "C",                                                                                           \
     .help =                                                                                                 \
         "attention sees chunks of C seconds, in whole embeddings, as a stream would: for models trained "   \
         "with chunk_training (default: the whole recording)"},                                              \
    {                                                                                                        \
        .name = "--left-seconds", .value = "L",                                                              \
        .help = "and L seconds before each chunk (default: everything before it)"                            \
    }

typedef struct oss_cli_args oss_cli_args;

typedef struct oss_cli_command {
    const char *name;                   /* "eval": messages begin with "ossicle eval: " */
    const char *summary;                /* one line */
    const char *operands;               /* "FILE..."; NULL: none are allowed */
    int32_t min_operands, max_operands; /* max < 0: any number */
    const char *details;                /* paragraphs below the options in --help; may be NULL */
    const oss_cli_option *option;
    int32_t options;
    int (*run)(const oss_cli_args *args); /* returns the exit code */
} oss_cli_command;

/* Runs a command from its command line (argv[0] is skipped): prepares the standard streams and log, picks the
 * instruction set (OSSICLE_CPU), parses, refuses to write what is read, runs, and makes sure that what was printed has
 * arrived. Returns the exit code. `--help` and `--version` are answered here, on stdout. */
int oss_cli_run(const oss_cli_command *command, int argc, char *const *argv);

/* ---- Parsed arguments. Asking for an option that is not in the command's table is a bug (assert). ---- */
bool oss_cli_has(const oss_cli_args *args, const char *option);
const char *oss_cli_value(const oss_cli_args *args, const char *option); /* NULL when it was not given */
int32_t oss_cli_count(const oss_cli_args *args, const char *option);     /* times it was given */
const char *oss_cli_value_at(const oss_cli_args *args, const char *option, int32_t index);
int32_t oss_cli_operands(const oss_cli_args *args);
const char *oss_cli_operand(const oss_cli_args *args, int32_t index);
/* A whole number in [low, high]; `fallback` when the option was not given. OSS_EUSAGE. */
oss_status oss_cli_integer(const oss_cli_args *args, const char *option, int64_t low, int64_t high,
                           int64_t fallback, int64_t *out);
/* A number in [low, high]; *out stays when the option was not given. OSS_EUSAGE. */
oss_status oss_cli_number(const oss_cli_args *args, const char *option, double low, double high, double *out);
/* *out = index of the option's value in word[words]; 0 when it was not given. OSS_EUSAGE. */
oss_status oss_cli_choice(const oss_cli_args *args, const char *option, const char *const *word,
                          int32_t words, int32_t *out);
/* OSS_EUSAGE when both options are given, each of which chooses `what`. */
oss_status oss_cli_either(const oss_cli_args *args, const char *option, const char *other, const char *what);
/* --precision fp32|bf16|int8; fp32 when it was not given. */
oss_status oss_cli_precision(const oss_cli_args *args, oss_precision *out);
/* --chunk-seconds C and --left-seconds L, as oss_recognizer_options means them: 0 and 0 when not given, all
 * before the chunk when only C was. */
oss_status oss_cli_chunks(const oss_cli_args *args, double *out_chunk_seconds, double *out_left_seconds);
/* Seconds from 0 to an hour, above 0 when `above_zero`; *out stays when the option was not given. OSS_EUSAGE. */
oss_status oss_cli_seconds(const oss_cli_args *args, const char *option, bool above_zero, double *out);
/* --max-seconds S, above 0; 0 when it was not given. OSS_EUSAGE. */
oss_status oss_cli_max_seconds(const oss_cli_args *args, double *out);
/* --threads N, from 1 to 1024; the processors this process may use when it was not given. */
oss_status oss_cli_threads(const oss_cli_args *args, int32_t *out);

/* The parser by itself, for tests: options and operands in any order, `--opt VALUE` and `--opt=VALUE`; what
 * follows `--` are operands. OSS_EUSAGE with a message. The strings stay argv's. Free with oss_cli_args_free. */
oss_status oss_cli_parse(oss_cli_args **out, const oss_cli_command *command, int argc, char *const *argv);
void oss_cli_args_free(oss_cli_args *args);

/* ---- Messages and exit codes ---- */
/* As the top of this file lists them, but for signals: OSS_ESTOPPED gives 130 (the trainer knows which signal it was). */
int oss_cli_exit_code(oss_status status);
/* Prints the last error to stderr as "ossicle eval: message" and returns the exit code for `status`. */
int oss_cli_fail(const oss_cli_args *args, oss_status status);

/* One row of many failed, and the others go on: *failed counts it, and the first OSS_CLI_FAILED_NAMED are told as by
 * oss_cli_fail. At the end, whatever became of the command, oss_cli_tell_failed says how many more there were. */
enum { OSS_CLI_FAILED_NAMED = 20 };
void oss_cli_fail_one(const oss_cli_args *args, oss_status status, int64_t *failed);
void oss_cli_tell_failed(int64_t failed);

/* Whether a failure is of one recording or row among others, which go on: memory that it took is there for the next. */
bool oss_cli_is_of_one(oss_status status);
/* A line to stderr, in the place of the one that is drawn there, if any; what names and texts in it would do to a
 * terminal is spelled out (oss_utf8_show). */
void oss_cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Results, to stdout. A failure is kept and reported at the end by oss_cli_run (exit 3, or 4 when the disk is
 * full). What would act on a terminal is spelled out there (oss_utf8_escape), but for line breaks and tabs. */
void oss_cli_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line, which gets its line break here: on a terminal those of names and texts in it are spelled out too. */
void oss_cli_print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The text as a terminal shows it (oss_free), control characters of `keep` as they are; NULL: out of memory. */
char *oss_cli_shown(const char *text, const char *keep);
/* One line of JSON, to stdout; frees `root`. A failure of building it is returned. */
oss_status oss_cli_print_json(oss_json *root);
/* OSS_OK, or the failure of a print so far, after flushing: for commands that would work on for nobody. */
oss_status oss_cli_flush(void);

/* "ossicle eval --model M [--json]" in lines, each but the first indented, after `before` (oss_free); NULL
 * when memory is short. */
char *oss_cli_usage(const oss_cli_command *command, const char *before);
/* What is told of an option after its line of help: "; may be repeated", or nothing. */
const char *oss_cli_repeats(const oss_cli_option *option);
/* The text of --help (oss_free), NULL when memory is short. */
char *oss_cli_help(const oss_cli_command *command);
/* Prints it to stdout; the exit code. */
int oss_cli_print_help(const oss_cli_command *command);

/* The one of word[count] that a user who typed `typed` most likely meant; NULL when none is near (more than a
 * third of it differs). */
const char *oss_cli_nearest(const char *typed, const char *const *word, int32_t count);

/* Log lines of this thread go to the end of `into`, as they would be printed, until told otherwise; NULL: to standard
 * error. */
void oss_cli_keep_log(oss_strbuf *into);

/* stdin, stdout and stderr exist (a closed stdout stays an error, but no file of ours can take its number),
 * log lines go to stderr, a reader that went away is an error of the write, not a signal. oss_cli_run calls
 * it. */
void oss_cli_prepare(void);

#endif
