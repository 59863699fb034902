/* ossicle align: when a known text was said. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "cli/cli_data.h"
#include "cli/cli_confine.h"
#include "cli/align_findings.h"
#include "cli/align_input.h"
#include "cli/align_rows.h"
#include "cli/cli_files.h"
#include "cli/cli_progress.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "infer/recognizer_internal.h"
#include "cli/transcribe_format.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--text", .value = "TEXT", .help = "what was said"},
    {.name = "--text-file",
     .value = "FILE",
     .help = "what was said: UTF-8, a sentence or so a line; \"-\" is standard input"},
    {.name = "--srt",
     .value = "FILE.srt",
     .help = "what was said: subtitles, whose cues and line breaks stay and whose times are replaced"},
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings and their texts, as for training, instead of AUDIO"},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--format",
     .value = "F",
     .help = "ctm (default; with --srt: srt), json, jsonl, srt, vtt, stm, trn, textgrid, tsv, lrc or txt"},
    {.name = "--json", .help = "short for --format jsonl: one JSON object a line"},
    {.name = "--symbols", .help = "json, jsonl: words have their symbols, with times"},
    {.name = "--ctm-level",
     .value = "LEVEL",
     .help =
         "ctm: what has a line: word (default), token (a symbol) or segment (a line of the text, or a sentence of one, with \"<space>\" between its words)"},
    {.name = "--line-length", .value = "N", .help = "srt, vtt, lrc: columns of a line (default 42)"},
    {.name = "--lines", .value = "N", .help = "srt, vtt: lines of a subtitle (default 2)"},
    {.name = "--textgrid", .value = "FORM", .help = "textgrid: auto (default), long or short"},
    {.name = "--stm-labels",
     .value = "LABELS",
     .help = "stm: <o,f0,male> or so before each text (default: none)"},
    {.name = "-o", .value = "OUT", .help = "file to write (default: standard output)"},
    {.name = "--output-dir",
     .value = "DIR",
     .help = "folder of results, a file each: NAME.ctm, or NAME-ROW.ctm with --csv"},
    {.name = "--findings",
     .value = "OUT.tsv",
     .help =
         "also write what differs: TSV with the columns file, kind (missing, sound, guessed, unknown), start, end, line, text"},
    {.name = "--exact",
     .help =
         "all of the text was said and nothing else: no speech without text between sentences, and no text without speech"},
    {.name = "--wildcard",
     .value = "WORD",
     .help = "this word in the text stands for any speech or none (such as \"<*>\"); it is in no result"},
    {.name = "--sound-cost",
     .value = "X",
     .help = "nats that a second of speech without text costs: higher finds less of it (default 12)"},
    {.name = "--missing-cost",
     .value = "X",
     .help =
         "nats that each symbol of a sentence without speech costs: higher finds fewer (default: by how well the recording is heard, about 1.5 to 3.5)"},
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_MAX_SECONDS_OPTION,
    OSS_CLI_FFMPEG_OPTION,
    OSS_CLI_SANDBOX_OPTION,
    OSS_CLI_RAW_OPTION,
    {.name = "--threads", .value = "N", .help = "threads to use (default: as many as processors)"},
};

typedef struct aligning {
    const oss_cli_args *args;
    oss_recognizer_options settings;
    double max_seconds; /* 0: not given */
    oss_align_options options;
    oss_transcript_format format;
    oss_format_options form;
    oss_align_cues cues; /* of --srt */
    char *text;
    oss_strbuf findings;
    oss_writer file; /* of -o */
    int64_t done, failed;
    oss_status failure; /* of the last row that failed */
    int64_t differing;  /* recordings with something found */
    bool begun;
} aligning;

/* ---- Options ---- */

static oss_status read_cost(const oss_cli_args *args, const char *option, double *out) {
    const char *value = oss_cli_value(args, option);
    if (value == NULL) {
        return OSS_OK;
    }
    double cost;
    if (!oss_number_parse(value, &cost) || !(cost > 0.0 && cost <= 1e6)) {
        return oss_fail(OSS_EUSAGE, "%s %s: give a number above 0, at most 1000000", option, value);
    }
    *out = cost;
    return OSS_OK;
}

