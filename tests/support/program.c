#include "support/program.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/tempdir.h"

enum { MAX_WORDS = 32 };

/* BUILD of BUILD/tests/FOLDER/test_name, which is this process. */
static void find_build(char out[PATH_MAX]) {
    const char *given = getenv("OSSICLE_BUILD");
    if (given != NULL) {
        ck_assert_int_lt(snprintf(out, PATH_MAX, "%s", given), PATH_MAX);
        return;
    }
    ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
    ck_assert_int_gt(length, 0);
    out[length] = '\0';
    char *tests = strstr(out, "/tests/");
    for (char *next = tests; next != NULL; next = strstr(next + 1, "/tests/")) {
        tests = next;
    }
    ck_assert_msg(tests != NULL, "%s is not below BUILD/tests: set OSSICLE_BUILD", out);
    *tests = '\0';
}

char *oss_program_path(const char *name) {
    char build[PATH_MAX];
    find_build(build);
    char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/%s", build, name), 0);
    ck_assert_msg(access(path, X_OK) == 0, "%s is not built: make it first, or set OSSICLE_BUILD", path);
    return path;
}

void oss_program_copy(const char *name, const char *to) {
    char *from = oss_program_path(name);
    long bytes = 0;
    char *program = oss_tempdir_read(from, &bytes);
    ck_assert_ptr_nonnull(program);
    oss_tempdir_make_folders(to);
    oss_tempdir_write(to, program, bytes);
    ck_assert_int_eq(chmod(to, 0755), 0);
    free(program);
    free(from);
}

static char *read_stream(FILE *file) {
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    long bytes = ftell(file);
    ck_assert_int_ge(bytes, 0);
    char *text = malloc((size_t)bytes + 1);
    ck_assert_ptr_nonnull(text);
    rewind(file);
    ck_assert_uint_eq(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    text[bytes] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

/* In the child: connects standard output. Only calls that are safe after fork. */
static void connect_stdout(oss_program_stdout where, int kept) {
    int ends[2];
    switch (where) {
    case OSS_STDOUT_KEEP:
        (void)dup2(kept, STDOUT_FILENO);
        return;
    case OSS_STDOUT_CLOSED:
        (void)close(STDOUT_FILENO);
        return;
    case OSS_STDOUT_FULL:
        (void)dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
        return;
    case OSS_STDOUT_BROKEN_PIPE:
        if (pipe(ends) == 0) {
            (void)close(ends[0]);
            (void)dup2(ends[1], STDOUT_FILENO);
            (void)close(ends[1]);
        }
        return;
    }
}

static double read_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double to_seconds(struct timeval time) {
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

oss_program_run oss_program_start(const char *const argument[], oss_program_stdout where) {
    FILE *out = tmpfile(), *err = tmpfile();
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(err);
    (void)fflush(NULL);
    const double begun = read_clock();
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        (void)dup2(fileno(err), STDERR_FILENO);
        connect_stdout(where, fileno(out));
        (void)execv(argument[0], (char *const *)argument);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    ck_assert_int_eq(wait4(child, &status, 0, &usage), child);
    const double ended = read_clock();
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return (oss_program_run){.code = code,
                             .out = read_stream(out),
                             .err = read_stream(err),
                             .wall_seconds = ended - begun,
                             .cpu_seconds = to_seconds(usage.ru_utime) + to_seconds(usage.ru_stime),
                             .peak_kib = usage.ru_maxrss};
}

void oss_program_run_deinit(oss_program_run *run) {
    free(run->out);
    free(run->err);
    *run = (oss_program_run){0};
}

oss_program_run oss_program_run_words(oss_program_stdout where, const char *const word[]) {
    const char *argument[MAX_WORDS] = {oss_program_path("ossicle")};
    int count = 1;
    for (; word[count - 1] != NULL; count++) {
        ck_assert_int_lt(count, MAX_WORDS - 1);
        argument[count] = word[count - 1];
    }
    oss_program_run run = oss_program_start(argument, where);
    free((char *)(uintptr_t)argument[0]);
    return run;
}

void oss_program_expect(const oss_program_run *run, int code) {
    ck_assert_msg(run->code == code, "exit code %d, not %d; standard output:\n%s\nstandard error:\n%s",
                  run->code, code, run->out, run->err);
}

void oss_program_expect_err(const oss_program_run *run, const char *text) {
    ck_assert_msg(strstr(run->err, text) != NULL, "standard error lacks \"%s\":\n%s", text, run->err);
}

void oss_program_expect_out(const oss_program_run *run, const char *text) {
    ck_assert_msg(strstr(run->out, text) != NULL, "standard output lacks \"%s\":\n%s", text, run->out);
}
