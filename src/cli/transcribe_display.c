#include "cli/transcribe_display.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/cli_terminal.h"

static const double PATIENCE_SECONDS = 0.5;
static const double REDRAW_SECONDS = 0.1;
static const double READING = 0.2; /* of the time of a recording, more or less */

/* ---- The line ---- */

static size_t append(char out[OSS_CLI_LINE_BYTES], size_t used, const char *format, const char *value) {
    int length = oss_format(out + used, OSS_CLI_LINE_BYTES - used, format, value);
    return used + (length < 0 ? 0 : (size_t)length);
}

typedef struct line_values {
    int32_t files, done;
    double fraction;                    /* of the work */
    double audio_seconds, wall_seconds; /* that were transcribed, and that it took */
} line_values;

static void format_text(char text[OSS_CLI_LINE_BYTES], const line_values *values) {
    char part[OSS_CLI_DURATION_BYTES];
    (void)oss_format(part, sizeof part, "%d/%d", values->done, values->files);
    size_t used = append(text, 0, "%s files", part);
    oss_cli_format_duration(part, values->audio_seconds);
    used = append(text, used, "  %s of audio", part);
    if (values->audio_seconds > 0.0) {
        double factor = values->audio_seconds / values->wall_seconds;
        (void)oss_format(part, sizeof part, factor >= 10 ? "%.0f" : "%.2g", factor);
        used = append(text, used, "  %sx", part);
    }
    if (values->fraction > 0.0) {
        oss_cli_format_duration(part, values->wall_seconds * (1.0 / values->fraction - 1.0));
        (void)append(text, used, "  %s left", part);
    }
}

/* ---- The screen; all of it under the lock ---- */

static void draw(oss_transcribe_display *display) {
    double now = oss_clock_seconds();
    if (now - display->begun < PATIENCE_SECONDS || now - display->drawn < REDRAW_SECONDS) {
        return;
    }
    double bytes = display->bytes_done;
    for (int32_t i = 0; i < display->threads; i++) {
        bytes += display->share[i].bytes * display->share[i].fraction;
    }
    const line_values values = {.files = display->files,
                                .done = display->done,
                                .fraction = display->bytes > 0.0 ? bytes / display->bytes : 1.0,
                                .audio_seconds = display->audio_seconds,
                                .wall_seconds = now - display->begun};
    char text[OSS_CLI_LINE_BYTES], line[OSS_CLI_LINE_BYTES];
    format_text(text, &values);
    (void)oss_cli_format_bar(line, values.fraction, text, oss_cli_columns(), display->colour);
    oss_cli_draw_line(line);
    display->drawn = now;
}

static void lock(oss_transcribe_display *display) {
    (void)pthread_mutex_lock(&display->lock);
}

static void unlock(oss_transcribe_display *display) {
    (void)pthread_mutex_unlock(&display->lock);
}

/* ---- Life ---- */

static oss_status measure_files(oss_transcribe_display *display, const oss_recording_list *list) {
    display->bytes_of = oss_alloc_zero((size_t)list->items, sizeof *display->bytes_of);
    if (display->bytes_of == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < list->items; i++) {
        int64_t bytes = 0; /* of a pipe, or what is not there */
        bool known = oss_file_size(&bytes, list->item[i].path) == OSS_OK && bytes > 0;
        display->bytes_of[i] = known ? (double)bytes : 1.0;
        display->bytes += display->bytes_of[i];
    }
    return OSS_OK;
}

oss_status oss_transcribe_display_init(oss_transcribe_display *display, const oss_recording_list *list,
                                       int32_t threads) {
    *display = (oss_transcribe_display){.terminal = oss_cli_on_terminal(), .files = list->items};
    if (!display->terminal) {
        return OSS_OK;
    }
    (void)pthread_mutex_init(&display->lock, NULL); /* default attributes: cannot fail on Linux */
    display->colour = oss_cli_may_colour();
    display->mixes = isatty(STDOUT_FILENO) == 1;
    display->begun = oss_clock_seconds();
    display->threads = threads;
    display->share = oss_alloc_zero((size_t)threads, sizeof *display->share);
    oss_status status = display->share == NULL ? OSS_ENOMEM : measure_files(display, list);
    if (status != OSS_OK) {
        oss_transcribe_display_deinit(display);
        return status;
    }
    for (int32_t i = 0; i < threads; i++) {
        display->share[i].display = display;
    }
    return OSS_OK;
}

void oss_transcribe_display_deinit(oss_transcribe_display *display) {
    if (display->terminal) {
        oss_cli_clear_line();
        (void)pthread_mutex_destroy(&display->lock);
    }
    oss_free(display->share);
    oss_free(display->bytes_of);
    *display = (oss_transcribe_display){0};
}

/* ---- What happens ---- */

void oss_transcribe_display_tell(void *context, oss_stage stage, double fraction) {
    oss_transcribe_share *share = context;
    double done = stage == OSS_STAGE_READING ? READING * fraction : READING + (1.0 - READING) * fraction;
    lock(share->display);
    share->fraction = done > share->fraction ? done : share->fraction; /* the stages may take turns */
    draw(share->display);
    unlock(share->display);
}

void oss_transcribe_display_begin(oss_transcribe_display *display, int32_t thread, int32_t file) {
    if (display->terminal) {
        lock(display);
        display->share[thread].bytes = display->bytes_of[file];
        display->share[thread].fraction = 0.0;
        unlock(display);
    }
}

void oss_transcribe_display_end(oss_transcribe_display *display, int32_t thread, int32_t file,
                                double audio_seconds) {
    if (!display->terminal) {
        return;
    }
    lock(display);
    display->share[thread].bytes = 0.0;
    display->done++;
    if (audio_seconds < 0.0) {
        display->bytes -= display->bytes_of[file];
    } else {
        display->bytes_done += display->bytes_of[file];
        display->audio_seconds += audio_seconds;
    }
    draw(display);
    unlock(display);
}

void oss_transcribe_display_pause(oss_transcribe_display *display, bool to_stderr) {
    if (display->terminal) {
        lock(display);
        if (to_stderr || display->mixes) {
            oss_cli_clear_line();
        }
    }
}

void oss_transcribe_display_go_on(oss_transcribe_display *display) {
    if (display->terminal) {
        draw(display);
        unlock(display);
    }
}
