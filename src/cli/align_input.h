/* The text of a recording, as options of ossicle align name it. */
#ifndef OSS_CLI_ALIGN_INPUT_H
#define OSS_CLI_ALIGN_INPUT_H

#include "cli/align_cues.h"
#include "cli/cli_common.h"

/* OSS_EUSAGE: no recording with one text, and no CSV of many. */
oss_status oss_align_input_check(const oss_cli_args *args);

/* *out_text (oss_free), and the cues of --srt (oss_align_cues_deinit, after a failure too); with --csv neither. OSS_EINPUT: a
 * file that is no such text. */
oss_status oss_align_input_read(const oss_cli_args *args, char **out_text, oss_align_cues *cues);

#endif
