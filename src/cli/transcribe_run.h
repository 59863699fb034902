/* Many recordings, transcribed by several threads at once and given out in their order. */
#ifndef OSS_CLI_TRANSCRIBE_RUN_H
#define OSS_CLI_TRANSCRIBE_RUN_H

#include "cli/cli_decoding.h"
#include "cli/transcribe_output.h"

/* Transcribes all of the list, whatever becomes of each: a recording that fails is named on standard error, in its
 * place. With as many recordings as `settings` has threads or more, each thread has its own; else all threads work on
 * one after the other. Stops early when nobody can read the results, when memory is out, or at SIGINT and SIGTERM: what
 * is done is given out then, and oss_cli_signal tells. Returns the exit code: 0; 1: some failed, or broke off; that of
 * the last when all failed. */
int oss_transcribe_run(const oss_cli_args *args, const oss_recording_list *list,
                       oss_transcribe_output *output, oss_recognizer_options *settings,
                       const oss_cli_decoding *decoding);

#endif
