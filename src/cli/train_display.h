/* What a person sees of a training run, on stderr: one line that is redrawn on a terminal, plain lines now
 * and then elsewhere. */
#ifndef OSS_CLI_TRAIN_DISPLAY_H
#define OSS_CLI_TRAIN_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli_bar.h"
#include "train/train_request.h"

enum { OSS_DISPLAY_BYTES = OSS_CLI_LINE_BYTES };

typedef struct oss_display {
    bool terminal; /* redraw; else plain lines */
    bool colour;
    double drawn;                 /* clock of the last drawing; 0: none yet */
    char line[OSS_DISPLAY_BYTES]; /* on the screen now; "" when none */
} oss_display;

/* Looks at stderr, TERM and NO_COLOR, and takes over the log. One display at a time; end gives the log back
 * and clears the line. */
void oss_display_begin(oss_display *display);
void oss_display_end(oss_display *display);

/* Hooks of the trainer; context is the display. */
void oss_display_scanning(void *context, int32_t done, int32_t total);
void oss_display_stepped(void *context, const oss_train_progress *progress);
void oss_display_evaluated(void *context, const oss_train_progress *progress, const oss_eval *eval,
                           oss_best best);

/* The line of both kinds of display, e.g. "step 1200/5000  183x  loss 1.234  CER 0.234  3:12 left", as
 * columns allow: a bar before it when there is room (0 columns: no bar). Returns its length. For tests too. */
int32_t oss_display_format(char out[OSS_DISPLAY_BYTES], const oss_train_progress *progress, int32_t columns,
                           bool colour);

#endif
