#include "cli/cli_progress.h"

#include <stdint.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/cli_terminal.h"

enum { LINE_BYTES = 512 };
static const double PATIENCE_SECONDS = 0.5;
static const double REDRAW_SECONDS = 0.1;

void oss_cli_progress_begin(oss_cli_progress *progress, const char *path) {
    *progress =
        (oss_cli_progress){.terminal = oss_cli_on_terminal(), .path = path, .begun = oss_clock_seconds()};
}

/* Ends the line before it would wrap. Characters beyond ASCII may take two columns; none is cut in two. */
static void cut_line(char *line, int32_t columns) {
    char *at = line;
    for (int32_t left = columns - 1; *at != '\0'; at++) {
        bool inside = ((unsigned char)*at & 0xc0) == 0x80;
        left -= inside ? 0 : (unsigned char)*at < 0x80 ? 1 : 2;
        if (left < 0) {
            break;
        }
    }
    *at = '\0';
}

void oss_cli_progress_tell(void *context, oss_stage stage, double fraction) {
    oss_cli_progress *progress = context;
    double now = oss_clock_seconds();
    if (!progress->terminal || now - progress->begun < PATIENCE_SECONDS ||
        now - progress->drawn < REDRAW_SECONDS) {
        return;
    }
    char text[LINE_BYTES], line[LINE_BYTES];
    int length =
        oss_format(text, sizeof text, "%s %.0f %% of %s", stage == OSS_STAGE_READING ? "reading" : "encoding",
                   100.0 * fraction, oss_path_name(progress->path));
    oss_utf8_show(line, sizeof line, text, length >= LINE_BYTES);
    cut_line(line, oss_cli_columns());
    oss_cli_draw_line(line);
    progress->drawn = now;
}

void oss_cli_progress_end(oss_cli_progress *progress) {
    progress->terminal = false;
    oss_cli_clear_line();
}
