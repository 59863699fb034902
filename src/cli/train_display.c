#include "cli/train_display.h"

#include <math.h>

#include "base/logger.h"
#include "base/number.h"
#include "base/clock.h"
#include "cli/cli_bar.h"
#include "cli/cli_common.h"
#include "cli/cli_terminal.h"

static const double REDRAW_SECONDS = 0.1;
static const double PLAIN_SECONDS = 10.0;

/* ---- The line ---- */

static size_t append(char out[OSS_DISPLAY_BYTES], size_t used, const char *format, double value) {
    int length = oss_format(out + used, OSS_DISPLAY_BYTES - used, format, value);
    size_t room = OSS_DISPLAY_BYTES - 1 - used;
    return used + (length < 0 ? 0 : (size_t)length < room ? (size_t)length : room);
}

static void format_text(char out[OSS_DISPLAY_BYTES], const oss_train_progress *progress) {
    size_t used = append(out, 0, "step %.0f", (double)progress->step);
    used = append(out, used, "/%.0f", (double)progress->max_steps);
    used =
        append(out, used, progress->realtime_factor >= 10 ? "  %.0fx" : "  %.2gx", progress->realtime_factor);
    used = append(out, used, "  loss %.4g", progress->smooth_loss);
    if (progress->cer >= 0) {
        used = append(out, used, "  CER %.4f", progress->cer);
    }
    if (progress->seconds_left >= 0) {
        char left[OSS_CLI_DURATION_BYTES];
        oss_cli_format_duration(left, progress->seconds_left);
        (void)oss_format(out + used, OSS_DISPLAY_BYTES - used, "  %s left", left);
    }
}

int32_t oss_display_format(char out[OSS_DISPLAY_BYTES], const oss_train_progress *progress, int32_t columns,
                           bool colour) {
    char text[OSS_DISPLAY_BYTES];
    format_text(text, progress);
    double fraction = progress->max_steps > 0 ? (double)progress->step / (double)progress->max_steps : 0.0;
    return oss_cli_format_bar(out, fraction, text, columns, colour);
}

/* ---- The screen ---- */

static void draw_line(const oss_display *display) {
    if (display->terminal && display->line[0] != '\0') {
        oss_cli_draw_line(display->line);
    }
}

/* A line that stays, above the one that is redrawn. */
static void print_above(const oss_display *display, const char *prefix, const char *line) {
    oss_cli_say("%s%s", prefix, line);
    draw_line(display);
}

static void take_log_line(void *context, oss_log_level level, const char *line) {
    print_above(context, level == OSS_LOG_WARN ? "ossicle train: warning: " : "", line);
}

static bool is_time(oss_display *display, bool last) {
    double now = oss_clock_seconds();
    double pause = display->terminal ? REDRAW_SECONDS : PLAIN_SECONDS;
    if (!last && display->drawn > 0 && now - display->drawn < pause) {
        return false;
    }
    display->drawn = now;
    return true;
}

void oss_display_begin(oss_display *display) {
    *display = (oss_display){.terminal = oss_cli_on_terminal()};
    display->drawn = display->terminal ? 0.0 : oss_clock_seconds();
    display->colour = display->terminal && oss_cli_may_colour();
    oss_log_set(take_log_line, display);
}

static void print_plain(void *context, oss_log_level level, const char *line) {
    (void)context;
    oss_cli_say("%s%s", level == OSS_LOG_WARN ? "ossicle train: warning: " : "", line);
}

void oss_display_end(oss_display *display) {
    oss_cli_clear_line();
    display->line[0] = '\0';
    oss_log_set(print_plain, NULL);
}

/* ---- Hooks ---- */

void oss_display_scanning(void *context, int32_t done, int32_t total) {
    oss_display *display = context;
    bool last = done == total;
    if (!is_time(display, last && display->terminal)) {
        return;
    }
    char line[OSS_DISPLAY_BYTES];
    (void)oss_format(line, sizeof line, "reading recordings %d/%d", done, total);
    if (display->terminal) {
        (void)oss_format(display->line, sizeof display->line, "%s", last ? "" : line);
        oss_cli_clear_line();
        draw_line(display);
    } else if (!last) {
        oss_cli_say("%s", line);
    }
}

void oss_display_stepped(void *context, const oss_train_progress *progress) {
    oss_display *display = context;
    bool last = progress->step == progress->max_steps;
    if (!is_time(display, last)) {
        return;
    }
    if (display->terminal) {
        (void)oss_display_format(display->line, progress, oss_cli_columns(), display->colour);
        draw_line(display);
    } else {
        char line[OSS_DISPLAY_BYTES];
        (void)oss_display_format(line, progress, 0, false);
        oss_cli_say("%s", line);
    }
}

void oss_display_evaluated(void *context, const oss_train_progress *progress, const oss_eval *eval,
                           oss_best best) {
    oss_display *display = context;
    char line[OSS_DISPLAY_BYTES], loss[32] = "-"; /* as `ossicle eval` says that there is none */
    if (!isnan(eval->loss)) {
        (void)oss_format(loss, sizeof loss, "%.4g", eval->loss);
    }
    (void)oss_format(line, sizeof line,
                     "step %lld  held out: loss %s  CER %.4f  WER %.4f%s%s  (%.1f minutes in %.1f s)",
                     (long long)progress->step, loss, eval->cer, eval->wer, best == OSS_BEST_NOT ? "" : "  ",
                     oss_best_describe(best), eval->audio_seconds / 60.0, eval->wall_seconds);
    print_above(display, "", line);
    for (int32_t i = 0; i < eval->samples; i++) {
        print_above(display, "    said   ", eval->sample[i].row->csv.text);
        print_above(display, "    heard  ", eval->sample[i].hypothesis);
    }
}
