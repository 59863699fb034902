/* The form of transcripts, as the command line asks for it. */
#ifndef OSS_CLI_TRANSCRIBE_FORMAT_H
#define OSS_CLI_TRANSCRIBE_FORMAT_H

#include "cli/cli_common.h"
#include "ossicle/format.h"

#define OSS_TRANSCRIBE_FORMAT_OPTIONS                                                                        \
    {.name = "--format",                                                                                     \
     .value = "F",                                                                                           \
     .help = "txt (default), json, jsonl, srt, vtt, ctm, stm, trn, textgrid, tsv or lrc"},                   \
        {.name = "--json", .help = "short for --format jsonl: one JSON object a line"},                      \
        {.name = "--symbols", .help = "json, jsonl: words have their symbols, with times"},                  \
        {.name = "--line-length", .value = "N", .help = "srt, vtt, lrc: columns of a line (default 42)"},    \
        {.name = "--lines", .value = "N", .help = "srt, vtt: lines of a subtitle (default 2)"},              \
        {.name = "--textgrid",                                                                               \
         .value = "FORM",                                                                                    \
         .help = "textgrid: auto (default: long, unless a label holds \" = \", which some readers cut), "    \
                 "long or short"},                                                                           \
        {.name = "--ctm-level",                                                                              \
         .value = "LEVEL",                                                                                   \
         .help = "ctm: what has a line: word (default), token (a symbol) or segment (\"<space>\" between "   \
                 "its words)"},                                                                              \
    {                                                                                                        \
        .name = "--stm-labels", .value = "LABELS",                                                           \
        .help = "stm: <o,f0,male> or so before each text, as sclite has it (default: none)"                  \
    }

/* Of options that say how a form is, those of another form are refused. usual: when none is named. *out_options: without the
 * recording's name. OSS_EUSAGE. */
oss_status oss_transcribe_format_read(const oss_cli_args *args, oss_transcript_format usual,
                                      oss_transcript_format *out_format, oss_format_options *out_options);

#endif
