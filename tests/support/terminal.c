#include "support/terminal.h"

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_terminal(int terminal) {
    enum { MOST = 1 << 20 };
    char *text = calloc(MOST, 1);
    size_t used = 0;
    ssize_t count;
    ck_assert_ptr_nonnull(text);
    while (used < MOST - 1 && (count = read(terminal, text + used, MOST - 1 - used)) > 0) {
        used += (size_t)count;
    }
    return text; /* reading ends with EIO when the program has closed its side */
}

static void become_program(int terminal, const char *const argument[], bool no_colour, bool both) {
    (void)dup2(open(ptsname(terminal), O_RDWR | O_NOCTTY), STDERR_FILENO);
    (void)dup2(both ? STDERR_FILENO : open("/dev/null", O_WRONLY), STDOUT_FILENO);
    (void)setenv("TERM", "xterm", 1);
    (void)(no_colour ? setenv("NO_COLOR", "1", 1) : unsetenv("NO_COLOR"));
    (void)close(terminal);
    (void)execv(argument[0], (char *const *)(uintptr_t)argument);
    _exit(127);
}

char *oss_terminal_run(const char *const argument[], unsigned short columns, bool no_colour, bool both,
                       int code) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        become_program(terminal, argument, no_colour, both);
    }
    char *text = read_terminal(terminal);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    (void)close(terminal);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == code, "%s", text);
    return text;
}

int oss_terminal_widest(const char *text) {
    int widest = 0;
    for (const char *at = strchr(text, '\r'); at != NULL; at = strchr(at + 1, '\r')) {
        int width = 0;
        const char *c = at + 1;
        for (; *c != '\0' && *c != '\r' && *c != '\n'; c++) {
            if (*c == '\033') {
                c += strcspn(c, "mK");
            } else {
                width += ((unsigned char)*c & 0xc0) != 0x80; /* of UTF-8: characters */
            }
        }
        bool stays = *c == '\n' || (c[0] == '\r' && c[1] == '\n'); /* a terminal sends CR LF */
        widest = width > widest && !stays ? width : widest;
    }
    return widest;
}
