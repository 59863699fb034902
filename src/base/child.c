#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file_internal.h"
#include "base/sys.h"

enum { LOOK_MS = 50, FIRST_FREE_FD = 3 };

extern char **environ;

/* ---- Descriptors ---- */

static void close_fd(int *fd) {
    if (*fd >= 0) {
        (void)oss_file_close_fd(*fd); /* nothing was written: nothing can be lost */
        *fd = -1;
    }
}

/* Away from the standard streams' numbers, which are free where the host has closed them: the child gets its own there. */
static int move_up(int fd) {
    if (fd >= FIRST_FREE_FD) {
        return fd;
    }
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    close_fd(&fd);
    return moved;
}

static oss_status open_pipe(int end[2]) {
    if (pipe2(end, O_CLOEXEC) != 0) {
        end[0] = end[1] = -1;
        return oss_fail_errno(errno, "cannot make a pipe");
    }
    end[0] = move_up(end[0]);
    end[1] = move_up(end[1]);
    return end[0] >= 0 && end[1] >= 0 ? OSS_OK : oss_fail_errno(errno, "cannot make a pipe");
}

/* ---- What it says ---- */

static void take_character(oss_child *child, char c) {
    if (c == '\n' || c == '\r') {
        if (child->line_bytes > 0) {
            memcpy(child->last, child->line, child->line_bytes);
            child->last[child->line_bytes] = '\0';
        }
        child->line_bytes = 0;
    } else if (child->line_bytes < sizeof child->line - 1) {
        bool shown = (unsigned char)c >= ' ' && c != 0x7f;
        child->line[child->line_bytes++] = shown ? c : '?';
    }
}

/* Takes what is there of its standard error, or all of it when it has ended. */
static void take_messages(oss_child *child) {
    char bytes[1024];
    ssize_t got = oss_file.read(child->messages, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        take_character(child, bytes[i]);
    }
    if (got == 0 || (got < 0 && errno != EINTR)) {
        take_character(child, '\n');
        close_fd(&child->messages);
    }
}

/* ---- Waiting ---- */

static bool is_stopped(const oss_child *child) {
    return oss_stop_is_asked(child->stop);
}

/* Until there is output, or its end. */
static oss_status wait_for_output(void *context) {
    oss_child *child = context;
    const double begin = oss_clock_seconds();
    struct pollfd fd[2] = {{.fd = child->output, .events = POLLIN}, {.events = POLLIN}};
    while (!is_stopped(child)) {
        fd[1].fd = child->messages; /* poll passes by what is negative */
        fd[0].revents = fd[1].revents = 0;
        int ready = poll(fd, 2, LOOK_MS);
        if (ready < 0 && errno != EINTR) {
            return oss_fail_errno(errno, "cannot wait for %s", child->name);
        }
        if (ready > 0 && fd[1].revents != 0) {
            take_messages(child);
        }
        if (ready > 0 && fd[0].revents != 0) {
            return OSS_OK;
        }
        if ((oss_clock_seconds() - begin) * 1e3 > child->limit_ms) {
            return oss_fail(OSS_EINPUT, "%s gave nothing for %g s and was ended", child->name,
                            child->limit_ms / 1e3);
        }
    }
    return oss_stop_answer(child->stop);
}

/* ---- Life ---- */

