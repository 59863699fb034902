/* Where transcripts go, and in which form: standard output, a file, or a file a recording. */
#ifndef OSS_CLI_TRANSCRIBE_OUTPUT_H
#define OSS_CLI_TRANSCRIBE_OUTPUT_H

#include "base/file.h"
#include "cli/cli_common.h"
#include "cli/recording_list.h"
#include "cli/transcribe_format.h"
#include "ossicle/recognizer.h"

#define OSS_TRANSCRIBE_OUTPUT_OPTIONS                                                                        \
    OSS_TRANSCRIBE_FORMAT_OPTIONS,                                                                           \
        {.name = "-o", .value = "OUT", .help = "write to OUT, whole or not at all, instead of printing"},    \
        {.name = "--output-dir",                                                                             \
         .value = "DIR",                                                                                     \
         .help = "write a file for each recording below DIR, which is made: a/b.wav of a folder becomes "    \
                 "DIR/a/b.srt"},                                                                             \
    {                                                                                                        \
        .name = "--skip-existing",                                                                           \
        .help = "with --output-dir: leave recordings alone whose file is there, and not empty"               \
    }

typedef struct oss_transcribe_output {
    oss_transcript_format format;
    oss_format_options options;
    bool table;         /* txt of many in one place: path, tab, text */
    const char *folder; /* NULL: all in one place */
    bool skips;         /* what is there */
    bool begun;         /* something was put */
    bool to_file;
    oss_writer file; /* of to_file */
} oss_transcribe_output;

/* Reads the options and sees to it, before anything is written, that no two recordings have one file and that no file is
 * written that is read. OSS_EUSAGE. */
oss_status oss_transcribe_output_open(oss_transcribe_output *output, const oss_cli_args *args,
                                      const oss_recording_list *list);
/* Of -o: all is there; the file appears. */
oss_status oss_transcribe_output_commit(oss_transcribe_output *output);
/* At the end, whatever happened: what was not committed goes. */
void oss_transcribe_output_deinit(oss_transcribe_output *output);

/* Whether the recording needs no work: its file is there. */
bool oss_transcribe_output_has(const oss_transcribe_output *output, const oss_recording_item *item);

/* The next two are called by several threads at once. */
/* *out_text (oss_string_free): what is put or saved of the recording; the recognizer transcribes it. */
oss_status oss_transcribe_output_make(const oss_transcribe_output *output, const oss_recording_item *item,
                                      oss_recognizer *recognizer, char **out_text, double *out_seconds);
/* Its file, with --output-dir. */
oss_status oss_transcribe_output_save(const oss_transcribe_output *output, const oss_recording_item *item,
                                      const char *text);

/* What was made of the next recording, in one place with the others. A failure of printing shows at oss_cli_flush. */
void oss_transcribe_output_put(oss_transcribe_output *output, const char *text);

#endif
