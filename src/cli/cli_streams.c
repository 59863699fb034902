/* The standard streams: that they exist, log lines, and results. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/cli_internal.h"
#include "cli/cli_terminal.h"

enum { LINE_BYTES = 4096 };

static const char *command_name = ""; /* for log lines: a process runs one command */
static bool input_was_closed;
static _Thread_local oss_strbuf *kept_log; /* NULL: lines are printed */
static int print_errno;                    /* of the first print that failed; 0: none */

void oss_cli_say(const char *format, ...) {
    char text[LINE_BYTES], line[LINE_BYTES]; /* no heap: it may be what is spoken of */
    va_list arguments;
    va_start(arguments, format);
    int length = oss_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    oss_utf8_show(line, sizeof line, text, length >= LINE_BYTES);
    oss_cli_clear_line();
    (void)fprintf(stderr, "%s\n", line);
}

static void print_log_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    if (kept_log != NULL && oss_strbuf_ok(kept_log)) {
        if (level == OSS_LOG_WARN) {
            oss_strbuf_printf(kept_log, "ossicle %s: warning: ", command_name);
        }
        oss_strbuf_append(kept_log, line);
        oss_strbuf_append(kept_log, "\n");
    } else if (level == OSS_LOG_WARN) {
        oss_cli_say("ossicle %s: warning: %s", command_name, line);
    } else {
        oss_cli_say("%s", line);
    }
}

void oss_cli_keep_log(oss_strbuf *into) {
    kept_log = into;
}

void oss_cli_log_as(const char *command) {
    command_name = command;
}

void oss_cli_log(bool on) {
    oss_log_set(on ? print_log_line : NULL, NULL);
}

bool oss_cli_input_was_closed(void) {
    return input_was_closed;
}

void oss_cli_prepare(void) {
    /* A file opened under a closed stream's number would receive that stream's text. /dev/null opened for
     * reading keeps the number taken, and writing to it still fails. */
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            input_was_closed = input_was_closed || fd == 0;
            (void)open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
        }
    }
    /* A reader that went away, a file beyond its limit: errors of a write, which says them. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    oss_cli_log(true);
}

/* ---- Results ---- */

static void note_failure(int error_number) {
    print_errno = print_errno != 0 ? print_errno : error_number;
}

char *oss_cli_shown(const char *text, const char *keep) {
    size_t bytes = oss_utf8_escape(NULL, 0, text, keep) + 1;
    char *shown = oss_alloc(bytes, 1);
    if (shown != NULL) {
        (void)oss_utf8_escape(shown, bytes, text, keep);
    }
    return shown;
}

/* NULL: out of memory. */
static char *make_text(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
static char *make_text(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = oss_vformat(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : oss_alloc((size_t)length + 1, 1);
    if (text != NULL) {
        (void)oss_vformat(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

static bool prints_to_terminal(void) {
    static int answer = -1;
    answer = answer < 0 ? isatty(STDOUT_FILENO) == 1 : answer;
    return answer == 1;
}

/* Takes the text over. What reads a file or a pipe gets it as it is. */
static void print_text(char *text, const char *keep) {
    char *shown = text;
    if (text != NULL && prints_to_terminal()) {
        shown = oss_cli_shown(text, keep);
        oss_free(text);
    }
    if (shown == NULL) {
        note_failure(ENOMEM);
        return;
    }
    size_t length = strlen(shown);
    errno = 0;
    if (fwrite(shown, 1, length, stdout) != length) {
        note_failure(errno != 0 ? errno : EIO);
    }
    oss_free(shown);
}

void oss_cli_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_text(make_text(format, arguments), "\n\t");
    va_end(arguments);
}

void oss_cli_print_line(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_text(make_text(format, arguments), "\t");
    va_end(arguments);
    oss_cli_print("\n");
}

oss_status oss_cli_print_json(oss_json *root) {
    char *line = NULL;
    oss_status status = oss_json_print(&line, root, OSS_JSON_LINE);
    if (status == OSS_OK) {
        oss_cli_print("%s\n", line);
    }
    oss_free(line);
    oss_json_free(root);
    return status;
}

oss_status oss_cli_flush(void) {
    errno = 0;
    if (fflush(stdout) != 0) {
        note_failure(errno != 0 ? errno : EIO);
    }
    return print_errno == 0
               ? OSS_OK
               : oss_fail_errno(print_errno, "the results could not be written to standard output");
}