static oss_status spawn(oss_child *child, const char *const *argument, int output, int messages) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    (void)sigemptyset(&none);
    (void)sigemptyset(&usual);
    (void)sigaddset(&usual, SIGPIPE); /* a host may ignore them: the child would write for nobody */
    (void)sigaddset(&usual, SIGXFSZ);
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return oss_fail(OSS_ENOMEM, "out of memory");
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return oss_fail(OSS_ENOMEM, "out of memory");
    }
    int error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    error = error != 0 ? error
                       : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    error = error != 0 ? error : posix_spawnattr_setsigmask(&attributes, &none);
    error = error != 0 ? error : posix_spawnattr_setsigdefault(&attributes, &usual);
    error = error != 0
                ? error
                : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    /* execvp does not write to its arguments; its type is older than const. */
    error = error != 0 ? error
                       : posix_spawnp(&child->pid, child->name, &actions, &attributes,
                                      (char *const *)(void *)(uintptr_t)argument, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        child->pid = 0;
        return error == ENOENT ? oss_fail(OSS_EUSAGE, "there is no program %s", child->name)
                               : oss_fail_errno(error, "cannot start %s", child->name);
    }
    return OSS_OK;
}

oss_status oss_child_start(oss_child *child, const char *const *argument, int32_t limit_ms, oss_stop *stop,
                           oss_pipe *pipe, const char *name) {
    int output[2] = {-1, -1}, messages[2] = {-1, -1};
    oss_child made = {.name = argument[0], .limit_ms = limit_ms, .stop = stop};
    oss_status status = open_pipe(output);
    if (status == OSS_OK) {
        status = open_pipe(messages);
    }
    if (status == OSS_OK) {
        status = spawn(&made, argument, output[1], messages[1]);
    }
    close_fd(&output[1]);
    close_fd(&messages[1]);
    if (status != OSS_OK) {
        close_fd(&output[0]);
        close_fd(&messages[0]);
        return status;
    }
    made.output = output[0];
    made.messages = messages[0];
    *child = made;
    oss_pipe_init(pipe, output[0], name);
    oss_pipe_wait_by(pipe, wait_for_output, child);
    return OSS_OK;
}

/* ---- Its end ---- */

typedef struct patience {
    double end; /* on the clock */
} patience;

static bool is_over(const oss_child *child, const patience *p) {
    return oss_clock_seconds() > p->end || is_stopped(child);
}

/* All that it says until it ends, or for so long as it may go on. */
static void hear_it_out(oss_child *child, const patience *p) {
    while (child->messages >= 0 && !is_over(child, p)) {
        struct pollfd fd = {.fd = child->messages, .events = POLLIN};
        if (poll(&fd, 1, LOOK_MS) > 0) {
            take_messages(child);
        }
    }
    close_fd(&child->messages);
}

/* Its status, as waitpid gives it; 0 where the host has taken it (SIGCHLD ignored). Beyond its time it is killed. */
static int wait_for_end(oss_child *child, const patience *p) {
    int status = 0;
    pid_t done;
    do {
        if (is_over(child, p)) {
            (void)kill(child->pid, SIGKILL);
            do {
                done = waitpid(child->pid, &status, 0);
            } while (done < 0 && errno == EINTR);
        } else {
            done = waitpid(child->pid, &status, WNOHANG);
            if (done == 0) {
                (void)poll(NULL, 0, 1);
            }
        }
    } while (done == 0 || (done < 0 && errno == EINTR));
    child->pid = 0;
    return done < 0 ? 0 : status;
}

oss_status oss_child_finish(oss_child *child) {
    const patience p = {.end = oss_clock_seconds() + child->limit_ms / 1e3};
    hear_it_out(child, &p);
    int status = child->pid > 0 ? wait_for_end(child, &p) : 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return OSS_OK;
    }
    if (child->last[0] != '\0') {
        return oss_fail(OSS_EINPUT, "%s: %s", child->name, child->last);
    }
    return WIFSIGNALED(status)
               ? oss_fail(OSS_EINPUT, "%s was ended by signal %d", child->name, WTERMSIG(status))
               : oss_fail(OSS_EINPUT, "%s failed with exit code %d", child->name, WEXITSTATUS(status));
}

void oss_child_close(oss_child *child) {
    if (child->pid > 0) {
        const patience none = {0};
        (void)wait_for_end(child, &none);
    }
    if (child->name != NULL) {
        close_fd(&child->messages);
    }
    *child = (oss_child){0};
}
