/* The parts of a line that shows how far something is. */
#ifndef OSS_CLI_CLI_BAR_H
#define OSS_CLI_CLI_BAR_H

#include <stdbool.h>
#include <stdint.h>

enum { OSS_CLI_LINE_BYTES = 512, OSS_CLI_DURATION_BYTES = 32 };

/* "0:59", "3:12", "1:02:03" */
void oss_cli_format_duration(char out[OSS_CLI_DURATION_BYTES], double seconds);
/* "[####----] TEXT", where `fraction` of it is done and coloured, as columns allow: the bar goes first, then the end of the
 * ASCII text; the last column stays free. 0 columns: the text alone. Returns the length. */
int32_t oss_cli_format_bar(char out[OSS_CLI_LINE_BYTES], double fraction, const char *text, int32_t columns,
                           bool colour);
/* Whether a bar on standard error, a terminal, may have a colour (NO_COLOR). */
bool oss_cli_may_colour(void);

#endif
