/* The standard streams: that they exist, log lines, and results. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "cli/cli_internal.h"
#include "cli/cli_terminal.h"

static const char *command_name = ""; /* for log lines: a process runs one command */
static bool input_was_closed;
static _Thread_local oss_strbuf *kept_log; /* NULL: lines are printed */
static int print_errno;                    /* of the first print that failed; 0: none */

static void print_log_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    if (kept_log != NULL && oss_strbuf_ok(kept_log)) {
        if (level == OSS_LOG_WARN) {
            oss_strbuf_printf(kept_log, "ossicle %s: warning: ", command_name);
        }
        oss_strbuf_append(kept_log, line);
        oss_strbuf_append(kept_log, "\n");
        return;
    }
    oss_cli_clear_line();
    if (level == OSS_LOG_WARN) {
        (void)fprintf(stderr, "ossicle %s: warning: %s\n", command_name, line);
    } else {
        (void)fprintf(stderr, "%s\n", line);
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

void oss_cli_print(const char *format, ...) {
    char *line = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = oss_vformat(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        line = oss_alloc((size_t)length + 1, 1);
    }
    if (line == NULL) {
        print_errno = print_errno != 0 ? print_errno : ENOMEM;
        return;
    }
    va_start(arguments, format);
    (void)oss_vformat(line, (size_t)length + 1, format, arguments);
    va_end(arguments);
    errno = 0;
    if (fwrite(line, 1, (size_t)length, stdout) != (size_t)length && print_errno == 0) {
        print_errno = errno != 0 ? errno : EIO;
    }
    oss_free(line);
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
    if (fflush(stdout) != 0 && print_errno == 0) {
        print_errno = errno != 0 ? errno : EIO;
    }
    return print_errno == 0
               ? OSS_OK
               : oss_fail_errno(print_errno, "the results could not be written to standard output");
}