static oss_status check_exact(const oss_cli_args *args) {
    if (oss_cli_has(args, "--exact") && oss_cli_has(args, "--missing-cost")) {
        return oss_fail(OSS_EUSAGE,
                        "--missing-cost is of text that was not said, and with --exact there is none");
    }
    if (oss_cli_has(args, "--exact") && oss_cli_has(args, "--sound-cost") &&
        !oss_cli_has(args, "--wildcard")) {
        return oss_fail(
            OSS_EUSAGE,
            "--sound-cost is of speech without text, and with --exact there is none but at a --wildcard");
    }
    return OSS_OK;
}

static oss_status read_format(aligning *a) {
    oss_transcript_format usual = oss_cli_has(a->args, "--srt") ? OSS_FORMAT_SRT : OSS_FORMAT_CTM;
    oss_status status = oss_transcribe_format_read(a->args, usual, &a->format, &a->form);
    bool many = oss_cli_has(a->args, "--csv") && !oss_cli_has(a->args, "--output-dir");
    if (status == OSS_OK && many && a->format != OSS_FORMAT_TXT && !oss_format_holds_many(a->format)) {
        return oss_fail(OSS_EUSAGE,
                        "%s is a file for each recording: say with --output-dir DIR where they are to be",
                        oss_format_name(a->format));
    }
    return status;
}

static oss_status read_settings(aligning *a) {
    a->settings = (oss_recognizer_options){.size = sizeof a->settings,
                                           .allow_truncated = 1,
                                           .keep_level = oss_cli_has(a->args, "--keep-level"),
                                           .use_ffmpeg = !oss_cli_has(a->args, "--no-ffmpeg"),
                                           .raw = oss_cli_value(a->args, "--raw")};
    oss_status status = oss_cli_threads(a->args, &a->settings.threads);
    if (status == OSS_OK) {
        status = oss_cli_max_seconds(a->args, &a->max_seconds);
    }
    return status == OSS_OK ? oss_cli_precision(a->args, &a->settings.precision) : status;
}

static oss_status prepare(aligning *a) {
    a->options = oss_align_options_init();
    a->options.exact = oss_cli_has(a->args, "--exact");
    a->options.wildcard = oss_cli_value(a->args, "--wildcard");
    a->options.line_name = oss_cli_has(a->args, "--srt") ? "cue" : "line";
    oss_status status = oss_align_input_check(a->args);
    if (status == OSS_OK) {
        status = oss_cli_either(a->args, "-o", "--output-dir", "where results go");
    }
    if (status == OSS_OK) {
        status = check_exact(a->args);
    }
    if (status == OSS_OK) {
        status = read_cost(a->args, "--sound-cost", &a->options.sound_cost);
    }
    if (status == OSS_OK) {
        status = read_cost(a->args, "--missing-cost", &a->options.missing_cost);
    }
    if (status == OSS_OK) {
        status = read_format(a);
    }
    if (status == OSS_OK) {
        status = oss_align_input_read(a->args, &a->text, &a->cues);
    }
    if (status == OSS_OK) {
        status = read_settings(a);
    }
    if (status == OSS_OK && oss_cli_has(a->args, "-o")) {
        status = oss_writer_open(&a->file, oss_cli_value(a->args, "-o"));
    }
    if (status == OSS_OK && oss_cli_has(a->args, "--output-dir")) {
        status = oss_file_make_folders(oss_cli_value(a->args, "--output-dir"));
    }
    return status == OSS_OK ? oss_cli_confine(a->args) : status;
}

/* ---- One recording ---- */

static oss_status print(const aligning *a, const oss_alignment *alignment, const char *name, const char *id,
                        char **out) {
    oss_format_options form = a->form;
    bool vtt = a->format == OSS_FORMAT_VTT;
    bool cues = a->cues.cues > 0 && (vtt || a->format == OSS_FORMAT_SRT);
    form.name = name;
    form.id = id;
    if (!cues) {
        return oss_transcript_print(alignment->transcript, a->format, &form, out);
    }
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    oss_align_cues_print(&text, &a->cues, alignment, vtt);
    *out = oss_strbuf_take(&text);
    return *out == NULL ? OSS_ENOMEM : OSS_OK;
}

