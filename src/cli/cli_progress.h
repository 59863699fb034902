/* How far a long recording is, on a terminal: one line of standard error that is redrawn and goes away again. Nothing
 * for recordings of less than half a second of work, nor where standard error is no terminal. */
#ifndef OSS_CLI_CLI_PROGRESS_H
#define OSS_CLI_CLI_PROGRESS_H

#include <stdbool.h>

#include "ossicle/progress.h"

typedef struct oss_cli_progress {
    bool terminal;
    const char *path;    /* the caller's */
    double begun, drawn; /* clocks */
} oss_cli_progress;

void oss_cli_progress_begin(oss_cli_progress *progress, const char *path);
/* The callback of the library; context is the progress. */
void oss_cli_progress_tell(void *context, oss_stage stage, double fraction);
/* Before anything is printed. */
void oss_cli_progress_end(oss_cli_progress *progress);

#endif
