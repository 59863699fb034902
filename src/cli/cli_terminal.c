#include "cli/cli_terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"

enum { USUAL_COLUMNS = 80, MOST_COLUMNS = 10000 };

static bool is_drawn; /* a process has one standard error, and draws from one thread */

bool oss_cli_on_terminal(void) {
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

int32_t oss_cli_columns(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    int64_t columns = 0;
    const char *text = getenv("COLUMNS");
    return text != NULL && oss_integer_parse(text, &columns) && columns > 0 && columns < MOST_COLUMNS
               ? (int32_t)columns
               : USUAL_COLUMNS;
}

void oss_cli_draw_line(const char *line) {
    (void)fprintf(stderr, "\r\033[K%s", line);
    (void)fflush(stderr);
    is_drawn = true;
}

void oss_cli_clear_line(void) {
    if (is_drawn) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        is_drawn = false;
    }
}