static char *find_result(const aligning *a, const char *id) {
    oss_strbuf name = {0};
    oss_strbuf_printf(&name, "%s.%s", id, oss_format_extension(a->format));
    char *path =
        oss_strbuf_ok(&name) ? oss_path_join(oss_cli_value(a->args, "--output-dir"), name.data) : NULL;
    oss_strbuf_deinit(&name);
    return path;
}

/* id NULL: there was no memory for it. */
static oss_status check_result(const aligning *a, const char *id) {
    if (id == NULL || !oss_cli_has(a->args, "--output-dir")) {
        return id == NULL ? OSS_ENOMEM : OSS_OK;
    }
    char *path = find_result(a, id);
    oss_status status = path == NULL ? OSS_ENOMEM : oss_cli_writes(a->args, path);
    oss_free(path);
    return status;
}

static oss_status save(const aligning *a, const char *id, const char *text) {
    char *path = find_result(a, id);
    oss_status status = path == NULL ? OSS_ENOMEM : oss_file_write_soon(path, text, strlen(text));
    oss_free(path);
    return status;
}

static oss_status give(aligning *a, const char *id, const char *text) {
    const char *header = a->begun && a->format == OSS_FORMAT_TSV ? strchr(text, '\n') : NULL;
    const char *from = header == NULL ? text : header + 1;
    a->begun = true;
    if (oss_cli_has(a->args, "--output-dir")) {
        return save(a, id, text);
    }
    if (oss_cli_has(a->args, "-o")) {
        oss_writer_put(&a->file, from, strlen(from));
        return OSS_OK;
    }
    oss_cli_print("%s", from);
    return oss_cli_flush();
}

static oss_status show(aligning *a, const oss_alignment *alignment, const char *name, const char *id) {
    char *text = NULL;
    oss_status status = print(a, alignment, name, id, &text);
    if (status == OSS_OK) {
        status = give(a, id, text);
    }
    oss_string_free(text);
    if (status == OSS_OK) {
        a->differing += oss_align_findings(alignment, name, a->options.line_name,
                                           oss_cli_has(a->args, "--findings") ? &a->findings : NULL) > 0;
        a->done++;
    }
    return status;
}

static oss_status align_audio(aligning *a, oss_recognizer *recognizer, const char *audio, const char *id) {
    oss_alignment *alignment = NULL;
    oss_status status =
        oss_recognizer_align_file(recognizer, oss_cli_recording(audio), a->text, &a->options, &alignment);
    status = status == OSS_OK ? show(a, alignment, audio, id) : oss_cli_name_recording(audio, status);
    oss_alignment_free(alignment);
    return status;
}

static oss_status align_one(aligning *a) {
    const char *audio = oss_cli_operand(a->args, 0);
    oss_recognizer *recognizer = NULL;
    char *id = oss_path_stem(audio);
    oss_status status = check_result(a, id);
    if (status == OSS_OK) {
        status = oss_cli_check_recording(audio);
    }
    if (status == OSS_OK) {
        status = oss_cli_recognizer(&recognizer, a->args, &a->settings);
    }
    if (status == OSS_OK) {
        oss_recognizer_limit(recognizer, a->max_seconds, 1);
        status = align_audio(a, recognizer, audio, id);
    }
    oss_recognizer_free(recognizer);
    oss_free(id);
    return status;
}

/* ---- The rows of a dataset ---- */

/* NULL: out of memory. */
static char *name_row(const aligning *a, const oss_dataset_row *row) {
    char *stem = oss_path_stem(row->wav);
    bool part = row->start_seconds > 0.0 || row->end_seconds >= 0.0;
    oss_strbuf id = {0};
    if (stem != NULL && (part || oss_cli_has(a->args, "--output-dir"))) {
        oss_strbuf_printf(&id, "%s-%lld", stem, (long long)row->number);
        oss_free(stem);
        return oss_strbuf_take(&id);
    }
    return stem;
}

