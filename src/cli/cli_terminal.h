/* Standard error as a terminal, and the one line on it that is redrawn. */
#ifndef OSS_CLI_CLI_TERMINAL_H
#define OSS_CLI_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* A terminal that can redraw a line (TERM is set and not "dumb"). */
bool oss_cli_on_terminal(void);
/* Its width; COLUMNS or 80 where it does not say. */
int32_t oss_cli_columns(void);

/* Puts `line` in the place of the one that was drawn before. Its columns are the caller's care: a line that wraps
 * cannot be redrawn. */
void oss_cli_draw_line(const char *line);
/* Takes the line away, so that others can be printed; nothing when none is drawn. */
void oss_cli_clear_line(void);

#endif
