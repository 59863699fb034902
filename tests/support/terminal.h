/* Programs that write to a terminal. */
#ifndef OSS_TESTS_TERMINAL_H
#define OSS_TESTS_TERMINAL_H

#include <stdbool.h>

/* Runs argument[0] (a path) with the arguments after it, up to NULL, its standard error a terminal of this width, its
 * standard output /dev/null or, with `both`, the same terminal. Returns what the terminal was sent, for free(). The
 * test fails unless the exit code is as wanted. */
char *oss_terminal_run(const char *const argument[], unsigned short columns, bool no_colour, bool both,
                       int code);

/* Columns of the widest line that is redrawn; those that stay end in a line break. Colours take no column. */
int oss_terminal_widest(const char *text);

#endif