static oss_status check_row(void *context, const oss_dataset_row *row) {
    char *id = name_row(context, row);
    oss_status status = check_result(context, id);
    oss_free(id);
    return status;
}

static oss_status take_row(void *context, const oss_aligned_row *aligned) {
    aligning *a = context;
    if (aligned->status != OSS_OK) {
        oss_cli_fail_one(a->args, oss_fail(aligned->status, "%s", aligned->message), &a->failed);
        a->failure = aligned->status;
        return OSS_OK;
    }
    char *id = name_row(a, aligned->row);
    oss_status status = id == NULL ? OSS_ENOMEM : show(a, aligned->alignment, aligned->row->wav, id);
    oss_free(id);
    return status;
}

static oss_status align_rows(aligning *a) {
    const oss_align_rows rows = {.args = a->args,
                                 .csv = oss_cli_value(a->args, "--csv"),
                                 .settings = a->settings,
                                 .max_seconds = a->max_seconds,
                                 .options = &a->options,
                                 .context = a,
                                 .expect = check_row,
                                 .take = take_row};
    int64_t count = 0;
    oss_status status = oss_align_rows_run(&rows, &count);
    oss_cli_tell_failed(a->failed);
    if (status == OSS_OK && a->done > 0 && a->failed + a->differing > 0) {
        oss_log_info("%s: %lld of %lld rows are aligned, %lld of them differ from their texts", rows.csv,
                     (long long)a->done, (long long)count, (long long)a->differing);
    }
    if (status == OSS_OK && a->done == 0) {
        return count == 0 ? oss_fail(OSS_EINPUT, "%s: has no rows", rows.csv)
                          : oss_fail(a->failure, "%s: no row could be aligned", rows.csv);
    }
    return status;
}

/* ---- The command ---- */

static oss_status finish(aligning *a) {
    const char *findings = oss_cli_value(a->args, "--findings");
    oss_status status = oss_cli_has(a->args, "-o") ? oss_writer_commit(&a->file) : OSS_OK;
    if (status == OSS_OK && findings != NULL) {
        status = oss_strbuf_ok(&a->findings)
                     ? oss_file_write_all(findings, a->findings.data, a->findings.length)
                     : OSS_ENOMEM;
    }
    return status;
}

static int run_align(const oss_cli_args *args) {
    aligning a = {.args = args};
    oss_strbuf_append(&a.findings, OSS_ALIGN_FINDINGS_HEADER);
    oss_status status = prepare(&a);
    if (status == OSS_OK) {
        status = oss_cli_has(args, "--csv") ? align_rows(&a) : align_one(&a);
    }
    if (status == OSS_OK) {
        status = finish(&a);
    }
    int code = status != OSS_OK ? oss_cli_fail(args, status) : a.failed + a.differing > 0;
    oss_writer_abort(&a.file);
    oss_strbuf_deinit(&a.findings);
    oss_align_cues_deinit(&a.cues);
    oss_free(a.text);
    return code;
}

const oss_cli_command oss_command_align = {
    .name = "align",
    .summary = "when a known text was said: times of its words and symbols",
    .operands = "[AUDIO]",
    .max_operands = 1,
    .details =
        "The text is given as it is to be shown; it is looked for as the model's vocabulary spells it, in the case that the model "
        "has. At line breaks and behind . ! ? there may be speech that the text lacks, and a sentence between two such "
        "places may not have been said: both are named on standard error with their times, and left out, not "
        "stretched over. Words of which the vocabulary has no character lie between their neighbours and are "
        "named. A text that needs more frames than the recording has is refused: the message says from which "
        "line and word on it does not fit.\n\n"
        "Exit 0: the text is what was said. 1: something is missing or too much, or rows of the CSV failed (the others "
        "are done). 3: nothing could be aligned.\n\n"
        "An hour with its text takes some seconds beyond encoding; memory grows with the recording and with the "
        "text, not with their product.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_align};
